import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { KINDS } from '../graph/kinds.ts';
import { asFolder, formatS3Uri, parseS3Uri, under } from '../neptune/s3-uri.ts';
import { getText } from '../neptune/upload.ts';
import { ROW_KINDS, type RowKind, type RunIndexes } from '../snapshot/diff.ts';
import type { IndexFile } from '../snapshot/index-bytes.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  type ManifestFile,
  parseManifest,
  readManifest,
  scopeText,
} from '../snapshot/manifest.ts';
import { indexFile } from './run-directory.ts';
import { localFile, objectFile } from './source-files.ts';
import type { DataFile } from './survey-files.ts';

/** A finished run, on disk or in S3, whose files are read as they are needed. */
export type RunSource = {
  /** As it was given. */
  readonly source: string;
  readonly manifest: Manifest;
  /** Of the manifest's text: 64 hex digits. */
  readonly manifestSha256: string;
  readonly indexes: RunIndexes;
  /** The file that holds the rows of a kind. */
  data(kind: RowKind): DataFile | undefined;
};

type OpenOptions = {
  /** For a run in S3. */
  readonly s3?: S3Client | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Opens a run: a directory, or `s3://…/runs/<run>/`.
 *
 * @throws LineageError (usage) where it is no run; (validationFailed) where it has no indexes or its manifest cannot be read
 */
export async function openRunSource(source: string, { s3, signal }: OpenOptions): Promise<RunSource> {
  const { manifest, text, fileOf } = source.startsWith('s3://')
    ? await inS3(source, { s3, signal })
    : await onDisk(source);
  const files = new Map(manifest.files.map((file) => [file.path, file]));
  const index = (kind: RowKind): IndexFile => {
    const file = files.get(indexFile(kind));
    if (file === undefined) throw withoutIndex(source, kind);
    return { ...fileOf(file), sha256: file.sha256 };
  };
  return {
    source,
    manifest,
    manifestSha256: createHash('sha256').update(text).digest('hex'),
    indexes: Object.fromEntries(ROW_KINDS.map((kind) => [kind, index(kind)])),
    data(kind) {
      const expected = manifest.files.find(({ path }) => path.startsWith(dataPath(kind)));
      return expected && { file: fileOf(expected), expected };
    },
  };
}

/** Whichever way the file is compressed. */
function dataPath(kind: RowKind): string {
  return kind === 'edge' ? 'data/edges/' : `data/nodes/${KINDS[kind].file}`;
}

type Found = {
  readonly manifest: Manifest;
  readonly text: string;
  readonly fileOf: (file: ManifestFile) => DataFile['file'];
};

async function onDisk(directory: string): Promise<Found> {
  const manifest = await readManifest(directory);
  const text = await readFile(join(directory, MANIFEST_FILE), 'utf8');
  return { manifest, text, fileOf: ({ path, bytes }) => localFile(join(directory, path), bytes) };
}

async function inS3(source: string, { s3, signal }: OpenOptions): Promise<Found> {
  if (s3 === undefined) throw new TypeError('Expected an S3 client for a run in S3.');
  const folder = asFolder(parseS3Uri(source));
  const at = under(folder, MANIFEST_FILE);
  const text = await getText(s3, at, { signal });
  if (text === undefined) {
    throw new LineageError('usage', `${source} is not a run: there is no ${MANIFEST_FILE}.`, {
      hint: 'Pass the URI that `smlineage upload` printed, or see `smlineage runs list`.',
      details: { source },
    });
  }
  const fileOf = ({ path, bytes }: ManifestFile) => objectFile(s3, { ...under(folder, path), bytes }, signal);
  return { manifest: parseManifest(text, formatS3Uri(at)), text, fileOf };
}

function withoutIndex(source: string, kind: RowKind): LineageError {
  return new LineageError('validationFailed', `${source} has no ${indexFile(kind)}.`, {
    hint: 'Export again with this version.',
    details: { source },
  });
}

/** Whether a directory holds a run. */
export async function isRunDirectory(directory: string): Promise<boolean> {
  const found = await stat(join(directory, MANIFEST_FILE)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return found !== undefined;
}

/** @throws LineageError (usage) where the runs have no account and Region in common: one says nothing of the other */
export function assertSameScopes(before: RunSource, after: RunSource): void {
  const known = new Set(before.manifest.scopes.map(scopeText));
  if (after.manifest.scopes.some((scope) => known.has(scopeText(scope)))) return;
  throw new LineageError(
    'usage',
    `${before.source} and ${after.source} are runs of different accounts or Regions.`,
    {
      hint: 'Compare runs that have an account and Region in common.',
      details: { before: before.manifest.scopes, after: after.manifest.scopes },
    },
  );
}
