import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { LineageError } from '../errors.ts';

/** A local file, and what it must hold. */
export type FileToUpload = {
  readonly path: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
};

/** A file that is being read. */
export type FileContent = {
  /** Its bytes. They end in an error where they are not the expected ones. */
  readonly chunks: AsyncGenerator<Buffer, void, undefined>;
  /** SHA-256, in base64, of each part that was read to its end; empty where the file is one part. */
  readonly partDigests: readonly string[];
};

const MEBIBYTE = 2 ** 20;
const LEAST_PART_BYTES = 8 * MEBIBYTE;
/** S3 takes no more parts per object (S3 user guide, "Amazon S3 multipart upload limits"). */
const MAX_PARTS = 10_000;
/** Chunks of this size keep the SDK's part buffer quick; a part is some of them. */
const CHUNK_BYTES = MEBIBYTE;

/** The size of the parts that a file of so many bytes is sent in; one that is no larger is sent whole. */
export function partBytes(bytes: number): number {
  return Math.max(LEAST_PART_BYTES, Math.ceil(bytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE);
}

/** Reads a file, hashing what it reads. @throws LineageError (validationFailed), at its end, where the file changed. */
export function readContent(file: FileToUpload, signal?: AbortSignal): FileContent {
  const partDigests: string[] = [];
  return { chunks: readChunks(file, partDigests, signal), partDigests };
}

/**
 * What S3 computes of an object that was sent in parts: the SHA-256 of the parts' SHA-256, and how many they are. It has
 * none over all bytes of those (S3 user guide, "Checking object integrity": SHA checksums are composite).
 *
 * @param digests SHA-256 of the parts in base64
 */
export function compositeChecksum(digests: readonly string[]): string {
  const hash = createHash('sha256');
  for (const digest of digests) hash.update(digest, 'base64');
  return `${hash.digest('base64')}-${digests.length}`;
}

/** S3's form of a SHA-256 of 64 hex digits. */
export function base64Of(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}

/**
 * The checksum that S3 has of this file where it was sent by this package. That of a file in parts takes reading it.
 *
 * @throws LineageError (validationFailed) where the file is read and is not what it must be.
 */
export async function expectedChecksum(file: FileToUpload, signal?: AbortSignal): Promise<string> {
  if (file.bytes <= partBytes(file.bytes)) return base64Of(file.sha256);
  return compositeChecksum(await verifyFile(file, signal));
}

/** Reads a file to its end. @throws LineageError (validationFailed) where it is not what it must be. */
export async function verifyFile(file: FileToUpload, signal?: AbortSignal): Promise<readonly string[]> {
  const { chunks, partDigests } = readContent(file, signal);
  for (let step = await chunks.next(); step.done !== true; ) step = await chunks.next();
  return partDigests;
}

async function* readChunks(
  { path, bytes, sha256 }: FileToUpload,
  partDigests: string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const whole = createHash('sha256');
  const parts = bytes > partBytes(bytes) ? createPartHash(partBytes(bytes), partDigests) : undefined;
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  let found = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    whole.update(chunk);
    parts?.update(chunk);
    found += chunk.length;
    yield chunk;
  }
  parts?.end();
  const foundSha256 = whole.digest('hex');
  if (found === bytes && foundSha256 === sha256) return;
  throw new LineageError(
    'validationFailed',
    `${path} is not what the manifest says: expected ${bytes} bytes with SHA-256 ${sha256}, found ${found} with ${foundSha256}.`,
    { hint: 'The file changed after the export: export again.', details: { path } },
  );
}

/** Hashes part by part; chunks need not end where parts do. */
function createPartHash(size: number, digests: string[]) {
  let hash = createHash('sha256');
  let room = size;
  function end(): void {
    if (room === size) return;
    digests.push(hash.digest('base64'));
    hash = createHash('sha256');
    room = size;
  }
  return {
    end,
    update(chunk: Buffer): void {
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, at + room);
        hash.update(piece);
        at += piece.length;
        room -= piece.length;
        if (room === 0) end();
      }
    },
  };
}
