import type { Direction } from '../graph/answer.ts';
import type { Edge } from '../graph/elements.ts';
import type { LineageGraph } from './graph.ts';

export type WalkOptions = {
  readonly direction: Direction;
  /** Edges to go from the start. @default unlimited */
  readonly maxDepth?: number | undefined;
  /** Vertices to reach, besides the start. @default unlimited */
  readonly maxVertices?: number | undefined;
  /** Follow membership edges too. @default false */
  readonly membership?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type Walk = {
  /** Depth by id, in the order of depth, then id. The start is in it, at 0. */
  readonly depths: ReadonlyMap<string, number>;
  /** All edges between those vertices, in a fixed order. */
  readonly edges: readonly Edge[];
  /** What stopped the walk before its end, if anything did. */
  readonly cut?: string;
};

/**
 * Visits every vertex that can be reached, level by level, each once: cycles, edges from a vertex to itself and double
 * edges do no harm. At a limit it looks one step further, so that it says "cut" only where something lies beyond.
 */
export async function walk(graph: LineageGraph, start: string, options: WalkOptions): Promise<Walk> {
  const { direction, maxDepth = Number.POSITIVE_INFINITY, maxVertices = Number.POSITIVE_INFINITY } = options;
  const depths = new Map([[start, 0]]);
  const edges = new Map<string, Edge>();
  let frontier: readonly string[] = [start];
  let cut: string | undefined;

  for (let depth = 0; frontier.length > 0; depth += 1) {
    options.signal?.throwIfAborted();
    const beyond = new Set<string>();
    for (const edge of await edgesAt(graph, frontier, direction, options)) {
      edges.set(edge.id, edge);
      for (const end of [edge.from, edge.to]) if (!depths.has(end)) beyond.add(end);
    }
    // After a cut, only the edges among the last vertices were still to come.
    if (cut !== undefined) break;
    if (depth === maxDepth) {
      if (beyond.size > 0) cut = `there is more beyond depth ${maxDepth}`;
      break;
    }
    const room = maxVertices - (depths.size - 1);
    if (beyond.size > room) cut = `there is more than the limit of ${maxVertices} vertices`;
    frontier = [...beyond].sort(compareText).slice(0, room);
    for (const id of frontier) depths.set(id, depth + 1);
  }

  const inside = [...edges.values()].filter(({ from, to }) => depths.has(from) && depths.has(to));
  return { depths, edges: inside.sort(compareEdges), ...(cut === undefined ? {} : { cut }) };
}

async function edgesAt(
  graph: LineageGraph,
  ids: readonly string[],
  direction: Direction,
  { membership, signal }: WalkOptions,
): Promise<readonly Edge[]> {
  if (direction !== 'both') return graph.edges(ids, direction, { membership, signal });
  const upstream = await graph.edges(ids, 'upstream', { membership, signal });
  return upstream.concat(await graph.edges(ids, 'downstream', { membership, signal }));
}

/** By code units, as the ids of a run are sorted everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareEdges(a: Edge, b: Edge): number {
  return (
    compareText(a.from, b.from) ||
    compareText(a.label, b.label) ||
    compareText(a.to, b.to) ||
    compareText(a.id, b.id)
  );
}
