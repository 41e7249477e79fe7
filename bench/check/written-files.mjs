import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { csvLines, edgeHeader, encodeEdge, encodeVertex, vertexHeader } from '../../dist/csv/encode.js';
import { edgeId } from '../../dist/graph/ids.js';

const ROWS_AT_A_TIME = 2_000;
const START_MS = Date.UTC(2026, 0, 1);

/** A vertex file and an edge file as an export writes them. Returns their paths. */
export async function writeFiles(folder, { vertices, edges }) {
  const nodes = join(folder, 'artifacts-nodes.csv');
  const links = join(folder, 'edges.csv');
  await write(nodes, vertexHeader('artifact'), vertices, (at) => encodeVertex(vertexRow(at)));
  await write(links, edgeHeader(), edges, (at) => encodeEdge(edgeRow(at, vertices)));
  return [nodes, links];
}

async function write(path, header, rows, cellsOf) {
  const stream = createWriteStream(path);
  stream.write(`${header}\n`);
  for (let from = 0; from < rows; from += ROWS_AT_A_TIME) {
    const length = Math.min(ROWS_AT_A_TIME, rows - from);
    const text = csvLines(Array.from({ length }, (_, at) => cellsOf(from + at)));
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

function arnOf(at) {
  return `arn:aws:sagemaker:us-east-1:123456789012:artifact/${(at * 2_654_435_761).toString(16).padStart(32, '0')}`;
}

function vertexRow(at) {
  const arn = arnOf(at);
  const time = new Date(START_MS + at * 1000);
  return {
    kind: 'artifact',
    id: arn,
    orderMs: time.getTime(),
    cells: {
      arn,
      sourceuri: `s3://training-data/projects/project-${at % 977}/datasets/part-${at}.parquet`,
      type: 'DataSet',
      name: `dataset-${at}`,
      creationtime: time,
      LastModifiedTime: time,
      account: '123456789012',
      region: 'us-east-1',
    },
  };
}

function edgeRow(at, vertices) {
  const from = arnOf(at % vertices);
  const to = arnOf((at * 7 + 1) % vertices);
  const label = at < vertices ? 'ContributedTo' : 'DerivedFrom';
  return {
    id: edgeId(from, label, to),
    from,
    to,
    label,
    orderMs: START_MS,
    cells: { creationtime: new Date(START_MS + at * 1000) },
  };
}
