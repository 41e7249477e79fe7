import { LineageError } from '../../errors.ts';
import type { Answer } from '../../graph/answer.ts';
import type { Edge } from '../../graph/elements.ts';
import type { LineageGraph } from '../../lineage/graph.ts';
import { type PageVertex, pageVertex } from '../../render/page/page-data.ts';

/** Neighbours at a time: a hub has thousands, and more than some hundred at once are of no use to a reader. */
const MOST_AT_ONCE = 300;

type ReadOptions = { readonly membership: boolean; readonly signal: AbortSignal };

/** Neighbours of a vertex as its page takes them. `next`: where to go on, if there are more. */
type Neighbourhood = {
  readonly vertices: readonly PageVertex[];
  readonly edges: readonly Edge[];
  readonly next?: number;
};

/** @throws LineageError (usage) where the graph does not have the vertex. */
export async function neighbourhood(
  graph: LineageGraph,
  { id, offset }: { readonly id: string; readonly offset: number },
  options: ReadOptions,
): Promise<Neighbourhood> {
  if ((await graph.vertices([id], options)).length === 0) {
    throw new LineageError('usage', `There is no ${JSON.stringify(id)} in ${graph.name}.`, {
      hint: 'Load the page again: the graph has changed.',
    });
  }
  const all = await edgesAt(graph, [id], options);
  const ends = [...new Set(all.map(({ from, to }) => (from === id ? to : from)))]
    .filter((end) => end !== id)
    .sort();
  const chosen = ends.slice(offset, offset + MOST_AT_ONCE);
  const within = new Set([id, ...chosen]);
  const vertices = await graph.vertices(chosen, options);
  const links = await linkCounts(graph, chosen, options);
  const next = offset + MOST_AT_ONCE;
  return {
    vertices: vertices.map((vertex) => ({
      ...pageVertex({ ...vertex, depth: 1, role: 'answer' }),
      links: links.get(vertex.id) ?? 0,
    })),
    edges: all.filter(({ from, to }) => within.has(from) && within.has(to)),
    ...(next < ends.length ? { next } : {}),
  };
}

/** How many associations each vertex of an answer has in the graph, in the answer or not. */
export function linksOf(
  graph: LineageGraph,
  { start, vertices, between }: Answer,
  options: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  return linkCounts(
    graph,
    [start, ...vertices, ...between].map(({ id }) => id),
    options,
  );
}

async function linkCounts(
  graph: LineageGraph,
  ids: readonly string[],
  options: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map(ids.map((id) => [id, 0]));
  for (const { from, to } of await edgesAt(graph, ids, options)) {
    for (const end of new Set([from, to])) {
      const count = counts.get(end);
      if (count !== undefined) counts.set(end, count + 1);
    }
  }
  return counts;
}

async function edgesAt(
  graph: LineageGraph,
  ids: readonly string[],
  options: ReadOptions,
): Promise<readonly Edge[]> {
  const into = await graph.edges(ids, 'upstream', options);
  const outOf = await graph.edges(ids, 'downstream', options);
  return [...new Map([...into, ...outOf].map((edge) => [edge.id, edge])).values()];
}
