import { LineageError } from '../errors.ts';
import { arnKey } from '../graph/arn.ts';
import type { EdgeRow } from '../graph/rows.ts';
import type { CrawlClients } from './clients.ts';
import { createIdSet, type IdSet } from './id-set.ts';
import { edgeRows } from './listings.ts';
import type { ListingOptions } from './pages.ts';
import { perNodeEdges } from './per-node.ts';
import { restarted } from './restarted.ts';

export type CrossCheckOptions = Pick<ListingOptions, 'onCall' | 'onPage' | 'window'> & {
  readonly clients: CrawlClients;
  /** ARNs, as listed, of the entities to ask for. */
  readonly nodes: readonly string[];
  /** What the sweep of associations gave, as it gave it (no end settled), from the first edge; called at most twice. */
  readonly sweepEdges: () => AsyncIterable<readonly EdgeRow[]>;
  /** When the sweep began, by the clock of this machine. */
  readonly sweepStartedAt: Date;
  /** Nodes asked for at once. @default 16 */
  readonly concurrency?: number;
  readonly signal?: AbortSignal | undefined;
};

export type CrossCheck = {
  readonly nodes: number;
  /** Associations of the nodes, by whichever way they were found. */
  readonly edges: number;
  /** Those that the sweep should have given. */
  readonly missingFromSweep: readonly EdgeRow[];
  /** Those that a node should have given. */
  readonly missingFromNodes: readonly EdgeRow[];
  /** Found in one way only, but so young that the other way need not know them. */
  readonly createdMeanwhile: number;
  /** Given by the sweep, and by now gone from it. */
  readonly deletedMeanwhile: number;
};

/**
 * How much older than the beginning of the sweep an association may be and still be missing: the clock may be five minutes
 * off before AWS refuses what it signs, and lineage may appear two minutes late (SageMaker Python SDK, lineage_utils.py).
 */
const SETTLING_MS = 7 * 60_000;

/**
 * Whether the sweep of associations gave what each of some entities gives when it is asked for at both ends.
 *
 * The account may change meanwhile. An association made after the sweep had passed is known by its creation time. One that
 * was deleted since is known by the sweep itself, asked once more for that moment: what it still gives, the entity should
 * have given. The other way round asking again would hide the very page that the sweep lost.
 *
 * Memory: 38 bytes for each association of the entities, twice.
 *
 * @throws LineageError, see `readPages`
 */
export async function crossCheck(options: CrossCheckOptions): Promise<CrossCheck> {
  const { nodes, sweepEdges, sweepStartedAt } = options;
  const settledBefore = sweepStartedAt.getTime() - SETTLING_MS;
  const keys = new Set(nodes.map(arnKey));
  const swept = createIdSet();
  for await (const batch of sweepEdges()) {
    for (const { id, from, to } of batch) {
      if (keys.has(arnKey(from)) || keys.has(arnKey(to))) swept.add(id);
    }
  }

  const given = createIdSet();
  const missingFromSweep: EdgeRow[] = [];
  let createdMeanwhile = 0;
  for await (const batch of perNodeEdges(options.clients, nodes, options)) {
    for (const edge of batch) {
      if (!given.add(edge.id) || isIn(swept, edge)) continue;
      if (edge.orderMs < settledBefore) missingFromSweep.push(edge);
      else createdMeanwhile += 1;
    }
  }

  const onlyInSweep = await edgesNotGiven(options, given);
  const settled = onlyInSweep.filter(({ orderMs }) => orderMs < settledBefore);
  const missingFromNodes = await stillSwept(settled, options);
  return {
    nodes: nodes.length,
    edges: given.size + onlyInSweep.length,
    missingFromSweep,
    missingFromNodes,
    createdMeanwhile: createdMeanwhile + onlyInSweep.length - settled.length,
    deletedMeanwhile: settled.length - missingFromNodes.length,
  };
}

/** @throws LineageError (partialExport) where the check found a difference, naming the first few. */
export function assertSameEdges(check: CrossCheck): void {
  const { nodes, edges, missingFromSweep, missingFromNodes } = check;
  const [fewer, more] = [missingFromSweep.length, missingFromNodes.length];
  if (fewer + more === 0) return;
  throw new LineageError(
    'partialExport',
    `Of ${edges} associations at ${nodes} entities, the sweep of the account lacks ${fewer} that the entities have, ` +
      `and the entities lack ${more} that the sweep has.`,
    {
      hint: 'Export with --associations per-node, and report this with the associations below.',
      details: {
        nodes,
        edges,
        missingFromSweep: missingFromSweep.slice(0, NAMED).map(named),
        missingFromNodes: missingFromNodes.slice(0, NAMED).map(named),
      },
    },
  );
}

/** So many differences are enough to look into. */
const NAMED = 10;

function named({ from, to, label, orderMs }: EdgeRow) {
  return { from, label, to, createdAt: new Date(orderMs).toISOString() };
}

function isIn(ids: IdSet, { id }: EdgeRow): boolean {
  return ids.has(id) !== 'absent';
}

/** What the sweep gave at a node and the node did not; only at ends spelled as the node was asked for. */
async function edgesNotGiven(
  { nodes, sweepEdges }: CrossCheckOptions,
  given: IdSet,
): Promise<readonly EdgeRow[]> {
  const asked = new Set(nodes);
  const edges: EdgeRow[] = [];
  for await (const batch of sweepEdges()) {
    edges.push(...batch.filter((edge) => (asked.has(edge.from) || asked.has(edge.to)) && !isIn(given, edge)));
  }
  return edges;
}

/** Those that the sweep gives once more. */
async function stillSwept(
  edges: readonly EdgeRow[],
  { clients, signal, onCall, onPage }: CrossCheckOptions,
): Promise<readonly EdgeRow[]> {
  const options = {
    ...(signal === undefined ? {} : { signal }),
    ...(onCall === undefined ? {} : { onCall }),
    ...(onPage === undefined ? {} : { onPage }),
  };
  const found = createIdSet();
  for (const window of momentsOf(edges)) {
    const again = restarted(
      (asked) => edgeRows('association', clients, { ...options, ...(asked && { window: asked }) }),
      window,
    );
    for await (const batch of again) {
      for (const { id } of batch) found.add(id);
    }
  }
  return edges.filter((edge) => isIn(found, edge));
}

/** Windows of a second at most that hold all creation times: a window is asked for with that much around it anyway. */
function momentsOf(edges: readonly EdgeRow[]): { readonly from: Date; readonly to: Date }[] {
  const windows: { from: Date; to: Date }[] = [];
  for (const time of edges.map(({ orderMs }) => orderMs).sort((a, b) => a - b)) {
    const last = windows.at(-1);
    if (last !== undefined && time < last.from.getTime() + 1_000) last.to = new Date(time + 1);
    else windows.push({ from: new Date(time), to: new Date(time + 1) });
  }
  return windows;
}
