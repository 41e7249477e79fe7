import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareStored,
  type GraphElement,
  type StoredProperty,
  type StoredRow,
  type ValueType,
} from '../../src/graph/stored.ts';

const ROW: StoredRow = {
  element: 'edge',
  id: 'e',
  labels: ['Produced'],
  ends: { from: 'a', to: 'b' },
  properties: [{ name: 'type', type: 'String', values: ['Model'] }],
  file: 'edges.csv',
  line: 7,
};
const FOUND: GraphElement = {
  id: 'e',
  labels: ['Produced'],
  ends: { from: 'a', to: 'b' },
  properties: { type: ['Model'] },
};
const PLACE = { element: 'edge', id: 'e', file: 'edges.csv', line: 7 };

const property = (type: ValueType, values: readonly string[]): StoredRow => ({
  ...ROW,
  properties: [{ name: 'p', type, values }],
});

function differences(row: StoredRow, ...values: readonly unknown[]) {
  return compareStored(row, { ...FOUND, properties: values.length === 0 ? {} : { p: values } }).map(
    ({ expected, found, is }) => ({ expected, found, is }),
  );
}

test('an element that is as its row says differs in nothing', () => {
  expect(compareStored(ROW, FOUND)).toEqual([]);
});

test('an element that is not there differs as a whole', () => {
  expect(compareStored(ROW, undefined)).toEqual([
    { ...PLACE, property: '~id', expected: ['e'], found: [], is: 'missing' },
  ]);
});

test('everything that differs is told, at its place', () => {
  const found = {
    id: 'e',
    labels: ['Untyped'],
    ends: { from: 'b', to: 'a' },
    properties: { type: ['Image'], mine: [true] },
  };

  expect(compareStored(ROW, found)).toEqual([
    { ...PLACE, property: '~label', expected: ['Produced'], found: ['Untyped'], is: 'other' },
    { ...PLACE, property: '~from', expected: ['a'], found: ['b'], is: 'other' },
    { ...PLACE, property: '~to', expected: ['b'], found: ['a'], is: 'other' },
    { ...PLACE, property: 'type', expected: ['Model'], found: ['Image'], is: 'other' },
    { ...PLACE, property: 'mine', expected: [], found: ['true'], is: 'more' },
  ]);
});

test.each<[readonly string[], readonly string[], string | undefined]>([
  [['a'], ['a'], undefined],
  [['a', 'b'], ['b', 'a'], undefined],
  [['a::b'], ['a', 'b'], undefined],
  [['a'], ['a', 'b'], 'more'],
  [['a', 'b'], ['a'], 'other'],
  [['a'], ['A'], 'other'],
])('labels %j and %j: %s', (labels, found, is) => {
  const [difference] = compareStored({ ...ROW, labels }, { ...FOUND, labels: found });

  expect(difference?.is).toBe(is);
});

describe('values', () => {
  test.each<[ValueType, string, unknown]>([
    ['String', 'Müller\n', 'Müller\n'],
    ['String', '2024-01-01', '2024-01-01'],
    ['Bool', 'true', true],
    ['Bool', 'yes', false],
    ['Byte', '-7', -7],
    ['Int', '+7', 7],
    ['Long', '1767225600123', 1_767_225_600_123],
    ['Long', '9007199254740993', 9_007_199_254_740_992],
    ['Long', '9007199254740993', '9007199254740993'],
    ['Float', '1.1', 1.1],
    ['Float', '1.1', Math.fround(1.1)],
    ['Double', '1e3', 1_000],
    ['Double', 'NaN', 'NaN'],
    ['Double', '-Infinity', '-Infinity'],
    ['Datetime', '2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['Datetime', '2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1) + 999],
    ['Datetime', '2026-01-01T00:00', Date.UTC(2026, 0, 1)],
    ['Datetime', '1969-12-31T23:59:59Z', -1],
    ['Date', '2026-01-01', '2026-01-01T00:00:00.000Z'],
  ])('%s %j is %j', (type, text, value) => {
    expect(differences(property(type, [text]), value)).toEqual([]);
  });

  test.each<[ValueType, string, unknown, string]>([
    ['String', 'e\u0301', 'é', 'é'],
    ['String', '5', 5, '5 (not text)'],
    ['String', 'true', true, 'true (not text)'],
    ['Bool', 'true', false, 'false'],
    ['Int', '7', 8, '8'],
    ['Int', '7', 7.5, '7.5'],
    ['Long', '7', '', '0'],
    ['Long', '7', { a: 1 }, '{"a":1}'],
    ['Double', '1.5', 1.6, '1.6'],
    ['Datetime', '2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1) - 1, '2025-12-31T23:59:59Z'],
    ['Datetime', '2026-01-01T00:00:00Z', 'soon', 'soon'],
    ['Datetime', '2026-01-01T00:00:00Z', null, 'null'],
  ])('%s %j is not %j', (type, text, value, shown) => {
    expect(differences(property(type, [text]), value)).toEqual([
      { expected: [text], found: [shown], is: 'other' },
    ]);
  });

  test('a blank is no value, and neither is a property that is not there', () => {
    expect(differences(property('String', []))).toEqual([]);
    expect(differences(property('String', ['x']))).toEqual([{ expected: ['x'], found: [], is: 'missing' }]);
    expect(differences(property('String', []), 'x')).toEqual([{ expected: [], found: ['x'], is: 'more' }]);
  });

  test('several have no order; one too many is more, one too few another', () => {
    const row = property('String', ['b', 'a']);

    expect(differences(row, 'a', 'b')).toEqual([]);
    expect(differences(row, 'a', 'b', 'c')).toEqual([
      { expected: ['a', 'b'], found: ['a', 'b', 'c'], is: 'more' },
    ]);
    expect(differences(row, 'a')).toEqual([{ expected: ['a', 'b'], found: ['a'], is: 'other' }]);
  });

  test('properties called as members of every object are properties like others', () => {
    const names = ['constructor', '__proto__', 'toString'];
    const properties: StoredProperty[] = names.map((name) => ({ name, type: 'String', values: ['x'] }));
    const found = { ...FOUND, properties: Object.fromEntries(names.map((name) => [name, ['x']])) };

    expect(compareStored({ ...ROW, properties }, found)).toEqual([]);
    expect(compareStored({ ...ROW, properties }, { ...FOUND, properties: {} })).toHaveLength(3);
  });

  test('long ones are shown where they part', () => {
    const [one, other] = ['x', 'y'].map((letter) => 'a'.repeat(1_000) + letter + 'b'.repeat(1_000));

    const [difference] = differences(property('String', [one ?? '']), other);

    const around = (letter: string) => [`…${'a'.repeat(40)}${letter}${'b'.repeat(159)}…`];
    expect(difference).toEqual({ expected: around('x'), found: around('y'), is: 'other' });
  });
});

test('two texts are equal only where they are the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      expect(differences(property('String', [one]), other).length === 0).toBe(one === other);
      expect(differences(property('String', [one]), one)).toEqual([]);
    }),
  );
});
