// A process of the check benchmark: see check.bench.mjs.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { checkRun } from '../dist/runs/check.js';
import { answerJob } from './jobs/measured-job.mjs';

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

answerJob(ROLES);
