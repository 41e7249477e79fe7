import type { ListAnswer } from '../graph/answer.ts';
import type { Edge, Vertex } from '../graph/elements.ts';
import { type FilterOptions, filterOf, mayPass, passes } from './filter.ts';
import type { LineageGraph } from './graph.ts';
import { calling, cell, listAnswer } from './list-answer.ts';
import { compareText } from './order.ts';

export type SharedOptions = Pick<FilterOptions, 'kinds' | 'types' | 'sourceTypes'> & {
  readonly graph: LineageGraph;
  /** Rows to give. @default all */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type Shared = {
  readonly arn: string;
  readonly kind: string;
  readonly type: string | null;
  readonly name: string | null;
  /** In-service endpoints that it went into. */
  readonly endpoints: number;
};

/**
 * What feeds most endpoints in service, by their number. An endpoint's context keeps every deployment that it ever had:
 * the newest one that did not fail is what serves. Whether an endpoint was deleted since, lineage does not tell.
 *
 * @param options.kinds @default artifact
 */
export async function shared(options: SharedOptions): Promise<ListAnswer<Shared>> {
  const { graph, limit = Number.POSITIVE_INFINITY, signal } = options;
  const filter = filterOf({ kinds: ['artifact'], ...options });
  const endpoints: string[] = [];
  for await (const { id } of graph.list({ kinds: ['context'], types: ['Endpoint'] }, { signal }))
    endpoints.push(id);

  const parents = await allUpstream(graph, endpoints, signal);
  const direct = [...new Set(endpoints.flatMap((id) => parents.get(id) ?? []))];
  const byId = new Map((await graph.vertices(direct, { signal })).map((vertex) => [vertex.id, vertex]));
  for (const endpoint of endpoints) parents.set(endpoint, serving(parents.get(endpoint) ?? [], byId));
  const counts = new Map<string, number>();
  for (const endpoint of endpoints) {
    for (const id of ancestors(parents, endpoint)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || compareText(a, b));
  const wanted = ranked.map(([id]) => id).filter((id) => mayPass(id, filter));
  const rows = (await graph.vertices(wanted, { signal }))
    .filter((vertex) => passes(vertex, filter))
    .map((vertex) => sharedRow(vertex, counts.get(vertex.id) ?? 0))
    .sort((a, b) => b.endpoints - a.endpoints || compareText(a.arn, b.arn));
  const left = rows.length - Math.min(rows.length, limit);
  return listAnswer<Shared>(graph, {
    question: 'shared',
    about: [],
    columns: ['endpoints', 'kind', 'type', 'name', 'arn'],
    rows: rows.slice(0, limit),
    reasons: [left === 0 ? undefined : `there are ${left} more, which feed no more endpoints than the last`],
  });
}

function sharedRow(vertex: Vertex, endpoints: number): Shared {
  return {
    arn: vertex.id,
    kind: vertex.label,
    type: cell(vertex, 'type'),
    name: calling(vertex),
    endpoints,
  };
}

/** Who is directly upstream of whom, for all that is upstream of any of these: each vertex is asked for once. */
async function allUpstream(
  graph: LineageGraph,
  starts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, readonly string[]>> {
  const parents = new Map<string, string[]>(starts.map((id) => [id, []]));
  for (let frontier = starts; frontier.length > 0; ) {
    signal?.throwIfAborted();
    const edges: readonly Edge[] = await graph.edges(frontier, 'upstream', { signal });
    for (const { from, to } of edges) parents.get(to)?.push(from);
    frontier = [...new Set(edges.map(({ from }) => from))].filter((id) => !parents.has(id));
    for (const id of frontier) parents.set(id, []);
  }
  return parents;
}

/** Of what is directly upstream of an endpoint: its newest deployment that did not fail, and what is no deployment. */
function serving(ids: readonly string[], byId: ReadonlyMap<string, Vertex>): readonly string[] {
  const vertices = ids.flatMap((id) => byId.get(id) ?? []);
  const isDeployment = ({ properties }: Vertex) => properties.type === 'ModelDeployment';
  const [newest] = vertices
    .filter(isDeployment)
    .filter(({ properties }) => properties.status !== 'Failed')
    .sort((a, b) => createdMs(b) - createdMs(a) || compareText(a.id, b.id));
  return vertices
    .filter(
      (vertex) => vertex === newest || !(isDeployment(vertex) || vertex.properties.type === 'ModelReplaced'),
    )
    .map(({ id }) => id);
}

function createdMs({ properties }: Vertex): number {
  return Number(properties.creationtimems ?? 0);
}

function ancestors(parents: ReadonlyMap<string, readonly string[]>, start: string): ReadonlySet<string> {
  const found = new Set(parents.get(start));
  for (const id of found) for (const parent of parents.get(id) ?? []) found.add(parent);
  found.delete(start);
  return found;
}
