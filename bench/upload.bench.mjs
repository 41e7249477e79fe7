import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atLeast, costs, median } from './jobs/figures.mjs';
import { ask } from './jobs/job-process.mjs';
import { writeRun } from './upload/written-run.mjs';

/** `--small-files` sends a twentieth of the bytes. */
export const FLAGS = ['--small-files'];

const ENTRY = fileURLToPath(new URL('./upload-process.mjs', import.meta.url));
const MEBIBYTE = 2 ** 20;
const ROUNDS = 5;
const LIMIT = 0.8;

/** The SDK's advice on the version of Node, a dozen times over, would bury the tables. */
const QUIET = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** The upload of a run of one large file beside lib-storage alone, which checks nothing against a manifest. */
export async function* run(flags) {
  const bytes = (flags.has('--small-files') ? 16 : 320) * MEBIBYTE;
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  try {
    const { directory, file } = await writeRun(folder, bytes);
    const outcomes = { bare: [], upload: [] };
    // In turns, so that what the machine does besides falls on both.
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const role of ['bare', 'upload'])
        outcomes[role].push(await measure(role, { directory, file, bytes }));
    }
    yield* tables(outcomes, bytes);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function* tables({ bare, upload }, bytes) {
  yield {
    title: `${bytes / MEBIBYTE} MiB to the sandbox's S3, which runs beside it: median of ${ROUNDS}`,
    rows: [row('lib-storage alone (CRC32)', bare, bytes), row('upload (SHA-256, manifest)', upload, bytes)],
  };
  const ratio = median(bare, 'seconds') / median(upload, 'seconds');
  yield {
    title: 'Must show',
    rows: [atLeast('speed / speed of lib-storage alone', ratio, LIMIT)],
  };
}

function row(method, outcomes, bytes) {
  return {
    method,
    ...costs(outcomes, { 'MiB/s': (bytes / MEBIBYTE / median(outcomes, 'seconds')).toFixed(0) }),
  };
}

/** One upload, in a process of its own, to a sandbox that has seen none. */
async function measure(role, job) {
  const sandbox = fork(ENTRY, { env: QUIET });
  const { url, region } = await ask(sandbox, { role: 'sandbox', job });
  const child = fork(ENTRY, { env: QUIET });
  const outcome = await ask(child, { role, job: { ...job, url, region } });
  for (const process of [child, sandbox]) {
    process.kill();
    await once(process, 'exit');
  }
  return outcome;
}
