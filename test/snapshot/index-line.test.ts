import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexLine } from '../../src/snapshot/index-line.ts';

const row = { orderMs: 5, id: 'arn' };

test('an index line is the creation time, the id and a hash of 128 bits', () => {
  expect(indexLine(row, ['arn', 'artifact', undefined, 7, new Date(5)])).toEqual([
    5,
    'arn',
    expect.stringMatching(/^[0-9a-f]{32}$/),
  ]);
});

test('the hash of the same cells is the same in every version', () => {
  expect(indexLine(row, ['arn', 'artifact', undefined, 7, new Date(5)])[2]).toBe(
    '5664d265b2dff37d92e9e248572bb0f2',
  );
});

test('any other cells have another hash', () => {
  const cells = fc.array(
    fc.option(
      fc.oneof(
        fc.string({ minLength: 1 }).filter((text) => !text.includes('\0')),
        fc.integer(),
      ),
      {
        nil: undefined,
      },
    ),
    { minLength: 3, maxLength: 3 },
  );
  fc.assert(
    fc.property(cells, cells, (one, other) => {
      const same = one.every((cell, index) => String(cell ?? '') === String(other[index] ?? ''));

      expect(indexLine(row, one)[2] === indexLine(row, other)[2]).toBe(same);
    }),
  );
});

test('a text that moves to the next column has another hash', () => {
  expect(indexLine(row, ['a', undefined])[2]).not.toBe(indexLine(row, [undefined, 'a'])[2]);
  expect(indexLine(row, ['ab', 'c'])[2]).not.toBe(indexLine(row, ['a', 'bc'])[2]);
});
