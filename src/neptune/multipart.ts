import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type FileContent, type FileToUpload, partBytes } from './file-content.ts';
import { isUnknownUpload, s3Error } from './s3-errors.ts';
import { abortOption, addressOf, assertFromS3, type BucketAccess, bucketOf } from './s3-requests.ts';
import type { S3Location } from './s3-uri.ts';

type PartsOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
};

/** Parts of one file under way at a time: with the parts of a few files, what the upload holds in memory. */
const PARTS_AT_A_TIME = 4;

/**
 * Sends a file in parts and completes the object, or leaves neither object nor parts.
 *
 * @param to where, and what else the object gets
 * @returns what S3 says of its SHA-256; `unknown` where the reply to the completion was lost, so that only a look at the
 * object can tell
 */
export async function sendInParts(
  client: S3Client,
  { file, content }: { readonly file: FileToUpload; readonly content: FileContent },
  to: PutObjectCommandInput,
  { signal, onProgress }: PartsOptions,
): Promise<{ readonly checksum: string | undefined } | 'unknown'> {
  const failures: unknown[] = [];
  const at = { bucket: to.Bucket ?? '', key: to.Key ?? '' };
  const upload = new Upload({
    client: sendingClient(client, { signal, to: at, partDigests: content.partDigests, failures }),
    params: {
      ...to,
      Body: Readable.from(content.chunks, { objectMode: false }),
      ChecksumAlgorithm: 'SHA256',
      MpuObjectSize: file.bytes,
    },
    partSize: partBytes(file.bytes),
    queueSize: PARTS_AT_A_TIME,
  });
  upload.on('httpUploadProgress', ({ loaded }) => onProgress?.(loaded ?? 0));
  try {
    return { checksum: (await upload.done()).ChecksumSHA256 };
  } catch (error) {
    const [first = error] = failures;
    // The SDK repeated a completion whose reply was lost, and found it done.
    if (isUnknownUpload(first) && signal?.aborted !== true) return 'unknown';
    throw first;
  }
}

type Sending = {
  readonly signal: AbortSignal | undefined;
  readonly to: S3Location;
  readonly partDigests: readonly string[];
  /** Takes what went wrong, in its order: lib-storage throws the failure to clean up in place of the first one. */
  readonly failures: unknown[];
};

type Command = Parameters<S3Client['send']>[0];

/**
 * The client as lib-storage is given it. Its parts go out with the digest of what was read from the disk, not of what
 * came through the buffers since, and stop with the signal; all else is left to end, so that nothing is left behind.
 */
function sendingClient(client: S3Client, { signal, to, partDigests, failures }: Sending): S3Client {
  async function sendPart({ input }: UploadPartCommand) {
    const ChecksumSHA256 = partDigests[(input.PartNumber ?? 0) - 1];
    return client.send(new UploadPartCommand({ ...input, ChecksumSHA256 }), abortOption(signal));
  }

  async function send(command: Command): Promise<unknown> {
    try {
      const reply = await (command instanceof UploadPartCommand ? sendPart(command) : client.send(command));
      const { UploadId, ETag } = reply as { readonly UploadId?: string; readonly ETag?: string };
      // What throws parts away is answered with nothing, by S3 too.
      if (!(command instanceof AbortMultipartUploadCommand)) assertFromS3(UploadId ?? ETag, 'upload', to);
      return reply;
    } catch (error) {
      failures.push(error);
      throw error;
    }
  }
  return Object.create(client, { send: { value: send } });
}

/** A multipart upload that was neither completed nor aborted: its parts are invisible, and are paid for. */
export type UnfinishedUpload = S3Location & { readonly uploadId: string };

/** Those of the keys that begin with the prefix, page after page. @throws LineageError where S3 refuses. */
export async function* listUnfinishedUploads(
  client: S3Client,
  prefix: S3Location,
  access: BucketAccess = {},
): AsyncGenerator<UnfinishedUpload> {
  let from: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
  while (from !== undefined) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      ...bucketOf(prefix, access),
      Prefix: prefix.key,
      ...from,
    });
    const page = await client.send(command, abortOption(access.signal)).catch(async (error: unknown) => {
      throw await s3Error(error, client, { doing: 'list the unfinished uploads', ...prefix, ...access });
    });
    assertFromS3(page.Bucket, 'list the unfinished uploads of', prefix);
    for (const { Key, UploadId } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined)
        yield { bucket: prefix.bucket, key: Key, uploadId: UploadId };
    }
    from = nextMarkers(page);
  }
}

function nextMarkers({
  IsTruncated,
  NextKeyMarker,
  NextUploadIdMarker,
}: {
  readonly IsTruncated?: boolean | undefined;
  readonly NextKeyMarker?: string | undefined;
  readonly NextUploadIdMarker?: string | undefined;
}) {
  if (IsTruncated !== true || NextKeyMarker === undefined) return undefined;
  return {
    KeyMarker: NextKeyMarker,
    ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
  };
}

/** Throws the parts of an unfinished upload away. One that is finished meanwhile is no error. */
export async function abortUnfinishedUpload(
  client: S3Client,
  { uploadId, ...at }: UnfinishedUpload,
  access: BucketAccess = {},
): Promise<void> {
  const command = new AbortMultipartUploadCommand({ ...addressOf(at, access), UploadId: uploadId });
  await client.send(command, abortOption(access.signal)).catch(async (error: unknown) => {
    if (isUnknownUpload(error)) return;
    throw await s3Error(error, client, { doing: 'abort an unfinished upload', ...at, ...access });
  });
}
