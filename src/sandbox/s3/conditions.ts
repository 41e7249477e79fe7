import type { S3Object } from './buckets.ts';
import { type BucketCall, header, quoted } from './call.ts';
import { noSuchKey, S3Error } from './s3-error.ts';

type Validated = Pick<S3Object, 'etag' | 'lastModified'>;

/**
 * If-Match and If-None-Match of a write. S3 takes `*` alone for the latter, and an entity tag for the former.
 * @throws S3Error PreconditionFailed; NoSuchKey where If-Match finds no object; NotImplemented
 */
export function assertWritable(call: BucketCall): void {
  const current = call.bucket.objects.get(call.target.key);
  const match = header(call, 'if-match');
  const noneMatch = header(call, 'if-none-match');
  if ((noneMatch !== undefined && noneMatch !== '*') || (match !== undefined && noneMatch !== undefined)) {
    const message = 'A header you provided implies functionality that is not implemented';
    throw new S3Error('NotImplemented', message, { extra: { Header: 'If-None-Match' } });
  }
  if (noneMatch !== undefined && current !== undefined) throw failed('If-None-Match');
  if (match === undefined) return;
  if (current === undefined) throw noSuchKey(call.target.key);
  if (!matchesTag(match, current.etag)) throw failed('If-Match');
}

/** If-Match of a delete. @throws S3Error PreconditionFailed, also where there is no object */
export function assertDeletable(call: BucketCall): void {
  const match = header(call, 'if-match');
  const current = call.bucket.objects.get(call.target.key);
  if (match !== undefined && (current === undefined || !matchesTag(match, current.etag)))
    throw failed('If-Match');
}

/**
 * The conditions of a read, in the order of RFC 9110, section 13.2.2. Headers start with `prefix`
 * (`x-amz-copy-source-`). Gives false where the reader's copy is still good: 304. @throws S3Error PreconditionFailed
 */
export function isModified(call: BucketCall, object: Validated, prefix = ''): boolean {
  const condition = (name: string) => header(call, `${prefix}${name}`);
  const match = condition('if-match');
  if (match !== undefined && !matchesTag(match, object.etag)) throw failed('If-Match');
  const unmodifiedSince = condition('if-unmodified-since');
  if (match === undefined && unmodifiedSince !== undefined && isLaterThan(object, unmodifiedSince)) {
    throw failed('If-Unmodified-Since');
  }
  const noneMatch = condition('if-none-match');
  if (noneMatch !== undefined) return !matchesTag(noneMatch, object.etag);
  const modifiedSince = condition('if-modified-since');
  return modifiedSince === undefined || isLaterThan(object, modifiedSince);
}

function matchesTag(condition: string, etag: string): boolean {
  const tags = condition.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.some((tag) => tag === '*' || tag === etag || tag === quoted(etag));
}

/** HTTP dates count whole seconds. A date that cannot be read is no condition. */
function isLaterThan({ lastModified }: Validated, date: string): boolean {
  return Math.floor(lastModified / 1000) > Date.parse(date) / 1000;
}

function failed(condition: string): S3Error {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new S3Error('PreconditionFailed', message, { extra: { Condition: condition } });
}
