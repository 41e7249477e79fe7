import type { SandboxReply } from '../service.ts';
import type { S3Object } from './buckets.ts';
import { type ByteRange, byteRange, partRange } from './byte-range.ts';
import { type BucketCall, header, query, queryNumber, xmlReply } from './call.ts';
import { isModified } from './conditions.ts';
import { checksumHeaders, overriddenHeaders, readHeaders } from './object-headers.ts';
import { noSuchBucket, noSuchKey, S3Error } from './s3-error.ts';
import type { XmlContent } from './xml.ts';

/** GetObject and HeadObject: the server leaves the body of a HEAD out. */
export function readObject(call: BucketCall): SandboxReply {
  const object = existing(call, call.target.key);
  const headers = { ...readHeaders(object), ...overriddenHeaders(call) };
  if (!isModified(call, object)) return { status: 304, headers };

  const part = partAsked(call, object);
  const range = part?.range ?? byteRange(header(call, 'range'), object.body.length);
  const parts: Readonly<Record<string, string>> =
    part === undefined || object.partSizes.length === 0
      ? {}
      : { 'x-amz-mp-parts-count': String(object.partSizes.length) };
  if (range === undefined) {
    const isChecked = header(call, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
    const checksum = isChecked ? checksumHeaders(object.checksum) : {};
    return { status: 200, headers: { ...headers, ...checksum }, body: object.body };
  }
  const { first, last } = range;
  const contentRange = `bytes ${first}-${last}/${object.body.length}`;
  return {
    status: 206,
    headers: { ...headers, ...parts, 'content-range': contentRange },
    body: object.body.subarray(first, last + 1),
  };
}

/** @throws S3Error NoSuchKey */
function existing({ bucket }: Pick<BucketCall, 'bucket'>, key: string): S3Object {
  const object = bucket.objects.get(key);
  if (object === undefined) throw noSuchKey(key);
  return object;
}

function partAsked(call: BucketCall, object: S3Object): { readonly range: ByteRange } | undefined {
  if (query(call, 'partNumber') === undefined) return undefined;
  const range = partRange(object.partSizes, object.body.length, queryNumber(call, 'partNumber', 1));
  if (range === undefined) throw new S3Error('InvalidRange', 'The requested partnumber is not satisfiable');
  return object.body.length === 0 ? undefined : { range };
}

const ATTRIBUTES: Readonly<Record<string, (object: S3Object) => XmlContent | undefined>> = {
  ETag: ({ etag }) => etag,
  Checksum: ({ checksum }) =>
    checksum && { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type },
  ObjectParts: ({ partSizes }) => (partSizes.length === 0 ? undefined : { PartsCount: partSizes.length }),
  ObjectSize: ({ body }) => body.length,
  StorageClass: ({ headers }) => headers['x-amz-storage-class'] ?? 'STANDARD',
};

/** GetObjectAttributes, without the list of parts. */
export function getObjectAttributes(call: BucketCall): SandboxReply {
  const object = existing(call, call.target.key);
  const asked = (header(call, 'x-amz-object-attributes') ?? '').split(',').map((name) => name.trim());
  const pairs = Object.entries(ATTRIBUTES).filter(([name]) => asked.includes(name));
  const content = Object.fromEntries(pairs.map(([name, of]) => [name, of(object)]));
  return xmlReply('GetObjectAttributesResponse', content, {
    'last-modified': new Date(object.lastModified).toUTCString(),
  });
}

/** CopyObject's and UploadPartCopy's source. @throws S3Error */
export function copySource(call: BucketCall): S3Object & { readonly bucketName: string } {
  const text = (header(call, 'x-amz-copy-source') ?? '').replace(/\?versionId=[^?]*$/, '').replace(/^\//, '');
  const source = /^([^/]+)\/(.+)$/s.exec(decodedSource(text));
  const [, bucketName, key] = source ?? [];
  if (bucketName === undefined || key === undefined) throw invalidSource();
  const bucket = call.options.buckets.get(bucketName);
  if (bucket === undefined) throw noSuchBucket(bucketName);
  const owner = header(call, 'x-amz-source-expected-bucket-owner');
  if (owner !== undefined && owner !== call.options.account)
    throw new S3Error('AccessDenied', 'Access Denied');
  const object = existing({ bucket }, key);
  if (!isModified(call, object, 'x-amz-copy-source-')) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  return { ...object, bucketName };
}

function decodedSource(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) throw invalidSource();
    throw error;
  }
}

function invalidSource(): S3Error {
  const message = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey';
  return new S3Error('InvalidArgument', message, { extra: { ArgumentName: 'x-amz-copy-source' } });
}
