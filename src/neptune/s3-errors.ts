import type { S3Client } from '@aws-sdk/client-s3';
import type { LineageError, Outcome } from '../errors.ts';
import { expectedBucketOwnerOf } from './s3-requests.ts';
import { attemptError, serviceErrorFields, transportError } from './service-errors.ts';

export type BucketAttempt = {
  /** Completes "Cannot …": `upload data/edges/edges.csv`. */
  readonly doing: string;
  readonly bucket: string;
  readonly key: string;
  readonly expectedBucketOwner?: string | undefined;
};

/** A failed call of S3 as an error that says what to do. A LineageError passes as it is. */
export async function s3Error(
  error: unknown,
  client: S3Client,
  { doing, bucket, key, expectedBucketOwner }: BucketAttempt,
): Promise<LineageError> {
  const attempt = {
    doing,
    where: `s3://${bucket}/${key}`,
    outcome: 'unexpected',
    details: { bucket, key },
  } as const;
  const transport = transportError(error, attempt);
  if (transport !== undefined) return transport;

  const { name, message, status } = serviceErrorFields(error);
  const fail = (outcome: Outcome, reason: string, hint: string) =>
    attemptError(error, attempt, outcome, reason, hint);

  if (isMissingBucket(error)) {
    return fail(
      'usage',
      `there is no bucket ${bucket}`,
      'Check the name, or create the bucket in the region of the cluster.',
    );
  }
  const bucketRegion = regionOf(error);
  if (REDIRECTS.has(name) || status === 301 || status === 307 || bucketRegion !== undefined) {
    const own = await client.config.region();
    return fail(
      'usage',
      `the bucket ${bucket} is in ${bucketRegion ?? 'another region'}, and this command works in ${own}`,
      'Neptune loads only from a bucket in its own region: use one there, or pass the region of both as --region.',
    );
  }
  if (CREDENTIAL_ERRORS.has(name)) {
    return fail(
      'accessDenied',
      `${name}: ${message}`,
      'Check which credentials are in use, and that they are current.',
    );
  }
  if (name.startsWith('KMS.')) {
    return fail(
      'usage',
      `${name}: ${message}`,
      'Check --sse-kms-key-id: the key must be enabled, and in the region of the bucket.',
    );
  }
  if (status === 403) {
    const allow = `llow the caller s3:GetObject, s3:PutObject, s3:AbortMultipartUpload on arn:aws:s3:::${bucket}/*, and s3:ListBucket, s3:ListBucketMultipartUploads on the bucket (and kms:GenerateDataKey, kms:Decrypt on the key where KMS encrypts).`;
    const owner = expectedBucketOwner ?? expectedBucketOwnerOf(client);
    const hint =
      owner === undefined
        ? `A${allow}`
        : `Check that the bucket belongs to account ${owner}; if it does, a${allow}`;
    return fail('accessDenied', `${name}: ${message}`, hint);
  }
  if (DAMAGED.has(name)) {
    return fail(
      'unexpected',
      `${name}: ${message}`,
      'The bytes were damaged on the way, and S3 kept none of them: run the same command again.',
    );
  }
  return fail('unexpected', `${name}: ${message}`, 'Try again; AWS Support can trace the request id.');
}

/** Whether a read failed because nothing is under the key. */
export function isMissingKey(error: unknown): boolean {
  return serviceErrorFields(error).name === 'NoSuchKey';
}

/** Whether there is no such object, in answer to a HEAD, which has no body to name the error in. */
export function isNotFound(error: unknown): boolean {
  const { name, status } = serviceErrorFields(error);
  return status === 404 && name !== 'NoSuchBucket';
}

/** Whether a multipart upload is not there: completed, aborted, or never begun. */
export function isUnknownUpload(error: unknown): boolean {
  return serviceErrorFields(error).name === 'NoSuchUpload';
}

/** Whether a conditional write failed because something is under the key already, or is being written there now. */
export function isTaken(error: unknown): boolean {
  const { name, status } = serviceErrorFields(error);
  return name === 'PreconditionFailed' || name === 'ConditionalRequestConflict' || status === 412;
}

/** Whether S3 refused with plain AccessDenied: without s3:ListBucket it does so for a key that does not exist. */
export function isAccessDenied(error: unknown): boolean {
  return serviceErrorFields(error).name === 'AccessDenied';
}

const REDIRECTS: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
]);

const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'RequestTimeTooSkewed',
]);

/** S3 compares what arrives with the checksums that come with it. */
const DAMAGED: ReadonlySet<string> = new Set(['BadDigest', 'XAmzContentSHA256Mismatch', 'InvalidDigest']);

function isMissingBucket(error: unknown): boolean {
  return serviceErrorFields(error).name === 'NoSuchBucket';
}

/** S3 names the bucket's region in the body of a refusal, or in a header of a redirect. */
function regionOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { Region, $response } = error as {
    Region?: unknown;
    $response?: { headers?: Readonly<Record<string, string>>; statusCode?: number };
  };
  if (typeof Region === 'string') return Region;
  return $response?.statusCode === 301 || $response?.statusCode === 307
    ? $response.headers?.['x-amz-bucket-region']
    : undefined;
}
