import { expect, test } from 'vitest';
import { createPool, drawFrom, share } from '../../../src/sandbox/generator/pool.ts';
import { createRandom } from '../../../src/sandbox/generator/random.ts';

const thing = (serial: number) => ({ arn: `arn-${serial}`, uri: `s3://bucket/${serial}`, createdAt: serial });

test('a draw gives distinct things that exist by then, and none that are excepted', () => {
  const random = createRandom('draw');
  const pool = createPool(100);
  const things = Array.from({ length: 10 }, (_, serial) => thing(serial));
  for (const each of things) share(pool, each, random);

  const drawn = Array.from({ length: 500 }, () =>
    drawFrom(pool, { random, count: 4, at: 6, except: things.slice(0, 2) }),
  );

  for (const draw of drawn) expect(new Set(draw).size).toBe(draw.length);
  expect(new Set(drawn.flat().map(({ createdAt }) => createdAt))).toEqual(new Set([2, 3, 4, 5, 6]));
});

test('a draw from an empty pool gives nothing', () => {
  expect(drawFrom(createPool(3), { random: createRandom('empty'), count: 2, at: 9 })).toEqual([]);
});

test('a full pool keeps its size and its popular half', () => {
  const random = createRandom('full');
  const pool = createPool(10);
  for (let serial = 0; serial < 1000; serial += 1) share(pool, thing(serial), random);

  expect(pool.things).toHaveLength(10);
  expect(pool.things.slice(0, 5).map(({ createdAt }) => createdAt)).toEqual([0, 1, 2, 3, 4]);
  expect(Math.max(...pool.things.map(({ createdAt }) => createdAt))).toBeGreaterThan(900);
});
