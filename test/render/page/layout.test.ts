import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Box, type Layout, type Link, layeredLayout } from '../../../src/render/page/layout.ts';

const WIDTH = 100;
const HEIGHT = 40;

function boxes(count: number): readonly Box[] {
  return Array.from({ length: count }, (_, at) => ({ id: `v${at}`, width: WIDTH, height: HEIGHT }));
}

function links(...ends: readonly (readonly [number, number])[]): readonly Link[] {
  return ends.map(([from, to], at) => ({ id: `e${at}`, from: `v${from}`, to: `v${to}` }));
}

function x(layout: Layout, at: number): number {
  return layout.positions.get(`v${at}`)?.x ?? Number.NaN;
}

const randomLinks = fc
  .integer({ min: 1, max: 60 })
  .chain((count) =>
    fc
      .array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 150 })
      .map((ends) => ({ count, ends: links(...ends) })),
  );

test('whatever the graph, every box has a place, none lies over another, and the same graph is drawn the same', () => {
  fc.assert(
    fc.property(randomLinks, ({ count, ends }) => {
      const layout = layeredLayout(boxes(count), ends);

      const centres = [...layout.positions.values()];
      expect(centres).toHaveLength(count);
      for (const [at, a] of centres.entries()) {
        expect(Number.isFinite(a.x) && Number.isFinite(a.y)).toBe(true);
        for (const b of centres.slice(at + 1)) {
          expect(Math.abs(a.x - b.x) >= WIDTH || Math.abs(a.y - b.y) >= HEIGHT).toBe(true);
        }
      }
      expect(layeredLayout(boxes(count), ends)).toEqual(layout);
    }),
  );
});

test('links run from left to right, but for those that close a cycle', () => {
  fc.assert(
    fc.property(randomLinks, ({ count, ends }) => {
      const layout = layeredLayout(boxes(count), ends);

      for (const { id, from, to } of ends.filter((link) => link.from !== link.to)) {
        const [a, b] = [layout.positions.get(from)?.x ?? 0, layout.positions.get(to)?.x ?? 0];
        if (layout.backward.has(id)) expect(a).toBeGreaterThan(b);
        else expect(a).toBeLessThan(b);
      }
      const forward = ends.filter(({ from, to }) => Number(from.slice(1)) < Number(to.slice(1)));
      expect(layeredLayout(boxes(count), forward).backward.size).toBe(0);
    }),
  );
});

test('a chain runs straight; a source stands next to what was made from it first', () => {
  const layout = layeredLayout(boxes(5), links([0, 1], [1, 2], [2, 3], [4, 3]));

  expect([0, 1, 2, 3].map((at) => x(layout, at))).toEqual([50, 242, 434, 626]);
  expect(x(layout, 4)).toBe(x(layout, 2));
  expect(layout.bends.has('e0')).toBe(false);
});

test('a link over several layers goes round what stands between', () => {
  const layout = layeredLayout(boxes(4), links([0, 1], [1, 2], [2, 3], [0, 3]));

  const bends = layout.bends.get('e3') ?? [];
  const between = [1, 2].map((at) => layout.positions.get(`v${at}`)?.y ?? 0);
  expect(bends).toHaveLength(6);
  for (const { y } of bends.slice(1, -1)) {
    for (const height of between) expect(Math.abs(y - height)).toBeGreaterThan(HEIGHT / 2);
  }
});

test('many boxes in one layer are folded into columns, about as wide as high', () => {
  const star = Array.from({ length: 1_000 }, (_, at) => [0, at + 1] as const);

  const centres = [...layeredLayout(boxes(1_001), links(...star)).positions.values()];

  const columns = new Set(centres.map((centre) => centre.x));
  const height = Math.max(...centres.map(({ y }) => y)) - Math.min(...centres.map(({ y }) => y));
  expect(columns.size).toBe(22);
  expect(height).toBeLessThan(3_000);
});

test('depth is no limit', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => [at, at + 1] as const);

  expect(layeredLayout(boxes(20_001), links(...chain)).positions.size).toBe(20_001);
});

test('links to what is not drawn are left out', () => {
  const layout = layeredLayout(boxes(2), links([0, 1], [0, 7]));

  expect([...layout.positions.keys()]).toEqual(['v0', 'v1']);
});
