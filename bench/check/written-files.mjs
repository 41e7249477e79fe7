import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { csvLines, edgeHeader, encodeEdge, encodeVertex, vertexHeader } from '../../dist/csv/encode.js';
import { artifactArn, artifactRow, edgeRow } from '../made-rows.mjs';

const ROWS_AT_A_TIME = 2_000;
const START_MS = Date.UTC(2026, 0, 1);

/** A vertex file and an edge file as an export writes them. Returns their paths. */
export async function writeFiles(folder, { vertices, edges }) {
  const nodes = join(folder, 'artifacts-nodes.csv');
  const links = join(folder, 'edges.csv');
  await write(nodes, vertexHeader('artifact'), vertices, (at) => encodeVertex(vertexAt(at)));
  await write(links, edgeHeader(), edges, (at) => encodeEdge(edgeAt(at, vertices)));
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

function vertexAt(at) {
  return artifactRow(artifactArn(at), new Date(START_MS + at * 1000), {
    sourceuri: `s3://training-data/projects/project-${at % 977}/datasets/part-${at}.parquet`,
    name: `dataset-${at}`,
  });
}

function edgeAt(at, vertices) {
  const [from, to] = [artifactArn(at % vertices), artifactArn((at * 7 + 1) % vertices)];
  const label = at < vertices ? 'ContributedTo' : 'DerivedFrom';
  return edgeRow(from, label, to, new Date(START_MS + at * 1000));
}
