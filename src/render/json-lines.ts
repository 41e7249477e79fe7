import type { Answer, ListAnswer } from '../graph/answer.ts';

/**
 * One JSON object a line: first the answer itself with how many of what follow, then each vertex, each vertex between, each
 * edge. `record` says which it is, so that a cut file is seen to be cut.
 */
export function answerJsonLines({ vertices, between, edges, ...answer }: Answer): string {
  const counts = { vertices: vertices.length, between: between.length, edges: edges.length };
  return [
    line('answer', { ...answer, counts }),
    ...vertices.map((vertex) => line('vertex', vertex)),
    ...between.map((vertex) => line('between', vertex)),
    ...edges.map((edge) => line('edge', edge)),
  ].join('\n');
}

/** As {@link answerJsonLines}: the list without its rows, then its rows. */
export function listJsonLines({ rows, ...answer }: ListAnswer): string {
  return [
    line('list', { ...answer, counts: { rows: rows.length } }),
    ...rows.map((row) => line('row', { row })),
  ].join('\n');
}

function line(record: string, members: object): string {
  return JSON.stringify({ record, ...members });
}
