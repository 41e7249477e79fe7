import { expect, test } from 'vitest';
import { createRandom, scramble } from '../../../src/sandbox/generator/random.ts';

test('a key always gives the same choices', () => {
  const random = createRandom('project', 7, 1);
  expect([random.bits(), random.bits(), random.bits(), random.below(1000), random.between(3, 5)]).toEqual([
    1671978288, 1730770215, 1311108836, 864, 4,
  ]);
});

test('keys that differ in one part, or in where a part ends, give different choices', () => {
  const keys = [['a', 1], ['a', 2], ['b', 1], ['a', 1, 1], ['a1'], ['a', -1]] as const;
  expect(new Set(keys.map((key) => createRandom(...key).bits())).size).toBe(keys.length);
});

test('choices are even: a chi-square over 64 cells stays within what chance allows', () => {
  const random = createRandom('even');
  const counts = new Array<number>(64).fill(0);
  const draws = 64_000;
  for (let draw = 0; draw < draws; draw += 1) {
    const cell = random.below(64);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  // 63 degrees of freedom: 99.9 % of fair sources lie in this range.
  expect(chiSquare).toBeGreaterThan(30);
  expect(chiSquare).toBeLessThan(104);
});

test('bounds are kept: below() excludes its limit, between() includes both ends', () => {
  const random = createRandom('bounds');
  const seen = { below: new Set<number>(), between: new Set<number>(), rank: new Set<number>() };
  for (let draw = 0; draw < 2000; draw += 1) {
    seen.below.add(random.below(4));
    seen.between.add(random.between(3, 5));
    seen.rank.add(random.rank(3));
  }
  expect([...seen.below].sort()).toEqual([0, 1, 2, 3]);
  expect([...seen.between].sort()).toEqual([3, 4, 5]);
  expect([...seen.rank].sort()).toEqual([0, 1, 2]);
  expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
});

test('ranks favour the first tenth with about half of all draws', () => {
  const random = createRandom('rank');
  let first = 0;
  for (let draw = 0; draw < 10_000; draw += 1) if (random.rank(100) < 10) first += 1;
  expect(first).toBeGreaterThan(4400);
  expect(first).toBeLessThan(4900);
});

test('scrambled numbers stay distinct', () => {
  const seen = new Set<number>();
  for (let value = 0; value < 300_000; value += 1) seen.add(scramble(value));
  expect(seen.size).toBe(300_000);
});
