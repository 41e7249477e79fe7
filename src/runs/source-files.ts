import { createReadStream } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CheckedFile } from '../csv/check/text.ts';
import { openObject } from '../neptune/open-object.ts';
import { formatS3Uri, type S3Location } from '../neptune/s3-uri.ts';

/** An object as a file that is read as it comes. */
export function objectFile(
  s3: S3Client,
  { bucket, key, bytes }: S3Location & { readonly bytes: number },
  signal: AbortSignal | undefined,
): CheckedFile {
  return {
    name: formatS3Uri({ bucket, key }),
    bytes,
    async *open() {
      yield* (await openObject(s3, { bucket, key }, signal)) as AsyncIterable<Buffer>;
    },
  };
}

/** Larger than the default: a quarter of the calls. */
const CHUNK_BYTES = 256 * 1024;

export function localFile(path: string, bytes: number): CheckedFile {
  return {
    name: path,
    bytes,
    open: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>,
  };
}
