import { type ElementKind, type GraphElement, LABEL_SEPARATOR, type LoadGraph } from './load-graph.ts';

export type MemoryGraph = LoadGraph & {
  /** How many elements each label has; a vertex of several labels counts under all of them, joined. */
  countByLabel(kind: ElementKind): Readonly<Record<string, number>>;
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
