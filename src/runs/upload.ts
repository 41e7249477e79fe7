import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { LineageError } from '../errors.ts';
import { asFolder, formatS3Uri, parseS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, putNewText, putText, uploadFile } from '../neptune/upload.ts';
import { MANIFEST_FILE, type Manifest, readManifest } from '../snapshot/manifest.ts';
import { REPORT_FILE } from '../snapshot/report.ts';

export type UploadRunOptions = {
  readonly s3: S3Client;
  /** The directory of a finished run. */
  readonly directory: string;
  /** `s3://bucket/prefix`; the run goes to `<prefix>/runs/<run>/`. */
  readonly to: string;
  /** Files under way at a time, each with up to four parts of 8 MiB in memory. @default 2 */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
};

export type UploadProgress = { readonly sentBytes: number; readonly totalBytes: number };

export type UploadResult = {
  readonly run: string;
  /** `s3://…/runs/<run>/`: what `loadRun` takes. */
  readonly uri: string;
  /** `s3://…/runs/<run>/data/`: what Neptune's loader takes. */
  readonly dataUri: string;
  /** Files of the manifest, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Whether the whole run was there already, so that nothing was sent. */
  readonly alreadyThere: boolean;
};

/**
 * Copies a run directory to S3: data and index, the report, and the manifest last, so that a reader who finds the
 * manifest finds everything.
 *
 * @throws LineageError (usage) where the directory is no run, the bucket is wrong, or another run has the name already;
 * (validationFailed) where a file is not what the manifest says; (accessDenied, interrupted, unexpected).
 */
export async function uploadRun(options: UploadRunOptions): Promise<UploadResult> {
  const { s3, directory, to, signal } = options;
  const manifest = await readManifest(directory);
  const manifestText = await readFile(join(directory, MANIFEST_FILE), 'utf8');
  const folder = under(asFolder(parseS3Uri(to)), `runs/${manifest.run}/`);
  const manifestObject = under(folder, MANIFEST_FILE);
  const result = {
    run: manifest.run,
    uri: formatS3Uri(folder),
    dataUri: formatS3Uri(under(folder, 'data/')),
    files: manifest.files.length,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
  };

  // Who may write but not list is told "denied" for a key that is not there; the last step looks again.
  const there = await getText(s3, manifestObject, { signal, deniedIsMissing: true });
  if (there === manifestText) return { ...result, alreadyThere: true };
  if (there !== undefined) throw anotherRun(manifest, folder);

  await uploadFiles(manifest, folder, options);
  await uploadReport(s3, directory, folder, signal);
  const outcome = await putNewText(s3, manifestText, manifestObject, { signal });
  if (outcome === 'different') throw anotherRun(manifest, folder);
  return { ...result, alreadyThere: false };
}

const FILES_AT_A_TIME = 2;

/** The first failure stops the files that are under way, and is what is thrown. */
async function uploadFiles(
  { files }: Manifest,
  folder: S3Location,
  { s3, directory, concurrency = FILES_AT_A_TIME, signal, onProgress }: UploadRunOptions,
): Promise<void> {
  const failure = new AbortController();
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let sentBytes = 0;

  async function upload({ path, bytes, sha256 }: Manifest['files'][number]): Promise<void> {
    let sentOfFile = 0;
    const onFileProgress = (sent: number) => {
      sentBytes += sent - sentOfFile;
      sentOfFile = sent;
      onProgress?.({ sentBytes, totalBytes });
    };
    const file = { path: join(directory, path), bytes, sha256 };
    await uploadFile(s3, file, under(folder, path), { signal: stop, onProgress: onFileProgress });
  }

  const failures: unknown[] = [];
  const limit = pLimit(concurrency);
  await Promise.all(
    files.map((file) =>
      limit(async () => {
        if (failures.length > 0) return;
        await upload(file).catch((error: unknown) => {
          failures.push(error);
          failure.abort();
        });
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

async function uploadReport(
  s3: S3Client,
  directory: string,
  folder: S3Location,
  signal: AbortSignal | undefined,
): Promise<void> {
  const text = await readFile(join(directory, REPORT_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) await putText(s3, text, under(folder, REPORT_FILE), { signal });
}

function anotherRun({ run }: Manifest, folder: S3Location): LineageError {
  return new LineageError('usage', `Another run named ${run} is already at ${formatS3Uri(folder)}.`, {
    hint: 'Upload under another prefix, or export again, which makes a run of a new name.',
    details: { run, uri: formatS3Uri(folder) },
  });
}
