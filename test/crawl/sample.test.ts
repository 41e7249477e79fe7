import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSample } from '../../src/crawl/sample.ts';

function sampled(size: number, seed: number, ids: readonly string[]): readonly string[] {
  const sample = createSample(size, seed);
  for (const id of ids) sample.add(id);
  return sample.ids();
}

const LETTERS = [...'abcdefghij'];

test('the order of the stream and ids that come again change nothing', () => {
  const ids = fc.uniqueArray(fc.string(), { maxLength: 40 });
  fc.assert(
    fc.property(ids, fc.nat(20), fc.integer(), fc.infiniteStream(fc.nat()), (given, size, seed, draws) => {
      const shuffled = given
        .flatMap((id) => [id, id])
        .map((id) => ({ id, at: draws.next().value }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ id }) => id);

      const sample = sampled(size, seed, given);

      expect(sampled(size, seed, shuffled)).toEqual(sample);
      expect(new Set(sample).size).toBe(Math.min(size, given.length));
      expect(given).toEqual(expect.arrayContaining([...sample]));
    }),
  );
});

test('another seed draws others, and all are drawn equally often', () => {
  const draws = new Map<string, number>();

  for (let seed = 0; seed < 2_000; seed += 1) {
    for (const id of sampled(3, seed, LETTERS)) draws.set(id, (draws.get(id) ?? 0) + 1);
  }

  expect([...draws.keys()].sort()).toEqual(LETTERS);
  // 600 on average, with a standard deviation of 20.
  expect([...draws.values()].filter((count) => Math.abs(count - 600) > 80)).toEqual([]);
});
