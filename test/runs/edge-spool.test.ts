import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EdgeRow } from '../../src/graph/rows.ts';
import { readSpool, writeSpool } from '../../src/runs/edge-spool.ts';
import { hostileEdge } from '../csv/hostile-rows.ts';
import { temporaryDirectory } from './run-tree.ts';

async function* stream(rows: readonly EdgeRow[], size: number): AsyncGenerator<readonly EdgeRow[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

async function reread(rows: readonly EdgeRow[]): Promise<EdgeRow[]> {
  const path = join(await temporaryDirectory(), 'spool.jsonl');
  await writeSpool(path, stream(rows, 100));
  const read: EdgeRow[] = [];
  for await (const batch of readSpool(path)) read.push(...batch);
  return read;
}

test('edges come out of a spool as they went in', async () => {
  const rows = fc.sample(hostileEdge, 3_000);

  expect(await reread(rows)).toEqual(rows);
});

test('an edge longer than a read of the file comes out whole', async () => {
  const [row] = fc.sample(hostileEdge, 1) as [EdgeRow];
  const long = { ...row, cells: { ...row.cells, sourcename: '😀"\n'.repeat(300_000) } };

  expect(await reread([row, long, row])).toEqual([row, long, row]);
});

test('a spool without edges gives none', async () => {
  expect(await reread([])).toEqual([]);
});
