import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import {
  base64Of,
  compositeChecksum,
  expectedChecksum,
  type FileToUpload,
  partBytes,
  readContent,
} from './file-content.ts';
import { sendInParts } from './multipart.ts';
import { isAccessDenied, isMissingKey, isNotFound, isTaken, s3Error } from './s3-errors.ts';
import {
  abortOption,
  addressOf,
  assertFromS3,
  type BucketAccess,
  bucketOf,
  type Encryption,
  encryptionOf,
  isEncryptedAs,
} from './s3-requests.ts';
import { formatS3Uri, type S3Location } from './s3-uri.ts';

type WriteOptions = BucketAccess & { readonly encryption?: Encryption | undefined };

type UploadFileOptions = WriteOptions & {
  /** Hears how many bytes of the file have arrived. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
};

/**
 * Sends a file, in parts where it is large, with the SHA-256 of what was read from the disk, which S3 compares with what
 * it received: the whole file's, or each part's. The file's own SHA-256 and size are checked on the way: one that is not
 * what it should be leaves no object behind.
 *
 * @throws LineageError (validationFailed) where the file changed; (usage, accessDenied, unexpected) where S3 refuses.
 */
export async function uploadFile(
  client: S3Client,
  file: FileToUpload,
  to: S3Location,
  options: UploadFileOptions = {},
): Promise<void> {
  const { signal } = options;
  const send = file.bytes <= partBytes(file.bytes) ? sendWhole : sendParts;
  try {
    signal?.throwIfAborted();
    await send(client, file, to, options);
  } catch (error) {
    const cause = signal?.aborted === true && !(error instanceof LineageError) ? aborted(error) : error;
    const { expectedBucketOwner } = options;
    throw await s3Error(cause, client, { doing: `upload ${file.path}`, ...to, expectedBucketOwner });
  }
}

async function sendWhole(
  client: S3Client,
  file: FileToUpload,
  to: S3Location,
  { onProgress, ...options }: UploadFileOptions,
): Promise<void> {
  const expected = base64Of(file.sha256);
  const command = new PutObjectCommand({
    ...objectOf(file, to, options),
    Body: await wholeContent(file, options.signal),
    ChecksumAlgorithm: 'SHA256',
    ChecksumSHA256: expected,
  });
  const { ETag, ChecksumSHA256 } = await client.send(command, abortOption(options.signal));
  assertFromS3(ETag, 'upload', to);
  assertChecksum(ChecksumSHA256, expected, to);
  onProgress?.(file.bytes);
}

/** What does not fit is not kept: a file that grew is refused at its end. */
async function wholeContent(file: FileToUpload, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readContent(file, signal).chunks) {
    bytes += chunk.length;
    if (bytes <= file.bytes) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function sendParts(
  client: S3Client,
  file: FileToUpload,
  to: S3Location,
  { signal, onProgress, ...options }: UploadFileOptions,
): Promise<void> {
  const content = readContent(file, signal);
  const object = objectOf(file, to, options);
  const reply = await sendInParts(client, { file, content }, object, { signal, onProgress });
  const checksum =
    reply === 'unknown'
      ? (await headObject(client, to, { signal, ...options }))?.ChecksumSHA256
      : reply.checksum;
  assertChecksum(checksum, compositeChecksum(content.partDigests), to);
}

function objectOf(file: FileToUpload, to: S3Location, { encryption, ...access }: UploadFileOptions) {
  return {
    ...addressOf(to, access),
    ...encryptionOf(encryption),
    ContentType: contentType(to.key),
    Metadata: { sha256: file.sha256 },
  };
}

function assertChecksum(found: string | undefined, expected: string, at: S3Location): void {
  if (found === expected) return;
  throw new LineageError(
    'unexpected',
    `S3 does not hold what was sent to ${formatS3Uri(at)}: expected the SHA-256 ${expected}, found ${found ?? 'none'}.`,
    {
      hint: 'Run the same command again: what differs is sent again. Another program may write there too.',
      details: { uri: formatS3Uri(at), expected, found },
    },
  );
}

/** Whatever a request ended with when it was stopped, as the SDK calls it. */
function aborted(cause: unknown): Error {
  return Object.assign(new Error('Request aborted', { cause }), { name: 'AbortError' });
}

/**
 * Whether an object holds this file, by size, by S3's own SHA-256, and encrypted as asked. A large file is read for that.
 *
 * @throws LineageError (validationFailed) where the file is read and is not what it must be; (usage, accessDenied,
 * unexpected) where S3 refuses.
 */
export async function holdsFile(
  client: S3Client,
  file: FileToUpload,
  at: S3Location,
  { encryption, ...access }: WriteOptions = {},
): Promise<boolean> {
  const object = await headObject(client, at, access);
  return (
    object !== undefined &&
    object.ContentLength === file.bytes &&
    object.ChecksumSHA256 !== undefined &&
    isEncryptedAs(encryption, object) &&
    object.ChecksumSHA256 === (await expectedChecksum(file, access.signal))
  );
}

async function headObject(client: S3Client, at: S3Location, access: BucketAccess) {
  try {
    const command = new HeadObjectCommand({ ...addressOf(at, access), ChecksumMode: 'ENABLED' });
    const object = await client.send(command, abortOption(access.signal));
    assertFromS3(object.ETag, 'look at', at);
    return object;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw await s3Error(error, client, { doing: 'look at the object', ...at, ...access });
  }
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
  { encryption, ...access }: WriteOptions = {},
): Promise<void> {
  const command = new PutObjectCommand(textObject(text, to, { encryption, ...access }));
  const { ETag } = await client.send(command, abortOption(access.signal)).catch(async (error: unknown) => {
    throw await s3Error(error, client, { doing: 'write the object', ...to, ...access });
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
  { encryption, ...access }: WriteOptions = {},
): Promise<'created' | 'same' | 'different'> {
  const command = new PutObjectCommand({
    ...textObject(text, to, { encryption, ...access }),
    IfNoneMatch: '*',
  });
  try {
    const { ETag } = await client.send(command, abortOption(access.signal));
    assertFromS3(ETag, 'write', to);
    return 'created';
  } catch (error) {
    if (!isTaken(error)) throw await s3Error(error, client, { doing: 'write the object', ...to, ...access });
    return (await getText(client, to, access)) === text ? 'same' : 'different';
  }
}

function textObject(text: string, to: S3Location, { encryption, ...access }: WriteOptions) {
  return {
    ...addressOf(to, access),
    ...encryptionOf(encryption),
    Body: text,
    ContentType: contentType(to.key),
    ChecksumAlgorithm: 'SHA256',
  } as const;
}

/**
 * The text of a small object, or undefined where there is none. A caller that may not list the bucket is told AccessDenied
 * for a missing key: with `deniedIsMissing` that, too, gives undefined.
 */
export async function getText(
  client: S3Client,
  from: S3Location,
  { deniedIsMissing = false, ...access }: BucketAccess & { readonly deniedIsMissing?: boolean } = {},
): Promise<string | undefined> {
  try {
    const command = new GetObjectCommand(addressOf(from, access));
    const { Body, ETag } = await client.send(command, abortOption(access.signal));
    assertFromS3(ETag, 'read', from);
    return await Body?.transformToString();
  } catch (error) {
    if (isMissingKey(error) || (deniedIsMissing && isAccessDenied(error))) return undefined;
    throw await s3Error(error, client, { doing: 'read the object', ...from, ...access });
  }
}

/** An object of a listing. */
export type ListedObject = S3Location & { readonly bytes: number };

/** The objects whose keys begin with the prefix, page after page. @throws LineageError where S3 refuses. */
export async function* listObjects(
  client: S3Client,
  prefix: S3Location,
  signal?: AbortSignal,
  expectedBucketOwner?: string,
): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      ...bucketOf(prefix, { expectedBucketOwner }),
      Prefix: prefix.key,
      ContinuationToken: token,
    });
    const page = await client.send(command, abortOption(signal)).catch(async (error: unknown) => {
      throw await s3Error(error, client, { doing: 'list the objects', ...prefix, expectedBucketOwner });
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
