import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type InOrderOptions, inOrder, mergeInOrder, type OrderedRow } from '../../src/crawl/in-order.ts';
import { compareRows } from '../../src/graph/rows.ts';

const row = (orderMs: number, id: string, cells: object = {}) => ({ orderMs, id, cells });

async function* stream<Row>(...batches: readonly (readonly Row[])[]): AsyncGenerator<readonly Row[]> {
  for (const batch of batches) yield batch;
}

async function collect<Row>(batches: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

const ordered = <Row extends OrderedRow>(
  batches: readonly (readonly Row[])[],
  options?: InOrderOptions<Row>,
) => collect(inOrder(stream(...batches), options));

test('rows of one creation time come by id, whatever the pages', async () => {
  const rows = await ordered([[row(1, 'b'), row(2, 'z')], [row(2, 'a')], [row(1, 'c'), row(3, 'a')]]);

  expect(rows.map(({ orderMs, id }) => `${orderMs}${id}`)).toEqual(['1b', '1c', '2a', '2z', '3a']);
});

test('a creation time that more rows share than the window holds is given in order', async () => {
  const ids = Array.from({ length: 500 }, (_, index) => String((index * 7) % 500).padStart(3, '0'));
  const batches = [[row(1, 'first')], ...ids.map((id) => [row(2, id)]), [row(3, 'last')]];

  const rows = await ordered(batches, { window: 10 });

  expect(rows.map(({ id }) => id)).toEqual(['first', ...ids.toSorted(), 'last']);
});

test('no more rows are held than the window and the last creation time', async () => {
  let read = 0;
  let held = 0;
  async function* source() {
    for (let index = 0; index < 1_000; index += 1) {
      read += 1;
      yield [row(index, 'x')];
    }
  }
  let given = 0;
  for await (const batch of inOrder(source(), { window: 20 })) {
    given += batch.length;
    if (given < 1_000) held = Math.max(held, read - given);
  }

  expect([given, held]).toEqual([1_000, 20]);
});

test('a row that came twice is given once, and the drop is told', async () => {
  const dropped: string[] = [];

  const rows = await ordered([[row(1, 'a'), row(1, 'b')], [row(1, 'a')]], {
    onDuplicate: ({ id }) => dropped.push(id),
  });

  expect(rows).toEqual([row(1, 'a'), row(1, 'b')]);
  expect(dropped).toEqual(['a']);
});

test('a row that was given already and comes again is dropped', async () => {
  const dropped: string[] = [];

  const rows = await ordered([[row(1, 'a'), row(2, 'b')], [row(1, 'a')], [row(3, 'c')]], {
    window: 1,
    onDuplicate: ({ id }) => dropped.push(id),
  });

  expect([rows.map(({ id }) => id), dropped]).toEqual([['a', 'b', 'c'], ['a']]);
});

test.each([
  ['the one modified last, seen first', new Date(9), new Date(5), 'first'],
  ['the one modified last, seen last', new Date(5), new Date(9), 'second'],
  ['the one seen last of equals', new Date(5), new Date(5), 'second'],
  ['the one seen last where nothing tells', undefined, undefined, 'second'],
])('of two different rows with one id and creation time, %s is kept', async (_, first, second, kept) => {
  const rows = await ordered([
    [row(1, 'a', { LastModifiedTime: first, name: 'first' })],
    [row(1, 'a', { LastModifiedTime: second, name: 'second' })],
  ]);

  expect(rows.map(({ cells }) => cells)).toEqual([expect.objectContaining({ name: kept })]);
});

test('a row that belongs before one already given is an error that names both', async () => {
  const batches = [
    [row(1_000, 'a'), row(2_000, 'b')],
    [row(3_000, 'c'), row(4_000, 'd')],
    [row(500, 'late')],
  ];

  await expect(ordered(batches, { window: 1 })).rejects.toMatchObject({
    outcome: 'partialExport',
    message:
      'A listing sorted by creation time gave late (created 1970-01-01T00:00:00.500Z) after c ' +
      '(created 1970-01-01T00:00:03.000Z) was written.',
    details: { id: 'late', after: 'c' },
  });
});

test('rows that are late by less than the window come out sorted and complete', async () => {
  const input = fc.array(
    fc.record({ orderMs: fc.nat(50), id: fc.string({ maxLength: 2 }), cells: fc.constant({}) }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(input, fc.integer({ min: 1, max: 7 }), async (rows, size) => {
      const batches: (typeof rows)[] = [];
      for (let start = 0; start < rows.length; start += size) batches.push(rows.slice(start, start + size));

      const result = await ordered(batches, { window: 60 });

      const distinct = new Map(rows.map((given) => [`${given.orderMs} ${given.id}`, given]));
      expect(result).toEqual([...distinct.values()].sort(compareRows));
    }),
  );
});

test('ordered streams merge into one ordered stream', async () => {
  const streams = fc.array(
    fc.array(fc.array(fc.record({ orderMs: fc.nat(30), id: fc.string({ maxLength: 1 }) }), { maxLength: 5 })),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(streams, async (given) => {
      const sortedStreams = given.map((batches) => {
        const rows = batches.flat().sort(compareRows);
        return batches.map((batch) => rows.splice(0, batch.length));
      });

      const result = await collect(mergeInOrder(...sortedStreams.map((batches) => stream(...batches))));

      expect(result).toEqual(given.flat(2).sort(compareRows));
    }),
  );
});
