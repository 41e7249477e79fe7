import { expect, test } from 'vitest';
import type { Edge } from '../../src/graph/elements.ts';
import { cyclesOf } from '../../src/lineage/cycles.ts';
import { compareEdges } from '../../src/lineage/order.ts';

/** Edges written `a>b`, with `=` for SameAs, and the vertices by depth. */
function cycles(written: readonly string[], vertices: string) {
  const edges = written.map((id): Edge => {
    const [from = '', to = ''] = id.split(/[>=]/);
    return { id, from, to, label: id.includes('=') ? 'SameAs' : 'X' };
  });
  const depths = new Map([...vertices].map((id, depth) => [id, depth]));
  return cyclesOf(edges.sort(compareEdges), depths).map((cycle) => cycle.map(({ id }) => id).join(' '));
}

test.each<[string, readonly string[], readonly string[]]>([
  ['no cycle', ['s>a', 's>b', 'a>c', 'b>c'], []],
  ['an edge of a vertex with itself', ['s>a', 'a>a'], ['a>a']],
  ['a way back to the start', ['s>a', 'a>b', 'b>s'], ['s>a a>b b>s']],
  ['the shorter of two ways round', ['s>a', 'a>b', 'b>c', 'c>a', 'b>a'], ['a>b b>a']],
  ['each knot once, the nearest first', ['s>a', 'a>b', 'b>a', 'b>c', 'c>d', 'd>c'], ['a>b b>a', 'c>d d>c']],
  ['the way from the nearest vertex of the knot', ['s>b', 'b>c', 'c>a', 'a>b'], ['a>b b>c c>a']],
  ['twins both ways, which are one thing', ['s=a', 'a=s'], []],
])('%s', (_, edges, expected) => {
  expect(cycles(edges, 'sabcd')).toEqual(expected);
});

test('a cycle of ten thousand vertices is found without recursion', () => {
  const size = 10_000;
  const name = (index: number) => String(index % size).padStart(5, '0');
  const edges = Array.from({ length: size }, (_, index) => ({
    id: name(index),
    from: name(index),
    to: name(index + 1),
    label: 'X',
  }));

  expect(cyclesOf(edges, new Map())).toEqual([edges]);
});
