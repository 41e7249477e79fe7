import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdCollector, keyText } from '../../src/runs/repeated-ids.ts';

const WORD = fc.oneof(
  fc.constantFrom(0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);

function repeatedIn(keys: readonly (readonly [number, number])[]): ReadonlySet<string> {
  const collector = createIdCollector();
  for (const key of keys) collector.add(key);
  return collector.repeated();
}

test('no id is repeated where none was added, or one', () => {
  expect([repeatedIn([]), repeatedIn([[0, 0]])]).toEqual([new Set(), new Set()]);
});

test('the ids that came more than once are found, and no others', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(WORD, WORD), { maxLength: 200 }), (keys) => {
      const counts = new Map<string, number>();
      for (const key of keys) counts.set(keyText(key), (counts.get(keyText(key)) ?? 0) + 1);
      const expected = [...counts].filter(([, count]) => count > 1).map(([key]) => key);

      expect(repeatedIn(keys)).toEqual(new Set(expected));
    }),
  );
});

test.each([1_023, 1_024, 1_025, 5_000])('ids are found through the growth to %i', (count) => {
  const keys = Array.from({ length: count }, (_, n): [number, number] => [n, count - n]);

  expect(repeatedIn(keys)).toEqual(new Set());
  expect(repeatedIn([...keys, [0, count], [count - 1, 1]])).toEqual(
    new Set([`0-${count}`, `${count - 1}-1`]),
  );
});

test('ids may be added after a look at those so far', () => {
  const collector = createIdCollector();
  for (const key of [9, 5, 7, 5]) collector.add([key, 0]);

  const before = collector.repeated();
  collector.add([7, 0]);

  expect([before, collector.repeated()]).toEqual([new Set(['5-0']), new Set(['5-0', '7-0'])]);
});
