import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine, encodeEdge } from '../../src/csv/encode.ts';
import { decodeEdge, splitLine } from '../../src/csv/read.ts';
import { edgeId } from '../../src/graph/ids.ts';
import { compareRows, type EdgeRow } from '../../src/graph/rows.ts';
import { type MergeRules, mergeBlocks } from '../../src/runs/merge-blocks.ts';
import { createPartFile, type PartFile, readBlocks } from '../../src/runs/part-file.ts';
import { edgeBlock, edgeKey } from '../../src/runs/row-block.ts';
import { indexLine } from '../../src/snapshot/index-line.ts';
import { temporaryDirectory } from './run-tree.ts';

function edge(number: number, orderMs: number): EdgeRow {
  const [from, label, to] = [`from-${number}`, `label-${number % 3}`, `to-${number}`];
  const cells = {
    creationtime: new Date(orderMs),
    sourcetype: undefined,
    destinationtype: undefined,
    sourcename: undefined,
    destinationname: undefined,
    createdby: undefined,
  };
  return { id: edgeId(from, label, to), from, to, label, orderMs, cells };
}

/** The rows in blocks of about this many, none of which cuts through a creation time. */
async function streamOf(directory: string, name: string, rows: readonly EdgeRow[], perBlock: number) {
  const parts: PartFile[] = [];
  for (let at = 0; at < rows.length; ) {
    let end = Math.min(at + perBlock, rows.length);
    while (rows[end]?.orderMs === rows[end - 1]?.orderMs) end += 1;
    const file = await createPartFile(join(directory, `${name}-${at}.part`), edgeBlock);
    await file.write(rows.slice(at, end));
    parts.push(await file.close());
    at = end;
  }
  return (async function* () {
    for (const part of parts) yield* readBlocks(part);
  })();
}

type Fate = 'plain' | 'changed' | 'dropped';

async function merged(
  streams: readonly (readonly EdgeRow[])[],
  fates: (id: string) => Fate,
  perBlock: number,
) {
  const directory = await temporaryDirectory();
  const labels: string[] = [];
  const keys = new Map(streams.flat().map(({ id }) => [edgeKey(id).join('-'), id]));
  const rules: MergeRules<EdgeRow> = {
    isPlain: (block, row) => fates(keys.get(block.edgeKey(row).join('-')) ?? '') === 'plain',
    decode: (line, orderMs) => ({ ...decodeEdge(splitLine(line)), orderMs }),
    settle: (row) => settled(row, fates),
    encode: encodeEdge,
    labelOf: ({ label }) => label,
    onRow: (label) => labels.push(label),
  };
  const blocks = await Promise.all(
    streams.map((rows, at) => streamOf(directory, String(at), rows, perBlock)),
  );
  let [data, index, rows] = ['', '', 0];
  for await (const piece of mergeBlocks(blocks, rules)) {
    data += piece.data.toString();
    index += piece.index.toString();
    rows += piece.rows;
  }
  return { data, index, rows, labels };
}

/** A changed row has another end, and with it another id and place among those of its time. */
function settled(row: EdgeRow, fates: (id: string) => Fate): EdgeRow | undefined {
  const fate = fates(row.id);
  if (fate === 'dropped') return undefined;
  if (fate === 'plain') return row;
  const to = `other-${row.to}`;
  return { ...row, to, id: edgeId(row.from, row.label, to) };
}

/** All rows in one list, settled, then sorted. */
function plainly(streams: readonly (readonly EdgeRow[])[], fates: (id: string) => Fate) {
  const rows = streams
    .flat()
    .map((row) => settled(row, fates))
    .filter((row) => row !== undefined)
    .sort(compareRows);
  const cells = rows.map(encodeEdge);
  return {
    data: cells.map(csvLine).join(''),
    index: rows.map((row, at) => csvLine(indexLine(row, cells[at] ?? []))).join(''),
    rows: rows.length,
    labels: rows.map(({ label }) => label),
  };
}

/** Rows of few creation times, each in one of some streams, with what becomes of it. */
const placed = fc.array(
  fc.record({
    orderMs: fc.nat(6),
    stream: fc.nat(3),
    fate: fc.constantFrom<Fate>('plain', 'plain', 'plain', 'changed', 'dropped'),
  }),
  { maxLength: 60, size: 'max' },
);

test('streams are merged to what a plain sort of all settled rows gives, wherever blocks end', async () => {
  await fc.assert(
    fc.asyncProperty(placed, fc.constantFrom(1, 2, 5, 1_000), async (places, perBlock) => {
      const rows = places.map((place, number) => ({ ...place, row: edge(number, place.orderMs) }));
      const fateOf = new Map(rows.map(({ row, fate }) => [row.id, fate]));
      const fates = (id: string) => fateOf.get(id) ?? 'plain';
      const streams = [0, 1, 2, 3].map((stream) =>
        rows
          .filter((place) => place.stream === stream)
          .map(({ row }) => row)
          .sort(compareRows),
      );

      expect(await merged(streams, fates, perBlock)).toEqual(plainly(streams, fates));
    }),
    { numRuns: 60 },
  );
});

test('no streams, and empty ones, give nothing', async () => {
  const nothing = { data: '', index: '', rows: 0, labels: [] };

  expect(await merged([], () => 'plain', 10)).toEqual(nothing);
  expect(await merged([[], []], () => 'plain', 10)).toEqual(nothing);
});

test('a creation time that all streams share is one run of rows by id', async () => {
  const rows = Array.from({ length: 300 }, (_, number) => edge(number, 5));
  const streams = [0, 1, 2].map((stream) => rows.filter((_, at) => at % 3 === stream).sort(compareRows));

  expect(await merged(streams, () => 'plain', 7)).toEqual(plainly(streams, () => 'plain'));
});
