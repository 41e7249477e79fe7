import { expect, test } from 'vitest';
import { createAdjacency } from '../../src/lineage/adjacency.ts';

test('edges that leave and enter are given once each, in the order that they came', () => {
  const adjacency = createAdjacency();
  adjacency.add('a', 'X', 'b');
  adjacency.add('a', 'Y', 'b');
  adjacency.add('b', 'X', 'a');
  adjacency.add('a', 'X', 'a');

  const [ax, ay, bx, aa] = [
    { from: 'a', label: 'X', to: 'b' },
    { from: 'a', label: 'Y', to: 'b' },
    { from: 'b', label: 'X', to: 'a' },
    { from: 'a', label: 'X', to: 'a' },
  ];
  expect(adjacency.edges(['a'], 'downstream')).toEqual([ax, ay, aa]);
  expect(adjacency.edges(['a'], 'upstream')).toEqual([bx, aa]);
  expect(adjacency.edges(['b', 'a', 'b', 'nobody'], 'downstream')).toEqual([bx, ax, ay, aa]);
  expect(adjacency.edges([], 'upstream')).toEqual([]);
});

test('an edge that comes after a first look is seen by the next one', () => {
  const adjacency = createAdjacency();
  adjacency.add('a', 'X', 'b');
  adjacency.edges(['a'], 'downstream');
  adjacency.add('a', 'X', 'new');

  expect(adjacency.edges(['a'], 'downstream').map(({ to }) => to)).toEqual(['b', 'new']);
  expect(adjacency.edges(['new'], 'upstream').map(({ from }) => from)).toEqual(['a']);
});

test('ids are matched whatever their case, and given as first spelled; labels are not', () => {
  const adjacency = createAdjacency();
  adjacency.add('Arn:One', 'Same', 'arn:two');
  adjacency.add('ARN:ONE', 'same', 'ARN:TWO');

  expect(adjacency.spelling('arn:ONE')).toBe('Arn:One');
  expect(adjacency.spelling('arn:three')).toBeUndefined();
  expect(adjacency.edges(['arn:one'], 'downstream')).toEqual([
    { from: 'Arn:One', label: 'Same', to: 'arn:two' },
    { from: 'Arn:One', label: 'same', to: 'arn:two' },
  ]);
});

test('holds far more edges than it first has room for', () => {
  const adjacency = createAdjacency();
  const count = 5_000;
  for (let number = 0; number < count; number += 1) {
    adjacency.add(`v${number}`, `L${number % 7}`, `v${number + 1}`);
  }

  for (const number of [0, 1_023, 1_024, 2_048, count - 1]) {
    expect(adjacency.edges([`v${number}`], 'downstream')).toEqual([
      { from: `v${number}`, label: `L${number % 7}`, to: `v${number + 1}` },
    ]);
  }
});
