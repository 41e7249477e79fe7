import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Cell,
  csvLines,
  edgeHeader,
  encodeEdge,
  encodeVertex,
  vertexHeader,
} from '../../src/csv/encode.ts';
import { type CsvFile, createCsvFile } from '../../src/csv/file.ts';
import { readEdges, readVertices } from '../../src/csv/read.ts';
import { ALL_KINDS } from '../../src/graph/kinds.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import { hostileEdge, hostileVertex } from './hostile-rows.ts';

const RECORDS = 10_000;

const temporary = () => mkdtemp(join(tmpdir(), 'smlineage-csv-'));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function write(file: CsvFile, rows: readonly (readonly Cell[])[]): Promise<void> {
  return file.write(csvLines(rows), rows.length);
}

test.each([false, true])(
  '10,000 hostile vertices read back equal to what was written (gzip: %s)',
  async (gzip) => {
    const directory = await temporary();
    const rows = fc.sample(hostileVertex, RECORDS);
    const byKind = ALL_KINDS.map((kind) => rows.filter((row) => row.kind === kind));

    const read: VertexRow[][] = [];
    for (const [index, kind] of ALL_KINDS.entries()) {
      const path = join(directory, `${kind}.csv${gzip ? '.gz' : ''}`);
      const file = createCsvFile(path, vertexHeader(kind), { gzip });
      await write(file, (byKind[index] ?? []).map(encodeVertex));
      await file.close();
      read.push(await collect(readVertices(path)));
    }

    expect(read).toEqual(byKind);
  },
);

test('10,000 hostile edges read back equal to what was written', async () => {
  const path = join(await temporary(), 'edges.csv');
  const rows = fc.sample(hostileEdge, RECORDS);
  const file = createCsvFile(path, edgeHeader());
  await write(file, rows.map(encodeEdge));
  await file.close();

  expect(await collect(readEdges(path))).toEqual(rows);
});

test('a file without rows gives none', async () => {
  const path = join(await temporary(), 'empty.csv');
  await writeFile(path, `${vertexHeader('trial')}\n`);

  expect(await collect(readVertices(path))).toEqual([]);
});

test.each([
  [
    'the header of another tool',
    '~id,~label,x:String\n"a","b","c"\n',
    /it has the header ~id,~label,x:String/,
  ],
  ['an edge header', `${edgeHeader()}\n`, /it has the header ~id,~from/],
  [
    'a label of another kind',
    `${vertexHeader('external')}\n"a","artifact",,,,,\n`,
    /it has a vertex labelled artifact under the header/,
  ],
  [
    'a ragged line',
    `${vertexHeader('external')}\n"a","external"\n`,
    /is not valid CSV: Invalid Record Length/,
  ],
  ['an open quote', `${vertexHeader('external')}\n"a`, /is not valid CSV: Quote Not Closed/],
])('%s is refused with the name of the file', async (_, content, message) => {
  const path = join(await temporary(), 'bad.csv');
  await writeFile(path, content);

  const reading = collect(readVertices(path));

  await expect(reading).rejects.toMatchObject({ outcome: 'validationFailed', details: { file: path } });
  await expect(collect(readVertices(path))).rejects.toThrow(message);
});

test('a vertex header is refused in an edge file', async () => {
  const path = join(await temporary(), 'bad.csv');
  await writeFile(path, `${vertexHeader('external')}\n`);

  await expect(collect(readEdges(path))).rejects.toMatchObject({ outcome: 'validationFailed' });
});

test('a file that is missing, or cut short in its compression, is an error', async () => {
  const directory = await temporary();
  const cut = join(directory, 'cut.csv.gz');
  await writeFile(cut, gzipSync(`${vertexHeader('external')}\n`).subarray(0, 15));

  await expect(collect(readVertices(join(directory, 'none.csv')))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(collect(readVertices(cut))).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
});

test('a reader that stops early closes the file', async () => {
  const path = join(await temporary(), 'edges.csv');
  const file = createCsvFile(path, edgeHeader());
  await write(file, fc.sample(hostileEdge, 5_000).map(encodeEdge));
  await file.close();

  let read = 0;
  for await (const _ of readEdges(path)) {
    read += 1;
    if (read === 3) break;
  }

  expect(read).toBe(3);
});
