import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GremlinValue } from '../../src/graph/gremlin-value.ts';
import { renderResults } from '../../src/render/gremlin-results.ts';

const map = (...entries: readonly (readonly [GremlinValue, GremlinValue])[]): GremlinValue => ({
  is: 'map',
  entries,
});
const big: GremlinValue = { is: 'number', text: '9007199254740993' };
const set = (...members: readonly GremlinValue[]): GremlinValue => ({ is: 'set', members });
const time = new Date('2024-01-02T03:04:05Z');
const vertex = (id: string, ...properties: readonly (readonly [string, GremlinValue])[]): GremlinValue => ({
  ...{ is: 'vertex', id, label: 'artifact', properties },
});
const edge: GremlinValue = {
  is: 'edge',
  id: 'e',
  label: 'Produced',
  from: 'a',
  to: 'b',
  properties: [['w', 1.5]],
};
const path: GremlinValue = { is: 'path', objects: ['a', edge, 'b'], labels: [['x'], [], ['x']] };

describe('a table', () => {
  test.each<[string, readonly GremlinValue[], readonly string[]]>([
    ['nothing', [], ['(no results)']],
    ['scalars', ['a', null, true, time], ['a', 'null', 'true', '2024-01-02T03:04:05Z']],
    ['numbers', [1, big, 2.5], ['1', '9007199254740993', '2.5']],
    [
      'one map: its entries',
      [map(['artifact', 12], ['context', 3])],
      ['key       value', 'artifact     12', 'context       3'],
    ],
    ['one list: its members', [['a', 'b']], ['a', 'b']],
    ['one set: its members', [set('a', 'b')], ['a', 'b']],
    [
      'maps: a column for each name',
      [map(['id', 'a'], ['n', 1]), map(['id', 'b'], ['at', new Date('2024-01-02T03:04:05.678Z')])],
      ['id  n  at', 'a   1', 'b      2024-01-02T03:04:05.678Z'],
    ],
    [
      'lists of values: one without brackets',
      [map(['name', ['x']], ['more', ['x', 'y']]), map()],
      ['name  more', 'x     [x, y]', ''],
    ],
    [
      'vertices',
      [vertex('a', ['name', 'x']), vertex('b')],
      ['id  label     name', 'a   artifact  x', 'b   artifact'],
    ],
    ['edges', [edge], ['id  label     from  to    w', 'e   Produced  a     b   1.5']],
    [
      'paths: a column for each step',
      [path, { is: 'path', objects: ['c'], labels: [[]] }],
      ['x  2                    x (2)  1', 'a  e[e][a-Produced->b]  b', '                               c'],
    ],
    [
      'values within values',
      [map(['m', map(['k', set(1, big)])], ['v', vertex('a')], ['p', path]), map()],
      [
        'm                           v     p',
        '{k: {1, 9007199254740993}}  v[a]  a → e[e][a-Produced->b] → b',
        '',
      ],
    ],
    [
      'several sorts',
      [vertex('a'), 5, ['x', 'y']],
      ['id  label     value', 'a   artifact', '              5', '              [x, y]'],
    ],
    ['what would break a line', ['a\nb\u001b[31m'], ['a\\nb\\u001b[31m']],
  ])('of %s', (_, results, lines) => {
    const text = renderResults(results, 'table');

    expect(text.split('\n').map((line) => line.trimEnd())).toEqual(lines);
  });

  test('keeps the end of what does not fit, by which an ARN is known', () => {
    expect(
      renderResults([map(['id', 'arn:aws:sagemaker:us-east-1:123456789012:artifact/0f7a']), map()], 'table', {
        width: 14,
      }),
    ).toBe('id\n…artifact/0f7a\n');
  });
});

const ALL: readonly GremlinValue[] = [
  ...[1, big, 'é"', null, true, time, ['x', [1]], set('a'), edge, path],
  map(['id', 'a'], [true, 'one'], [map(['k', 2]), 'map'], ['id', 'again'], ['nan', Number.NaN]),
];

const PLAIN = [
  1,
  9007199254740992,
  'é"',
  null,
  true,
  '2024-01-02T03:04:05Z',
  ['x', [1]],
  ['a'],
  { id: 'e', label: 'Produced', from: 'a', to: 'b', w: 1.5 },
  {
    objects: ['a', { id: 'e', label: 'Produced', from: 'a', to: 'b', w: 1.5 }, 'b'],
    labels: [['x'], [], ['x']],
  },
  { id: 'a', true: 'one', '{"k":2}': 'map', id_: 'again', nan: 'NaN' },
];

test('JSON is one array, with every digit of a number', () => {
  const json = renderResults(ALL, 'json');

  expect(JSON.parse(json)).toEqual(PLAIN);
  expect(json).toContain('9007199254740993');
  expect(JSON.stringify(JSON.parse(json), null, 2)).toBe(
    json.replace('9007199254740993', '9007199254740992'),
  );
});

test('JSON lines are one result each', () => {
  expect(
    renderResults(ALL, 'jsonl')
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(PLAIN);
});

test('any values are JSON, and any table has as many lines as it has rows', () => {
  const { value } = fc.letrec<{ value: GremlinValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.constant(big),
        fc.constant(time),
      ),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(tie('value'), { maxLength: 3 }).map((members): GremlinValue => ({ is: 'set', members })),
      fc
        .array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 })
        .map((entries): GremlinValue => ({ is: 'map', entries })),
      fc
        .array(tie('value'), { maxLength: 3 })
        .map((objects): GremlinValue => ({ is: 'path', objects, labels: objects.map(() => []) })),
    ),
  }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 5 }), (results) => {
      expect(JSON.parse(renderResults(results, 'json'))).toHaveLength(results.length);
      expect(
        renderResults(results, 'jsonl')
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toHaveLength(results.length);
      const lines = renderResults(results, 'table').split('\n').length;
      expect([results.length, results.length + 1]).toContain(lines);
    }),
    { numRuns: 300 },
  );
});
