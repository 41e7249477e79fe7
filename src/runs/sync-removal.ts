import { existingIds, readElements } from '../neptune/elements.ts';
import { ROW_KINDS } from '../snapshot/diff.ts';
import { listedKind } from './element-verdict.ts';
import { type ResidueEntry, TOMBSTONED } from './holding.ts';
import { batchesOf, type RemovalTools, removeElements, tombstoneElements } from './removal.ts';
import { elementOf, type Job } from './sync-job.ts';
import type { Writing } from './sync-load.ts';

/** Removes what SageMaker no longer has, edges first, where that was asked for and allowed. @returns what is left of it */
export async function remove(
  job: Job,
  { changes, going: wanted, isOurs, tools }: Pick<Writing, 'changes' | 'going' | 'isOurs' | 'tools'>,
  signal: AbortSignal,
): Promise<readonly ResidueEntry[]> {
  const { findings, removal } = job;
  const others = await ofOthers(
    wanted.filter(({ id }) => !isOurs(id)),
    tools,
    signal,
  );
  const going = wanted.filter((entry) => !others.has(entry));
  const gone = new Set<ResidueEntry>(others);
  const marked = new Set<ResidueEntry>();
  for (const of of ROW_KINDS.toReversed()) {
    const entries = going.filter((entry) => entry.of === of);
    if (entries.length === 0) continue;
    const element = elementOf(of);
    const ids = entries.map(({ id }) => id);
    if (removal === 'tombstone') {
      const found = await tombstoneElements(element, ids, tools);
      for (const entry of entries) (found.has(entry.id) ? marked : gone).add(entry);
      findings.tombstoned[of] = found.size;
      continue;
    }
    const { removed, kept } = await removeElements(element, ids, tools);
    findings.removed[of] = removed;
    findings.kept.push(...kept);
    findings.audit = tools.audit.uri;
    const left = new Set(kept.map(({ id }) => id));
    for (const entry of entries) if (!left.has(entry.id)) gone.add(entry);
  }
  const left = changes.removed.filter((entry) => !gone.has(entry));
  const there = await presentOf(left, tools, signal);
  const known = new Set([...there, ...changes.judged]);
  findings.lost = left.filter((entry) => !known.has(entry)).length;
  return there.map((entry) => (marked.has(entry) ? { ...entry, hash: TOMBSTONED } : entry));
}

/**
 * Vertices that this deployment knows but the ARNs of, and that another one lists: they are that one's to remove. What is
 * left to this one are its own edges there.
 */
async function ofOthers(
  entries: readonly ResidueEntry[],
  { send }: RemovalTools,
  signal: AbortSignal,
): Promise<ReadonlySet<ResidueEntry>> {
  const others = new Set<ResidueEntry>();
  for (const batch of batchesOf(entries.filter(({ of }) => of === 'external'))) {
    const ids = batch.map(({ id }) => id);
    const found = await readElements(send, 'vertex', ids, { signal });
    for (const entry of batch) {
      const vertex = found.get(entry.id);
      if (vertex !== undefined && listedKind(vertex) !== undefined) others.add(entry);
    }
  }
  return others;
}

/** Those that are in the graph: a sync that died may have removed some, and so may others. */
async function presentOf(
  entries: readonly ResidueEntry[],
  { send }: RemovalTools,
  signal: AbortSignal,
): Promise<readonly ResidueEntry[]> {
  const present: ResidueEntry[] = [];
  for (const kind of ['vertex', 'edge'] as const) {
    for (const batch of batchesOf(entries.filter(({ of }) => (of === 'edge') === (kind === 'edge')))) {
      const found = await existingIds(
        send,
        kind,
        batch.map(({ id }) => id),
        { signal },
      );
      present.push(...batch.filter(({ id }) => found.has(id)));
    }
  }
  return present;
}
