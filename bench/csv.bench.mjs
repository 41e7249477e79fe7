import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  const count = flags.has('--few-lines') ? 25_000 : 500_000;
  const outcomes = { rows: [], 'csv-stringify': [], smlineage: [] };
  // In turns, so that what the machine does besides falls on both.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const role of Object.keys(outcomes)) outcomes[role].push(await measure(role, count));
  }
  const { rows, 'csv-stringify': rival, smlineage: own } = outcomes;
  const digests = new Set([...rival, ...own].map(({ sha256 }) => sha256));
  if (digests.size !== 1) throw new Error('The files differ.');
  const bytes = own[0].bytes;
  yield {
    title: `${(count * 2).toLocaleString('en-US')} rows, ${(bytes / 1e6).toFixed(0)} MB, vertices and edges: median of ${ROUNDS}`,
    rows: [
      row('rows and cells alone', rows, { count, bytes }),
      row('csv-stringify alone', rival, { count, bytes }),
      row('the writer of an export', own, { count, bytes }),
    ],
  };
  const ratio = median(rival, 'seconds') / median(own, 'seconds');
  yield {
    title: 'Must show',
    rows: [
      {
        figure: 'speed / speed of csv-stringify alone',
        value: ratio.toFixed(2),
        limit: `>= ${LIMIT}`,
        verdict: ratio >= LIMIT ? 'ok' : 'MISSED',
      },
    ],
  };
}

function row(method, outcomes, { count, bytes }) {
  const seconds = median(outcomes, 'seconds');
  return {
    method,
    'wall s': seconds.toFixed(2),
    'k rows/s': ((count * 2) / 1e3 / seconds).toFixed(0),
    'MB/s': (bytes / 1e6 / seconds).toFixed(0),
    'CPU s': median(outcomes, 'cpuSeconds').toFixed(2),
    'peak RSS MB': (median(outcomes, 'peakBytes') / 1e6).toFixed(0),
  };
}

/** One writing, in a process and a folder of its own. */
async function measure(role, count) {
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  const child = fork(ENTRY);
  try {
    child.send({ role, job: { count, folder } });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`A process of the benchmark ended with exit code ${code}.`);
    });
    ended.catch(() => undefined);
    const [outcome] = await Promise.race([once(child, 'message'), ended]);
    return outcome;
  } finally {
    child.kill();
    await rm(folder, { recursive: true });
  }
}

function median(outcomes, figure) {
  const sorted = outcomes.map((outcome) => outcome[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
