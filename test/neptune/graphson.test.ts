import { expect, test } from 'vitest';
import { plainValue } from '../../src/neptune/graphson.ts';

/* Typed replies of a real engine are compared with its plain ones in query.test.ts; here is the form itself. */

const int = (value: number) => ({ '@type': 'g:Int64', '@value': value });
const typed = (type: string, value: unknown) => ({ '@type': type, '@value': value });

test.each<[string, unknown, unknown]>([
  ['text', 'text', 'text'],
  ['nothing', null, null],
  ['a truth value', true, true],
  ['an integer', int(2), 2],
  ['a decimal', typed('g:Double', 1.5), 1.5],
  ['what JSON has no number for', typed('g:Double', 'NaN'), 'NaN'],
  ['a time', typed('g:Date', 1_704_067_200_000), 1_704_067_200_000],
  ['a UUID', typed('g:UUID', '7b1b'), '7b1b'],
  ['a token', typed('g:T', 'label'), 'label'],
  ['a list of lists', typed('g:List', [typed('g:Set', [int(1)]), []]), [[1], []]],
  ['a bag with repeats', typed('g:BulkSet', ['a', int(2), 'b', int(1)]), ['a', 'a', 'b']],
  ['an empty map', typed('g:Map', []), {}],
  [
    'a map with tokens, numbers and maps as keys',
    typed('g:Map', [typed('g:T', 'id'), 'a', int(5), int(6), typed('g:Map', ['k', int(1)]), 'v']),
    { id: 'a', '5': 6, '{"k":1}': 'v' },
  ],
  [
    'a vertex with its properties',
    typed('g:Vertex', {
      id: 'a',
      label: 'artifact',
      properties: { name: [typed('g:VertexProperty', { id: int(0), value: 'n', label: 'name' })] },
    }),
    { id: 'a', label: 'artifact', properties: { name: [{ id: 0, value: 'n', label: 'name' }] } },
  ],
  [
    'a property, without the element that it is on',
    typed('g:Property', { key: 'w', value: int(1), element: typed('g:Edge', { id: 'e' }) }),
    { key: 'w', value: 1 },
  ],
  ['plain values, which stay as they are', [{ id: 'a', n: [1, 2] }], [{ id: 'a', n: [1, 2] }]],
])('reads %s', (_, value, expected) => {
  expect(plainValue(value)).toEqual(expected);
});

test('a key named like the prototype is a member like any other', () => {
  const value = plainValue(typed('g:Map', ['__proto__', 'x', 'constructor', 'y'])) as object;

  expect(Object.entries(value)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});
