import { describe, expect, test } from 'vitest';
import { existingIds, parallelEdges, readElements } from '../../src/neptune/elements.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import {
  errorOf,
  neptuneFailure,
  quickClock,
  type Reply,
  type Seen,
  scriptedServer,
} from './scripted-server.ts';

const results = (...data: readonly unknown[]): Reply => ({ json: { result: { data, meta: {} } } });
const queryOf = ({ body }: Seen) => (body as { gremlin: string }).gremlin;

/** Answers each query for `g.V('a','b')…` with what the graph has of those ids. */
function graphOf(vertices: Readonly<Record<string, unknown>>) {
  return (seen: Seen): Reply => {
    const ids = [...queryOf(seen).matchAll(/'(v\d+)'/g)].map(([, id = '']) => id);
    return results(...ids.flatMap((id) => (Object.hasOwn(vertices, id) ? [vertices[id]] : [])));
  };
}

test('vertices come whole, by id; those that are not there are left out', async () => {
  const v1 = { id: 'v1', label: 'artifact', properties: { name: ['a', 'b'], n: [1] } };
  const v2 = { id: 'v2', label: 'artifact::mine', properties: {} };
  const { client, seen } = await scriptedServer(graphOf({ v1, v2 }));

  const found = await readElements(gremlinClient(client), 'vertex', ['v1', 'v3', 'v2', 'v1']);

  expect([...found.values()]).toEqual([
    { id: 'v1', labels: ['artifact'], properties: { name: ['a', 'b'], n: [1] } },
    { id: 'v2', labels: ['artifact', 'mine'], properties: {} },
  ]);
  expect(seen.map(queryOf)).toEqual([
    "g.V('v1','v3','v2').project('id','label','properties').by(id).by(label).by(valueMap())",
  ]);
});

test('edges come with their ends', async () => {
  const edge = { id: 'e', label: 'x::y', from: 'a', to: 'b', properties: { w: 1.5 } };
  const { client, seen } = await scriptedServer(() => results(edge));

  expect(await readElements(gremlinClient(client), 'edge', ['e'])).toEqual(
    new Map([['e', { id: 'e', labels: ['x::y'], ends: { from: 'a', to: 'b' }, properties: { w: [1.5] } }]]),
  );
  expect(seen.map(queryOf)).toEqual([
    "g.E('e').project('id','label','from','to','properties').by(id).by(label).by(outV().id()).by(inV().id()).by(valueMap())",
  ]);
});

describe('without ids', () => {
  test.each([
    ['elements', (send: ReturnType<typeof gremlinClient>) => readElements(send, 'vertex', [])],
    ['ids', (send: ReturnType<typeof gremlinClient>) => existingIds(send, 'edge', [])],
    ['parallel edges', (send: ReturnType<typeof gremlinClient>) => parallelEdges(send, [])],
  ])('nothing is asked for %s: g.V() would be the whole graph', async (_, ask) => {
    const { client, seen } = await scriptedServer(() => results());

    expect([...(await ask(gremlinClient(client)))]).toEqual([]);
    expect(seen).toEqual([]);
  });
});

test('many ids go in queries of 200 at most', async () => {
  const ids = Array.from({ length: 1_001 }, (_, at) => `v${at}`);
  const { client, seen } = await scriptedServer((call) =>
    results(...[...queryOf(call).matchAll(/'(v\d+)'/g)].map(([, id]) => id)),
  );

  const found = await existingIds(gremlinClient(client), 'vertex', ids);

  expect([...found]).toEqual(ids);
  expect(seen).toHaveLength(6);
  for (const call of seen) expect(queryOf(call)).toMatch(/^g\.V\('v\d+'(,'v\d+'){0,199}\)\.id\(\)$/);
});

test('long ids go in queries of 64 KiB at most; a longer one goes alone', async () => {
  const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(30_000)).concat('d'.repeat(100_000));
  const { client, seen } = await scriptedServer(() => results());

  await existingIds(gremlinClient(client), 'edge', ids);

  expect(
    seen
      .map((call) =>
        queryOf(call)
          .match(/[abcd]{9,}/g)
          ?.map(([letter]) => letter),
      )
      .sort(),
  ).toEqual([['a', 'b'], ['c'], ['d']]);
});

test('edges beside those asked for are found by label and both ends', async () => {
  const { client, seen } = await scriptedServer(() =>
    results(
      { id: 'e1', from: 'a', to: 'b' },
      { id: 'twin', from: 'a', to: 'b' },
      { id: 'e3', from: 'a', to: 'c' },
    ),
  );
  const edge = { id: 'e1', from: 'a', to: 'b', label: 'x' };

  expect(await parallelEdges(gremlinClient(client), [edge])).toEqual([edge, { ...edge, id: 'twin' }]);
  expect(seen.map(queryOf)).toEqual([
    "g.V('a').outE('x').project('id','from','to').by(id).by(outV().id()).by(inV().id())",
  ]);
});

test('a read that the cluster refuses in passing is repeated', async () => {
  const { client } = await scriptedServer((_, nth) =>
    nth === 1 ? neptuneFailure('ConcurrentModificationException', 500, 'later') : results('v1'),
  );

  expect(await existingIds(gremlinClient(client, quickClock().clock), 'vertex', ['v1'])).toEqual(
    new Set(['v1']),
  );
});

test.each([[[{ id: 1 }]], [['v1']], [[{ id: 'v1', label: 'x', properties: [] }]], [[null]]])(
  'a reply of %j is no element',
  async (data) => {
    const { client } = await scriptedServer(() => results(...data));

    expect(await errorOf(readElements(gremlinClient(client), 'vertex', ['v1']))).toMatchObject({
      outcome: 'unexpected',
      message: 'A query for elements by id was answered with something else.',
    });
  },
);
