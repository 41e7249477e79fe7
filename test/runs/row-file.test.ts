import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VertexRow } from '../../src/graph/rows.ts';
import { openRowFile } from '../../src/runs/row-file.ts';
import { vertexFile } from '../../src/runs/run-directory.ts';
import { hostileText } from '../csv/hostile-rows.ts';
import { temporaryDirectory } from './run-tree.ts';
import { arn, vertexRow, writtenRun } from './written-run.ts';

/** So many artifacts with hostile texts, some hundreds of them in each of a few milliseconds. */
function artifacts(count: number): readonly VertexRow[] {
  const texts = fc.sample(hostileText, count);
  return texts.map((text, n) => {
    const orderMs = Date.UTC(2026, 0, 1) + Math.floor(n / 700);
    const plain = vertexRow('artifact', arn(`artifact/${n}`), { name: text, sourceuri: `${text}\n"${n}"` });
    return { ...plain, orderMs, cells: { ...plain.cells, creationtime: new Date(orderMs) } } as VertexRow;
  });
}

test.each([false, true])('every row of a file is found, whatever its text, compressed: %s', async (gzip) => {
  const vertices = artifacts(2_100);
  const { directory, manifest } = await writtenRun({ vertices, edges: [] }, { gzip });
  const path = vertexFile('artifact', gzip);
  const entry = manifest.files.find((file) => file.path === path) ?? { sha256: '' };
  const copy = join(await temporaryDirectory(), 'copy.csv');

  const file = await openRowFile(join(directory, path), entry, { detail: 'summary', copy });

  for (const row of vertices) {
    const found = await file.find(row);
    expect(found?.cells, row.id).toMatchObject(row.cells);
  }
  const [first] = vertices;
  const strangers = [
    { id: arn('artifact/none'), orderMs: first?.orderMs ?? 0 },
    { id: first?.id ?? '', orderMs: (first?.orderMs ?? 0) + 1 },
    { id: first?.id ?? '', orderMs: 0 },
    { id: first?.id ?? '', orderMs: Date.UTC(2030, 0) },
  ];
  for (const stranger of strangers) expect(await file.find(stranger)).toBeUndefined();
  await file.close();
});

test('a file without rows holds none; one that was changed is refused', async () => {
  const { directory, manifest } = await writtenRun({ vertices: [], edges: [] });
  const path = vertexFile('artifact', false);
  const entry = manifest.files.find((file) => file.path === path) ?? { sha256: '' };
  const open = () => openRowFile(join(directory, path), entry, { detail: 'summary', copy: '' });

  const empty = await open();
  expect(await empty.find({ id: 'x', orderMs: 1 })).toBeUndefined();
  await empty.close();
  await appendFile(join(directory, path), '\n');
  await expect(open()).rejects.toMatchObject({ outcome: 'validationFailed' });
});
