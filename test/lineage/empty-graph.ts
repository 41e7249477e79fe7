import type { LineageGraph } from '../../src/lineage/graph.ts';

/** A graph that holds nothing, and takes every id for one of its own. */
export const EMPTY_GRAPH: LineageGraph = {
  name: 'a test',
  edges: async () => [],
  vertices: async () => [],
  holds: async () => false,
  spelling: async (id) => id,
  named: async () => [],
  resembling: async () => ({ near: [] }),
  list: async function* () {
    yield* [];
  },
};
