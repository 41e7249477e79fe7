import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createHashedIds } from '../../../src/csv/check/hashed-ids.ts';

/** Ids that differ in few places, of all lengths that the hash takes apart in its own way. */
const IDS = Array.from({ length: 300_000 }, (_, at) =>
  Buffer.from(`${'arn:'.repeat(at % 3)}${at.toString(36)}`),
);

test('an id is new once, and known ever after', () => {
  const ids = createHashedIds();

  expect(IDS.filter((id) => !ids.add(id, 0, id.length))).toEqual([]);
  expect(IDS.filter((id) => ids.add(id, 0, id.length))).toEqual([]);
  expect(ids.size).toBe(IDS.length);
});

test('an id that was not added is not known', () => {
  const ids = createHashedIds();
  for (const id of IDS) ids.add(id, 0, id.length);

  const strangers = Array.from({ length: 100_000 }, () => randomBytes(20));

  expect(strangers.filter((id) => ids.has(id, 0, id.length))).toEqual([]);
});

test('only the bytes of the id count, wherever they stand', () => {
  const ids = createHashedIds();
  ids.add(Buffer.from('xxabcdefyy'), 2, 8);

  expect(ids.has(Buffer.from('abcdef'), 0, 6)).toBe(true);
  expect(ids.has(Buffer.from('abcdefyy'), 0, 7)).toBe(false);
});

test('ids that differ in one bit differ, and so does the empty one', () => {
  const ids = createHashedIds();
  const base = Buffer.alloc(37, 'k');
  ids.add(base, 0, base.length);
  ids.add(base, 0, 0);

  for (let bit = 0; bit < base.length * 8; bit += 1) {
    const other = Buffer.from(base);
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(ids.add(other, 0, other.length)).toBe(true);
  }
});
