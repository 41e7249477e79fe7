import type { Edge } from '../graph/elements.ts';

/** By code units, as the ids of a run are sorted everywhere. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of edges in an answer: source, label, destination, id. */
export function compareEdges(a: Edge, b: Edge): number {
  return (
    compareText(a.from, b.from) ||
    compareText(a.label, b.label) ||
    compareText(a.to, b.to) ||
    compareText(a.id, b.id)
  );
}
