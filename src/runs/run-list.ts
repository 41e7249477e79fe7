import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import type { Subset } from '../graph/subset.ts';
import { asFolder, formatS3Uri, parseS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, listObjects } from '../neptune/upload.ts';
import { MANIFEST_FILE, type Manifest, parseManifest, readManifest } from '../snapshot/manifest.ts';
import { isRunLocked } from './run-lock.ts';
import { stateStore } from './state.ts';

/** A run as a list shows it. */
export type ListedRun = {
  readonly run: string;
  /** Its directory, or its `s3://` URI. */
  readonly at: string;
  /** `damaged`: its manifest cannot be read by this version. */
  readonly status: 'finished' | 'unfinished' | 'damaged';
  /** Of a finished run. */
  readonly finishedAt: string | null;
  readonly scopes: Manifest['scopes'];
  readonly complete: boolean;
  readonly subset: Subset | null;
  readonly vertices: number;
  readonly edges: number;
  /** Of its data and indexes. */
  readonly bytes: number;
  /** Why it must stay: the state names it, an unfinished sync may have loaded parts of it, or a process is writing it. */
  readonly needed: 'state' | 'attempt' | 'lock' | null;
};

export type ListRunsOptions = {
  /** A directory of runs; or `s3://bucket/prefix`, under which they are in `runs/`. */
  readonly at: string;
  /** The state that names the run in the graph: `s3://…/state.json`. @default of a place in S3, the one there */
  readonly state?: string | undefined;
  readonly s3?: S3Client | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The runs at a place, the oldest first.
 *
 * @throws LineageError (usage) where there is no such directory, or no state where one was named
 */
export async function listRuns({ at, state, s3, signal }: ListRunsOptions): Promise<readonly ListedRun[]> {
  const needed = await neededRuns({ at, state, s3, signal });
  const runs = at.startsWith('s3://')
    ? await runsInS3(parseS3Uri(at), clientOf(s3), signal)
    : await runsOnDisk(at);
  return runs
    .map((run) => ({ ...run, needed: run.needed ?? needed.get(run.run) ?? null }))
    .toSorted((a, b) => (a.run < b.run ? -1 : 1));
}

function clientOf(s3: S3Client | undefined): S3Client {
  if (s3 === undefined) throw new TypeError('Expected an S3 client for runs in S3.');
  return s3;
}

async function neededRuns({
  at,
  state,
  s3,
  signal,
}: ListRunsOptions): Promise<ReadonlyMap<string, 'state' | 'attempt'>> {
  const folder =
    state === undefined ? (at.startsWith('s3://') ? parseS3Uri(at) : undefined) : folderOf(state);
  if (folder === undefined) return new Map();
  const store = stateStore({ s3: clientOf(s3), folder });
  const held = await store.read(signal);
  if (held === undefined && state !== undefined) {
    throw new LineageError('usage', `There is no state at ${state}.`, {
      hint: `Expected the URI of a state, such as ${store.uri}.`,
      details: { state },
    });
  }
  const { run = null, attempts = [] } = held?.state ?? {};
  const needed = new Map<string, 'state' | 'attempt'>(attempts.map((attempt) => [attempt.run, 'attempt']));
  return run === null ? needed : needed.set(run, 'state');
}

/** Of `s3://bucket/prefix/state.json` or of its folder. */
function folderOf(state: string): S3Location {
  const at = parseS3Uri(state);
  return at.key.endsWith('.json') ? { ...at, key: at.key.slice(0, at.key.lastIndexOf('/') + 1) } : at;
}

/** See `runId`. */
const RUN_NAME = /^(\d{8}T\d{6}\.\d{3}Z)(\.partial)?$/;

async function runsOnDisk(directory: string): Promise<readonly ListedRun[]> {
  const names = await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw cause;
    throw new LineageError('usage', `There is no directory ${directory}.`, {
      cause,
      hint: 'Pass the --out directory of the exports, or s3://bucket/prefix.',
    });
  });
  const runs: ListedRun[] = [];
  for (const name of names) {
    const [, run, partial] = RUN_NAME.exec(name) ?? [];
    if (run === undefined) continue;
    const at = join(directory, name);
    const listed = partial === undefined ? await runOf(run, at, () => readManifest(at)) : unfinished(run, at);
    runs.push((await isRunLocked(join(directory, run))) ? { ...listed, needed: 'lock' } : listed);
  }
  return runs;
}

async function runsInS3(
  prefix: S3Location,
  s3: S3Client,
  signal: AbortSignal | undefined,
): Promise<readonly ListedRun[]> {
  const folder = under(asFolder(prefix), 'runs/');
  const found = new Map<string, { isFinished: boolean }>();
  for await (const { key } of listObjects(s3, folder, signal)) {
    const [name = '', ...rest] = key.slice(folder.key.length).split('/');
    if (!RUN_NAME.test(name) || rest.length === 0) continue;
    const isFinished = rest.join('/') === MANIFEST_FILE || found.get(name)?.isFinished === true;
    found.set(name, { isFinished });
  }
  const runs: ListedRun[] = [];
  for (const [run, { isFinished }] of found) {
    const at = under(folder, `${run}/`);
    const manifest = under(at, MANIFEST_FILE);
    runs.push(
      isFinished
        ? await runOf(run, formatS3Uri(at), async () =>
            parseManifest((await getText(s3, manifest, { signal })) ?? '', formatS3Uri(manifest)),
          )
        : unfinished(run, formatS3Uri(at)),
    );
  }
  return runs;
}

function unfinished(run: string, at: string): ListedRun {
  return {
    ...{ run, at, status: 'unfinished', finishedAt: null, scopes: [], complete: false, subset: null },
    ...{ vertices: 0, edges: 0, bytes: 0, needed: null },
  };
}

async function runOf(run: string, at: string, read: () => Promise<Manifest>): Promise<ListedRun> {
  try {
    const { finishedAt, scopes, complete, subset, vertices, edges, files } = await read();
    return {
      ...{ run, at, status: 'finished', finishedAt, scopes, complete, subset, needed: null },
      vertices: sum(Object.values(vertices)),
      edges: sum(Object.values(edges)),
      bytes: sum(files.map(({ bytes }) => bytes)),
    };
  } catch (error) {
    if (!(error instanceof LineageError) || !['usage', 'validationFailed'].includes(error.outcome))
      throw error;
    return { ...unfinished(run, at), status: 'damaged' };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
