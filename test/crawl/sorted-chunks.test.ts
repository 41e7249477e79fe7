import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inOrder, mergeInOrder } from '../../src/crawl/in-order.ts';
import { sortedChunks } from '../../src/crawl/sorted-chunks.ts';
import { compareRows } from '../../src/graph/rows.ts';

type Row = { readonly id: string; readonly orderMs: number; readonly cells: object };

const row = fc.record({ id: fc.constantFrom(...'abcdef'), orderMs: fc.nat(9), cells: fc.constant({}) });

async function* given<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('batches in any order come to chunks that merge to all rows in order, each once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { maxLength: 5 })),
      fc.integer({ min: 1, max: 9 }),
      async (batches, size) => {
        const chunks = await collect(sortedChunks(given(batches), size));
        const streams = chunks.map((chunk) => given([chunk]));
        const merged = (await collect(inOrder<Row>(mergeInOrder(...streams)))).flat();

        const distinct = new Map(batches.flat().map((each) => [`${each.orderMs} ${each.id}`, each]));
        expect(merged).toEqual([...distinct.values()].sort(compareRows));
        expect(chunks.slice(0, -1).filter(({ length }) => length < size)).toEqual([]);
        expect(chunks.filter(({ length }) => length >= size + 5)).toEqual([]);
      },
    ),
  );
});
