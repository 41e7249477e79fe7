import { expect, test } from 'vitest';
import { compareCounts, countByLabel } from '../../src/neptune/counts.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { errorOf, type Reply, type Seen, scriptedServer } from './scripted-server.ts';

const results = (...data: unknown[]): Reply => ({ json: { result: { data, meta: {} } } });

test('vertices and edges are counted in one query each', async () => {
  const { client, seen } = await scriptedServer(({ body }) =>
    JSON.stringify(body).includes('g.V()') ? results({ artifact: 3 }) : results({ Produced: 2 }),
  );

  expect(await countByLabel(gremlinClient(client))).toEqual({
    vertices: { artifact: 3 },
    edges: { Produced: 2 },
  });
  expect(seen.map(({ body }: Seen) => body)).toEqual([
    { gremlin: 'g.V().groupCount().by(label)' },
    { gremlin: 'g.E().groupCount().by(label)' },
  ]);
});

test('a vertex of several labels counts under each, an edge under its one', async () => {
  const { client } = await scriptedServer(({ body }) =>
    JSON.stringify(body).includes('g.V()')
      ? results({ artifact: 3, 'external::artifact': 2, 'mine::external': 1 })
      : results({ 'a::b': 2 }),
  );

  expect(await countByLabel(gremlinClient(client))).toEqual({
    vertices: { artifact: 5, external: 3, mine: 1 },
    edges: { 'a::b': 2 },
  });
});

test.each([[[]], [['x']], [[{ artifact: 'many' }]], [[{}, {}]]])(
  'a reply of %j is no count',
  async (data) => {
    const { client } = await scriptedServer(() => results(...data));

    expect(await errorOf(countByLabel(gremlinClient(client)))).toMatchObject({
      outcome: 'unexpected',
      message: 'Expected counts by label from the query g.V().groupCount().by(label), got something else.',
    });
  },
);

test('counts are compared label by label; what neither side has is left out', () => {
  expect(
    compareCounts(
      { vertices: { artifact: 3, action: 2, trial: 0 }, edges: { Produced: 4, Untyped: 1 } },
      { vertices: { artifact: 3, action: 1, mine: 9 }, edges: { Produced: 5 } },
    ),
  ).toEqual({
    vertices: {
      action: { manifest: 2, graph: 1 },
      artifact: { manifest: 3, graph: 3 },
      mine: { manifest: 0, graph: 9 },
    },
    edges: { Produced: { manifest: 4, graph: 5 }, Untyped: { manifest: 1, graph: 0 } },
    fewer: ['action', 'Untyped'],
    more: ['mine', 'Produced'],
  });
});

test('equal counts leave nothing to say', () => {
  const counts = { vertices: { constructor: 1 }, edges: { toString: 2 } };

  expect(compareCounts(counts, counts)).toMatchObject({ fewer: [], more: [] });
  expect(compareCounts(counts, { vertices: {}, edges: {} }).fewer).toEqual(['constructor', 'toString']);
});
