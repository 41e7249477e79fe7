import type { ListAnswer } from '../graph/answer.ts';
import type { Vertex } from '../graph/elements.ts';
import type { LineageGraph, Selection } from './graph.ts';
import { calling, cell, listAnswer } from './list-answer.ts';
import { compareText } from './order.ts';

export type OrphansOptions = Selection & {
  readonly graph: LineageGraph;
  /** Also entities that were made or used, and that nothing was made from: no association leaves them. @default false */
  readonly unused?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type Orphan = {
  readonly arn: string;
  readonly kind: string;
  readonly type: string | null;
  readonly name: string | null;
  readonly created: string | null;
};

/** Kinds that can stand in associations. A trial cannot, so that its standing in none says nothing. */
const ASSOCIATED_KINDS = ['artifact', 'trial_component', 'action', 'context', 'experiment'] as const;

const VERTICES_AT_A_TIME = 1_000;

/**
 * What is never used: entities that no association joins to anything, oldest first. Membership of trials does not count.
 */
export async function orphans(options: OrphansOptions): Promise<ListAnswer<Orphan>> {
  const { graph, kinds = ASSOCIATED_KINDS, types, unused = false, signal } = options;
  const rows: (Orphan & { readonly ms: number })[] = [];
  for await (const vertices of inPieces(graph.list({ kinds, types }, { signal }))) {
    const ids = vertices.map(({ id }) => id);
    const joined = new Set((await graph.edges(ids, 'downstream', { signal })).map(({ from }) => from));
    if (!unused) {
      const others = ids.filter((id) => !joined.has(id));
      for (const { to } of await graph.edges(others, 'upstream', { signal })) joined.add(to);
    }
    rows.push(...vertices.filter(({ id }) => !joined.has(id)).map(orphan));
  }
  return listAnswer<Orphan>(graph, {
    question: 'orphans',
    about: [],
    columns: ['arn', 'kind', 'type', 'name', 'created'],
    rows: rows.sort((a, b) => a.ms - b.ms || compareText(a.arn, b.arn)).map(({ ms: _, ...row }) => row),
  });
}

function orphan(vertex: Vertex): Orphan & { readonly ms: number } {
  return {
    arn: vertex.id,
    kind: vertex.label,
    type: cell(vertex, 'type'),
    name: calling(vertex),
    created: cell(vertex, 'creationtime'),
    ms: Number(vertex.properties.creationtimems ?? 0),
  };
}

async function* inPieces(vertices: AsyncIterable<Vertex>): AsyncGenerator<readonly Vertex[]> {
  let piece: Vertex[] = [];
  for await (const vertex of vertices) {
    piece.push(vertex);
    if (piece.length < VERTICES_AT_A_TIME) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
