import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { LineageError } from '../errors.ts';
import { isAccessDenied, isMissingKey, isTaken, s3Error } from './s3-errors.ts';
import { formatS3Uri, type S3Location } from './s3-uri.ts';

/** A local file, and what it must hold. */
export type FileToUpload = {
  readonly path: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
};

type UploadOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Hears how many bytes of the file have arrived. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
};

const MEBIBYTE = 2 ** 20;
const PART_BYTES = 8 * MEBIBYTE;
/** S3 takes no more parts per object (S3 user guide, "Multipart upload limits"). */
const MAX_PARTS = 10_000;
/** Parts of one file under way at a time: with the parts of a few files, what the upload holds in memory. */
const PARTS_AT_A_TIME = 4;

/**
 * Sends a file, in parts where it is large, each part with its CRC32, which S3 verifies. The file's own SHA-256 and size
 * are checked on the way: one that is not what it should be leaves no object behind.
 *
 * @throws LineageError (validationFailed) where the file changed; (usage, accessDenied, unexpected) where S3 refuses.
 */
export async function uploadFile(
  client: S3Client,
  file: FileToUpload,
  to: S3Location,
  { signal, onProgress }: UploadOptions = {},
): Promise<void> {
  const upload = new Upload({
    client,
    params: {
      Bucket: to.bucket,
      Key: to.key,
      Body: Readable.from(verifiedContent(file), { objectMode: false }),
      ChecksumAlgorithm: 'CRC32',
      ContentType: contentType(to.key),
      Metadata: { sha256: file.sha256 },
    },
    partSize: Math.max(PART_BYTES, Math.ceil(file.bytes / MAX_PARTS)),
    queueSize: PARTS_AT_A_TIME,
  });
  upload.on('httpUploadProgress', ({ loaded }) => onProgress?.(loaded ?? 0));
  const abort = () => void upload.abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    signal?.throwIfAborted();
    const { ETag } = await upload.done();
    assertFromS3(ETag, 'upload', to);
  } catch (error) {
    throw await s3Error(error, client, { doing: `upload ${file.path}`, ...to });
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Chunks of this size keep the SDK's part buffer quick; a part is some of them. */
const CHUNK_BYTES = MEBIBYTE;

/** The file's bytes; fails at their end, before the object can be completed, where they are not the expected ones. */
async function* verifiedContent({ path, bytes, sha256 }: FileToUpload): AsyncGenerator<Buffer> {
  const hash: Hash = createHash('sha256');
  let sent = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sent += chunk.length;
    yield chunk;
  }
  const found = hash.digest('hex');
  if (sent === bytes && found === sha256) return;
  throw new LineageError(
    'validationFailed',
    `${path} is not what the manifest says: expected ${bytes} bytes with SHA-256 ${sha256}, found ${sent} with ${found}.`,
    { hint: 'The file changed after the export: export again.', details: { path } },
  );
}

function contentType(key: string): string {
  if (key.endsWith('.gz')) return 'application/gzip';
  return key.endsWith('.json') ? 'application/json' : 'text/csv; charset=utf-8';
}

/** Writes a small object, over whatever is there. @throws LineageError where S3 refuses. */
export async function putText(
  client: S3Client,
  text: string,
  to: S3Location,
  { signal }: UploadOptions = {},
): Promise<void> {
  const command = new PutObjectCommand({ ...addressOf(to), Body: text, ContentType: contentType(to.key) });
  const { ETag } = await client.send(command, abortOption(signal)).catch(async (error: unknown) => {
    throw await s3Error(error, client, { doing: 'write the object', ...to });
  });
  assertFromS3(ETag, 'write', to);
}

/**
 * Writes a small object where there is none yet: `created`; `same` where this very text is there; `different` where
 * another is. Two writers at once cannot both create it (S3 user guide, "Conditional writes": If-None-Match).
 */
export async function putNewText(
  client: S3Client,
  text: string,
  to: S3Location,
  { signal }: UploadOptions = {},
): Promise<'created' | 'same' | 'different'> {
  const command = new PutObjectCommand({
    ...addressOf(to),
    Body: text,
    ContentType: contentType(to.key),
    IfNoneMatch: '*',
  });
  try {
    const { ETag } = await client.send(command, abortOption(signal));
    assertFromS3(ETag, 'write', to);
    return 'created';
  } catch (error) {
    if (!isTaken(error)) throw await s3Error(error, client, { doing: 'write the object', ...to });
    return (await getText(client, to, { signal })) === text ? 'same' : 'different';
  }
}

/**
 * The text of a small object, or undefined where there is none. A caller that may not list the bucket is told AccessDenied
 * for a missing key: with `deniedIsMissing` that, too, gives undefined.
 */
export async function getText(
  client: S3Client,
  from: S3Location,
  { signal, deniedIsMissing = false }: UploadOptions & { readonly deniedIsMissing?: boolean } = {},
): Promise<string | undefined> {
  try {
    const { Body, ETag } = await client.send(new GetObjectCommand(addressOf(from)), abortOption(signal));
    assertFromS3(ETag, 'read', from);
    return await Body?.transformToString();
  } catch (error) {
    if (isMissingKey(error) || (deniedIsMissing && isAccessDenied(error))) return undefined;
    throw await s3Error(error, client, { doing: 'read the object', ...from });
  }
}

/** An object of a listing. */
export type ListedObject = S3Location & { readonly bytes: number };

/** The objects whose keys begin with the prefix, page after page. @throws LineageError where S3 refuses. */
export async function* listObjects(
  client: S3Client,
  prefix: S3Location,
  signal?: AbortSignal,
): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: prefix.bucket,
      Prefix: prefix.key,
      ContinuationToken: token,
    });
    const page = await client.send(command, abortOption(signal)).catch(async (error: unknown) => {
      throw await s3Error(error, client, { doing: 'list the objects', ...prefix });
    });
    assertFromS3(page.KeyCount, 'list', prefix);
    for (const { Key, Size = 0 } of page.Contents ?? []) {
      if (Key === undefined)
        throw new LineageError(
          'unexpected',
          `S3 listed an object without a key under ${formatS3Uri(prefix)}.`,
        );
      yield { bucket: prefix.bucket, key: Key, bytes: Size };
    }
    if (page.NextContinuationToken !== undefined && page.NextContinuationToken === token) {
      throw new LineageError(
        'unexpected',
        `S3 gave the same continuation token twice under ${formatS3Uri(prefix)}: the listing would never end.`,
        { hint: 'Run the same command again; if it recurs, check --endpoint-url.', details: { ...prefix } },
      );
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/**
 * The SDK takes whatever comes with status 200 for success, a proxy's sign-in page for an empty listing. A reply of S3's own
 * always has the member that is passed here.
 */
function assertFromS3(member: string | number | undefined, doing: string, at: S3Location): void {
  if (member !== undefined) return;
  throw new LineageError('unexpected', `Cannot ${doing} ${formatS3Uri(at)}: the reply is not one of S3's.`, {
    hint: 'Something between here and S3 answers in its place: check the proxy and --endpoint-url.',
    details: { uri: formatS3Uri(at) },
  });
}

function addressOf({ bucket, key }: S3Location) {
  return { Bucket: bucket, Key: key };
}

function abortOption(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}
