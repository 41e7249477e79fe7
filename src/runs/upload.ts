import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { partBytes, verifyFile } from '../neptune/file-content.ts';
import { abortUnfinishedUpload, listUnfinishedUploads, type UnfinishedUpload } from '../neptune/multipart.ts';
import type { Encryption } from '../neptune/s3-requests.ts';
import { asFolder, formatS3Uri, parseS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, holdsFile, listObjects, putNewText, uploadFile } from '../neptune/upload.ts';
import { MANIFEST_FILE } from '../snapshot/manifest.ts';
import { eachOf } from './each-of.ts';
import { type StagedFile, type StagedRun, stageRun } from './stage-run.ts';

export type UploadRunOptions = {
  readonly s3: S3Client;
  /** The directory of a finished run. */
  readonly directory: string;
  /** `s3://bucket/prefix`; the run goes to `<prefix>/runs/<run>/`. */
  readonly to: string;
  /** Files under way at a time, each with up to four parts of 8 MiB in memory. @default 2 */
  readonly concurrency?: number | undefined;
  /** Send the files of `data/` compressed, and a manifest that describes them so. @default false */
  readonly gzip?: boolean | undefined;
  /** @default as the bucket says */
  readonly encryption?: Encryption | undefined;
  /** The account, twelve digits, that the bucket must belong to. @default any */
  readonly expectedBucketOwner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
};

/** Bytes that have arrived, of those that are not there already. */
export type UploadProgress = { readonly sentBytes: number; readonly totalBytes: number };

export type UploadResult = {
  readonly run: string;
  /** `s3://…/runs/<run>/`: what `loadRun` takes. */
  readonly uri: string;
  /** `s3://…/runs/<run>/data/`: what Neptune's loader takes. */
  readonly dataUri: string;
  /** Files of the manifest as it was sent, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** What of them was sent now; the rest was there, with the same size and SHA-256. */
  readonly sentFiles: number;
  readonly sentBytes: number;
  /** Whether the whole run was there already, so that nothing was sent. */
  readonly alreadyThere: boolean;
  /**
   * Uploads of large files that were cut short and are thrown away now; null where the caller may not list them
   * (s3:ListBucketMultipartUploads), so that their parts may stay.
   */
  readonly abortedUploads: number | null;
};

/**
 * Copies a run directory to S3: data and index, the report, and the manifest last, so that a reader who finds the
 * manifest finds everything. What is there already with the same size and SHA-256 is not sent again, whether an upload was
 * cut short or not. One upload of a run at a time: a second one takes the parts of the first for left over.
 *
 * @throws LineageError (usage) where the directory is no run, the bucket is wrong, another run has the name already, or
 * objects lie there that are not the run's; (validationFailed) where a file is not what the manifest says; (accessDenied,
 * interrupted, unexpected).
 */
export async function uploadRun(options: UploadRunOptions): Promise<UploadResult> {
  return withStagedRun(options, async (run) => {
    const found = await survey(run, options);
    const [refusal] = refusals(run, found);
    if (refusal !== undefined) throw refusal;
    const abortedUploads = await abortUnfinished(run, options);
    const sent = await sendFiles(run, found, options);
    // A multipart upload whose begin was repeated, the reply being lost, stands there twice.
    if (sent.some(isInParts)) await abortUnfinished(run, options);
    if (found.manifestText !== undefined)
      return result(run, { sent, abortedUploads, alreadyThere: sent.length === 0 });

    const { signal, encryption, expectedBucketOwner } = options;
    const access = { signal, encryption, expectedBucketOwner };
    const manifest = under(run.folder, MANIFEST_FILE);
    if ((await putNewText(options.s3, run.manifestText, manifest, access)) === 'different')
      throw anotherRun(run);
    return result(run, { sent, abortedUploads, alreadyThere: false });
  });
}

export type UploadPlan = {
  readonly run: string;
  readonly uri: string;
  /** The objects of the run, the manifest last. */
  readonly files: readonly PlannedFile[];
  /** Keys of objects under the run's prefix that are not the run's. */
  readonly foreign: readonly string[];
  /** Keys of uploads that were cut short, to be thrown away; null where the caller may not list them. */
  readonly unfinished: readonly string[] | null;
  /** Why nothing would be sent; empty where the upload would go ahead. */
  readonly refusals: readonly LineageError[];
};

type PlannedFile = {
  /** From the run's folder. */
  readonly path: string;
  readonly bytes: number;
  /** `skip`: there already, with the same size and SHA-256. `refuse`: see `reason`. */
  readonly action: 'send' | 'skip' | 'refuse';
  readonly reason?: string;
};

/** What `uploadRun` would do, with all its checks and without writing anything. @throws LineageError as it does */
export async function planUpload(options: UploadRunOptions): Promise<UploadPlan> {
  return withStagedRun(options, async (run) => {
    const found = await survey(run, options);
    const files = await eachOf(run.files, pace(options), (file, signal) =>
      planFile(file, { run, found, options: { ...options, signal } }),
    );
    const unfinished = await unfinishedUploads(run, options);
    return {
      run: run.manifest.run,
      uri: formatS3Uri(run.folder),
      files: [...files.map(({ planned }) => planned), planManifest(run, found)],
      foreign: found.foreign,
      unfinished: unfinished?.map(({ key }) => key) ?? null,
      refusals: [...refusals(run, found), ...files.flatMap(({ refusal }) => refusal ?? [])],
    };
  });
}

/** A run, and the folder in S3 that it goes to. */
type TargetedRun = StagedRun & { readonly folder: S3Location };

const FILES_AT_A_TIME = 2;

async function withStagedRun<T>(
  options: UploadRunOptions,
  act: (run: TargetedRun) => Promise<T>,
): Promise<T> {
  const { directory, gzip = false } = options;
  const to = asFolder(parseS3Uri(options.to));
  const run = await stageRun({ directory, gzip, ...pace(options) });
  try {
    return await act({ ...run, folder: under(to, `runs/${run.manifest.run}/`) });
  } finally {
    await run.close();
  }
}

function pace({ concurrency = FILES_AT_A_TIME, signal }: UploadRunOptions) {
  return { concurrency, signal };
}

/** What lies under the run's folder. */
type Survey = {
  /** Bytes of the run's own objects, by key. */
  readonly objects: ReadonlyMap<string, number>;
  readonly foreign: readonly string[];
  readonly manifestText: string | undefined;
};

async function survey(
  { files, folder }: TargetedRun,
  { s3, signal, expectedBucketOwner }: UploadRunOptions,
): Promise<Survey> {
  const manifest = under(folder, MANIFEST_FILE);
  const own = new Set([...files.map(({ target }) => under(folder, target).key), manifest.key]);
  const objects = new Map<string, number>();
  const foreign: string[] = [];
  for await (const { key, bytes } of listObjects(s3, folder, signal, expectedBucketOwner)) {
    if (own.has(key)) objects.set(key, bytes);
    else foreign.push(key);
  }
  const manifestText = objects.has(manifest.key)
    ? await getText(s3, manifest, { signal, expectedBucketOwner })
    : undefined;
  return { objects, foreign, manifestText };
}

/** Why the run cannot go there at all. */
function refusals(run: TargetedRun, { manifestText, foreign }: Survey): LineageError[] {
  if (manifestText !== undefined && manifestText !== run.manifestText) return [anotherRun(run)];
  return foreign.length === 0 ? [] : [foreignObjects(run, foreign)];
}

function anotherRun({ manifest: { run }, folder }: TargetedRun): LineageError {
  return new LineageError('usage', `Another run named ${run} is already at ${formatS3Uri(folder)}.`, {
    hint: 'Upload under another prefix, or export again, which makes a run of a new name. The same run with --gzip and without is two.',
    details: { run, uri: formatS3Uri(folder) },
  });
}

const NAMED_OBJECTS = 5;

function foreignObjects({ manifest: { run }, folder }: TargetedRun, keys: readonly string[]): LineageError {
  const uri = formatS3Uri(folder);
  const more = keys.length > NAMED_OBJECTS ? ` and ${keys.length - NAMED_OBJECTS} more` : '';
  const names = keys.slice(0, NAMED_OBJECTS).join(', ');
  return new LineageError(
    'usage',
    `Expected nothing but the objects of run ${run} under ${uri}, found ${names}${more}.`,
    {
      hint: 'Neptune takes every object under the prefix for data: remove them, or upload under another prefix.',
      details: { run, uri, foreign: keys.slice(0, 20) },
    },
  );
}

/** A look at the listing: the object itself is asked for more, see {@link holdsFile}. */
function isListed({ target, bytes }: StagedFile, { folder }: TargetedRun, { objects }: Survey): boolean {
  return objects.get(under(folder, target).key) === bytes;
}

/** Undefined where the caller may not list them, which an upload does not depend on. */
async function unfinishedUploads(
  { files, folder }: TargetedRun,
  { s3, signal, expectedBucketOwner }: UploadRunOptions,
): Promise<readonly UnfinishedUpload[] | undefined> {
  const own = new Set(files.map(({ target }) => under(folder, target).key));
  const uploads: UnfinishedUpload[] = [];
  try {
    for await (const upload of listUnfinishedUploads(s3, folder, { signal, expectedBucketOwner })) {
      if (own.has(upload.key)) uploads.push(upload);
    }
    return uploads;
  } catch (error) {
    if (error instanceof LineageError && error.outcome === 'accessDenied') return undefined;
    throw error;
  }
}

async function abortUnfinished(run: TargetedRun, options: UploadRunOptions): Promise<number | null> {
  const { s3, signal, expectedBucketOwner } = options;
  const uploads = await unfinishedUploads(run, options);
  for (const upload of uploads ?? []) {
    await abortUnfinishedUpload(s3, upload, { signal, expectedBucketOwner });
  }
  return uploads?.length ?? null;
}

/** Sends what is not there. @returns what was sent */
async function sendFiles(
  run: TargetedRun,
  found: Survey,
  options: UploadRunOptions,
): Promise<readonly StagedFile[]> {
  const { s3, encryption, expectedBucketOwner, onProgress } = options;
  let totalBytes = run.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let sentBytes = 0;

  const sent = await eachOf(run.files, pace(options), async (file, signal) => {
    const access = { signal, encryption, expectedBucketOwner };
    const to = under(run.folder, file.target);
    if (isListed(file, run, found) && (await holdsFile(s3, file, to, access))) {
      totalBytes -= file.bytes;
      return [];
    }
    let sentOfFile = 0;
    const onFileProgress = (bytes: number) => {
      sentBytes += bytes - sentOfFile;
      sentOfFile = bytes;
      onProgress?.({ sentBytes, totalBytes });
    };
    await uploadFile(s3, file, to, { ...access, onProgress: onFileProgress });
    return [file];
  });
  return sent.flat();
}

function isInParts({ bytes }: StagedFile): boolean {
  return bytes > partBytes(bytes);
}

function planManifest(run: TargetedRun, { manifestText }: Survey): PlannedFile {
  const planned = { path: MANIFEST_FILE, bytes: Buffer.byteLength(run.manifestText) };
  if (manifestText === undefined) return { ...planned, action: 'send' };
  if (manifestText === run.manifestText) return { ...planned, action: 'skip' };
  return { ...planned, action: 'refuse', reason: anotherRun(run).message };
}

type Planning = { readonly run: TargetedRun; readonly found: Survey; readonly options: UploadRunOptions };

async function planFile(
  file: StagedFile,
  { run, found, options }: Planning,
): Promise<{ readonly planned: PlannedFile; readonly refusal?: LineageError }> {
  const { s3, signal, encryption, expectedBucketOwner } = options;
  const planned = { path: file.target, bytes: file.bytes };
  try {
    const at = under(run.folder, file.target);
    const access = { signal, encryption, expectedBucketOwner };
    if (isListed(file, run, found) && (await holdsFile(s3, file, at, access)))
      return { planned: { ...planned, action: 'skip' } };
    await verifyFile(file, signal);
    return { planned: { ...planned, action: 'send' } };
  } catch (error) {
    if (!(error instanceof LineageError) || error.outcome !== 'validationFailed') throw error;
    return { planned: { ...planned, action: 'refuse', reason: error.message }, refusal: error };
  }
}

type Done = {
  readonly sent: readonly StagedFile[];
  readonly abortedUploads: number | null;
  readonly alreadyThere: boolean;
};

function result({ manifest, folder }: TargetedRun, { sent, ...done }: Done): UploadResult {
  const ofManifest = new Set(manifest.files.map(({ path }) => path));
  const sentFiles = sent.filter(({ target }) => ofManifest.has(target));
  return {
    run: manifest.run,
    uri: formatS3Uri(folder),
    dataUri: formatS3Uri(under(folder, 'data/')),
    files: manifest.files.length,
    bytes: bytesOf(manifest.files),
    sentFiles: sentFiles.length,
    sentBytes: bytesOf(sentFiles),
    ...done,
  };
}

function bytesOf(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
