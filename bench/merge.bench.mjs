import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSandboxApart } from './crawl/processes.mjs';
import { count } from './jobs/figures.mjs';
import { measureJob } from './jobs/job-process.mjs';

/** `--few-entities` takes a tenth. */
export const FLAGS = ['--few-entities'];

const ENTRY = fileURLToPath(new URL('merge-process.mjs', import.meta.url));
const SEED = 1;

/**
 * What the function `merge` does with a large account: joins the parts that `crawl` left in S3 to the files of a run, in S3;
 * beside it the same between two folders of a disk. The sandbox's S3 is a process of its own.
 */
export async function* run(flags) {
  const directory = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  const entities = flags.has('--few-entities') ? 100_000 : 1_000_000;
  const { url, region, close } = await startSandboxApart({ seed: SEED, entities });
  const job = { url, region, directory };
  try {
    const crawled = await measureJob(ENTRY, 'crawl', job);
    const inS3 = await measureJob(ENTRY, 's3', job);
    const onDisk = await measureJob(ENTRY, 'disk', job);
    const { vertices, edges, bytes, parts } = inS3.result;
    const row = (step, { seconds, cpuSeconds, peakBytes }) => ({
      step,
      'wall s': seconds.toFixed(1),
      'CPU s': cpuSeconds.toFixed(1),
      'peak RSS MB': (peakBytes / 1e6).toFixed(0),
      'times the disk': (seconds / onDisk.seconds).toFixed(2),
    });
    yield {
      title: `${count(vertices)} vertices and ${count(edges)} edges, ${count(parts)} parts, ${(bytes / 1e6).toFixed(0)} MB`,
      rows: [
        row('crawl, at no rate limit', crawled),
        row('merge, from S3 to S3', inS3),
        row('merge, on a disk', onDisk),
      ],
    };
  } finally {
    await close();
    await rm(directory, { recursive: true });
  }
}
