import type { GraphSonValue } from './graphson.ts';
import { type ElementKind, type GraphElement, LABEL_SEPARATOR, type LoadGraph } from './load-graph.ts';

export type MemoryGraph = LoadGraph & {
  /** How many elements each label has; a vertex of several labels counts under all of them, joined. */
  countByLabel(kind: ElementKind): Readonly<Record<string, number>>;
  /** Those of the ids that it has, as Gremlin gives them in plain JSON: id, label, ends and properties. */
  projected(kind: ElementKind, ids: readonly string[]): readonly unknown[];
  /** The edges of a label that leave these vertices: id and ends. Looks at all edges. */
  outEdges(from: readonly string[], label: string): readonly unknown[];
};

/**
 * A graph in this process, for a machine without Java: enough for the loader to find duplicates, missing endpoints and
 * second values, and for counts. Every element stays in memory, as JSON text: a quarter of what its objects would take.
 */
export function memoryGraph(): MemoryGraph {
  const elements: Record<ElementKind, Map<string, string>> = { vertex: new Map(), edge: new Map() };
  return {
    read: async (kind, ids) =>
      new Map(
        ids.flatMap((id) => {
          const packed = elements[kind].get(id);
          return packed === undefined ? [] : [[id, unpack(packed)] as const];
        }),
      ),
    vertices: async (ids) => new Set(ids.filter((id) => elements.vertex.has(id))),
    write: async (kind, changes) => {
      for (const { id, after } of changes) elements[kind].set(id, pack(after));
    },
    summary: async () => {
      const nodes = namesOf(elements.vertex);
      const edges = namesOf(elements.edge);
      return {
        numNodes: elements.vertex.size,
        numEdges: elements.edge.size,
        nodeLabels: nodes.labels,
        edgeLabels: edges.labels,
        nodeProperties: nodes.properties,
        edgeProperties: edges.properties,
      };
    },
    countByLabel: (kind) => {
      const counts = new Map<string, number>();
      for (const packed of elements[kind].values()) {
        const label = unpack(packed).labels.join(LABEL_SEPARATOR);
        counts.set(label, (counts.get(label) ?? 0) + 1);
      }
      return Object.fromEntries(counts);
    },
    projected: (kind, ids) =>
      ids.flatMap((id) => {
        const packed = elements[kind].get(id);
        return packed === undefined ? [] : [projection(id, kind, unpack(packed))];
      }),
    outEdges: (from, label) =>
      [...elements.edge].flatMap(([id, packed]) => {
        const { labels, ends } = unpack(packed);
        return labels[0] === label && from.includes(ends?.from ?? '') ? [{ id, ...ends }] : [];
      }),
    clear: async () => {
      elements.vertex.clear();
      elements.edge.clear();
    },
  };
}

function pack({ properties, ...rest }: GraphElement): string {
  return JSON.stringify({ ...rest, properties: [...properties] });
}

function unpack(packed: string): GraphElement {
  const { properties, ...rest } = JSON.parse(packed);
  return { ...rest, properties: new Map(properties) };
}

function projection(id: string, kind: ElementKind, { labels, ends, properties }: GraphElement): unknown {
  const plain = [...properties].map(([name, values]) => {
    const list = values.map(plainJson);
    return [name, kind === 'edge' ? list[0] : list] as const;
  });
  return { id, label: labels.join(LABEL_SEPARATOR), ...ends, properties: Object.fromEntries(plain) };
}

/** As `types=false` gives it: a 64-bit integer as a number, a time as epoch milliseconds. */
function plainJson(value: GraphSonValue): unknown {
  if (typeof value !== 'object') return value;
  const { '@type': type, '@value': content } = value;
  return type === 'g:Int64' ? Number(content) : content;
}

function namesOf(elements: ReadonlyMap<string, string>) {
  const labels = new Set<string>();
  const counts = new Map<string, number>();
  for (const packed of elements.values()) {
    const element = unpack(packed);
    for (const label of element.labels) labels.add(label);
    for (const name of element.properties.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { labels: [...labels].sort(), properties: Object.fromEntries([...counts].sort()) };
}
