import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, costs, count, median } from './jobs/figures.mjs';
import { measureJob } from './jobs/job-process.mjs';

/** `--few-lines` takes a twentieth of the rows. */
export const FLAGS = ['--few-lines'];

const ENTRY = fileURLToPath(new URL('./csv-process.mjs', import.meta.url));
const ROUNDS = 3;
const LIMIT = 0.8;

/**
 * Rows to files through the writer of an export, which counts and hashes what it writes and flushes it to the disk, beside
 * csv-stringify's quickest way (its synchronous call, 1,000 rows at a time) and a bare stream. Both write the same bytes.
 */
export async function* run(flags) {
  const each = flags.has('--few-lines') ? 25_000 : 500_000;
  const outcomes = { rows: [], 'csv-stringify': [], smlineage: [] };
  // In turns, so that what the machine does besides falls on both.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const role of Object.keys(outcomes)) outcomes[role].push(await measureInFolder(role, each));
  }
  const { rows, 'csv-stringify': rival, smlineage: own } = outcomes;
  const digests = new Set([...rival, ...own].map(({ sha256 }) => sha256));
  if (digests.size !== 1) throw new Error('The files differ.');
  const bytes = own[0].bytes;
  yield {
    title: `${count(each * 2)} rows, ${(bytes / 1e6).toFixed(0)} MB, vertices and edges: median of ${ROUNDS}`,
    rows: [
      row('rows and cells alone', rows, { rows: each * 2, bytes }),
      row('csv-stringify alone', rival, { rows: each * 2, bytes }),
      row('the writer of an export', own, { rows: each * 2, bytes }),
    ],
  };
  const ratio = median(rival, 'seconds') / median(own, 'seconds');
  yield {
    title: 'Must show',
    rows: [atLeast('speed / speed of csv-stringify alone', ratio, LIMIT)],
  };
}

function row(method, outcomes, { rows, bytes }) {
  const seconds = median(outcomes, 'seconds');
  return {
    method,
    ...costs(outcomes, {
      'k rows/s': (rows / 1e3 / seconds).toFixed(0),
      'MB/s': (bytes / 1e6 / seconds).toFixed(0),
    }),
  };
}

/** One writing, in a process and a folder of its own. */
async function measureInFolder(role, each) {
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  try {
    return await measureJob(ENTRY, role, { count: each, folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}
