import type { PageData, PageVertex } from './page-data.ts';

/* What of an answer a page shows, given what its reader chose. Runs in the page: no Node, no DOM. */

/** What the reader chose. */
export type ViewState = {
  /** Hops from the start at most. */
  readonly maxDepth: number;
  readonly hiddenKinds: ReadonlySet<string>;
  readonly hiddenTypes: ReadonlySet<string>;
  /** Ids of vertices behind which nothing is shown. */
  readonly collapsed: ReadonlySet<string>;
  /** Ids of clusters whose members are shown one by one. */
  readonly opened: ReadonlySet<string>;
};

/** `card`: in full. `dot`: filtered out, but on the way to one that is shown. `cluster`: several of one type. */
type ShownNode = {
  readonly id: string;
  readonly form: 'card' | 'dot' | 'cluster';
  readonly kind: PageVertex['kind'];
  readonly type: string;
  readonly name: string;
  readonly depth: number;
  /** The vertices that it stands for: one, or the members of a cluster. */
  readonly members: readonly PageVertex[];
  /** How many vertices are hidden behind it. */
  readonly hidden: number;
};

type ShownEdge = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Types of the associations, most frequent first, with commas. */
  readonly label: string;
  readonly count: number;
};

export type ShownGraph = {
  readonly nodes: readonly ShownNode[];
  readonly edges: readonly ShownEdge[];
  /** Vertices shown in full or as members of a cluster, besides the start. */
  readonly shown: number;
  readonly clustered: boolean;
  /** The node of each vertex that is shown. */
  readonly nodeOf: ReadonlyMap<string, string>;
};

/** Above this many cards, those of one type at one depth are drawn as one cluster. */
export const CLUSTER_ABOVE = 2_000;
/** Fewer than this make no cluster. */
const LEAST_MEMBERS = 4;

export function shownGraph({ vertices, edges }: PageData, state: ViewState): ShownGraph {
  const neighbours = neighboursOf(vertices.length, edges);
  const start = 0;
  const inReach = (at: number) => at === start || (vertices[at]?.depth ?? 0) <= state.maxDepth;
  const reached = reachable(vertices, neighbours, state.collapsed, inReach);
  const isWanted = (at: number) => at === start || passes(vertices[at], state);
  const wanted = new Set([...reached].filter(isWanted));
  const kept = withWays(wanted, reached, vertices, neighbours);
  const clusterOf = clustersOf(vertices, wanted, state.opened);

  const nodeOf = new Map<string, string>();
  const members = new Map<string, PageVertex[]>();
  for (const at of [...kept].sort((a, b) => a - b)) {
    const vertex = vertices[at];
    if (vertex === undefined) continue;
    const node = clusterOf.get(at) ?? vertex.id;
    nodeOf.set(vertex.id, node);
    const held = members.get(node);
    if (held === undefined) members.set(node, [vertex]);
    else held.push(vertex);
  }
  const isCard = new Set([...wanted].map((at) => vertices[at]?.id));
  const nodes = [...members].flatMap(([id, held]): readonly ShownNode[] => {
    const [first] = held;
    if (first === undefined) return [];
    const isCluster = id !== first.id;
    const { kind, type, depth } = first;
    const form = isCluster ? 'cluster' : isCard.has(first.id) ? 'card' : 'dot';
    const name = isCluster ? `${held.length.toLocaleString('en-US')} × ${type || 'no type'}` : first.name;
    return [{ id, form, kind, type, name, depth, members: held, hidden: 0 }];
  });
  const hidden = hiddenBehind(vertices, neighbours, state.collapsed, reached, inReach);
  return {
    nodes: nodes.map((node) => ({ ...node, hidden: hidden.get(node.id) ?? 0 })),
    edges: joinedEdges(vertices, edges, nodeOf),
    shown: wanted.size - 1,
    clustered: clusterOf.size > 0,
    nodeOf,
  };
}

type Neighbours = readonly (readonly number[])[];

function neighboursOf(size: number, edges: PageData['edges']): Neighbours {
  const neighbours: number[][] = Array.from({ length: size }, () => []);
  for (const [from, to] of edges) {
    neighbours[from]?.push(to);
    neighbours[to]?.push(from);
  }
  return neighbours;
}

/**
 * Vertices that can still be reached from the start where the way ends at collapsed ones. A way leads away from the start,
 * never back towards it: else what two vertices share would keep both sides of it in sight.
 */
function reachable(
  vertices: readonly PageVertex[],
  neighbours: Neighbours,
  collapsed: ReadonlySet<string>,
  inReach: (at: number) => boolean,
): ReadonlySet<number> {
  const seen = new Set([0]);
  for (const at of seen) {
    if (collapsed.has(vertices[at]?.id ?? '')) continue;
    for (const next of neighbours[at] ?? []) {
      if (inReach(next) && leadsAway(vertices[at], vertices[next])) seen.add(next);
    }
  }
  // What no way leads to, since nothing between was put in the answer, stays in sight.
  for (const [at, { parent }] of vertices.entries()) {
    if (
      parent !== undefined &&
      inReach(at) &&
      (neighbours[at] ?? []).every((other) => !leadsAway(vertices[other], vertices[at]))
    )
      seen.add(at);
  }
  return seen;
}

function leadsAway(from: PageVertex | undefined, to: PageVertex | undefined): boolean {
  return (to?.depth ?? 0) > (from?.depth ?? 0);
}

function passes(vertex: PageVertex | undefined, { hiddenKinds, hiddenTypes }: ViewState): boolean {
  return (
    vertex !== undefined &&
    vertex.role !== 'between' &&
    !hiddenKinds.has(vertex.kind) &&
    !hiddenTypes.has(vertex.type)
  );
}

/** The wanted vertices, and for each without a wanted neighbour nearer to the start one such neighbour, and so on. */
function withWays(
  wanted: ReadonlySet<number>,
  reached: ReadonlySet<number>,
  vertices: readonly PageVertex[],
  neighbours: Neighbours,
): ReadonlySet<number> {
  const kept = new Set(wanted);
  const byDepth = [...reached].sort((a, b) => (vertices[b]?.depth ?? 0) - (vertices[a]?.depth ?? 0));
  for (const at of byDepth) {
    if (!kept.has(at) || at === 0) continue;
    const nearer = (neighbours[at] ?? []).filter(
      (other) => reached.has(other) && leadsAway(vertices[other], vertices[at]),
    );
    const parent = nearer.find((other) => vertices[other]?.id === vertices[at]?.parent);
    const way = parent ?? nearer[0];
    if (way !== undefined && !nearer.some((other) => kept.has(other))) kept.add(way);
  }
  return kept;
}

function clustersOf(
  vertices: readonly PageVertex[],
  wanted: ReadonlySet<number>,
  opened: ReadonlySet<string>,
): ReadonlyMap<number, string> {
  if (wanted.size - 1 <= CLUSTER_ABOVE) return new Map();
  const groups = new Map<string, number[]>();
  for (const at of wanted) {
    const vertex = vertices[at];
    if (vertex === undefined || at === 0) continue;
    const key = clusterId(vertex);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [at]);
    else group.push(at);
  }
  return new Map(
    [...groups].flatMap(([key, members]) =>
      members.length < LEAST_MEMBERS || opened.has(key) ? [] : members.map((at) => [at, key] as const),
    ),
  );
}

/** The cluster that a vertex belongs to where there are too many to draw. No ARN looks like it. */
export function clusterId({ depth, kind, type }: PageVertex): string {
  return `cluster ${depth} ${kind} ${type}`;
}

function hiddenBehind(
  vertices: readonly PageVertex[],
  neighbours: Neighbours,
  collapsed: ReadonlySet<string>,
  reached: ReadonlySet<number>,
  inReach: (at: number) => boolean,
): ReadonlyMap<string, number> {
  const hidden = new Map<string, number>();
  for (const at of reached) {
    const id = vertices[at]?.id ?? '';
    if (!collapsed.has(id)) continue;
    const behind = new Set([at]);
    for (const from of behind) {
      for (const next of neighbours[from] ?? []) {
        if (!reached.has(next) && inReach(next) && leadsAway(vertices[from], vertices[next]))
          behind.add(next);
      }
    }
    hidden.set(id, behind.size - 1);
  }
  return hidden;
}

function joinedEdges(
  vertices: readonly PageVertex[],
  edges: PageData['edges'],
  nodeOf: ReadonlyMap<string, string>,
): readonly ShownEdge[] {
  const joined = new Map<
    string,
    { readonly from: string; readonly to: string; labels: Map<string, number> }
  >();
  for (const [source, target, label] of edges) {
    const from = nodeOf.get(vertices[source]?.id ?? '');
    const to = nodeOf.get(vertices[target]?.id ?? '');
    if (from === undefined || to === undefined) continue;
    // Within a cluster nothing is drawn; a vertex with an edge to itself has its loop.
    if (from === to && source !== target) continue;
    const key = JSON.stringify([from, to]);
    const labels = joined.get(key)?.labels ?? new Map<string, number>();
    labels.set(label, (labels.get(label) ?? 0) + 1);
    joined.set(key, { from, to, labels });
  }
  return [...joined.values()].map(({ from, to, labels }, at) => {
    const sorted = [...labels].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    const count = sorted.reduce((sum, [, times]) => sum + times, 0);
    return { id: `edge ${at}`, from, to, label: sorted.map(([label]) => label).join(', '), count };
  });
}
