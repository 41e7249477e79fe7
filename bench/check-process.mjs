// A process of the check benchmark: does the job that its parent sends (see check.bench.mjs), and nothing else, so that
// CPU time and peak memory are that job's own.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { checkRun } from '../dist/runs/check.js';

const ROLES = {
  check: async ({ folder }) => {
    const { errors, notes, files } = await checkRun({ source: folder });
    if (errors + notes > 0) throw new Error('The files of the benchmark have findings.');
    return files.reduce((total, { rows }) => total + rows, 0);
  },
  'csv-parse': async ({ paths }) => {
    let rows = 0;
    for (const path of paths) {
      const parser = parse({
        onRecord: () => {
          rows += 1;
          return null;
        },
      });
      await pipeline(createReadStream(path), parser.resume());
    }
    return rows - paths.length;
  },
};

process.once('message', async ({ role, job }) => {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const rows = await ROLES[role](job);
  const { user, system } = process.cpuUsage(before);
  process.send({
    rows,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  });
});
