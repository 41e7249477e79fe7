import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdSet } from '../../src/crawl/id-set.ts';

const arn = (index: number) => `arn:aws:sagemaker:us-east-1:111111111111:artifact/${index}`;

test('an id is known in its own spelling, in another case, or not at all', () => {
  const set = createIdSet();

  set.add('arn:x/Lake');

  expect([set.has('arn:x/Lake'), set.has('ARN:X/lake'), set.has('arn:x/pond')]).toEqual([
    'exact',
    'otherCase',
    'absent',
  ]);
});

test('adding says whether this very spelling was new', () => {
  const set = createIdSet();

  expect([set.add('a/B'), set.add('a/B'), set.add('A/b'), set.add('A/b')]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect([set.has('a/B'), set.has('A/b'), set.has('a/b')]).toEqual(['exact', 'exact', 'otherCase']);
  expect(set.size).toBe(2);
});

test('the set agrees with a plain one through every growth', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 5_000, size: 'max' }), (ids) => {
      const set = createIdSet();
      const plain = new Set<string>();

      for (const id of ids) {
        expect(set.add(id)).toBe(!plain.has(id));
        plain.add(id);
      }

      expect(set.size).toBe(plain.size);
      for (const id of plain) expect(set.has(id)).toBe('exact');
      expect(set.has('longer than any')).toBe('absent');
    }),
    { numRuns: 20 },
  );
});

test.each([850, 1_000, 100_000, 111_411, 111_412])('%i ids take at most 40 bytes each', (count) => {
  const set = createIdSet();

  for (let index = 0; index < count; index += 1) set.add(arn(index));

  expect(set.size).toBe(count);
  expect(set.bytes / count).toBeLessThanOrEqual(40);
});
