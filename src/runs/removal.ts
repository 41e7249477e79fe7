import type { Gremlin } from '../graph/gremlin.ts';
import { TOMBSTONE } from '../graph/ownership.ts';
import type { ElementKind } from '../graph/stored.ts';
import type { Clock } from '../neptune/clock.ts';
import { mark } from '../neptune/corrections.ts';
import { deleteEdges, deleteVertices, type KeptVertex } from '../neptune/delete.ts';
import { existingIds, readTypedElements } from '../neptune/elements.ts';
import type { Audit, AuditEntry } from './audit.ts';
import type { Lease } from './lease.ts';

/** What a removal works with. */
export type RemovalTools = {
  readonly send: Gremlin;
  /** Gives typed values, see `typedGremlinClient`. */
  readonly sendTyped: Gremlin;
  readonly lease: Pick<Lease, 'assertHeld'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
};

export type Removed = {
  /** Elements that are gone now. */
  readonly removed: number;
  /** Ids that were not in the graph. */
  readonly absent: number;
  /** Vertices that were left, since others have edges at them. */
  readonly kept: readonly KeptVertex[];
};

/** Of one query, and of one object of the audit log. */
const IDS_AT_A_TIME = 500;

/**
 * Removes elements by their ids: each batch is read, written to the audit log, and removed only then, if the lease is still
 * held. A vertex that has edges is kept: remove its own edges first.
 *
 * @throws LineageError (locked) where the lease is lost; what the cluster or S3 refuse
 */
export async function removeElements(
  element: ElementKind,
  ids: readonly string[],
  { send, sendTyped, lease, audit, clock, signal }: RemovalTools,
  reason: AuditEntry['reason'] = 'removed',
): Promise<Removed> {
  let removed = 0;
  let absent = 0;
  const kept: KeptVertex[] = [];
  for (const batch of batchesOf(ids)) {
    const found = await readTypedElements(sendTyped, element, batch, { signal });
    absent += batch.length - found.length;
    if (found.length === 0) continue;
    await audit.write(found, reason, signal);
    await lease.assertHeld(signal);
    const present = found.map(({ id }) => id);
    const options = { clock, signal, batchesAtATime: 1 };
    const tally =
      element === 'edge'
        ? await deleteEdges(send, present, options)
        : await deleteVertices(send, present, { ...options, onKept: (vertex) => kept.push(vertex) });
    removed += tally.deleted;
  }
  return { removed, absent, kept };
}

/** Marks elements as deleted, in place of removing them. @returns those that are in the graph */
export async function tombstoneElements(
  element: ElementKind,
  ids: readonly string[],
  { send, lease, clock, signal }: Pick<RemovalTools, 'send' | 'lease' | 'clock' | 'signal'>,
): Promise<ReadonlySet<string>> {
  const marked = new Set<string>();
  for (const batch of batchesOf(ids)) {
    const found = await existingIds(send, element, batch, { signal });
    await lease.assertHeld(signal);
    await mark(send, { element, ids: [...found], name: TOMBSTONE, at: new Date(clock.now()) }, { signal });
    for (const id of found) marked.add(id);
  }
  return marked;
}

export function* batchesOf<T>(items: readonly T[], size = IDS_AT_A_TIME): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
