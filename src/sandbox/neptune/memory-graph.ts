import type { ElementKind, GraphElement, LoadGraph } from './load-graph.ts';

/**
 * A graph in this process, for a machine without Java: enough for the loader to find duplicates, missing endpoints and
 * second values, and for counts. Every loaded value stays in memory.
 */
export function memoryGraph(): LoadGraph {
  const elements: Record<ElementKind, Map<string, GraphElement>> = { vertex: new Map(), edge: new Map() };
  return {
    read: async (kind, ids) =>
      new Map(
        ids.flatMap((id) => {
          const element = elements[kind].get(id);
          return element === undefined ? [] : [[id, element] as const];
        }),
      ),
    vertices: async (ids) => new Set(ids.filter((id) => elements.vertex.has(id))),
    write: async (kind, changes) => {
      for (const { id, after } of changes) elements[kind].set(id, after);
    },
    summary: async () => ({
      numNodes: elements.vertex.size,
      numEdges: elements.edge.size,
      nodeLabels: labelsOf(elements.vertex),
      edgeLabels: labelsOf(elements.edge),
      nodeProperties: propertiesOf(elements.vertex),
      edgeProperties: propertiesOf(elements.edge),
    }),
    clear: async () => {
      elements.vertex.clear();
      elements.edge.clear();
    },
  };
}

function labelsOf(elements: ReadonlyMap<string, GraphElement>): readonly string[] {
  return [...new Set([...elements.values()].flatMap(({ labels }) => labels))].sort();
}

function propertiesOf(elements: ReadonlyMap<string, GraphElement>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { properties } of elements.values()) {
    for (const name of properties.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort());
}
