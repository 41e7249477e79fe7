import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  csvLine,
  csvLines,
  edgeHeader,
  encodeEdge,
  encodeVertex,
  vertexHeader,
} from '../../dist/csv/encode.js';
import { ALL_KINDS } from '../../dist/graph/kinds.js';
import { edgeFile, indexFile, vertexFile } from '../../dist/runs/run-directory.js';
import { INDEX_HEADER, indexLine } from '../../dist/snapshot/index-line.js';
import { artifactArn, artifactRow, edgeRow } from '../made-rows.mjs';

const ROWS_AT_A_TIME = 2_000;
const START_MS = Date.UTC(2026, 0, 1);

/** One row in so many changes: by turns a value of it is another, it is gone, and one more follows it. */
const CHANGED_EVERY = 1_000;

/**
 * Two runs of so many artifacts and associations, as exports write them; the earlier one without its rows, which a sync does
 * not need. Returns their manifests, and the bytes of the rows that were changed or added.
 */
export async function writeRuns(folder, { vertices, edges }) {
  const kinds = [
    {
      of: 'artifact',
      file: vertexFile('artifact', false),
      header: vertexHeader('artifact'),
      rows: vertices,
      encode: encodeVertex,
    },
    { of: 'edge', file: edgeFile(false), header: edgeHeader(), rows: edges, encode: encodeEdge },
  ];
  const runs = { before: '20260101T000000.000Z', after: '20260102T000000.000Z' };
  const manifests = {};
  let changedBytes = 0;
  for (const [when, run] of Object.entries(runs)) {
    const directory = join(folder, run);
    const files = [];
    for (const { of, file, header, rows, encode } of kinds) {
      const data = when === 'after' ? await fileWriter(directory, file, header) : undefined;
      const index = await fileWriter(directory, indexFile(of), INDEX_HEADER);
      for (let from = 0; from < rows; from += ROWS_AT_A_TIME) {
        const length = Math.min(ROWS_AT_A_TIME, rows - from);
        const made = Array.from({ length }, (_, at) => rowsAt(of, when, from + at, vertices)).flat();
        const cells = made.map(({ row }) => encode(row));
        await data?.write(csvLines(cells), made.length);
        await index.write(csvLines(made.map(({ row }, at) => indexLine(row, cells[at]))), made.length);
        for (const [at, { isChanged }] of made.entries())
          if (isChanged) changedBytes += Buffer.byteLength(csvLine(cells[at]));
      }
      files.push(...(data === undefined ? [] : [await data.close()]), await index.close());
    }
    manifests[when] = manifestOf(run, files);
  }
  return { directory: join(folder, runs.after), ...manifests, changedBytes };
}

/** The rows of a run that stand where the earlier run has its n-th. */
function rowsAt(of, when, at, vertices) {
  const rowOf = of === 'edge' ? edgeAt : vertexAt;
  const row = rowOf(at, vertices, {});
  if (at % CHANGED_EVERY !== 0 || when === 'before') return [{ row }];
  const turn = (at / CHANGED_EVERY) % 3;
  if (turn === 0) return [{ row: rowOf(at, vertices, { isOther: true }), isChanged: true }];
  return turn === 1 ? [] : [{ row }, { row: rowOf(at, vertices, { isNew: true }), isChanged: true }];
}

function vertexAt(at, _vertices, { isOther = false, isNew = false }) {
  const name = isOther ? `other-${at}` : `dataset-${at}`;
  return artifactRow(artifactArn(isNew ? at + 0.5 : at), new Date(START_MS + at * 1_000 + (isNew ? 1 : 0)), {
    sourceuri: `s3://training-data/projects/project-${at % 977}/datasets/part-${at}.parquet`,
    name,
  });
}

function edgeAt(at, vertices, { isOther = false, isNew = false }) {
  const label = isNew ? 'SameAs' : at < vertices ? 'ContributedTo' : 'DerivedFrom';
  const ends = [artifactArn(at % vertices), artifactArn((at * 7 + 1) % vertices)];
  const row = edgeRow(ends[0], label, ends[1], new Date(START_MS + at * 1_000 + (isNew ? 1 : 0)));
  return isOther ? { ...row, cells: { creationtime: new Date(row.orderMs + 500) } } : row;
}

async function fileWriter(directory, path, header) {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  const stream = createWriteStream(join(directory, path));
  const hash = createHash('sha256');
  const file = { path, rows: 0, bytes: 0 };
  const write = async (text, rows) => {
    const chunk = Buffer.from(text);
    hash.update(chunk);
    file.rows += rows;
    file.bytes += chunk.length;
    if (!stream.write(chunk)) await once(stream, 'drain');
  };
  await write(`${header}\n`, 0);
  return {
    write,
    async close() {
      stream.end();
      await once(stream, 'finish');
      return { ...file, sha256: hash.digest('hex') };
    },
  };
}

function manifestOf(run, files) {
  const rowsOf = (path) => files.find((file) => file.path === path)?.rows ?? 0;
  return {
    format: 1,
    run,
    tool: 'bench',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    complete: true,
    scopes: [{ account: '123456789012', region: 'us-east-1' }],
    subset: null,
    detail: 'summary',
    tags: false,
    promoted: [],
    vertices: Object.fromEntries(ALL_KINDS.map((kind) => [kind, rowsOf(indexFile(kind))])),
    edges: { ContributedTo: rowsOf(indexFile('edge')) },
    files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}
