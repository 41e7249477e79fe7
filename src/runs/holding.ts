import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { csvLine } from '../csv/encode.ts';
import { createCsvFile } from '../csv/file.ts';
import { splitLine } from '../csv/read.ts';
import { LineageError } from '../errors.ts';
import { openObject } from '../neptune/open-object.ts';
import type { BucketAccess, Encryption } from '../neptune/s3-requests.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, uploadFile } from '../neptune/upload.ts';
import { ROW_KINDS, type RowKind, type RunIndexes } from '../snapshot/diff.ts';
import { INDEX_HEADER } from '../snapshot/index-line.ts';
import { MANIFEST_FILE, type Manifest, parseManifest, readManifest } from '../snapshot/manifest.ts';
import { EDGE_LISTINGS, type HeldRuns, type ListedEdges, listedEdges } from '../snapshot/plan.ts';
import { compareEntries, type IndexEntry, mergeIndexes, readIndex } from './index-entries.ts';
import { objectFiles } from './object-files.ts';
import { diskFiles, type RunFiles } from './run-files.ts';
import type { State } from './state.ts';
import { indexesOf } from './sync-changes.ts';

/** What the graph holds of this deployment, as far as its state says. */
export type Holding = {
  /** The run that was verified last; undefined before the first. */
  readonly manifest: Manifest | undefined;
  /** Of all runs that the graph may hold something of. */
  readonly held: HeldRuns;
  readonly indexes: RunIndexes;
  /** Whether they were made of several, so that an element may stand in more than one place. */
  readonly isMerged: boolean;
};

type HoldingOptions = {
  readonly s3: S3Client;
  /** The prefix under which the runs are. */
  readonly folder: S3Location;
  /** The directory that holds the runs of this machine. */
  readonly out: string;
  /** Where what is not on this machine is put. */
  readonly work: string;
  readonly expectedBucketOwner?: BucketAccess['expectedBucketOwner'];
  readonly signal?: AbortSignal | undefined;
  /** Read in S3 what is there, and put what is made of it under `work/` there: nothing comes to this machine. @default false */
  readonly inPlace?: boolean | undefined;
};

type ManifestOptions = Omit<HoldingOptions, 'out' | 'work'>;

/**
 * Gathers the indexes that a state names, from this machine where it has them, else from S3, each compared with the
 * SHA-256 that is known of it.
 *
 * @throws LineageError (validationFailed) where one of them is missing or is not what it was
 */
export async function openHolding(state: State, options: HoldingOptions): Promise<Holding> {
  const known = await heldManifests(state, options);
  const manifest = known.find(({ run }) => run === state.run);
  const held = heldRuns(known, state.residue);
  const runs: RunIndexes[] = [];
  for (const one of known) runs.push(indexesOf(await obtainIndexes(one, options), one));
  const [first] = runs;
  if (manifest !== undefined && first !== undefined && runs.length === 1 && state.residue === null)
    return { manifest, held, indexes: first, isMerged: false };
  const residue = state.residue === null ? [] : [await obtainResidue(state.residue, options)];
  const indexes = await mergedIndexes(runs, residue, await heldFiles(state, options));
  return { manifest, held, indexes, isMerged: true };
}

/** The manifests of the runs that a state names, that of the last verified one first. */
export async function heldManifests(state: State, options: ManifestOptions): Promise<readonly Manifest[]> {
  const runs = [...(state.run === null ? [] : [state.run]), ...state.attempts.map(({ run }) => run)];
  return await Promise.all(runs.map((run) => findManifest(run, options)));
}

/** What is known of these runs, and of what others left. */
export function heldRuns(
  runs: readonly Pick<Manifest, 'subset' | 'edges'>[],
  residue: State['residue'],
): HeldRuns {
  const listed = [residue?.doubted ?? {}, ...runs.map(({ edges }) => listedEdges(edges))];
  const most = (listing: keyof ListedEdges) => Math.max(...listed.map((edges) => edges[listing] ?? 0));
  return {
    subsets: [...(residue?.subsets ?? []), ...runs.map(({ subset }) => subset)],
    edges: Object.fromEntries(EDGE_LISTINGS.map((listing) => [listing, most(listing)])),
  };
}

/** Writes indexes of their own for what several runs, and the residue, have. */
async function mergedIndexes(
  runs: readonly RunIndexes[],
  residues: readonly string[],
  to: RunFiles,
): Promise<RunIndexes> {
  const indexes: Partial<Record<RowKind, NonNullable<RunIndexes[RowKind]>>> = {};
  for (const of of runs.length + residues.length === 0 ? [] : ROW_KINDS) {
    const sources = runs.flatMap(({ [of]: index }) => (index === undefined ? [] : [readIndex(index)]));
    const name = `${of}.csv`;
    const file = createCsvFile(name, INDEX_HEADER, { sink: to.create(name) });
    for await (const { creationMs, id, hash } of mergeIndexes([
      ...sources,
      ...residues.map((residue) => readResidue(residue, of)),
    ])) {
      await file.write(csvLine([creationMs, id, hash]), 1);
    }
    const { bytes, sha256 } = await file.close();
    indexes[of] = { ...to.file(name, bytes), sha256 };
  }
  return indexes;
}

/** Where merged indexes go. In S3, the same state gives the same objects. */
async function heldFiles(
  { revision }: State,
  { s3, folder, work, inPlace = false, signal }: HoldingOptions,
): Promise<RunFiles> {
  if (inPlace) return objectFiles(under(folder, `work/held/${revision}/`), { s3, signal });
  await mkdir(join(work, 'held'), { recursive: true });
  return diskFiles(join(work, 'held'));
}

/** The manifest of a run in S3, which alone says what an index must be. */
async function findManifest(run: string, options: ManifestOptions): Promise<Manifest> {
  const { s3, folder, signal, expectedBucketOwner } = options;
  const at = under(folder, `runs/${run}/${MANIFEST_FILE}`);
  const text = await getText(s3, at, { signal, expectedBucketOwner });
  if (text !== undefined) return parseManifest(text, formatS3Uri(at));
  throw missing(formatS3Uri(at));
}

/** Where the indexes of a run are. */
async function obtainIndexes(manifest: Manifest, options: HoldingOptions): Promise<RunFiles> {
  const { s3, folder, out, work, inPlace = false, signal } = options;
  const { run, files } = manifest;
  if (inPlace) return objectFiles(under(folder, `runs/${run}/`), { s3, signal });
  const own = join(out, run);
  const indexes = files.filter(({ path }) => path.startsWith('index/'));
  if ((await isSameRun(own, manifest)) && (await areIntact(own, indexes))) return diskFiles(own);
  const fetched = join(work, run);
  for (const { path, sha256 } of indexes)
    await fetchObject(s3, under(folder, `runs/${run}/${path}`), { to: join(fetched, path), sha256, signal });
  return diskFiles(fetched);
}

async function isSameRun(directory: string, { run, scopes }: Manifest): Promise<boolean> {
  const own = await readManifest(directory).catch((error: unknown) => {
    if (error instanceof LineageError) return undefined;
    throw error;
  });
  return own?.run === run && JSON.stringify(own.scopes) === JSON.stringify(scopes);
}

async function areIntact(directory: string, files: Manifest['files']): Promise<boolean> {
  for (const { path, sha256 } of files) if ((await hashOf(join(directory, path))) !== sha256) return false;
  return true;
}

/** SHA-256 of a file; undefined where there is none. */
async function hashOf(path: string): Promise<string | undefined> {
  if (!(await exists(path))) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

type FetchOptions = {
  readonly to: string;
  readonly sha256: string;
  readonly signal: AbortSignal | undefined;
};

async function fetchObject(
  s3: S3Client,
  from: S3Location,
  { to, sha256, signal }: FetchOptions,
): Promise<void> {
  if ((await hashOf(to)) === sha256) return;
  await mkdir(dirname(to), { recursive: true });
  await pipeline(await openObject(s3, from, signal), createWriteStream(`${to}.partial`));
  const found = await hashOf(`${to}.partial`);
  if (found !== sha256) {
    throw new LineageError(
      'validationFailed',
      `${formatS3Uri(from)} is not what it was: expected the SHA-256 ${sha256}, found ${found ?? 'none'}.`,
      { hint: STATE_HINT, details: { uri: formatS3Uri(from), expected: sha256, found } },
    );
  }
  await rename(`${to}.partial`, to);
}

const STATE_HINT =
  'Bring the object back (a version of the bucket, a backup): without it nobody can tell which elements of the graph are yours.';

function missing(uri: string): LineageError {
  return new LineageError('validationFailed', `The state names ${uri}, which is not there.`, {
    hint: STATE_HINT,
    details: { uri },
  });
}

const RESIDUE_HEADER = 'of,creationms,id,hash';

/** In place of a hash: the element is marked as deleted. */
export const TOMBSTONED = 'tombstone';
/** It was put back, and nobody knows what it holds. */
export const RESTORED = 'restored';
/** It is a vertex of this kind, though the run has it as `external`: see `RemovalDecision`. */
export const KEPT = 'kept';

/** An element that the graph holds beside the last run. */
export type ResidueEntry = IndexEntry & { readonly of: RowKind };

async function* readResidue(path: string, of: RowKind): AsyncGenerator<IndexEntry> {
  let isHeader = true;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (!isHeader) {
      const [rowsOf, ms = '', id = '', hash = ''] = splitLine(`${line}\n`);
      if (rowsOf === of) yield { creationMs: Number(ms), id, hash };
    }
    isHeader = false;
  }
}

/** All of it. @throws LineageError (validationFailed) where it is missing or is not what it was */
export async function residueOf(state: State, options: HoldingOptions): Promise<readonly ResidueEntry[]> {
  if (state.residue === null) return [];
  const path = await obtainResidue(state.residue, options);
  const entries: ResidueEntry[] = [];
  for (const of of ROW_KINDS) for await (const entry of readResidue(path, of)) entries.push({ of, ...entry });
  return entries;
}

async function obtainResidue(
  { sha256 }: NonNullable<State['residue']>,
  { s3, folder, work, signal }: HoldingOptions,
): Promise<string> {
  const to = join(work, `residue-${sha256}.csv`);
  await fetchObject(s3, residueObject(folder, sha256), { to, sha256, signal });
  return to;
}

function residueObject(folder: S3Location, sha256: string): S3Location {
  return under(folder, `residue/${sha256}.csv`);
}

/**
 * Writes a residue to S3, under its SHA-256, before a state names it. Null where there is none.
 *
 * @param known of the runs that it is from
 */
export async function saveResidue(
  entries: readonly ResidueEntry[],
  {
    s3,
    folder,
    work,
    encryption,
    ...access
  }: HoldingOptions & { readonly encryption?: Encryption | undefined },
  known: Pick<NonNullable<State['residue']>, 'subsets' | 'doubted'>,
): Promise<State['residue']> {
  if (entries.length === 0) return null;
  await mkdir(work, { recursive: true });
  const file = createCsvFile(join(work, 'residue.csv'), RESIDUE_HEADER);
  for (const { of, creationMs, id, hash } of inOrder(entries))
    await file.write(csvLine([of, creationMs, id, hash]), 1);
  const { path, rows, bytes, sha256 } = await file.close();
  await uploadFile(s3, { path, bytes, sha256 }, residueObject(folder, sha256), { encryption, ...access });
  return { sha256, rows, ...known };
}

function inOrder(entries: readonly ResidueEntry[]): readonly ResidueEntry[] {
  const rank = new Map(ROW_KINDS.map((of, at) => [of, at]));
  return entries.toSorted((a, b) => (rank.get(a.of) ?? 0) - (rank.get(b.of) ?? 0) || compareEntries(a, b));
}
