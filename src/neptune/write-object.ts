import { PassThrough, type Writable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { s3Error } from './s3-errors.ts';
import { addressOf, type BucketAccess, type Encryption, encryptionOf } from './s3-requests.ts';
import type { S3Location } from './s3-uri.ts';

/** S3 takes 10,000 parts (S3 user guide, "Amazon S3 multipart upload limits"): an object of 160 GB. */
const PART_BYTES = 16 * 2 ** 20;
const PARTS_AT_A_TIME = 2;

/**
 * An object that is sent as it is written, in parts where it is large, each with a SHA-256 that S3 compares. It is there once
 * `publish` resolves, all of it; a stream that is destroyed leaves neither object nor parts.
 */
export function writeObject(
  client: S3Client,
  to: S3Location,
  { encryption, ...access }: BucketAccess & { readonly encryption?: Encryption | undefined } = {},
): { readonly stream: Writable; publish(): Promise<void> } {
  const stream = new PassThrough({ highWaterMark: 2 ** 20 });
  const upload = new Upload({
    client,
    params: {
      ...addressOf(to, access),
      ...encryptionOf(encryption),
      Body: stream,
      ContentType: to.key.endsWith('.gz') ? 'application/gzip' : 'text/csv; charset=utf-8',
      ChecksumAlgorithm: 'SHA256',
    },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_A_TIME,
  });
  const sent = upload.done().then(
    () => undefined,
    async (error: unknown) => {
      const failure = await s3Error(error, client, { doing: 'write the object', ...to, ...access });
      // Whoever writes would wait for ever for it to be taken.
      stream.destroy(failure);
      return failure;
    },
  );
  return {
    stream,
    async publish() {
      const failure = await sent;
      if (failure !== undefined) throw failure;
    },
  };
}
