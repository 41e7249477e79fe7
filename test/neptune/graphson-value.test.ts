import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gremlin, integer, literal, queryAsWritten } from '../../src/graph/gremlin.ts';
import type { GremlinValue } from '../../src/graph/gremlin-value.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { keepExactNumbers, withExactNumbers } from '../../src/neptune/exact-numbers.ts';
import { gremlinValue } from '../../src/neptune/graphson-value.ts';
import { typedGremlinClient } from '../../src/neptune/query.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { scriptedServer } from './scripted-server.ts';

const exact = (text: string) => ({ '@smlineage:number': text });

test.each([
  ['1', 1],
  ['-0.5e-3', -0.0005],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740992', 9_007_199_254_740_992],
  ['9007199254740993', exact('9007199254740993')],
  ['-9223372036854775808', -(2 ** 63)],
  ['9223372036854775807', exact('9223372036854775807')],
  ['0.1234567890123456', 0.1234567890123456],
  ['1.500000000000000000000', 1.5],
  ['123456789.01234567891234', exact('123456789.01234567891234')],
  ['"9007199254740993"', '9007199254740993'],
  ['"\\"9007199254740993"', '"9007199254740993'],
  [
    '{"9007199254740993":[9007199254740993,"\\\\"]}',
    { '9007199254740993': [exact('9007199254740993'), '\\'] },
  ],
])('%s keeps its digits', (json, expected) => {
  expect(JSON.parse(withExactNumbers(json))).toEqual(expected);
});

test('JSON without such numbers stays as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      fc.pre(!/\d{16}/.test(json));
      expect(withExactNumbers(json)).toBe(json);
    }),
  );
});

describe('the sandbox', () => {
  let sandbox: Sandbox;
  let ask: (query: string) => Promise<readonly GremlinValue[]>;
  let close: () => void;
  beforeAll(async () => {
    sandbox = await startSandbox();
    const { url: endpoint, region, credentials } = sandbox;
    const client = neptuneClient({ endpoint, region, credentials });
    keepExactNumbers(client);
    const send = typedGremlinClient(client);
    ask = async (query) => (await send(queryAsWritten(query))).map(gremlinValue);
    close = () => client.destroy();
    await send(
      gremlin`g.addV('artifact').property(T.id,'a').property(set,'name',${literal("it's")}).property(set,'name','other').property('n',${integer(5)}).as('a').addV('context').property(T.id,'b').addE('AssociatedWith').from('a').property(T.id,'e').property('w',1.5d).iterate()`,
    );
  });
  afterAll(async () => {
    close();
    await sandbox.close();
  });

  const A = { is: 'vertex', id: 'a', label: 'artifact', properties: [] };
  const B = { is: 'vertex', id: 'b', label: 'context', properties: [] };
  const E = { ...{ is: 'edge', id: 'e', label: 'AssociatedWith' }, from: 'a', to: 'b', properties: [] };

  test.each<[string, unknown]>([
    ['g.V().order().by(id)', [A, B]],
    ['g.E()', [E]],
    [
      "g.V('a').as('x').outE().inV().as('y','z').path()",
      [{ is: 'path', objects: [A, E, B], labels: [['x'], [], ['y', 'z']] }],
    ],
    ["g.V('a').outE().inV().path().by(id)", [{ is: 'path', objects: ['a', 'e', 'b'], labels: [[], [], []] }]],
    [
      "g.V('a').properties('n')",
      [
        {
          is: 'map',
          entries: [
            ['key', 'n'],
            ['value', 5],
          ],
        },
      ],
    ],
    [
      "g.E('e').properties()",
      [
        {
          is: 'map',
          entries: [
            ['key', 'w'],
            ['value', 1.5],
          ],
        },
      ],
    ],
    [
      "g.V('b').elementMap()",
      [
        {
          is: 'map',
          entries: [
            ['id', 'b'],
            ['label', 'context'],
          ],
        },
      ],
    ],
    ["g.V('a').values('name').fold()", [["it's", 'other']]],
    ["g.inject([1:'x'])", [{ is: 'map', entries: [[1, 'x']] }]],
    [
      'g.V().groupCount().by(label())',
      [
        {
          is: 'map',
          entries: expect.arrayContaining([
            ['artifact', 1],
            ['context', 1],
          ]),
        },
      ],
    ],
    [
      "g.inject(1,9007199254740993L,2.5d,true,'x')",
      [1, { is: 'number', text: '9007199254740993' }, 2.5, true, 'x'],
    ],
    ['g.inject(123456789012345678901234567890)', [{ is: 'number', text: '123456789012345678901234567890' }]],
    ["g.inject(datetime('2024-01-01T00:00:00.123Z'))", [new Date('2024-01-01T00:00:00.123Z')]],
    ['g.inject(NaN,Infinity)', ['NaN', 'Infinity']],
    ['g.inject(null)', [null]],
    [
      "g.V('a').out().tree().by(id)",
      [{ is: 'map', entries: [['a', { is: 'map', entries: [['b', { is: 'map', entries: [] }]] }]] }],
    ],
    ["g.V('a').aggregate('s').cap('s').unfold().id()", ['a']],
  ])('%s', async (query, expected) => {
    expect(await ask(query)).toEqual(expected);
  });

  test('profile() is a map of what the engine measured', async () => {
    expect(await ask('g.V().count().profile()')).toEqual([
      { is: 'map', entries: expect.arrayContaining([['metrics', expect.any(Array)]]) },
    ]);
  });
});

test.each<[string, unknown, unknown]>([
  ['a set', { '@type': 'g:Set', '@value': ['a', 'b'] }, { is: 'set', members: ['a', 'b'] }],
  [
    'a vertex with its properties',
    {
      '@type': 'g:Vertex',
      '@value': {
        ...{ id: 'a', label: 'artifact' },
        properties: {
          name: ["it's", 'other'].map((value) => ({
            '@type': 'g:VertexProperty',
            '@value': { id: 1, value, label: 'name' },
          })),
          n: [
            {
              '@type': 'g:VertexProperty',
              '@value': { id: 2, value: { '@type': 'g:Int32', '@value': 5 }, label: 'n' },
            },
          ],
        },
      },
    },
    {
      is: 'vertex',
      id: 'a',
      label: 'artifact',
      properties: [
        ['name', ["it's", 'other']],
        ['n', 5],
      ],
    },
  ],
  [
    'an edge with its properties',
    {
      '@type': 'g:Edge',
      '@value': {
        ...{ id: 'e', label: 'Produced', outV: 'a', inV: 'b', outVLabel: 'x', inVLabel: 'y' },
        properties: {
          w: { '@type': 'g:Property', '@value': { key: 'w', value: { '@type': 'g:Double', '@value': 1.5 } } },
        },
      },
    },
    { is: 'edge', id: 'e', label: 'Produced', from: 'a', to: 'b', properties: [['w', 1.5]] },
  ],
])('%s as other engines tell it', (_, typed, expected) => {
  expect(gremlinValue(typed)).toEqual(expected);
});

test('a reply without types is read as far as it says', async () => {
  const data = [{ id: 'a', n: 1 }, [1, 'x'], { labels: [['x'], []], objects: ['a', 'b'] }, null, 9];
  const { client } = await scriptedServer(() => ({ json: { requestId: 'r', result: { data, meta: {} } } }));
  keepExactNumbers(client);

  expect((await typedGremlinClient(client)(gremlin`g.V()`)).map(gremlinValue)).toEqual([
    {
      is: 'map',
      entries: [
        ['id', 'a'],
        ['n', 1],
      ],
    },
    [1, 'x'],
    { is: 'path', objects: ['a', 'b'], labels: [['x'], []] },
    null,
    9,
  ]);
});
