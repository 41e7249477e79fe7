import { type Diff, diffRuns, ROW_KINDS, type RowKind, type RunIndexes } from '../snapshot/diff.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import { type Holding, KEPT, type ResidueEntry, TOMBSTONED } from './holding.ts';
import { readIndex } from './index-entries.ts';
import { indexFile } from './run-directory.ts';
import type { RunFiles } from './run-files.ts';
import type { Run } from './sync-job.ts';

/** What becomes of elements that SageMaker no longer has. */
export type Removal = 'keep' | 'delete' | 'tombstone';

/** How a run differs from what the graph holds, as far as its state says. */
export type Changes = Pick<Diff, 'counts'> & {
  /** Rows that were added or updated, in the order of their file. */
  rows(of: RowKind): AsyncIterable<{ readonly id: string }>;
  /** What the graph may hold and the run does not. */
  readonly removed: readonly ResidueEntry[];
  /** Of that, what the run can say is gone: the rest is of scopes that it does not hold whole. `counts` count these. */
  readonly judged: readonly ResidueEntry[];
  /** Vertices that the run has as `external`, and that were kept as they were. */
  readonly kept: readonly ResidueEntry[];
};

/** Compares a run with what the graph holds, by the indexes. Memory holds what is gone, and nothing else. */
export async function surveyChanges(
  holding: Holding,
  run: Pick<Run, 'files' | 'manifest'>,
  {
    removal,
    judge = async (entries) => entries,
    signal,
  }: {
    readonly removal: Removal;
    /** Gives those that the run can say are gone. @default all */
    readonly judge?: (entries: readonly ResidueEntry[]) => Promise<readonly ResidueEntry[]>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Changes> {
  const diff = await diffRuns(holding.indexes, indexesOf(run.files, run.manifest), { signal });
  const removed: ResidueEntry[] = [];
  const kinds = ROW_KINDS.filter((kind) => diff.counts[kind].removed > 0);
  for await (const change of kinds.length === 0 ? [] : diff.changes(kinds)) {
    if (change.change !== 'removed') continue;
    const { kind: of, creationMs, id, hash } = change;
    removed.push({ of, creationMs, id, hash });
  }
  const gone = holding.isMerged ? await absentFrom(run, removed) : removed;
  const isGone = new Set(gone);
  const judged = await judge(gone);
  const left = removal === 'tombstone' ? judged.filter(({ hash }) => hash !== TOMBSTONED) : judged;
  return {
    counts: withRemoved(diff.counts, left),
    removed: gone,
    judged,
    kept: removed.filter((entry) => entry.hash === KEPT && !isGone.has(entry)),
    async *rows(of) {
      for await (const change of diff.changes([of])) if (change.change !== 'removed') yield change;
    },
  };
}

/**
 * Those that a run has nowhere. Where several runs were merged, one element may stand in several places of the index, of which
 * the run has but one.
 */
async function absentFrom(
  { files, manifest }: Pick<Run, 'files' | 'manifest'>,
  entries: readonly ResidueEntry[],
): Promise<readonly ResidueEntry[]> {
  const absent = new Map(entries.map((entry) => [keyOf(entry.of, entry.id), entry]));
  const indexes = absent.size === 0 ? {} : indexesOf(files, manifest);
  for (const of of ROW_KINDS) {
    const index = indexes[of];
    if (index === undefined) continue;
    for await (const { id } of readIndex(index)) absent.delete(keyOf(of, id));
  }
  return [...absent.values()];
}

/** Vertices share their ids, edges theirs. */
function keyOf(of: RowKind, id: string): string {
  return of === 'edge' ? `edge ${id}` : `vertex ${id}`;
}

function withRemoved(counts: Diff['counts'], removed: readonly ResidueEntry[]): Diff['counts'] {
  const entries = ROW_KINDS.map((kind) => [
    kind,
    { ...counts[kind], removed: removed.filter(({ of }) => of === kind).length },
  ]);
  return Object.fromEntries(entries) as Diff['counts'];
}

/** The indexes of a run. */
export function indexesOf(runFiles: RunFiles, { files }: Pick<Manifest, 'files'>): RunIndexes {
  return Object.fromEntries(
    ROW_KINDS.flatMap((of) => {
      const found = files.find(({ path }) => path === indexFile(of));
      if (found === undefined) return [];
      const { name, open } = runFiles.file(found.path, found.bytes);
      return [[of, { name, sha256: found.sha256, open }]];
    }),
  );
}

/** Whether two runs have the same rows: their indexes are the same bytes. */
export function haveSameRows(a: Manifest, b: Manifest): boolean {
  const hashOf = ({ files }: Manifest, of: RowKind) =>
    files.find(({ path }) => path === indexFile(of))?.sha256;
  return ROW_KINDS.every((of) => hashOf(a, of) !== undefined && hashOf(a, of) === hashOf(b, of));
}

/** Of what is gone, that which is still to be removed, or to be marked. */
export function toBeRemoved({ judged }: Changes, way: Removal): readonly ResidueEntry[] {
  if (way === 'keep') return [];
  return way === 'delete' ? judged : judged.filter(({ hash }) => hash !== TOMBSTONED);
}
