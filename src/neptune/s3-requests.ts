import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { formatS3Uri, type S3Location } from './s3-uri.ts';

/** What every request to a bucket may carry. */
export type BucketAccess = {
  readonly signal?: AbortSignal | undefined;
  /**
   * The account that the bucket must belong to, twelve digits: S3 refuses the request where it is another's, so that a
   * bucket that was deleted and claimed by a stranger gets nothing (S3 user guide, "Verifying bucket ownership with
   * bucket owner condition").
   */
  readonly expectedBucketOwner?: string | undefined;
};

/**
 * How S3 encrypts what it is sent; without it as the bucket says. Keys of the customer (SSE-C) are left out: Neptune's
 * loader cannot read what they encrypt.
 */
export type Encryption =
  | { readonly method: 'AES256' }
  /** Without a key id, with the key that AWS manages for S3. */
  | { readonly method: 'aws:kms'; readonly keyId?: string | undefined };

/** Which account the buckets of a client must belong to, where that was said for all its requests. */
const EXPECTED_OWNERS = new WeakMap<S3Client, string>();

/** Lets every request of a client carry the owner that its bucket must have (see {@link BucketAccess}): reads as well. */
export function expectBucketOwner(client: S3Client, owner: string): void {
  EXPECTED_OWNERS.set(client, owner);
  client.middlewareStack.add(
    (next) => async (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-expected-bucket-owner'] ??= owner;
      return next(args);
    },
    // Before the request is signed.
    { step: 'build', name: 'expectBucketOwner' },
  );
}

export function expectedBucketOwnerOf(client: S3Client): string | undefined {
  return EXPECTED_OWNERS.get(client);
}

/** The members of a request that say where it goes, and whose that must be. */
export function addressOf({ bucket, key }: S3Location, { expectedBucketOwner }: BucketAccess = {}) {
  return { ...bucketOf({ bucket }, { expectedBucketOwner }), Key: key };
}

/** The same for a request about the bucket. */
export function bucketOf(
  { bucket }: Pick<S3Location, 'bucket'>,
  { expectedBucketOwner: owner }: BucketAccess = {},
) {
  return { Bucket: bucket, ...(owner === undefined ? {} : { ExpectedBucketOwner: owner }) };
}

export function encryptionOf(encryption: Encryption | undefined) {
  if (encryption === undefined) return {};
  if (encryption.method === 'AES256' || encryption.keyId === undefined)
    return { ServerSideEncryption: encryption.method };
  return { ServerSideEncryption: encryption.method, SSEKMSKeyId: encryption.keyId };
}

type FoundEncryption = {
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
};

/** Whether an object is encrypted as asked. An alias cannot be told from the key that S3 names, and is believed. */
export function isEncryptedAs(encryption: Encryption | undefined, found: FoundEncryption): boolean {
  const { ServerSideEncryption: method, SSEKMSKeyId: key = '' } = found;
  if (encryption === undefined) return true;
  if (encryption.method !== method) return false;
  if (encryption.method === 'AES256' || encryption.keyId === undefined) return true;
  const { keyId } = encryption;
  return keyId === key || key.endsWith(`:key/${keyId}`) || /(^|:)alias\//.test(keyId);
}

/**
 * The SDK takes whatever comes with status 200 for success, a proxy's sign-in page for an empty listing. A reply of S3's own
 * always has the member that is passed here.
 */
export function assertFromS3(member: string | number | undefined, doing: string, at: S3Location): void {
  if (member !== undefined) return;
  throw new LineageError('unexpected', `Cannot ${doing} ${formatS3Uri(at)}: the reply is not one of S3's.`, {
    hint: 'Something between here and S3 answers in its place: check the proxy and --endpoint-url.',
    details: { uri: formatS3Uri(at) },
  });
}

export function abortOption(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}
