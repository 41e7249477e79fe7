/* A layered drawing, left to right. Written here because elkjs takes half a minute for 2,000 vertices of a real account, and stacks hundreds in one column. Runs in the page: no Node, no DOM. */

export type Box = { readonly id: string; readonly width: number; readonly height: number };
export type Link = { readonly id: string; readonly from: string; readonly to: string };
type Point = { readonly x: number; readonly y: number };

export type Layout = {
  /** Centres by id. */
  readonly positions: ReadonlyMap<string, Point>;
  /** For links that are not straight: the points that pull the curve, from source to target. */
  readonly bends: ReadonlyMap<string, readonly Point[]>;
  /** Ids of links that run from right to left, since they close a cycle. */
  readonly backward: ReadonlySet<string>;
};

const GAP = { row: 14, column: 92, sub: 26 } as const;
/** A column of a folded layer holds no fewer boxes than this. */
const LEAST_ROWS = 14;
/** Boxes per column grow with this times the root of their number: a drawing about as wide as it is high. */
const ROWS_PER_ROOT = 1.5;
/** Above this many bends of long links, links are drawn straight through. */
const MOST_BENDS = 12_000;
const SWEEPS = 10;
/** How much straighter a long link is kept than a short one. */
const LONG_LINK_WEIGHT = 6;

/**
 * Places boxes in layers so that links run from left to right: cycles are opened where a search from the first box closes
 * them, long links get a place of their own in each layer that they cross, crossings are reduced by barycentres, and boxes stand
 * level with what they are linked to. A layer of many boxes is folded into several columns. Equal input, equal drawing; no
 * recursion, so depth is no limit.
 */
export function layeredLayout(boxes: readonly Box[], links: readonly Link[]): Layout {
  const graph = indexedGraph(boxes, links);
  const { order, backward } = openCycles(graph);
  const layerOf = layersOf(graph, order, backward);
  const items = itemsOf(graph, layerOf, backward);
  reduceCrossings(items);
  const rows = rowsOf(items, boxes);
  alignRows(rows, items);
  return placed(boxes, links, { graph, backward, items, rows });
}

type Graph = {
  readonly size: number;
  /** Ends of links by index; -1 where an end is not drawn. */
  readonly ends: readonly (readonly [number, number])[];
  readonly out: readonly (readonly number[])[];
};

function indexedGraph(boxes: readonly Box[], links: readonly Link[]): Graph {
  const index = new Map(boxes.map(({ id }, at) => [id, at]));
  const ends = links.map(({ from, to }) => [index.get(from) ?? -1, index.get(to) ?? -1] as const);
  const out: number[][] = boxes.map(() => []);
  for (const [link, [from, to]] of ends.entries()) {
    if (from !== to && from >= 0 && to >= 0) out[from]?.push(link);
  }
  return { size: boxes.length, ends, out };
}

/** A topological order of the boxes, and the links that go against it. */
function openCycles({ size, ends, out }: Graph): {
  readonly order: readonly number[];
  readonly backward: ReadonlySet<number>;
} {
  const entered = new Uint8Array(size);
  for (const links of out) for (const link of links) entered[ends[link]?.[1] ?? 0] = 1;
  const sources = Array.from({ length: size }, (_, at) => at).sort(
    (a, b) => (entered[a] ?? 0) - (entered[b] ?? 0),
  );
  const state = new Uint8Array(size);
  const backward = new Set<number>();
  const finished: number[] = [];
  for (const source of sources) {
    if (state[source] !== 0) continue;
    const stack = [{ at: source, next: 0 }];
    state[source] = 1;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const link = out[top.at]?.[top.next];
      if (link === undefined) {
        state[top.at] = 2;
        finished.push(top.at);
        stack.pop();
        continue;
      }
      top.next += 1;
      const to = ends[link]?.[1] ?? 0;
      if (state[to] === 1) backward.add(link);
      else if (state[to] === 0) {
        state[to] = 1;
        stack.push({ at: to, next: 0 });
      }
    }
  }
  return { order: finished.reverse(), backward };
}

/** The longest way to each box; then boxes with more links out than in move as far right as those allow. */
function layersOf(
  { size, ends, out }: Graph,
  order: readonly number[],
  backward: ReadonlySet<number>,
): Int32Array {
  const layers = new Int32Array(size);
  const ins = new Int32Array(size);
  const forward = (at: number) => (out[at] ?? []).filter((link) => !backward.has(link));
  const targets = (at: number) => forward(at).map((link) => ends[link]?.[1] ?? 0);
  for (const at of order) {
    for (const to of targets(at)) {
      layers[to] = Math.max(layers[to] ?? 0, (layers[at] ?? 0) + 1);
      ins[to] = (ins[to] ?? 0) + 1;
    }
  }
  for (const at of order.toReversed()) {
    const next = targets(at);
    if (next.length > (ins[at] ?? 0)) layers[at] = Math.min(...next.map((to) => layers[to] ?? 0)) - 1;
  }
  return layers;
}

/** A box, or the place where a long link crosses a layer. Links of one source cross at one place. */
type Item = {
  /** Index of the box; undefined for a crossing. */
  readonly box: number | undefined;
  readonly layer: number;
  readonly left: number[];
  readonly right: number[];
};

type Items = {
  readonly all: readonly Item[];
  /** Item numbers, layer by layer, from the top: what the sweeps reorder. */
  readonly layers: number[][];
  /** Item numbers between the ends of each link, from left to right. */
  readonly crossings: ReadonlyMap<number, readonly number[]>;
};

function itemsOf({ size, ends }: Graph, layerOf: Int32Array, backward: ReadonlySet<number>): Items {
  const all: Item[] = Array.from({ length: size }, (_, box) => ({
    box,
    layer: layerOf[box] ?? 0,
    left: [],
    right: [],
  }));
  const crossingAt = new Map<number, number>();
  const crossings = new Map<number, readonly number[]>();
  const layerCount = Math.max(0, ...all.map(({ layer }) => layer)) + 1;
  const connected = new Set<number>();
  const join = (left: number, right: number) => {
    const key = left * 2 ** 26 + right;
    if (connected.has(key)) return;
    connected.add(key);
    all[left]?.right.push(right);
    all[right]?.left.push(left);
  };
  for (const [link, [a, b]] of ends.entries()) {
    if (a < 0 || b < 0 || a === b) continue;
    const [from, to] = backward.has(link) ? [b, a] : [a, b];
    const through: number[] = [];
    for (let layer = (layerOf[from] ?? 0) + 1; layer < (layerOf[to] ?? 0); layer += 1) {
      const key = from * layerCount + layer;
      const known = crossingAt.get(key);
      if (known === undefined && crossingAt.size >= MOST_BENDS) break;
      const crossing = known ?? all.push({ box: undefined, layer, left: [], right: [] }) - 1;
      crossingAt.set(key, crossing);
      through.push(crossing);
    }
    for (const [at, item] of [from, ...through, to].entries()) {
      if (at > 0) join([from, ...through][at - 1] ?? from, item);
    }
    crossings.set(link, backward.has(link) ? through.toReversed() : through);
  }
  const layers: number[][] = Array.from({ length: layerCount }, () => []);
  for (const [at, { layer }] of all.entries()) layers[layer]?.push(at);
  return { all, layers: layers.filter((layer) => layer.length > 0), crossings };
}

/** Sorts each layer by the mean place of its neighbours, from the left and from the right in turn; keeps the best. */
function reduceCrossings({ all, layers }: Items): void {
  const place = new Float64Array(all.length);
  const number = (layer: readonly number[]) => {
    for (const [at, item] of layer.entries()) place[item] = (at + 0.5) / layer.length;
  };
  layers.forEach(number);
  let best = layers.map((layer) => [...layer]);
  let fewest = crossingCount(all, layers, place);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    const side = sweep % 2 === 0 ? 'left' : 'right';
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const mean = new Map(
        layer.map((item) => [item, meanOf(all[item]?.[side] ?? [], place) ?? place[item] ?? 0]),
      );
      layer.sort((a, b) => (mean.get(a) ?? 0) - (mean.get(b) ?? 0));
      number(layer);
    }
    const count = crossingCount(all, layers, place);
    if (count < fewest) {
      fewest = count;
      best = layers.map((layer) => [...layer]);
    }
  }
  for (const [at, layer] of best.entries()) layers[at] = layer;
}

function meanOf(items: readonly number[], place: Float64Array): number | undefined {
  if (items.length === 0) return undefined;
  return items.reduce((sum, item) => sum + (place[item] ?? 0), 0) / items.length;
}

/** Pairs of links between neighbouring layers that cross, counted with a Fenwick tree. */
function crossingCount(
  all: readonly Item[],
  layers: readonly (readonly number[])[],
  place: Float64Array,
): number {
  let count = 0;
  for (const layer of layers) {
    const targets = layer.flatMap((item) =>
      [...(all[item]?.right ?? [])].map((to) => place[to] ?? 0).sort((a, b) => a - b),
    );
    const ranks = new Map(
      [...new Set(targets)].sort((a, b) => a - b).map((value, rank) => [value, rank + 1]),
    );
    const tree = new Int32Array(ranks.size + 1);
    for (const [seen, target] of targets.entries()) {
      const rank = ranks.get(target) ?? 0;
      let below = 0;
      for (let at = rank; at > 0; at -= at & -at) below += tree[at] ?? 0;
      count += seen - below;
      for (let at = rank; at <= ranks.size; at += at & -at) tree[at] = (tree[at] ?? 0) + 1;
    }
  }
  return count;
}

/** What stands at one height in a layer: one item, or in a folded layer several boxes side by side. */
type Row = { readonly items: readonly number[]; readonly height: number; y: number };
type Rows = { readonly layers: readonly (readonly Row[])[]; readonly columns: readonly number[] };

function rowsOf({ all, layers }: Items, boxes: readonly Box[]): Rows {
  const most = Math.max(LEAST_ROWS, Math.ceil(ROWS_PER_ROOT * Math.sqrt(boxes.length)));
  const columns = layers.map((layer) =>
    Math.max(1, Math.ceil(layer.filter((item) => all[item]?.box !== undefined).length / most)),
  );
  const rows = layers.map((layer, at) => {
    const found: Row[] = [];
    let open: number[] = [];
    const close = () => {
      const height = Math.max(0, ...open.map((item) => boxes[all[item]?.box ?? -1]?.height ?? 0));
      if (open.length > 0) found.push({ items: open, height, y: 0 });
      open = [];
    };
    for (const item of layer) {
      const isBox = all[item]?.box !== undefined;
      if (!isBox || open.length >= (columns[at] ?? 1)) close();
      open.push(item);
      if (!isBox) close();
    }
    close();
    return found;
  });
  return { layers: rows, columns };
}

/** Moves rows level with what they are linked to, as near as their order and the gaps between them allow. */
function alignRows({ layers }: Rows, { all }: Items): void {
  const y = new Float64Array(all.length);
  const settle = (rows: readonly Row[]) => {
    for (const row of rows) for (const item of row.items) y[item] = row.y;
  };
  for (const rows of layers) {
    stack(
      rows,
      rows.map((_, at) => at),
      rows.map(() => 1),
    );
    settle(rows);
  }
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep += 1) {
    const sides =
      sweep > 2 * SWEEPS - 4 ? (['left', 'right'] as const) : ([sweep % 2 === 0 ? 'left' : 'right'] as const);
    for (const rows of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const wishes = rows.map((row) => wish(row, all, y, sides));
      stack(
        rows,
        wishes.map(({ at }) => at),
        wishes.map(({ weight }) => weight),
      );
      settle(rows);
    }
  }
}

function wish(
  row: Row,
  all: readonly Item[],
  y: Float64Array,
  sides: readonly ('left' | 'right')[],
): { readonly at: number; readonly weight: number } {
  let sum = 0;
  let weight = 0;
  for (const at of row.items) {
    const item = all[at];
    for (const other of sides.flatMap((side) => item?.[side] ?? [])) {
      const isLong = item?.box === undefined && all[other]?.box === undefined;
      const pull = isLong ? LONG_LINK_WEIGHT : 1;
      sum += pull * (y[other] ?? 0);
      weight += pull;
    }
  }
  return weight === 0 ? { at: row.y, weight: 0.1 } : { at: sum / weight, weight };
}

/** The heights nearest to those wished for, by weighted squares, with the rows apart and in order (pool adjacent violators). */
function stack(rows: readonly Row[], wishes: readonly number[], weights: readonly number[]): void {
  const offsets: number[] = [];
  let offset = 0;
  for (const [at, row] of rows.entries()) {
    const above = rows[at - 1];
    if (above !== undefined) offset += (above.height + row.height) / 2 + GAP.row;
    offsets.push(offset);
  }
  const pools: { mean: number; weight: number; count: number }[] = [];
  for (const [at, wished] of wishes.entries()) {
    let pool = { mean: wished - (offsets[at] ?? 0), weight: weights[at] ?? 1, count: 1 };
    for (let above = pools.at(-1); above !== undefined && above.mean > pool.mean; above = pools.at(-1)) {
      const weight = above.weight + pool.weight;
      pool = {
        mean: (above.mean * above.weight + pool.mean * pool.weight) / weight,
        weight,
        count: above.count + pool.count,
      };
      pools.pop();
    }
    pools.push(pool);
  }
  let at = 0;
  for (const { mean, count } of pools) {
    for (const end = at + count; at < end; at += 1) {
      const row = rows[at];
      if (row !== undefined) row.y = mean + (offsets[at] ?? 0);
    }
  }
}

type Arranged = {
  readonly graph: Graph;
  readonly backward: ReadonlySet<number>;
  readonly items: Items;
  readonly rows: Rows;
};

function placed(
  boxes: readonly Box[],
  links: readonly Link[],
  { graph, backward, items, rows }: Arranged,
): Layout {
  const { all, crossings } = items;
  const spans: { readonly left: number; readonly right: number }[] = [];
  const layerAt = new Map<number, number>();
  const positions = new Map<string, Point>();
  const heights = new Float64Array(all.length);
  let left = 0;
  for (const [at, layer] of rows.layers.entries()) {
    const present = layer.flatMap(({ items: held }) => held.map((item) => boxes[all[item]?.box ?? -1]));
    const width = Math.max(0, ...present.map((box) => box?.width ?? 0));
    const right = left + width + ((rows.columns[at] ?? 1) - 1) * (width + GAP.sub);
    spans.push({ left, right });
    for (const row of layer) {
      for (const [column, item] of row.items.entries()) {
        layerAt.set(item, at);
        heights[item] = row.y;
        const box = boxes[all[item]?.box ?? -1];
        if (box === undefined) continue;
        positions.set(box.id, { x: left + width / 2 + column * (width + GAP.sub), y: row.y });
      }
    }
    left = right + GAP.column;
  }

  const bends = new Map<string, readonly Point[]>();
  for (const [at, link] of links.entries()) {
    const [from = -1, to = -1] = graph.ends[at] ?? [];
    const stops = [from, ...(crossings.get(at) ?? []), to];
    const points = stops.slice(1).flatMap((stop, index) => {
      const previous = stops[index] ?? from;
      const [near, far] = [spans[layerAt.get(previous) ?? 0], spans[layerAt.get(stop) ?? 0]];
      if (near === undefined || far === undefined) return [];
      const middle = near.left < far.left ? (near.right + far.left) / 2 : (near.left + far.right) / 2;
      return [
        { x: middle, y: heights[previous] ?? 0 },
        { x: middle, y: heights[stop] ?? 0 },
      ];
    });
    const first = points[0]?.y ?? 0;
    if (from >= 0 && to >= 0 && from !== to && points.some(({ y }) => Math.abs(y - first) > 0.5))
      bends.set(link.id, points);
  }
  const backwardIds = new Set([...backward].map((at) => links[at]?.id ?? ''));
  return { positions, bends, backward: backwardIds };
}
