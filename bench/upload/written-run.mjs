import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ALL_KINDS } from '../../dist/graph/kinds.js';
import { writeManifest } from '../../dist/snapshot/manifest.js';

const HEADER = '~id,~from,~to,~label\n';
const LINE_BYTES = 128;
const LINES_AT_A_TIME = 8192;

/** A run directory of one file of edges, of so many bytes or a line more. */
export async function writeRun(directory, bytes) {
  const path = 'data/edges/edges.csv';
  const file = join(directory, path);
  await mkdir(join(directory, 'data/edges'), { recursive: true });
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  let written = 0;
  let rows = 0;
  const write = async (text) => {
    hash.update(text);
    await handle.write(text);
    written += text.length;
  };
  await write(HEADER);
  while (written < bytes) {
    await write(Array.from({ length: LINES_AT_A_TIME }, () => line(rows++)).join(''));
  }
  await handle.close();
  const time = '2026-01-01T00:00:00.000Z';
  await writeManifest(directory, {
    format: 1,
    run: '20260101T000000.000Z',
    tool: 'bench',
    startedAt: time,
    finishedAt: time,
    complete: true,
    scopes: [{ account: '123456789012', region: 'us-east-1' }],
    subset: null,
    vertices: Object.fromEntries(ALL_KINDS.map((kind) => [kind, 0])),
    edges: { ContributedTo: rows },
    files: [{ path, rows, bytes: written, sha256: hash.digest('hex') }],
  });
  return { directory, file };
}

function line(row) {
  return `${`${row},from-${row},to-${row},ContributedTo`.padEnd(LINE_BYTES - 1, '.')}\n`;
}
