import { expect, test } from 'vitest';
import { createRowSample } from '../../src/csv/row-sample.ts';
import type { StoredRow } from '../../src/graph/stored.ts';

function row(number: number): StoredRow {
  return {
    ...{ element: 'vertex', id: String(number), labels: [], properties: [], file: 'x.csv', line: number },
  };
}

function draw(size: number, seed: number, from: number): { drawn: readonly number[]; asked: number } {
  const sample = createRowSample(size, seed);
  let asked = 0;
  for (let number = 1; number <= from; number += 1) {
    sample.offer(() => {
      asked += 1;
      return row(number);
    });
  }
  return { drawn: sample.rows().map(({ line }) => line), asked };
}

test('all rows are drawn where there are no more than asked for, in their order', () => {
  expect(draw(5, 1, 5).drawn).toEqual([1, 2, 3, 4, 5]);
  expect(draw(5, 1, 3).drawn).toEqual([1, 2, 3]);
  expect(draw(0, 1, 3)).toEqual({ drawn: [], asked: 0 });
});

test('of more, so many are drawn: the same for one seed, others for another', () => {
  const { drawn, asked } = draw(200, 7, 100_000);

  expect(new Set(drawn).size).toBe(200);
  expect(drawn).toEqual(drawn.toSorted((a, b) => a - b));
  expect(draw(200, 7, 100_000).drawn).toEqual(drawn);
  expect(draw(200, 8, 100_000).drawn).not.toEqual(drawn);
  // About 200 × ln(100,000 / 200): the rows that are not drawn are not made.
  expect(asked).toBeLessThan(3_000);
});

test('every row is as likely as any other', () => {
  const counts = new Array<number>(50).fill(0);
  const draws = 4_000;
  for (let seed = 0; seed < draws; seed += 1)
    for (const number of draw(5, seed, 50).drawn) counts[number - 1] = (counts[number - 1] ?? 0) + 1;

  // 400 each, give or take five standard deviations.
  for (const count of counts)
    expect(Math.abs(count - draws / 10)).toBeLessThan(5 * Math.sqrt(draws * 0.1 * 0.9));
});
