import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFiles } from './check/written-files.mjs';

/** `--few-rows` takes a twentieth of the rows. */
export const FLAGS = ['--few-rows'];

const ENTRY = fileURLToPath(new URL('./check-process.mjs', import.meta.url));
const ROUNDS = 3;
const LEAST_SPEED = 0.6;
const MOST_MEGABYTES = 350;

/** The check of an export's files beside csv-parse alone on the same bytes, which judges nothing but the quotes. */
export async function* run(flags) {
  const share = flags.has('--few-rows') ? 20 : 1;
  const size = { vertices: 1_000_000 / share, edges: 2_000_000 / share };
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  try {
    const paths = await writeFiles(folder, size);
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    const bytes = sizes.reduce((total, file) => total + file, 0);
    const outcomes = { 'csv-parse': [], check: [] };
    // In turns, so that what the machine does besides falls on both.
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const role of ['csv-parse', 'check']) outcomes[role].push(await measure(role, { folder, paths }));
    }
    const rows = size.vertices + size.edges;
    for (const { rows: found } of Object.values(outcomes).flat()) {
      if (found !== rows) throw new Error(`${found} rows were read, not ${rows}.`);
    }
    yield* tables(outcomes, size, bytes);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function* tables({ 'csv-parse': bare, check }, { vertices, edges }, bytes) {
  yield {
    title: `${count(vertices)} vertices and ${count(edges)} edges, ${(bytes / 1e6).toFixed(0)} MB: median of ${ROUNDS}`,
    rows: [row('csv-parse alone', bare, bytes), row('check', check, bytes)],
  };
  const speed = median(bare, 'seconds') / median(check, 'seconds');
  const megabytes = Math.max(...check.map(({ peakBytes }) => peakBytes)) / 1e6;
  yield {
    title: 'Must show',
    rows: [
      {
        figure: 'speed / speed of csv-parse alone',
        value: speed.toFixed(2),
        limit: `>= ${LEAST_SPEED}`,
        verdict: speed >= LEAST_SPEED ? 'ok' : 'MISSED',
      },
      {
        figure: 'peak RSS in MB',
        value: megabytes.toFixed(0),
        limit: `<= ${MOST_MEGABYTES}`,
        verdict: megabytes <= MOST_MEGABYTES ? 'ok' : 'MISSED',
      },
    ],
  };
}

function row(method, outcomes, bytes) {
  const seconds = median(outcomes, 'seconds');
  return {
    method,
    'wall s': seconds.toFixed(2),
    'MB/s': (bytes / 1e6 / seconds).toFixed(0),
    'CPU s': median(outcomes, 'cpuSeconds').toFixed(2),
    'peak RSS MB': (median(outcomes, 'peakBytes') / 1e6).toFixed(0),
  };
}

/** One reading of all files, in a process of its own. */
async function measure(role, job) {
  const child = fork(ENTRY);
  child.send({ role, job });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A process of the benchmark ended with exit code ${code}.`);
  });
  ended.catch(() => undefined);
  const [outcome] = await Promise.race([once(child, 'message'), ended]);
  child.kill();
  return outcome;
}

function median(outcomes, figure) {
  const sorted = outcomes.map((outcome) => outcome[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function count(number) {
  return number.toLocaleString('en-US');
}
