// A process of the CSV benchmark: see csv.bench.mjs.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import {
  csvLines,
  datetime,
  edgeHeader,
  encodeEdge,
  encodeVertex,
  vertexHeader,
} from '../dist/csv/encode.js';
import { createCsvFile } from '../dist/csv/file.js';
import { rowBatches } from './csv/rows.mjs';
import { answerJob } from './jobs/measured-job.mjs';

const ROWS_AT_A_TIME = 1_000;

/** Text in quotes, nothing else: what the load format wants, and `csvLine` writes. */
const FORM = { quoted_string: true, cast: { date: (time) => ({ value: datetime(time), quoted: false }) } };

const ROLES = {
  rows: async ({ count }) => {
    for (const { kind, rows } of rowBatches(count, ROWS_AT_A_TIME)) rows.map(cellsOf(kind));
    return [];
  },
  'csv-stringify': async ({ count, folder }) => {
    const files = eachFile((path, header) => {
      const stream = createWriteStream(path);
      stream.write(`${header}\n`);
      return stream;
    }, folder);
    for (const { kind, rows } of rowBatches(count, ROWS_AT_A_TIME)) {
      const { file } = files[kind];
      if (!file.write(stringify(rows.map(cellsOf(kind)), FORM))) await once(file, 'drain');
    }
    for (const { file } of Object.values(files)) {
      file.end();
      await once(file, 'close');
    }
    return Object.values(files).map(({ path }) => path);
  },
  smlineage: async ({ count, folder }) => {
    const files = eachFile((path, header) => createCsvFile(path, header), folder);
    for (const { kind, rows } of rowBatches(count, ROWS_AT_A_TIME)) {
      await files[kind].file.write(csvLines(rows.map(cellsOf(kind))), rows.length);
    }
    for (const { file } of Object.values(files)) await file.close();
    return Object.values(files).map(({ path }) => path);
  },
};

function cellsOf(kind) {
  return kind === 'vertex' ? encodeVertex : encodeEdge;
}

function eachFile(open, folder) {
  const [nodes, edges] = [join(folder, 'nodes.csv'), join(folder, 'edges.csv')];
  return {
    vertex: { path: nodes, file: open(nodes, vertexHeader('artifact')) },
    edge: { path: edges, file: open(edges, edgeHeader()) },
  };
}

answerJob(ROLES, { after: digest });

async function digest(paths) {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const path of paths) {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  }
  return { sha256: hash.digest('hex'), bytes };
}
