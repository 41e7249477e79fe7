import type { SandboxReply } from '../service.ts';
import { createBucket as emptyBucket } from './buckets.ts';
import { type BucketCall, type Call, isoTime, query, xmlReply } from './call.ts';
import { ownerId } from './owner.ts';
import { readPayload } from './payload.ts';
import { childText, readXml } from './read-xml.ts';
import { S3Error } from './s3-error.ts';

/** Where buckets live that say nothing of it. */
const CLASSIC_REGION = 'us-east-1';

/** ListBuckets. */
export function listBuckets(call: Call): SandboxReply {
  const { buckets, account } = call.options;
  const prefix = query(call, 'prefix') ?? '';
  const region = query(call, 'bucket-region');
  const found = [...buckets.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .filter((bucket) => region === undefined || bucket.region === region)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return xmlReply('ListAllMyBucketsResult', {
    Owner: { ID: ownerId(account) },
    Buckets: {
      Bucket: found.map(({ name, createdAt, region: home }) => ({
        Name: name,
        CreationDate: isoTime(createdAt),
        BucketRegion: home,
      })),
    },
  });
}

/** CreateBucket. In us-east-1 creating one's own bucket again succeeds; elsewhere it is an error. */
export function createBucket(call: Call): SandboxReply {
  const { name, region } = { name: call.target.bucket, region: locationOf(call) };
  if (!/^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/.test(name)) {
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', {
      extra: { BucketName: name },
    });
  }
  const owned = call.options.buckets.get(name);
  if (owned !== undefined && (region !== CLASSIC_REGION || owned.region !== CLASSIC_REGION)) {
    const message = 'Your previous request to create the named bucket succeeded and you already own it.';
    throw new S3Error('BucketAlreadyOwnedByYou', message, { extra: { BucketName: name } });
  }
  if (owned === undefined) call.options.buckets.set(name, emptyBucket(name, region, call.options.clock()));
  return { status: 200, headers: { location: `/${name}` } };
}

/** HeadBucket. */
export function headBucket({ bucket }: BucketCall): SandboxReply {
  return {
    status: 200,
    headers: { 'x-amz-bucket-region': bucket.region, 'x-amz-access-point-alias': 'false' },
  };
}

/** GetBucketLocation: us-east-1 is written as nothing. */
export function getBucketLocation({ bucket }: BucketCall): SandboxReply {
  return xmlReply('LocationConstraint', bucket.region === CLASSIC_REGION ? '' : bucket.region);
}

/** DeleteBucket. */
export function deleteBucket({ bucket, options }: BucketCall): SandboxReply {
  if (bucket.objects.size > 0) {
    const message = 'The bucket you tried to delete is not empty';
    throw new S3Error('BucketNotEmpty', message, { extra: { BucketName: bucket.name } });
  }
  options.buckets.delete(bucket.name);
  return { status: 204 };
}

/**
 * A region's own endpoint makes buckets there alone and wants to be told so; us-east-1's, the global one, makes them
 * anywhere. The region that the request is signed for stands for the endpoint.
 */
function locationOf(call: Call): string {
  const { bytes } = readPayload(call.request);
  const constraint =
    bytes.length === 0
      ? undefined
      : childText(readXml(bytes.toString(), 'CreateBucketConfiguration'), 'LocationConstraint');
  const asked = constraint?.trim() || undefined;
  const isFit = call.region === CLASSIC_REGION ? asked !== CLASSIC_REGION : asked === call.region;
  if (isFit) return asked ?? CLASSIC_REGION;
  const message = `The ${asked ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`;
  throw new S3Error('IllegalLocationConstraintException', message);
}
