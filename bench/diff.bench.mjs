import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectedChanges, writeIndexes } from './diff/written-indexes.mjs';

/** `--few-rows` takes a twentieth of the rows. */
export const FLAGS = ['--few-rows'];

const ENTRY = fileURLToPath(new URL('./diff-process.mjs', import.meta.url));
const ROUNDS = 3;
const MOST_TIME = 1.3;
const MOST_MEGABYTES = 250;
/** Of the peak over that of a tenth of the rows. */
const MOST_GROWTH = 1.25;

/** The diff of two runs, one row in a thousand changed, beside csv-parse alone on the same four indexes, which compares nothing. */
export async function* run(flags) {
  const share = flags.has('--few-rows') ? 20 : 1;
  const size = { vertices: 1_000_000 / share, edges: 2_000_000 / share };
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  try {
    const tenth = { vertices: size.vertices / 10, edges: size.edges / 10 };
    const few = await writeIndexes(join(folder, 'few'), tenth);
    const all = await writeIndexes(join(folder, 'all'), size);
    const outcomes = { 'csv-parse': [], diff: [], 'diff of a tenth': [] };
    // In turns, so that what the machine does besides falls on all.
    for (let round = 0; round < ROUNDS; round += 1) {
      outcomes['csv-parse'].push(await measure('csv-parse', all));
      outcomes.diff.push(await measure('diff', all));
      outcomes['diff of a tenth'].push(await measure('diff', few));
    }
    for (const { found } of outcomes.diff) assertChanges(found, size);
    for (const { found } of outcomes['diff of a tenth']) assertChanges(found, tenth);
    const bytes = Object.values(all)
      .flatMap((files) => Object.values(files))
      .reduce((total, file) => total + file.bytes, 0);
    yield* tables(outcomes, size, bytes);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function assertChanges(found, { vertices, edges }) {
  const [ofVertices, ofEdges] = [expectedChanges(vertices), expectedChanges(edges)];
  for (const change of ['added', 'updated', 'removed']) {
    const expected = ofVertices[change] + ofEdges[change];
    if (found[change] !== expected) throw new Error(`${found[change]} rows were ${change}, not ${expected}.`);
  }
}

function* tables({ 'csv-parse': bare, diff, 'diff of a tenth': few }, { vertices, edges }, bytes) {
  yield {
    title: `Indexes of two runs of ${count(vertices)} vertices and ${count(edges)} edges, ${(bytes / 1e6).toFixed(0)} MB: median of ${ROUNDS}`,
    rows: [
      row('csv-parse alone, which reads them once', bare),
      row('diff', diff),
      row('diff of a tenth of the rows', few),
    ],
  };
  const time = median(diff, 'seconds') / median(bare, 'seconds');
  const megabytes = peak(diff) / 1e6;
  const growth = peak(diff) / peak(few);
  yield {
    title: 'Must show',
    rows: [
      figure('time / time of csv-parse alone', time, MOST_TIME),
      figure('peak RSS in MB', megabytes, MOST_MEGABYTES, 0),
      figure('peak RSS / that of a tenth of the rows', growth, MOST_GROWTH),
    ],
  };
}

function figure(name, value, limit, digits = 2) {
  const verdict = value <= limit ? 'ok' : 'MISSED';
  return { figure: name, value: value.toFixed(digits), limit: `<= ${limit}`, verdict };
}

function row(method, outcomes) {
  return {
    method,
    'wall s': median(outcomes, 'seconds').toFixed(2),
    'CPU s': median(outcomes, 'cpuSeconds').toFixed(2),
    'peak RSS MB': (median(outcomes, 'peakBytes') / 1e6).toFixed(0),
  };
}

/** One job in a process of its own. */
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

function peak(outcomes) {
  return Math.max(...outcomes.map(({ peakBytes }) => peakBytes));
}

function median(outcomes, figureName) {
  const sorted = outcomes.map((outcome) => outcome[figureName]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function count(number) {
  return number.toLocaleString('en-US');
}
