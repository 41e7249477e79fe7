import { arnKey } from '../graph/arn.ts';

/** An edge without its id. */
type Ends = { readonly from: string; readonly to: string; readonly label: string };

/**
 * Who is joined to whom, in numbers: 12 bytes an edge while it is built and 20 afterwards, and one text per vertex. Ids are
 * matched whatever their case and given as first spelled.
 */
export type Adjacency = {
  add(from: string, label: string, to: string): void;
  /** The id as it is spelled here, or undefined where no edge touches it. */
  spelling(id: string): string | undefined;
  /** Edges that enter (`upstream`) or leave (`downstream`) these vertices. */
  edges(ids: readonly string[], direction: 'upstream' | 'downstream'): readonly Ends[];
};

export function createAdjacency(): Adjacency {
  const vertices = createInterner(arnKey);
  const labels = createInterner((label) => label);
  const from = createNumbers();
  const to = createNumbers();
  const label = createNumbers();
  let leaving: Sorted | undefined;
  let entering: Sorted | undefined;

  return {
    add(source, edgeLabel, destination) {
      from.push(vertices.number(source));
      to.push(vertices.number(destination));
      label.push(labels.number(edgeLabel));
      leaving = undefined;
      entering = undefined;
    },
    spelling(id) {
      const found = vertices.find(id);
      return found === undefined ? undefined : vertices.text(found);
    },
    edges(ids, direction) {
      leaving ??= sortByEnd(from.values(), vertices.size());
      entering ??= sortByEnd(to.values(), vertices.size());
      const { starts, edges } = direction === 'downstream' ? leaving : entering;
      const found: Ends[] = [];
      for (const id of new Set(ids)) {
        const vertex = vertices.find(id);
        if (vertex === undefined) continue;
        for (const edge of edges.subarray(starts[vertex], starts[vertex + 1])) {
          found.push({
            from: vertices.text(from.at(edge)),
            to: vertices.text(to.at(edge)),
            label: labels.text(label.at(edge)),
          });
        }
      }
      return found;
    },
  };
}

/** Gives each text a number, in the order of their coming. */
function createInterner(keyOf: (text: string) => string) {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  return {
    number(text: string): number {
      const key = keyOf(text);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, texts.length);
      texts.push(text);
      return texts.length - 1;
    },
    find: (text: string) => numbers.get(keyOf(text)),
    text: (number: number) => texts[number] ?? '',
    size: () => texts.length,
  };
}

const FIRST_CAPACITY = 1024;

/** Integers of 32 bits, as many as come. */
function createNumbers() {
  let numbers = new Int32Array(FIRST_CAPACITY);
  let size = 0;
  return {
    push(number: number): void {
      if (size === numbers.length) {
        const larger = new Int32Array(size * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[size] = number;
      size += 1;
    },
    at: (index: number) => numbers[index] ?? 0,
    values: () => numbers.subarray(0, size),
  };
}

/** Edges of vertex v: `edges.subarray(starts[v], starts[v + 1])`. */
type Sorted = { readonly starts: Int32Array; readonly edges: Int32Array };

/** A counting sort of the edges by one of their ends. */
function sortByEnd(ends: Int32Array, vertices: number): Sorted {
  const starts = new Int32Array(vertices + 1);
  for (const end of ends) starts[end + 1] = (starts[end + 1] ?? 0) + 1;
  for (let vertex = 0; vertex < vertices; vertex += 1) {
    starts[vertex + 1] = (starts[vertex + 1] ?? 0) + (starts[vertex] ?? 0);
  }
  const next = starts.slice(0, vertices);
  const edges = new Int32Array(ends.length);
  ends.forEach((end, edge) => {
    const place = next[end] ?? 0;
    edges[place] = edge;
    next[end] = place + 1;
  });
  return { starts, edges };
}
