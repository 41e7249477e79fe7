import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idEntry } from '../../src/crawl/id-set.ts';
import { csvLine, encodeEdge, encodeVertex } from '../../src/csv/encode.ts';
import type { EdgeRow, VertexRow } from '../../src/graph/rows.ts';
import { createPartFile, type PartFile, readBlocks, readKeys } from '../../src/runs/part-file.ts';
import { edgeBlock, edgeKey, vertexBlock } from '../../src/runs/row-block.ts';
import { indexLine } from '../../src/snapshot/index-line.ts';
import { hostileEdge, hostileVertex } from '../csv/hostile-rows.ts';
import { temporaryDirectory } from './run-tree.ts';
import { edgeRow } from './written-run.ts';

async function partOf<Row>(
  batches: readonly (readonly Row[])[],
  toBlock: (rows: readonly Row[]) => Buffer,
): Promise<PartFile> {
  const file = await createPartFile(join(await temporaryDirectory(), 'rows.part'), toBlock);
  for (const batch of batches) await file.write(batch);
  return file.close();
}

/** What a part file says of each of its rows. */
async function rowsIn(part: PartFile) {
  const rows: object[] = [];
  for await (const block of readBlocks(part)) {
    for (let row = 0; row < block.rows; row += 1) {
      const { data, index } = block.lines(row, row + 1);
      rows.push({
        orderMs: block.orderMs(row),
        id: block.id(row),
        label: block.label(row),
        data: data.toString(),
        index: index.toString(),
      });
    }
  }
  return rows;
}

const linesOf = <R extends VertexRow | EdgeRow>(row: R, cells: ReturnType<typeof encodeEdge>) => ({
  orderMs: row.orderMs,
  data: csvLine(cells),
  index: csvLine(indexLine(row, cells)),
});

test('vertices come back as the lines and keys that they were', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(hostileVertex, { maxLength: 5 }), { maxLength: 5 }),
      async (batches) => {
        const part = await partOf(batches, vertexBlock);

        const expected = batches
          .flat()
          .map((row) => ({ ...linesOf(row, encodeVertex(row)), id: idEntry(row.id), label: '' }));
        expect(await rowsIn(part)).toEqual(expected);
        expect(part).toMatchObject({ rows: expected.length, bytes: (await readFile(part.path)).length });
      },
    ),
    { numRuns: 50 },
  );
});

test('edges come back as the lines and keys that they were, and the keys alone name both ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hostileEdge, { maxLength: 12 }), async (edges) => {
      const part = await partOf([edges], edgeBlock);

      const keys: object[] = [];
      for await (const block of readKeys(part)) {
        for (let row = 0; row < block.rows; row += 1) {
          keys.push({
            from: block.id(row),
            to: block.to(row),
            key: block.edgeKey(row),
            data: await block.dataLine(row),
          });
        }
      }

      expect(await rowsIn(part)).toEqual(
        edges.map((row) => ({ ...linesOf(row, encodeEdge(row)), id: idEntry(row.from), label: row.label })),
      );
      expect(keys).toEqual(
        edges.map((row) => ({
          from: idEntry(row.from),
          to: idEntry(row.to),
          key: edgeKey(row.id),
          data: csvLine(encodeEdge(row)),
        })),
      );
    }),
    { numRuns: 50 },
  );
});

const manyEdges = Array.from({ length: 2_500 }, (_, n) => edgeRow(`from-${n}`, `label-${n % 7}`, `to-${n}`));

test('many rows make several blocks, whose lines are one after the other those of the file', async () => {
  const part = await partOf(
    Array.from({ length: 25 }, (_, n) => manyEdges.slice(n * 100, n * 100 + 100)),
    edgeBlock,
  );

  let data = '';
  const rows: number[] = [];
  for await (const block of readBlocks(part)) {
    rows.push(block.rows);
    data += block.lines(0, block.rows).data.toString();
  }

  expect(rows).toEqual([1_000, 1_000, 500]);
  expect(data).toBe(manyEdges.map((row) => csvLine(encodeEdge(row))).join(''));
});

test('the same rows in other batches within a block are the same bytes', async () => {
  const [whole, pieces] = [
    await partOf([manyEdges.slice(0, 900)], edgeBlock),
    await partOf([manyEdges.slice(0, 1), manyEdges.slice(1, 900)], edgeBlock),
  ];

  expect(pieces.sha256).toBe(whole.sha256);
});

async function drained(blocks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of blocks);
}

test.each<[string, (part: PartFile) => Promise<void>, string]>([
  ['shorter', ({ path, bytes }) => truncate(path, bytes - 1), 'it has'],
  ['longer', async ({ path }) => writeFile(path, 'x', { flag: 'a' }), 'it has'],
  [
    'changed in a line',
    async ({ path, bytes }) => {
      const content = await readFile(path);
      content[bytes - 3] = (content[bytes - 3] ?? 0) ^ 1;
      await writeFile(path, content);
    },
    'its checksum is another',
  ],
])('a part file that is %s is not what the journal says', async (_, change, found) => {
  const part = await partOf([manyEdges], edgeBlock);
  await change(part);

  await expect(drained(readBlocks(part))).rejects.toMatchObject({
    outcome: 'validationFailed',
    message: expect.stringContaining(found),
    details: { path: part.path },
  });
});

test('a part file whose sizes are changed is refused before anything so long is read', async () => {
  const part = await partOf([manyEdges.slice(0, 10)], edgeBlock);
  const content = await readFile(part.path);
  content.writeUInt32LE(0xffffff, 0);
  await writeFile(part.path, content);

  for (const read of [readBlocks, readKeys]) {
    await expect(drained(read(part))).rejects.toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringContaining('a block in it is longer than the file'),
    });
  }
});

test('a file that is abandoned is closed, and none of its rows count', async () => {
  const path = join(await temporaryDirectory(), 'rows.part');
  const file = await createPartFile(path, edgeBlock);
  await file.write(manyEdges.slice(0, 10));

  await file.abandon();

  expect((await readFile(path)).length).toBe(0);
});
