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
  readonly sourceTypes?: readonly string[] | undefined;
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
  readonly modifiedAfter?: string | undefined;
  readonly modifiedBefore?: string | undefined;
  readonly through?: readonly string[] | undefined;
  readonly stopAt?: readonly string[] | undefined;
  readonly membership?: boolean | undefined;
  readonly collapse?: boolean | undefined;
  readonly edges?: 'none' | 'shortest' | 'all' | undefined;
};

type Arc = { readonly from: string; readonly label: string; readonly to: string };

/**
 * What a question must answer, worked out as plainly as it can be: twins renamed, distances by relaxing every edge until
 * nothing changes, then the limits, then the filters.
 */
export function expectedAnswer({ vertices, edges }: Rows, asked: Asked) {
  const { direction, maxDepth = Infinity, maxVertices = Infinity } = asked;
  const rowOf = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const followed = edges.filter(({ label }) => asked.membership === true || !isMembershipLabel(label));
  const { start, arcs } =
    asked.collapse === true ? joined(followed, asked.start) : { start: asked.start, arcs: followed };
  const isOpen = (id: string) => id === start || mayGoThrough(rowOf.get(id), asked);
  const steps = stepsOf(arcs, direction).filter(({ near }) => isOpen(near));

  const distances = distancesFrom(start, steps);
  const others = [...distances].filter(([id]) => id !== start).sort(byDepthThenId);
  const reached = others.filter(([, depth]) => depth <= maxDepth).slice(0, maxVertices);
  const isComplete = reached.length === others.length;
  const shown = reached.filter(([id]) => isShown(rowOf.get(id), asked));

  const lastDepth = isComplete ? Infinity : Math.max(0, ...reached.map(([, depth]) => depth));
  const inReach = new Set([start, ...reached.map(([id]) => id)]);
  const walked = steps.filter(
    ({ near, far }) =>
      inReach.has(near) && inReach.has(far) && (distances.get(near) ?? 0) < Math.min(maxDepth, lastDepth),
  );
  const nearer = waysBack(walked, distances, asked);
  const onWay = new Set([start, ...shown.map(([id]) => id)]);
  for (const id of onWay) for (const { near } of nearer(id)) onWay.add(near);
  const wantsEdges = asked.edges !== 'none';
  const between = wantsEdges ? reached.filter((entry) => onWay.has(entry[0]) && !shown.includes(entry)) : [];
  const ends = new Set([start, ...shown.map(([id]) => id), ...between.map(([id]) => id)]);
  return {
    reached: reached.length,
    complete: isComplete,
    vertices: shown.map(([id, depth]) => `${depth} ${id}`),
    between: between.map(([id, depth]) => `${depth} ${id}`),
    vias: shown.map(([id]) => arcText(shortest(walked, distances, id)?.arc)),
    edges: wantsEdges
      ? [...new Set(arcs.filter(({ from, to }) => ends.has(from) && ends.has(to)).map(arcText))].sort()
      : [],
  };
}

/** An edge as one line: ends and label. */
export function arcText(arc: Arc | undefined): string {
  return JSON.stringify([arc?.from, arc?.label, arc?.to]);
}

/** Twins take one name: the start's, else that of the start's account, else the first. */
function joined(edges: readonly EdgeRow[], start: string): { start: string; arcs: readonly Arc[] } {
  const accountOf = (id: string) => id.split(':')[4];
  const resourceOf = (id: string) => id.slice(id.indexOf('/')).toLowerCase();
  const isTwinArc = ({ from, label, to }: Arc) =>
    label === 'SameAs' &&
    from !== to &&
    from.includes(':artifact/') &&
    to.includes(':artifact/') &&
    resourceOf(from) === resourceOf(to);
  const groups = new Map<string, Set<string>>();
  for (const { from, to } of edges.filter(isTwinArc)) {
    const group = new Set([from, to, ...(groups.get(from) ?? []), ...(groups.get(to) ?? [])]);
    for (const id of group) groups.set(id, group);
  }
  const nameOf = (id: string) => {
    const group = [...(groups.get(id) ?? [id])].sort();
    return (
      (group.includes(start) ? start : group.find((twin) => accountOf(twin) === accountOf(start))) ??
      group[0] ??
      id
    );
  };
  const arcs = edges
    .filter((edge) => !isTwinArc(edge))
    .map(({ from, label, to }) => ({ from: nameOf(from), label, to: nameOf(to) }));
  return { start, arcs: [...new Map(arcs.map((arc) => [arcText(arc), arc])).values()] };
}

type Step = { readonly near: string; readonly far: string; readonly arc: Arc };

function stepsOf(arcs: readonly Arc[], direction: Direction): readonly Step[] {
  return arcs.flatMap((arc) => [
    ...(direction === 'upstream' ? [] : [{ near: arc.from, far: arc.to, arc }]),
    ...(direction === 'downstream' ? [] : [{ near: arc.to, far: arc.from, arc }]),
  ]);
}

function distancesFrom(start: string, steps: readonly Step[]): ReadonlyMap<string, number> {
  const distances = new Map([[start, 0]]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const { near, far } of steps) {
      const depth = (distances.get(near) ?? Infinity) + 1;
      if (depth >= (distances.get(far) ?? Infinity)) continue;
      distances.set(far, depth);
      changed = true;
    }
  }
  return distances;
}

/** The steps that led to a vertex: the shortest one, or all; going both ways, all shortest ones. */
function waysBack(
  steps: readonly Step[],
  distances: ReadonlyMap<string, number>,
  { edges, direction }: Asked,
): (id: string) => readonly Step[] {
  const into = new Map<string, Step[]>();
  for (const step of steps) into.set(step.far, [...(into.get(step.far) ?? []), step]);
  return (id) => {
    const all = into.get(id) ?? [];
    if (edges !== 'all') return [shortest(all, distances, id)].filter((step) => step !== undefined);
    return direction === 'both' ? all.filter((step) => isShortest(step, distances)) : all;
  };
}

/** The last step of a shortest way: the first by near end, label, source. */
function shortest(
  steps: readonly Step[],
  distances: ReadonlyMap<string, number>,
  id: string,
): Step | undefined {
  return steps
    .filter((step) => step.far === id && isShortest(step, distances))
    .sort((a, b) => compare([a.near, a.arc.label, a.arc.from], [b.near, b.arc.label, b.arc.from]))[0];
}

function isShortest({ near, far }: Step, distances: ReadonlyMap<string, number>): boolean {
  return distances.get(far) === (distances.get(near) ?? Infinity) + 1;
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, index) => text !== b[index]);
  return at === -1 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}

type Cells = { readonly type?: string; readonly creationtime?: Date; readonly LastModifiedTime?: Date };

function isShown(row: VertexRow | undefined, asked: Asked): boolean {
  if (row === undefined) throw new Error("The test's graph lacks a vertex.");
  const { kinds = [], types = [], sourceTypes = [] } = asked;
  const { type = '', creationtime, LastModifiedTime } = row.cells as Cells;
  return (
    (kinds.length === 0 || kindsOf(row).some((kind) => kinds.includes(kind))) &&
    (types.length === 0 || types.includes(type)) &&
    (sourceTypes.length === 0 || sourceTypes.includes(jobType(row))) &&
    isWithin(creationtime, asked.createdAfter, asked.createdBefore) &&
    isWithin(LastModifiedTime, asked.modifiedAfter, asked.modifiedBefore)
  );
}

function mayGoThrough(row: VertexRow | undefined, { through = [], stopAt = [] }: Asked): boolean {
  if (row === undefined) return true;
  const { type = '' } = row.cells as Cells;
  const words = [...kindsOf(row), type, jobType(row)];
  return (
    (through.length === 0 || words.some((word) => through.includes(word))) &&
    !words.some((word) => stopAt.includes(word))
  );
}

function jobType({ id, cells }: VertexRow): string {
  const { type = '' } = cells as Cells;
  return id.includes(':experiment-trial-component/') ? type.replace('SageMaker', '') : type;
}

function kindsOf({ kind, id }: VertexRow): readonly string[] {
  return kind === 'external' && id.includes(':artifact/') ? [kind, 'artifact'] : [kind];
}

function isWithin(time: Date | undefined, after: string | undefined, before: string | undefined): boolean {
  if (after === undefined && before === undefined) return true;
  return (
    time !== undefined &&
    (after === undefined || time.getTime() > Date.parse(after)) &&
    (before === undefined || time.getTime() < Date.parse(before))
  );
}

function byDepthThenId([a, depthA]: readonly [string, number], [b, depthB]: readonly [string, number]) {
  return depthA - depthB || (a < b ? -1 : 1);
}
