import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CheckedFile } from '../csv/check/text.ts';
import { readStoredRows } from '../csv/stored-rows.ts';
import type { StoredRow } from '../graph/stored.ts';
import type { SentFiles } from '../neptune/counters.ts';
import { parseS3Uri } from '../neptune/s3-uri.ts';
import { listObjects } from '../neptune/upload.ts';
import type { Manifest, ManifestFile } from '../snapshot/manifest.ts';
import type { LoadSource } from './load-source.ts';
import type { RunFiles } from './run-files.ts';
import { objectFile } from './source-files.ts';

/** A file of data, and what the manifest says of it, where there is one. */
export type DataFile = { readonly file: CheckedFile; readonly expected: ManifestFile | undefined };

/** The objects that the loader is given. */
export async function dataObjects(
  s3: S3Client,
  { source, manifest }: LoadSource,
  signal?: AbortSignal,
): Promise<readonly DataFile[]> {
  const folder = parseS3Uri(source);
  const byPath = new Map(manifest?.files.map((file) => [file.path, file]));
  const files: DataFile[] = [];
  for await (const object of listObjects(s3, folder, signal)) {
    // Consoles leave empty objects that stand for folders.
    if (object.bytes === 0 && object.key.endsWith('/')) continue;
    const path = `data/${object.key.slice(folder.key.length)}`;
    files.push({ file: objectFile(s3, object, signal), expected: byPath.get(path) });
  }
  return files;
}

/** The same of a run whose files are at hand. */
export function dataFiles(files: RunFiles, manifest: Pick<Manifest, 'files'>): readonly DataFile[] {
  const data = manifest.files.filter(({ path }) => path.startsWith('data/'));
  return data.map((expected) => ({ file: files.file(expected.path, expected.bytes), expected }));
}

/** A file that is not what the manifest says. */
export type FileDifference = {
  readonly file: string;
  readonly expected: FileState;
  readonly found: FileState;
};

type FileState = { readonly rows: number; readonly bytes: number; readonly sha256: string };

export type Survey = SentFiles & { readonly differences: readonly FileDifference[] };

type SurveyOptions = {
  readonly onRow?:
    | ((kind: StoredRow['element'], row: () => StoredRow, bytes: () => Buffer) => void)
    | undefined;
  readonly onPiece?: (() => Promise<void>) | undefined;
  readonly onProgress?: ((readBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** Reads files to their ends, once, in turn: what they hold, and whether their rows and bytes are those of the manifest. */
export async function surveyFiles(
  files: readonly DataFile[],
  { onRow = () => undefined, onPiece, onProgress, signal }: SurveyOptions,
): Promise<Survey> {
  const totalBytes = files.reduce((sum, { file }) => sum + file.bytes, 0);
  const differences: FileDifference[] = [];
  let before = 0;
  let filesWithRows = 0;
  let rows = 0;
  let records: number | undefined = 0;
  let edges = 0;
  for (const { file, expected } of files) {
    const sha256 = createHash('sha256');
    let bytes = 0;
    const open = async function* () {
      for await (const chunk of file.open()) {
        signal?.throwIfAborted();
        sha256.update(chunk);
        bytes += chunk.length;
        onProgress?.(before + bytes, totalBytes);
        yield chunk;
      }
    };
    const tally = await readStoredRows({ ...file, open }, { onRow, onPiece });
    before += bytes;
    rows += tally.rows;
    edges += tally.edges;
    records = records === undefined || !tally.isWhole ? undefined : records + tally.records;
    if (tally.rows > 0) filesWithRows += 1;
    if (expected === undefined) continue;
    const found = { rows: tally.rows, bytes, sha256: sha256.digest('hex') };
    const { path, ...state } = expected;
    if (found.sha256 !== state.sha256) differences.push({ file: file.name, expected: state, found });
  }
  return { files: files.length, filesWithRows, rows, records, edges, differences };
}

/** `s3://…/edges.csv has 11 rows in 999 bytes, not 12 in 1000` */
export function fileDifferenceText({ file, expected, found }: FileDifference): string {
  const state = ({ rows, bytes, sha256 }: FileState) =>
    `${rows} rows in ${bytes} bytes with SHA-256 ${sha256}`;
  return `${file} has ${state(found)}, not ${state(expected)}`;
}
