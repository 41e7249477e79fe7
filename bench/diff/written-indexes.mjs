import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { csvLines } from '../../dist/csv/encode.js';
import { INDEX_HEADER } from '../../dist/snapshot/index-line.js';

const ROWS_AT_A_TIME = 4_000;
const START_MS = Date.UTC(2026, 0, 1);

/** One row in so many changes: by turns its hash is another, it is gone, and one more follows it. */
const CHANGED_EVERY = 1_000;

/** The indexes of two runs, as an export writes them. Returns for each the files by kind, with path, bytes and SHA-256. */
export async function writeIndexes(folder, { vertices, edges }) {
  const runs = {};
  for (const run of ['before', 'after']) {
    await mkdir(join(folder, run), { recursive: true });
    const write = (kind, rows, lineOf) =>
      writeIndex(join(folder, run, `${kind}.csv`), rows, (row) => linesOf(run, row, lineOf));
    runs[run] = {
      artifact: await write('artifact', vertices, vertexEntry),
      edge: await write('edge', edges, edgeEntry),
    };
  }
  return runs;
}

/** How many changes of each sort so many rows have. */
export function expectedChanges(rows) {
  const counts = { updated: 0, removed: 0, added: 0 };
  for (let row = 0; row < rows; row += CHANGED_EVERY) counts[turnOf(row)] += 1;
  return counts;
}

function turnOf(row) {
  return ['updated', 'removed', 'added'][(row / CHANGED_EVERY) % 3];
}

function linesOf(run, row, entryOf) {
  const entry = entryOf(row, '');
  if (row % CHANGED_EVERY !== 0 || run === 'before') return [entry];
  if (turnOf(row) === 'updated') return [entryOf(row, 'changed')];
  return turnOf(row) === 'removed' ? [] : [entry, entryOf(row, 'new')];
}

function hex(text) {
  return createHash('md5').update(text).digest('hex');
}

function vertexEntry(row, variant) {
  const id = hex(`vertex ${row} ${variant === 'new' ? variant : ''}`);
  const arn = `arn:aws:sagemaker:us-east-1:123456789012:artifact/${id}`;
  return [START_MS + row * 1_000 + (variant === 'new' ? 1 : 0), arn, hex(`${id} ${variant}`)];
}

function edgeEntry(row, variant) {
  const id = hex(`edge ${row} ${variant === 'new' ? variant : ''}`);
  return [START_MS + row * 500 + (variant === 'new' ? 1 : 0), id, hex(`${id} ${variant}`)];
}

async function writeIndex(path, rows, linesOfRow) {
  const hash = createHash('sha256');
  const handle = await open(path, 'w');
  let bytes = 0;
  const write = async (text) => {
    const chunk = Buffer.from(text);
    hash.update(chunk);
    bytes += chunk.length;
    await handle.write(chunk);
  };
  await write(`${INDEX_HEADER}\n`);
  for (let from = 0; from < rows; from += ROWS_AT_A_TIME) {
    const length = Math.min(ROWS_AT_A_TIME, rows - from);
    await write(csvLines(Array.from({ length }, (_, at) => linesOfRow(from + at)).flat()));
  }
  await handle.close();
  return { path, bytes, sha256: hash.digest('hex') };
}
