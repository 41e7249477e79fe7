import type { SandboxRequest } from '../service.ts';
import { S3Error } from './s3-error.ts';

/** What a request is about: all buckets, one bucket, or one object. */
export type Target = {
  readonly level: 'service' | 'bucket' | 'object';
  /** Empty at the level of the service. */
  readonly bucket: string;
  /** Empty but at the level of an object. */
  readonly key: string;
  /** Whether the bucket stood in the host name, which at AWS leads to the bucket's own region. */
  readonly isVirtualHosted: boolean;
};

/** Query parameters that choose the operation. */
const SUBRESOURCES = [
  'accelerate',
  'acl',
  'analytics',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'list-type',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
];

/**
 * The bucket and key of a request, by path (`/bucket/key`) or by virtual host (`bucket.localhost`, `bucket.s3.localhost`).
 * @throws S3Error InvalidURI where the key is not percent-encoded UTF-8
 */
export function targetOf(request: SandboxRequest): Target {
  const hosted = bucketOfHost(request.headers.host ?? '');
  const path = request.path.slice(1);
  const slash = path.indexOf('/');
  const bucket = hosted ?? decoded(slash < 0 ? path : path.slice(0, slash));
  const key = decoded(hosted === undefined ? (slash < 0 ? '' : path.slice(slash + 1)) : path);
  const level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  return { level, bucket, key, isVirtualHosted: hosted !== undefined };
}

/** What tells operations apart: `PUT object partNumber&uploadId`, and `+copy` for a source in a header. */
export function operationKey({ method, url, headers }: SandboxRequest, { level }: Target): string {
  const subresources = SUBRESOURCES.filter((name) => url.searchParams.has(name)).join('&');
  const copy = headers['x-amz-copy-source'] === undefined ? '' : '+copy';
  return [method, level, subresources].filter((part) => part !== '').join(' ') + copy;
}

function bucketOfHost(host: string): string | undefined {
  const name = /^(.+)\.localhost(:\d+)?$/.exec(host)?.[1];
  if (name === undefined || /^s3([.-][a-z0-9-]+)?$/.test(name)) return undefined;
  return name.replace(/\.s3([.-][a-z0-9-]+)?$/, '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
    throw error;
  }
}
