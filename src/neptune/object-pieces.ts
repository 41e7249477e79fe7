import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Error } from './s3-errors.ts';
import { abortOption, addressOf, assertFromS3, type BucketAccess } from './s3-requests.ts';
import type { S3Location } from './s3-uri.ts';

/** An object that is read piece by piece. */
export type ObjectPieces = {
  readonly bytes: number;
  /** Fewer bytes where the object ends. */
  read(at: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
};

/** Bytes that a request asks for at least: pieces are read one after the other, and a request takes as long as a megabyte. */
const LEAST_BYTES = 4 * 2 ** 20;

/**
 * Opens an object whose pieces are read roughly from front to back. Holds one stretch of it at a time.
 *
 * @throws LineageError where S3 refuses, and where the object is another than it was when it was opened
 */
export async function openPieces(
  client: S3Client,
  from: S3Location,
  access: BucketAccess = {},
): Promise<ObjectPieces> {
  const refuse = async (error: unknown) => {
    throw await s3Error(error, client, { doing: 'read the object', ...from, ...access });
  };
  const head = await client
    .send(new HeadObjectCommand(addressOf(from, access)), abortOption(access.signal))
    .catch(refuse);
  assertFromS3(head.ETag, 'read', from);
  const bytes = head.ContentLength ?? 0;
  let stretch = { at: 0, content: Buffer.alloc(0) };

  async function fetch(at: number, length: number): Promise<void> {
    const last = Math.min(bytes, at + Math.max(length, LEAST_BYTES)) - 1;
    const command = new GetObjectCommand({
      ...addressOf(from, access),
      Range: `bytes=${at}-${last}`,
      IfMatch: head.ETag,
    });
    try {
      const { Body, ETag } = await client.send(command, abortOption(access.signal));
      assertFromS3(ETag, 'read', from);
      stretch = { at, content: Buffer.from((await Body?.transformToByteArray()) ?? []) };
    } catch (error) {
      await refuse(error);
    }
  }

  return {
    bytes,
    async read(at, length) {
      if (at >= bytes) return Buffer.alloc(0);
      const end = Math.min(bytes, at + length);
      if (at < stretch.at || end > stretch.at + stretch.content.length) await fetch(at, end - at);
      return stretch.content.subarray(at - stretch.at, end - stretch.at);
    },
    close: async () => undefined,
  };
}
