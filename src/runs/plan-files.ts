import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readText } from '../csv/check/text.ts';
import { type CsvFile, createCsvFile } from '../csv/file.ts';
import type { StoredRow } from '../graph/stored.ts';
import { type Diff, ROW_KINDS, type RowKind } from '../snapshot/diff.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import {
  CORRECTIONS_FILE,
  LOAD_FOLDER,
  type Plan,
  type PlannedCorrection,
  type PlannedRemoval,
  planChange,
  REMOVE_FILE,
  type RemovalDecision,
} from '../snapshot/plan.ts';
import { changedRows } from './changed-rows.ts';
import { type PickedRow, pickRows } from './pick-rows.ts';
import { edgeFile, vertexFile } from './run-directory.ts';
import type { RunSource } from './run-source.ts';

/** What was written for a plan. */
export type PlanFiles = {
  readonly files: readonly ManifestFile[];
  /** Rows to load. */
  readonly loaded: number;
  /** Listed vertices that do not become external. */
  readonly kept: number;
  readonly corrections: Plan['corrections'];
};

export const NOTHING_WRITTEN: PlanFiles = {
  files: [],
  loaded: 0,
  kept: 0,
  corrections: { blank: 0, relabel: 0, ends: 0 },
};

/** Edges go first: a vertex that still has some is not removed. */
const REMOVAL_ORDER: readonly RowKind[] = ['edge', ...ROW_KINDS.filter((kind) => kind !== 'edge')];

/**
 * Writes the rows to load, the ids to remove and the corrections of a plan to a directory. A kind of which nothing is to be
 * loaded has no file, and neither has what there is none of.
 */
export async function writePlanFiles(
  directory: string,
  {
    diff,
    before,
    after,
    decision,
    isJudged,
    signal,
  }: {
    readonly diff: Diff;
    readonly before: RunSource;
    readonly after: RunSource;
    readonly decision: RemovalDecision;
    /** Whether the later run can say of what it lacks that it is gone. */
    readonly isJudged: (lacking: { readonly kind: RowKind; readonly id: string }) => boolean;
    readonly signal: AbortSignal | undefined;
  },
): Promise<PlanFiles> {
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
      if (planned.remove && isJudged(change))
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

const REATTACHED = `${LOAD_FOLDER}/edges/reattached.csv`;

/** `load/nodes/artifacts-nodes.csv` */
function deltaPath(kind: RowKind): string {
  const path = kind === 'edge' ? edgeFile(false) : vertexFile(kind, false);
  return path.replace(/^data(?=\/)/, LOAD_FOLDER);
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
