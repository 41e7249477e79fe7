import type { Gremlin } from '../graph/gremlin.ts';
import { scopeName } from '../graph/scope.ts';
import { readElements } from '../neptune/elements.ts';
import { type ChangeCounts, type Diff, ROW_KINDS, type RowKind } from '../snapshot/diff.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import type { RemovalInput } from '../snapshot/plan.ts';
import { type HeldScope, judgeScopes, type ScopeJudgement, scopeChanges } from '../snapshot/scopes.ts';
import type { ResidueEntry } from './holding.ts';
import { pickRows } from './pick-rows.ts';
import { batchesOf } from './removal.ts';
import type { RunSource } from './run-source.ts';

/* What a run of several scopes can say of elements that it lacks. Indexes tell no ends of edges: whoever holds the edges does. */

/** What a decision has to know of several scopes. */
export function severalOf(after: Manifest, held: readonly HeldScope[]): NonNullable<RemovalInput['several']> {
  const scopes = scopeChanges(after, held).map(({ scope, ...rows }) => ({ name: scopeName(scope), ...rows }));
  return { isWhole: judgeScopes(after, held).isWhole, scopes };
}

type JudgeOptions = {
  readonly judgement: ScopeJudgement;
  readonly send: Gremlin;
  readonly signal: AbortSignal | undefined;
};

/** Of what a run lacks and a graph may hold, that which is gone: vertices by their ARN, edges by their ends in the graph. */
export async function judgedEntries(
  entries: readonly ResidueEntry[],
  { judgement, send, signal }: JudgeOptions,
): Promise<readonly ResidueEntry[]> {
  const gone = new Set(entries.filter(({ of, id }) => of !== 'edge' && judgement.judges(id)));
  for (const batch of batchesOf(entries.filter(({ of }) => of === 'edge'))) {
    const ids = batch.map(({ id }) => id);
    const found = await readElements(send, 'edge', ids, { signal });
    for (const entry of batch) {
      const { ends } = found.get(entry.id) ?? {};
      // One that is not there needs no removal, and nobody knows whose it was.
      if (ends !== undefined && judgement.judgesEdge(ends)) gone.add(entry);
    }
  }
  return entries.filter((entry) => gone.has(entry));
}

type Lacking = { readonly kind: RowKind; readonly id: string };

/** Of what a run lacks and an earlier one has, that which is gone: edges by their ends in the earlier one. */
export async function judgeRemovals(
  {
    diff,
    before,
    after,
  }: { readonly diff: Diff; readonly before: RunSource | undefined; readonly after: RunSource },
  { held, signal }: { readonly held: readonly HeldScope[]; readonly signal: AbortSignal | undefined },
): Promise<{ readonly isJudged: (lacking: Lacking) => boolean; readonly counts: Diff['counts'] }> {
  const judgement = judgeScopes(after.manifest, held);
  if (before === undefined || judgement.isWhole) return { isJudged: () => true, counts: diff.counts };
  const edges = new Set<string>();
  const removed: Partial<Record<RowKind, number>> = {};
  const kinds = ROW_KINDS.filter((kind) => diff.counts[kind].removed > 0);
  for await (const { change, kind, id } of kinds.length === 0 ? [] : diff.changes(kinds)) {
    if (change !== 'removed') continue;
    if (kind === 'edge') edges.add(id);
    else if (judgement.judges(id)) removed[kind] = (removed[kind] ?? 0) + 1;
  }
  const gone = new Set<string>();
  const isAsked = (_: number, row: () => { readonly id: string }) => edges.has(row().id);
  for await (const { row } of edges.size === 0 ? [] : pickRows(before, 'edge', isAsked, signal))
    if (row.ends !== undefined && judgement.judgesEdge(row.ends)) gone.add(row.id);
  const counts = ROW_KINDS.map((kind): [RowKind, ChangeCounts] => [
    kind,
    { ...diff.counts[kind], removed: kind === 'edge' ? gone.size : (removed[kind] ?? 0) },
  ]);
  return {
    isJudged: ({ kind, id }) => (kind === 'edge' ? gone.has(id) : judgement.judges(id)),
    counts: Object.fromEntries(counts) as Diff['counts'],
  };
}
