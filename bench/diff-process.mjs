// A process of the diff benchmark: see diff.bench.mjs.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { localFile } from '../dist/runs/source-files.js';
import { diffRuns } from '../dist/snapshot/diff.js';
import { answerJob } from './jobs/measured-job.mjs';

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

answerJob(ROLES);
