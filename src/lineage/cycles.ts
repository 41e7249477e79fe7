import type { Edge } from '../graph/elements.ts';
import { compareText } from './order.ts';
import { SAME_AS } from './twins.ts';

/**
 * The shortest way round of each knot: of each set of vertices that all lead to one another (a strongly connected
 * component), and of each vertex with an edge to itself that is in no such set. It begins at the knot's vertex of least
 * depth, then id. `SameAs` says that two vertices are one thing, which is no cycle.
 *
 * @param edges in a fixed order, which decides between ways of equal length.
 */
export function cyclesOf(
  edges: readonly Edge[],
  depths: ReadonlyMap<string, number>,
): readonly (readonly Edge[])[] {
  const leaving = new Map<string, Edge[]>();
  for (const edge of edges) {
    if (edge.label === SAME_AS) continue;
    const others = leaving.get(edge.from);
    if (others === undefined) leaving.set(edge.from, [edge]);
    else others.push(edge);
  }
  const byDepth = (a: string, b: string) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0) || compareText(a, b);
  return knotsOf(leaving)
    .map((knot) => knot.toSorted(byDepth))
    .map((knot) => wayRound(knot, leaving))
    .sort(([a], [b]) => byDepth(a?.from ?? '', b?.from ?? ''));
}

type Visit = {
  readonly id: string;
  readonly edges: readonly Edge[];
  /** When it was come to, and the earliest of the open ones that it leads to. */
  readonly order: number;
  low: number;
  isOpen: boolean;
  /** The edge to follow next. */
  next: number;
};

/** Strongly connected components that have a way round, by Tarjan's method without recursion, since lineage can be thousands of steps deep. */
function knotsOf(leaving: ReadonlyMap<string, readonly Edge[]>): readonly (readonly string[])[] {
  const visits = new Map<string, Visit>();
  const open: Visit[] = [];
  const knots: string[][] = [];
  const visit = (id: string): Visit => {
    const order = visits.size;
    const begun = { id, edges: leaving.get(id) ?? [], order, low: order, isOpen: true, next: 0 };
    visits.set(id, begun);
    open.push(begun);
    return begun;
  };

  for (const root of leaving.keys()) {
    const calls = visits.has(root) ? [] : [visit(root)];
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const edge = call.edges[call.next];
      call.next += 1;
      if (edge !== undefined) {
        const end = visits.get(edge.to);
        if (end === undefined) calls.push(visit(edge.to));
        else if (end.isOpen) call.low = Math.min(call.low, end.order);
        continue;
      }
      calls.pop();
      const caller = calls.at(-1);
      if (caller !== undefined) caller.low = Math.min(caller.low, call.low);
      if (call.low !== call.order) continue;
      const knot = open.splice(open.lastIndexOf(call));
      for (const member of knot) member.isOpen = false;
      // Most vertices are in no cycle.
      if (knot.length === 1 && !call.edges.some(({ to }) => to === call.id)) continue;
      knots.push(knot.map(({ id }) => id));
    }
  }
  return knots;
}

/** Breadth first from the first vertex of the knot, back to it. */
function wayRound(
  [first = '', ...others]: readonly string[],
  leaving: ReadonlyMap<string, readonly Edge[]>,
): readonly Edge[] {
  const inside = new Set([first, ...others]);
  const vias = new Map<string, Edge>();
  const queue = [first];
  for (const id of queue) {
    for (const edge of leaving.get(id) ?? []) {
      if (edge.to === first) return [...wayTo(id, first, vias), edge];
      if (!inside.has(edge.to) || vias.has(edge.to)) continue;
      vias.set(edge.to, edge);
      queue.push(edge.to);
    }
  }
  return [];
}

function wayTo(end: string, first: string, vias: ReadonlyMap<string, Edge>): readonly Edge[] {
  const way: Edge[] = [];
  for (let at = end; at !== first; at = way.at(-1)?.from ?? first) {
    const via = vias.get(at);
    if (via === undefined) break;
    way.push(via);
  }
  return way.reverse();
}
