import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import { type Gremlin, type GremlinText, gremlin, literal } from '../../src/graph/gremlin.ts';
import { edgesQuery, neptuneGraph, reachableQuery, verticesQuery } from '../../src/lineage/neptune-graph.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

describe('queries', () => {
  test('vertices are asked for as the documentation says', () => {
    expect(verticesQuery(['a', 'b'])).toBe(
      "g.V('a','b').project('id','label','properties').by(id).by(label).by(valueMap())",
    );
  });

  test.each([
    ['downstream', false, "outE().hasLabel(without('HasTrial','HasTrialComponent'))"],
    ['downstream', true, 'outE()'],
    ['upstream', false, "inE().hasLabel(without('HasTrial','HasTrialComponent'))"],
    ['upstream', true, 'inE()'],
  ] as const)(
    'edges %s (membership: %s) are asked for as the documentation says',
    (direction, membership, steps) => {
      expect(edgesQuery(['a'], direction, { membership })).toBe(
        `g.V('a').${steps}.project('id','from','to','label').by(id).by(outV().id()).by(inV().id()).by(label)`,
      );
    },
  );

  test('edges by time bring the time along', () => {
    expect(edgesQuery(['a'], 'downstream', { membership: true, byTime: true })).toBe(
      "g.V('a').outE().project('id','from','to','label','at').by(id).by(outV().id()).by(inV().id()).by(label).by(coalesce(values('creationtimems'),constant(0)))",
    );
  });

  test.each([
    ['upstream', "inE().hasLabel(without('HasTrial','HasTrialComponent'))", 'outV()'],
    ['downstream', "outE().hasLabel(without('HasTrial','HasTrialComponent'))", 'inV()'],
  ] as const)(
    'everything %s is asked for in one query, which visits each vertex once',
    (direction, edges, end) => {
      expect(reachableQuery('a', direction)).toBe(
        `g.V('a').emit().repeat(${edges}.${end}.dedup()).dedup().limit(20001).project('id','label','properties','edges').by(id).by(label).by(valueMap()).by(${edges}.project('id','far','label').by(id).by(${end}.id()).by(label).fold())`,
      );
    },
  );

  test('ids enter a query as literals only', () => {
    const id = "');g.V().drop();//";

    expect(verticesQuery([id])).toContain(`g.V(${literal(id)})`);
    expect(edgesQuery([id], 'upstream')).toContain(`g.V(${literal(id)})`);
    expect(reachableQuery(id, 'upstream')).toContain(`g.V(${literal(id)})`);
  });
});

/** A cluster that holds a query until `release` is called, and counts what is under way. */
function slowCluster(results: (query: GremlinText) => readonly unknown[] = () => []) {
  const queries: GremlinText[] = [];
  let underWay = 0;
  let most = 0;
  const send: Gremlin = async (query) => {
    queries.push(query);
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return results(query);
  };
  return { send, queries, most: () => most };
}

describe('a wide level', () => {
  const ids = Array.from({ length: 1_001 }, (_, index) => `v${index}`);

  test('is asked for in queries of 200 ids, four at a time, each id once', async () => {
    const { send, queries, most } = slowCluster();

    await neptuneGraph(send, 'slow').edges([...ids, ...ids], 'downstream');

    expect(queries).toHaveLength(6);
    expect(most()).toBe(4);
    expect(queries.flatMap((query) => [...query.matchAll(/'v\d+'/g)].map(([id]) => id)).toSorted()).toEqual(
      ids.map((id) => `'${id}'`).toSorted(),
    );
  });

  test('gives the results of all its queries', async () => {
    const { send } = slowCluster((query) =>
      [...query.matchAll(/'(v\d+)'/g)].map(([, id]) => ({ id, label: 'artifact', properties: {} })),
    );

    const vertices = await neptuneGraph(send, 'slow').vertices(ids);

    expect(vertices.map(({ id }) => id)).toEqual(ids);
  });

  test('that is empty asks for nothing', async () => {
    const { send, queries } = slowCluster();

    expect(await neptuneGraph(send, 'slow').vertices([])).toEqual([]);
    expect(queries).toEqual([]);
  });
});

test.each([
  ['a number', [5]],
  ['a vertex without properties', [{ id: 'a', label: 'artifact' }]],
  ['an id that is no text', [{ id: 5, label: 'artifact', properties: {} }]],
  ['a property that is no list', [{ id: 'a', label: 'artifact', properties: { name: 'x' } }]],
])('%s in place of what was asked for is an error that names the cluster', async (_, results) => {
  const graph = neptuneGraph(async () => results, 'https://cluster:8182');

  await expect(graph.vertices(['a'])).rejects.toMatchObject({
    outcome: 'unexpected',
    message: 'https://cluster:8182 answered a lineage query with something else than was asked for.',
    hint: 'Check that the endpoint is that of a Neptune cluster.',
  });
});

test('the signal of a question goes with every query', async () => {
  const { signal } = new AbortController();
  const seen: unknown[] = [];
  const graph = neptuneGraph(async (_, options) => {
    seen.push(options?.signal);
    return [];
  }, 'cluster');

  await graph.vertices(['a'], { signal });
  await graph.edges(['a'], 'upstream', { signal });
  await graph.spelling('a', { signal });

  expect(seen).toEqual([signal, signal, signal]);
});

describe('what is reachable', () => {
  const found = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `v${index}`, label: 'x', properties: {}, edges: [] }));

  test('is given up where it is more than one reply should hold', async () => {
    const ask = (count: number) =>
      neptuneGraph(async () => found(count), 'wide').reachable?.('v0', 'upstream');

    expect((await ask(20_000))?.vertices).toHaveLength(20_000);
    expect(await ask(20_001)).toBeUndefined();
  });

  test.each(['deadline', 'unexpected'] as const)(
    'is given up where the engine ends it: %s',
    async (outcome) => {
      const graph = neptuneGraph(async () => Promise.reject(new LineageError(outcome, 'enough')), 'busy');

      expect(await graph.reachable?.('v0', 'upstream')).toBeUndefined();
    },
  );

  test('is refused where nothing else can be had either', async () => {
    const error = new LineageError('accessDenied', 'no');
    const graph = neptuneGraph(async () => Promise.reject(error), 'closed');

    await expect(graph.reachable?.('v0', 'upstream')).rejects.toBe(error);
  });

  test('gives times as text under each of the labels that Neptune joins', async () => {
    const properties = { creationtime: [1_704_164_645_000], LastModifiedTime: [1_704_164_645_678] };
    const seen = { creationtime: '2024-01-02T03:04:05Z', LastModifiedTime: '2024-01-02T03:04:05.678Z' };
    const shownAs = async (label: string) => {
      const graph = neptuneGraph(async () => [{ id: 'a', label, properties, edges: [] }], 'small');
      return (await graph.reachable?.('a', 'upstream'))?.vertices.get('a')?.properties;
    };

    expect(await shownAs('artifact')).toEqual(seen);
    expect(await shownAs('external::artifact')).toEqual(seen);
    expect(await shownAs('movie::film')).toEqual({
      creationtime: 1_704_164_645_000,
      LastModifiedTime: 1_704_164_645_678,
    });
  });

  test('turns edges the way they point', async () => {
    const edges = [{ id: 'e', far: 'b', label: 'X' }];
    const graph = neptuneGraph(async () => [{ id: 'a', label: 'x', properties: {}, edges }], 'small');

    expect((await graph.reachable?.('a', 'upstream'))?.edges).toEqual(
      new Map([['a', [{ id: 'e', from: 'b', to: 'a', label: 'X' }]]]),
    );
    expect((await graph.reachable?.('a', 'downstream'))?.edges).toEqual(
      new Map([['a', [{ id: 'e', from: 'a', to: 'b', label: 'X' }]]]),
    );
  });
});

describe('a cluster', () => {
  let sandbox: Sandbox;
  let send: Gremlin;
  beforeAll(async () => {
    sandbox = await startSandbox();
    const { url: endpoint, region, credentials } = sandbox;
    send = gremlinClient(neptuneClient({ endpoint, region, credentials }));
  });
  afterAll(() => sandbox.close());

  test('gives times of our columns as text, and what another application wrote as it can be shown', async () => {
    await send(
      gremlin`g.addV('artifact').property(T.id,'ours').property(single,'creationtime',datetime('2024-01-02T03:04:05Z')).property(single,'creationtimems',1704164645678L).property(single,'name','n')`,
    );
    await send(
      gremlin`g.addV('movie').property(T.id,'theirs').property('tag','b').property('tag','a').property('creationtime',7).property('seen',true)`,
    );

    expect(await neptuneGraph(send, 'sandbox').vertices(['ours', 'theirs', 'nobody'])).toEqual([
      {
        id: 'ours',
        label: 'artifact',
        properties: { creationtime: '2024-01-02T03:04:05Z', creationtimems: 1_704_164_645_678, name: 'n' },
      },
      { id: 'theirs', label: 'movie', properties: { tag: 'a; b', creationtime: 7, seen: 'true' } },
    ]);
  });

  test('finds an id as it is written or in lower case, and says what it cannot do otherwise', async () => {
    await send(gremlin`g.addV('artifact').property(T.id,'arn:Mixed')`);
    await send(gremlin`g.addV('artifact').property(T.id,'arn:lower')`);
    const graph = neptuneGraph(send, 'sandbox');

    expect(await graph.spelling('arn:Mixed')).toBe('arn:Mixed');
    expect(await graph.spelling('ARN:LOWER')).toBe('arn:lower');
    expect(await graph.spelling('ARN:MIXED')).toBeUndefined();
    expect(await graph.resembling('ARN:MIXED')).toEqual({
      near: [],
      remark:
        'Neptune compares texts letter by letter, so write the ARN or name with upper and lower case as SageMaker lists it.',
    });
  });

  test('an id written as it is wins over its lower-case double', async () => {
    await send(gremlin`g.addV('artifact').property(T.id,'arn:Both')`);
    await send(gremlin`g.addV('artifact').property(T.id,'arn:both')`);

    expect(await neptuneGraph(send, 'sandbox').spelling('arn:Both')).toBe('arn:Both');
  });
});
