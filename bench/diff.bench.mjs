import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectedChanges, writeIndexes } from './diff/written-indexes.mjs';
import { atMost, costs, count, median, peak } from './jobs/figures.mjs';
import { measureJob } from './jobs/job-process.mjs';

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
      outcomes['csv-parse'].push(await measureJob(ENTRY, 'csv-parse', all));
      outcomes.diff.push(await measureJob(ENTRY, 'diff', all));
      outcomes['diff of a tenth'].push(await measureJob(ENTRY, 'diff', few));
    }
    for (const { result: found } of outcomes.diff) assertChanges(found, size);
    for (const { result: found } of outcomes['diff of a tenth']) assertChanges(found, tenth);
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
      { method: 'csv-parse alone, which reads them once', ...costs(bare) },
      { method: 'diff', ...costs(diff) },
      { method: 'diff of a tenth of the rows', ...costs(few) },
    ],
  };
  const time = median(diff, 'seconds') / median(bare, 'seconds');
  const megabytes = peak(diff) / 1e6;
  const growth = peak(diff) / peak(few);
  yield {
    title: 'Must show',
    rows: [
      atMost('time / time of csv-parse alone', time, MOST_TIME),
      atMost('peak RSS in MB', megabytes, MOST_MEGABYTES, 0),
      atMost('peak RSS / that of a tenth of the rows', growth, MOST_GROWTH),
    ],
  };
}
