import type { Direction } from '../../src/graph/answer.ts';
import { isMembershipLabel } from '../../src/graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../../src/graph/rows.ts';

export type Rows = { readonly vertices: readonly VertexRow[]; readonly edges: readonly EdgeRow[] };

export type Asked = {
  readonly start: string;
  readonly direction: Direction;
  readonly maxDepth?: number | undefined;
  readonly maxVertices?: number | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly membership?: boolean | undefined;
};

/**
 * What a question must answer, worked out as plainly as it can be: distances by relaxing every edge until nothing
 * changes, then the limits, then the filters.
 */
export function expectedAnswer({ vertices, edges }: Rows, asked: Asked) {
  const { start, direction, maxDepth = Infinity, maxVertices = Infinity, kinds = [], types = [] } = asked;
  const followed = edges.filter(({ label }) => asked.membership === true || !isMembershipLabel(label));
  const distances = distancesFrom(start, followed, direction);

  const others = [...distances].filter(([id]) => id !== start).sort(byDepthThenId);
  const inDepth = others.filter(([, depth]) => depth <= maxDepth);
  const reached = inDepth.slice(0, maxVertices);
  const isShown = ([id]: readonly [string, number]) => {
    const row = vertices.find((vertex) => vertex.id === id);
    if (row === undefined) throw new Error(`The test's graph lacks ${id}.`);
    const { type = '' } = row.cells as { type?: string };
    return (kinds.length === 0 || kinds.includes(row.kind)) && (types.length === 0 || types.includes(type));
  };
  const shown = reached.filter(isShown);
  const ways = shown.flatMap(([id]) => shortestWay(id, distances, followed, direction));
  const ends = new Set([start, ...shown.map(([id]) => id), ...ways.map(({ near }) => near)]);
  const between = reached.filter((entry) => ends.has(entry[0]) && !isShown(entry));
  return {
    reached: reached.length,
    complete: reached.length === others.length,
    vertices: shown.map(([id, depth]) => `${depth} ${id}`),
    between: between.map(([id, depth]) => `${depth} ${id}`),
    vias: shown.map(([id]) => shortestWay(id, distances, followed, direction)[0]?.edge.id),
    edges: followed
      .filter(({ from, to }) => ends.has(from) && ends.has(to))
      .map(edgeText)
      .sort(),
  };
}

/** An edge as one line: id, ends, label. */
export function edgeText({ id, from, label, to }: Pick<EdgeRow, 'id' | 'from' | 'label' | 'to'>): string {
  return JSON.stringify([from, label, to, id]);
}

type Step = { readonly near: string; readonly edge: EdgeRow };

/** From a vertex back to the start: each time by the first edge, in the order of near end, label, source, id. */
function shortestWay(
  id: string,
  distances: ReadonlyMap<string, number>,
  edges: readonly EdgeRow[],
  direction: Direction,
): readonly Step[] {
  const depth = distances.get(id) ?? Infinity;
  const steps = edges.flatMap((edge): readonly Step[] => [
    ...(edge.to === id && direction !== 'upstream' ? [{ near: edge.from, edge }] : []),
    ...(edge.from === id && direction !== 'downstream' ? [{ near: edge.to, edge }] : []),
  ]);
  const [first] = steps
    .filter(({ near }) => distances.get(near) === depth - 1)
    .sort((a, b) => compare(stepKey(a), stepKey(b)));
  return first === undefined ? [] : [first, ...shortestWay(first.near, distances, edges, direction)];
}

function stepKey({ near, edge }: Step): readonly string[] {
  return [near, edge.label, edge.from, edge.id];
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, index) => text !== b[index]);
  return at === -1 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}

function distancesFrom(
  start: string,
  edges: readonly EdgeRow[],
  direction: Direction,
): ReadonlyMap<string, number> {
  const steps = edges.flatMap(({ from, to }) => [
    ...(direction === 'upstream' ? [] : [[from, to] as const]),
    ...(direction === 'downstream' ? [] : [[to, from] as const]),
  ]);
  const distances = new Map([[start, 0]]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [near, far] of steps) {
      const depth = (distances.get(near) ?? Infinity) + 1;
      if (depth >= (distances.get(far) ?? Infinity)) continue;
      distances.set(far, depth);
      changed = true;
    }
  }
  return distances;
}

function byDepthThenId([a, depthA]: readonly [string, number], [b, depthB]: readonly [string, number]) {
  return depthA - depthB || (a < b ? -1 : 1);
}
