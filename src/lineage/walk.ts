import type { Direction } from '../graph/answer.ts';
import type { Edge } from '../graph/elements.ts';
import type { LineageGraph } from './graph.ts';
import { compareEdges, compareText } from './order.ts';
import { createTwins, type Twins } from './twins.ts';

export type WalkOptions = {
  readonly direction: Direction;
  /** Edges to go from the start. @default unlimited */
  readonly maxDepth?: number | undefined;
  /** Vertices to reach, besides the start. @default unlimited */
  readonly maxVertices?: number | undefined;
  /** Of these vertices, those to walk through. The start is always walked through. @default all */
  readonly passable?: ((ids: readonly string[]) => Promise<readonly string[]>) | undefined;
  /** Go no further once this vertex is reached. */
  readonly until?: string | undefined;
  /** Follow membership edges too. @default false */
  readonly membership?: boolean | undefined;
  /** Take artifacts of several accounts that are `SameAs` each other for one vertex. @default false */
  readonly collapse?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type Walk = {
  /** Depth by id, in the order of depth, then id. The start is in it, at 0. */
  readonly depths: ReadonlyMap<string, number>;
  /** The edge by which each vertex but the start was reached. */
  readonly vias: ReadonlyMap<string, Edge>;
  /** All edges between those vertices, in a fixed order. */
  readonly edges: readonly Edge[];
  /** Vertices from which no edge was followed: they lie at a limit, or were not to be walked through. */
  readonly closed: ReadonlySet<string>;
  /** Ids that were put into the vertex of that id. */
  readonly twinsOf: (id: string) => readonly string[];
  /** What stopped the walk before its end, if anything did. */
  readonly cut?: string;
};

/**
 * Visits every vertex that can be reached, level by level, each once: cycles, edges from a vertex to itself and double
 * edges do no harm. At a limit it looks one step further, so that it says "cut" only where something lies beyond.
 */
export async function walk(graph: LineageGraph, start: string, options: WalkOptions): Promise<Walk> {
  const { maxDepth = Number.POSITIVE_INFINITY, maxVertices = Number.POSITIVE_INFINITY } = options;
  const twins = createTwins(graph, start, options);
  const depths = new Map([[start, 0]]);
  const vias = new Map<string, Edge>();
  const edges: Edge[] = [];
  const closed = new Set<string>();
  let frontier: readonly string[] = await twins.merged([start]);
  let cut: string | undefined;

  for (let depth = 0; frontier.length > 0 && !isThere(depths, options); depth += 1) {
    options.signal?.throwIfAborted();
    const found = await edgesAt(graph, twins.membersOf(frontier), options);
    const open = new Set(await passable(frontier, depth, options));
    const beyond = await newEnds(found, open, { depths, twins, options });
    for (const edge of found) edges.push(edge);
    const room = maxVertices - (depths.size - 1);
    const isLast = cut !== undefined || depth === maxDepth || (beyond.size > 0 && room === 0);
    for (const id of frontier) if (isLast || !open.has(id)) closed.add(id);
    // After a cut, only the edges among the last vertices were still to come.
    if (cut !== undefined) break;
    if (depth === maxDepth) {
      if (beyond.size > 0) cut = `there is more beyond depth ${maxDepth}`;
      break;
    }
    if (beyond.size > room) cut = `there is more than the limit of ${maxVertices} vertices`;
    frontier = [...beyond.keys()].sort(compareText).slice(0, room);
    for (const id of frontier) {
      depths.set(id, depth + 1);
      const via = beyond.get(id);
      if (via !== undefined) vias.set(id, via);
    }
  }

  return {
    depths,
    vias,
    closed,
    edges: edgesInside(edges, { depths, twins }),
    twinsOf: twins.of,
    ...(cut === undefined ? {} : { cut }),
  };
}

function isThere(depths: ReadonlyMap<string, number>, { until }: WalkOptions): boolean {
  return until !== undefined && depths.has(until);
}

function edgesInside(
  found: readonly Edge[],
  { depths, twins }: Pick<Visited, 'depths' | 'twins'>,
): readonly Edge[] {
  const inside: Edge[] = [];
  for (const edge of found) {
    const joined = twins.joined(edge);
    if (joined !== undefined && depths.has(joined.from) && depths.has(joined.to)) inside.push(joined);
  }
  inside.sort(compareEdges);
  return inside.filter(({ id }, index) => id !== inside[index - 1]?.id);
}

async function passable(
  frontier: readonly string[],
  depth: number,
  { passable: choose }: WalkOptions,
): Promise<readonly string[]> {
  return choose === undefined || depth === 0 ? frontier : choose(frontier);
}

type Visited = {
  readonly depths: ReadonlyMap<string, number>;
  readonly twins: Twins;
  readonly options: WalkOptions;
};

/** The vertices not yet visited at the far ends of edges of the open vertices, each with the first edge that leads there. */
async function newEnds(
  found: readonly Edge[],
  open: ReadonlySet<string>,
  { depths, twins, options }: Visited,
): Promise<ReadonlyMap<string, Edge>> {
  const { direction } = options;
  if (options.collapse === true) await joinTwins(found, open, { depths, twins, options });
  const ends = new Map<string, Edge>();
  for (const edge of found) {
    const joined = twins.joined(edge);
    if (joined === undefined) continue;
    if (direction !== 'upstream') arrive(joined.from, joined.to, joined);
    if (direction !== 'downstream') arrive(joined.to, joined.from, joined);
  }
  return ends;

  function arrive(near: string, end: string, edge: Edge): void {
    if (!open.has(near) || depths.has(end)) return;
    const best = ends.get(end);
    if (best === undefined || compareVias(end, edge, best) < 0) ends.set(end, edge);
  }
}

/** Looks for the twins of the vertices at the far ends that were not visited yet. */
async function joinTwins(
  found: readonly Edge[],
  open: ReadonlySet<string>,
  { depths, twins, options: { direction } }: Visited,
): Promise<void> {
  const steps = found.flatMap((edge) => [
    ...(direction === 'upstream' ? [] : [[edge.from, edge.to] as const]),
    ...(direction === 'downstream' ? [] : [[edge.to, edge.from] as const]),
  ]);
  const far = steps.filter(([near, end]) => open.has(twins.one(near)) && !depths.has(twins.one(end)));
  await twins.merged([...new Set(far.map(([, end]) => end))]);
}

/** Of two edges that lead to a vertex: by their near ends, labels, directions, ids. */
function compareVias(end: string, a: Edge, b: Edge): number {
  return (
    compareText(nearEnd(end, a), nearEnd(end, b)) ||
    compareText(a.label, b.label) ||
    compareText(a.from, b.from) ||
    compareText(a.id, b.id)
  );
}

function nearEnd(end: string, { from, to }: Edge): string {
  return from === end ? to : from;
}

async function edgesAt(
  graph: LineageGraph,
  ids: readonly string[],
  { direction, membership, signal }: WalkOptions,
): Promise<readonly Edge[]> {
  if (direction !== 'both') return graph.edges(ids, direction, { membership, signal });
  const upstream = await graph.edges(ids, 'upstream', { membership, signal });
  return upstream.concat(await graph.edges(ids, 'downstream', { membership, signal }));
}
