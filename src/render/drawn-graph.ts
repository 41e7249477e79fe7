import type { Answer } from '../graph/answer.ts';
import type { Edge, Vertex } from '../graph/elements.ts';

/** A vertex as a picture shows it. */
export type DrawnVertex = Vertex & {
  readonly depth: number;
  /** `between`: not asked for, but on a way to one that was. */
  readonly role: 'start' | 'answer' | 'between';
  readonly twins?: readonly string[];
};

export type DrawnGraph = { readonly vertices: readonly DrawnVertex[]; readonly edges: readonly Edge[] };

/**
 * What a picture of an answer shows: the start first, then all vertices by depth. Where the answer was made without edges,
 * those by which its vertices were reached.
 */
export function drawnGraph({ start, vertices, between, edges }: Answer): DrawnGraph {
  const reached = [
    ...vertices.map((vertex) => ({ ...vertex, role: 'answer' as const })),
    ...between.map((vertex) => ({ ...vertex, role: 'between' as const })),
  ].sort((a, b) => a.depth - b.depth);
  const shown = new Set([start.id, ...reached.map(({ id }) => id)]);
  const among =
    edges.length > 0
      ? edges
      : reached.map(({ via }) => via).filter(({ from, to }) => shown.has(from) && shown.has(to));
  return {
    vertices: [{ ...start, depth: 0, role: 'start' }, ...reached.map(({ via, ...vertex }) => vertex)],
    edges: among,
  };
}
