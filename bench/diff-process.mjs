// A process of the diff benchmark: does the job that its parent sends (see diff.bench.mjs), and nothing else, so that CPU
// time and peak memory are that job's own.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { localFile } from '../dist/runs/source-files.js';
import { diffRuns } from '../dist/snapshot/diff.js';

const ROLES = {
  diff: async ({ before, after }) => {
    const diff = await diffRuns(indexesOf(before), indexesOf(after));
    const found = { added: 0, updated: 0, removed: 0 };
    for await (const { change } of diff.changes()) found[change] += 1;
    return found;
  },
  'csv-parse': async ({ before, after }) => {
    let rows = 0;
    for (const { path } of [...Object.values(before), ...Object.values(after)]) {
      const parser = parse({
        onRecord: () => {
          rows += 1;
          return null;
        },
      });
      await pipeline(createReadStream(path), parser.resume());
    }
    return { rows };
  },
};

function indexesOf(files) {
  return Object.fromEntries(
    Object.entries(files).map(([kind, { path, bytes, sha256 }]) => [
      kind,
      { ...localFile(path, bytes), sha256 },
    ]),
  );
}

process.once('message', async ({ role, job }) => {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const found = await ROLES[role](job);
  const { user, system } = process.cpuUsage(before);
  process.send({
    found,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  });
});
