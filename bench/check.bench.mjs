import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFiles } from './check/written-files.mjs';
import { atLeast, atMost, costs, count, median, peak } from './jobs/figures.mjs';
import { measureJob } from './jobs/job-process.mjs';

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
      for (const role of ['csv-parse', 'check'])
        outcomes[role].push(await measureJob(ENTRY, role, { folder, paths }));
    }
    const rows = size.vertices + size.edges;
    for (const { result: found } of Object.values(outcomes).flat()) {
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
  yield {
    title: 'Must show',
    rows: [
      atLeast('speed / speed of csv-parse alone', speed, LEAST_SPEED),
      atMost('peak RSS in MB', peak(check) / 1e6, MOST_MEGABYTES, 0),
    ],
  };
}

function row(method, outcomes, bytes) {
  return {
    method,
    ...costs(outcomes, { 'MB/s': (bytes / 1e6 / median(outcomes, 'seconds')).toFixed(0) }),
  };
}
