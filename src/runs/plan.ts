import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { readText } from '../csv/check/text.ts';
import { type CsvFile, createCsvFile } from '../csv/file.ts';
import { LineageError } from '../errors.ts';
import type { StoredRow } from '../graph/stored.ts';
import { formatS3Uri, parseS3Uri, under } from '../neptune/s3-uri.ts';
import { type Diff, diffRuns, ROW_KINDS, type RowKind } from '../snapshot/diff.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import {
  CORRECTIONS_FILE,
  decideRemoval,
  PLAN_FILE,
  type Plan,
  type PlannedCorrection,
  type PlannedRemoval,
  planChange,
  REMOVE_FILE,
  type RemovalDecision,
  type RemovalOptions,
} from '../snapshot/plan.ts';
import { changedRows } from './changed-rows.ts';
import { type PickedRow, pickRows } from './pick-rows.ts';
import { edgeFile, vertexFile } from './run-directory.ts';
import { assertSameScopes, isRunDirectory, openRunSource, type RunSource } from './run-source.ts';
import { stateStore } from './state.ts';

export type PlanRunOptions = RemovalOptions & {
  /** The run that the graph is to be brought to: a directory, or `s3://…/runs/<run>/`. */
  readonly run: string;
  /** What the graph holds: a run, or the state that names it (`s3://…/state.json`). Without it, nothing. */
  readonly since?: string | undefined;
  /** The directory that the plan is written to, in place of any that is there. @default `<run>.plan` beside a run on disk */
  readonly out?: string | undefined;
  /** For runs and states in S3. */
  readonly s3?: S3Client | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type WrittenPlan = {
  readonly plan: Plan;
  /** Of `plan.json`. */
  readonly path: string;
};

/**
 * Says what a sync would change, and writes it: `plan.json`, and beside it the rows to load (`load/`, in the layout of a run's
 * data), the ids to remove and the corrections. Reads two runs, and nothing of the graph. What guards refuse is in the plan;
 * see `assertNothingRefused`.
 *
 * @throws LineageError (usage) where a source is no run, or the runs are of different scopes; (validationFailed) where a
 * file is not what its manifest says
 */
export async function planRun({
  run,
  since,
  out,
  s3,
  signal,
  ...options
}: PlanRunOptions): Promise<WrittenPlan> {
  const after = await openRunSource(run, { s3, signal });
  const { before, state, notes } = await openSince(since, { after, s3, signal });
  if (before !== undefined) assertSameScopes(before, after);
  const directory = planDirectory(out, run, after);
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const diff = await diffRuns(before?.indexes ?? {}, after.indexes, { signal });
  const decision = decideRemoval({
    counts: diff.counts,
    before: before?.manifest,
    after: after.manifest,
    options,
  });
  const written =
    before === undefined
      ? NOTHING_WRITTEN
      : await writeDelta(partial, { diff, before, after, decision, signal });
  const plan: Plan = {
    format: 1,
    after: runOf(after),
    before: before === undefined ? null : runOf(before),
    state,
    subset: after.manifest.subset,
    counts: diff.counts,
    load: before === undefined ? 'all' : written.loaded === 0 ? 'nothing' : 'delta',
    ...decision,
    refusals: [...decision.refusals],
    corrections: written.corrections,
    notes: [...notes, ...notesOf(decision, written.kept)],
    files: [...written.files].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  await writeFile(join(partial, PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`, { flush: true });
  await rm(directory, { recursive: true, force: true });
  await rename(partial, directory);
  return { plan, path: join(directory, PLAN_FILE) };
}

function runOf({ manifest: { run }, manifestSha256 }: RunSource): Plan['after'] {
  return { run, manifestSha256 };
}

function planDirectory(out: string | undefined, run: string, { manifest }: RunSource): string {
  if (out !== undefined) return resolve(out);
  return resolve(run.startsWith('s3://') ? `${manifest.run}.plan` : `${run.replace(/\/+$/, '')}.plan`);
}

type Since = {
  readonly before: RunSource | undefined;
  readonly state: Plan['state'];
  readonly notes: readonly string[];
};

type SinceOptions = {
  readonly after: RunSource;
  readonly s3: S3Client | undefined;
  readonly signal: AbortSignal | undefined;
};

async function openSince(since: string | undefined, { after, s3, signal }: SinceOptions): Promise<Since> {
  if (since === undefined) return { before: undefined, state: null, notes: [] };
  if (!since.startsWith('s3://') || !since.endsWith('.json'))
    return { before: await openRunSource(since, { s3, signal }), state: null, notes: [] };
  if (s3 === undefined) throw new TypeError('Expected an S3 client for a state in S3.');
  const at = parseS3Uri(since);
  const folder = { ...at, key: at.key.slice(0, at.key.lastIndexOf('/') + 1) };
  const store = stateStore({ s3, folder });
  const held = await store.read(signal);
  if (held === undefined || store.uri !== since) {
    throw new LineageError('usage', `There is no state at ${since}.`, {
      hint: `A sync keeps it at ${store.uri}; before the first sync leave --since out.`,
      details: { since },
    });
  }
  const { run, revision, residue, attempts } = held.state;
  const before = run === null ? undefined : await openRunOfState(run, { folder, after, s3, signal });
  const more = [
    ...(residue === null ? [] : [`${residue.rows} elements that earlier nights left`]),
    ...(attempts.length === 0 ? [] : [`what ${attempts.length} unfinished syncs loaded`]),
  ];
  const note = `The graph holds ${more.join(' and ')} besides; \`sync\` counts it in, this plan does not.`;
  return { before, state: { uri: store.uri, revision }, notes: more.length === 0 ? [] : [note] };
}

/** The copy beside the later run, where it is the same, else the one in S3. */
async function openRunOfState(
  run: string,
  {
    folder,
    after,
    s3,
    signal,
  }: SinceOptions & { readonly folder: { readonly bucket: string; readonly key: string } },
): Promise<RunSource> {
  const uploaded = await openRunSource(formatS3Uri(under(folder, `runs/${run}/`)), { s3, signal });
  if (after.source.startsWith('s3://')) return uploaded;
  const beside = join(dirname(resolve(after.source)), run);
  if (!(await isRunDirectory(beside))) return uploaded;
  const local = await openRunSource(beside, { s3, signal });
  return ROW_KINDS.every((kind) => local.indexes[kind]?.sha256 === uploaded.indexes[kind]?.sha256)
    ? local
    : uploaded;
}

type Delta = {
  readonly files: readonly ManifestFile[];
  /** Rows to load. */
  readonly loaded: number;
  /** Listed vertices that do not become external. */
  readonly kept: number;
  readonly corrections: Plan['corrections'];
};

const NOTHING_WRITTEN: Delta = {
  files: [],
  loaded: 0,
  kept: 0,
  corrections: { blank: 0, relabel: 0, ends: 0 },
};

/** Edges go first: a vertex that still has some is not removed. */
const REMOVAL_ORDER: readonly RowKind[] = ['edge', ...ROW_KINDS.filter((kind) => kind !== 'edge')];

async function writeDelta(
  directory: string,
  {
    diff,
    before,
    after,
    decision,
    signal,
  }: {
    readonly diff: Diff;
    readonly before: RunSource;
    readonly after: RunSource;
    readonly decision: RemovalDecision;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Delta> {
  const load = deltaFiles(directory, after);
  const removals = jsonLinesFile<PlannedRemoval>(directory, REMOVE_FILE);
  const corrections = jsonLinesFile<PlannedCorrection>(directory, CORRECTIONS_FILE);
  const corrected = { blank: 0, relabel: 0, ends: 0 };
  const relabelled = new Set<string>();
  let kept = 0;
  try {
    for await (const { change, before: old, after: young } of changedRows(
      { diff, before, after },
      { kinds: REMOVAL_ORDER, signal },
    )) {
      const planned = planChange(change, { before: old?.row, after: young?.row }, decision);
      const { kind, id, creationMs } = change;
      if (planned.load && young !== undefined) await load.write(kind, young.line);
      if (planned.remove)
        await removals.write({ element: kind === 'edge' ? 'edge' : 'vertex', kind, id, creationMs });
      if (change.change === 'updated' && !planned.load) kept += 1;
      for (const correction of planned.corrections) {
        corrected[correction.is] += 1;
        if (correction.is === 'relabel' && correction.element === 'vertex') relabelled.add(id);
        await corrections.write(correction);
      }
    }
    for await (const { line } of edgesAt(relabelled, { diff, after, signal }))
      await load.write('edge', line, REATTACHED);
    const loaded = await load.close();
    return {
      files: [...loaded, ...(await removals.close()), ...(await corrections.close())],
      loaded: loaded.reduce((sum, { rows }) => sum + rows, 0),
      kept,
      corrections: corrected,
    };
  } catch (error) {
    await Promise.all([load.abandon(), removals.abandon(), corrections.abandon()]);
    throw error;
  }
}

/** Edges that did not change, and go with the vertices that have to go before they are loaded under another label. */
async function* edgesAt(
  ends: ReadonlySet<string>,
  {
    diff,
    after,
    signal,
  }: { readonly diff: Diff; readonly after: RunSource; readonly signal: AbortSignal | undefined },
): AsyncGenerator<PickedRow> {
  if (ends.size === 0) return;
  const changed = new Set<number>();
  for await (const change of diff.changes(['edge'])) if (change.change !== 'removed') changed.add(change.row);
  const isWanted = (place: number, row: () => StoredRow) => {
    if (changed.has(place)) return false;
    const { from = '', to = '' } = row().ends ?? {};
    return ends.has(from) || ends.has(to);
  };
  yield* pickRows(after, 'edge', isWanted, signal);
}

/** The rows to load, in files as a run has them. A kind without rows has none. */
function deltaFiles(directory: string, after: RunSource) {
  const open = new Map<string, CsvFile>();

  async function create(kind: RowKind, path: string): Promise<CsvFile> {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    const file = createCsvFile(join(directory, path), await headerOf(after, kind));
    open.set(path, file);
    return file;
  }

  return {
    async write(kind: RowKind, line: Buffer, path = deltaPath(kind)): Promise<void> {
      const file = open.get(path) ?? (await create(kind, path));
      await file.write(line, 1);
    },
    async close(): Promise<readonly ManifestFile[]> {
      const files: ManifestFile[] = [];
      for (const [path, file] of open) files.push({ ...(await file.close()), path });
      return files;
    },
    async abandon(): Promise<void> {
      for (const file of open.values()) await file.abandon();
    },
  };
}

const REATTACHED = 'load/edges/reattached.csv';

/** `load/nodes/artifacts-nodes.csv` */
function deltaPath(kind: RowKind): string {
  const path = kind === 'edge' ? edgeFile(false) : vertexFile(kind, false);
  return path.replace(/^data\//, 'load/');
}

async function headerOf(run: RunSource, kind: RowKind): Promise<string> {
  const data = run.data(kind);
  let text = '';
  if (data === undefined) return text;
  for await (const chunk of readText(data.file)) {
    text += chunk.toString();
    if (text.includes('\n')) break;
  }
  return text.slice(0, text.indexOf('\n'));
}

/** A file of JSON, one object a line; there is none where nothing was written. */
function jsonLinesFile<T extends object>(directory: string, name: string) {
  let file: CsvFile | undefined;
  return {
    async write(value: T): Promise<void> {
      file ??= createCsvFile(join(directory, name), undefined);
      await file.write(`${JSON.stringify(value)}\n`, 1);
    },
    async close(): Promise<readonly ManifestFile[]> {
      return file === undefined ? [] : [{ ...(await file.close()), path: name }];
    },
    async abandon(): Promise<void> {
      await file?.abandon();
    },
  };
}

function notesOf({ demotion }: RemovalDecision, kept: number): readonly string[] {
  if (demotion === 'apply' || kept === 0) return [];
  return [`${kept} vertices that no listing gave this time stay what they are, and do not become external.`];
}
