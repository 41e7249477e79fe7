import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import type { FileToUpload } from '../neptune/file-content.ts';
import type { BucketAccess, Encryption } from '../neptune/s3-requests.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { putNewText, uploadFile } from '../neptune/upload.ts';
import { MANIFEST_FILE, readManifest } from '../snapshot/manifest.ts';
import { eachOf } from './each-of.ts';

type SendOptions = {
  readonly s3: S3Client;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: BucketAccess['expectedBucketOwner'];
  readonly signal?: AbortSignal | undefined;
};

const FILES_AT_A_TIME = 2;

/**
 * Sends what a later sync compares with: the indexes of a run, then its manifest. Its rows stay where they are.
 *
 * @throws LineageError (usage) where another run of that name is there
 */
export async function uploadSnapshot(directory: string, to: S3Location, options: SendOptions): Promise<void> {
  const { s3, signal, ...access } = options;
  const { run, files } = await readManifest(directory);
  const indexes = files.filter(({ path }) => path.startsWith('index/'));
  await sendFiles(
    indexes.map((file) => ({ ...file, path: join(directory, file.path), target: file.path })),
    to,
    options,
  );
  const text = await readFile(join(directory, MANIFEST_FILE), 'utf8');
  const manifest = under(to, MANIFEST_FILE);
  if ((await putNewText(s3, text, manifest, { signal, ...access })) !== 'different') return;
  throw new LineageError('usage', `Another run named ${run} is already at ${formatS3Uri(to)}.`, {
    hint: 'Export again, which makes a run of a new name.',
    details: { run, uri: formatS3Uri(to) },
  });
}

/** Sends files to their places under a folder. @returns their bytes */
export async function sendFiles(
  files: readonly (FileToUpload & { readonly target: string })[],
  to: S3Location,
  { s3, signal, ...access }: SendOptions,
): Promise<number> {
  await eachOf(files, { concurrency: FILES_AT_A_TIME, signal }, (file, stop) =>
    uploadFile(s3, file, under(to, file.target), { signal: stop, ...access }),
  );
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
