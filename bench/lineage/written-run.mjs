import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { csvLines, edgeHeader, encodeEdge, encodeVertex, vertexHeader } from '../../dist/csv/encode.js';
import { ALL_KINDS } from '../../dist/graph/kinds.js';
import { writeManifest } from '../../dist/snapshot/manifest.js';
import { artifactArn, artifactRow, edgeRow } from '../made-rows.mjs';

const ROWS_AT_A_TIME = 2_000;
const START_MS = Date.UTC(2026, 0, 1);

/** Vertices of one family: its first, a dataset, has all others downstream, by two associations each. */
export const FAMILY = 10_001;

/**
 * A run directory of so many families. Their vertices take turns in the files, as the work of many teams does in time, so
 * that what belongs together does not lie together.
 */
export async function writeRun(directory, families) {
  await mkdir(join(directory, 'data/nodes'), { recursive: true });
  await mkdir(join(directory, 'data/edges'), { recursive: true });
  const vertices = families * FAMILY;
  const artifacts = countOf(vertices, isArtifact);
  const files = [
    await write(directory, 'data/nodes/artifacts-nodes.csv', vertexHeader('artifact'), vertices, (at) =>
      isArtifact(at, families) ? [encodeVertex(datasetRow(at, families))] : [],
    ),
    await write(directory, 'data/nodes/tcs-nodes.csv', vertexHeader('trial_component'), vertices, (at) =>
      isArtifact(at, families) ? [] : [encodeVertex(componentRow(at, families))],
    ),
    await write(directory, 'data/edges/edges.csv', edgeHeader(), vertices, (at) =>
      edgeRows(at, families).map(encodeEdge),
    ),
  ];
  const counts = { artifact: artifacts(families), trial_component: vertices - artifacts(families) };
  await writeManifest(directory, {
    format: 1,
    run: '20260101T000000.000Z',
    tool: 'bench',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    complete: true,
    scopes: [{ account: '123456789012', region: 'us-east-1' }],
    subset: null,
    vertices: Object.fromEntries(ALL_KINDS.map((kind) => [kind, counts[kind] ?? 0])),
    edges: { ContributedTo: files[2].rows / 2, DerivedFrom: files[2].rows / 2 },
    files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  });
  return { vertices, edges: files[2].rows, bytes: files.reduce((total, { bytes }) => total + bytes, 0) };
}

/** The ARN of the member of a family; the first is the dataset that all the others come from. */
export function arnOf(member, family, families) {
  const at = member * families + family;
  return isArtifact(at, families)
    ? artifactArn(at)
    : `arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/pipelines-${at}-train-aws-training-job`;
}

function isArtifact(at, families) {
  return Math.floor(at / families) % 2 === 0;
}

function countOf(vertices, isCounted) {
  return (families) => {
    let count = 0;
    for (let at = 0; at < vertices; at += 1) if (isCounted(at, families)) count += 1;
    return count;
  };
}

/** Two associations lead to each member but the first: from the member of half its number, and of a quarter. */
function edgeRows(at, families) {
  const [member, family] = [Math.floor(at / families), at % families];
  if (member === 0) return [];
  const parents = [(member - 1) >> 1, (member - 1) >> 2];
  const to = arnOf(member, family, families);
  return parents.map((parent, which) => {
    const from = arnOf(parent, family, families);
    const label = which === 0 ? 'ContributedTo' : 'DerivedFrom';
    return edgeRow(from, label, to, new Date(START_MS + at));
  });
}

function datasetRow(at, families) {
  const [member, family] = [Math.floor(at / families), at % families];
  return artifactRow(arnOf(member, family, families), new Date(START_MS + at), {
    sourceuri: `s3://training-data/projects/project-${family}/datasets/part-${member}.parquet`,
    ...(member === 0 && { name: `dataset-${family}` }),
  });
}

function componentRow(at, families) {
  const [member, family] = [Math.floor(at / families), at % families];
  const arn = arnOf(member, family, families);
  const time = new Date(START_MS + at);
  return {
    kind: 'trial_component',
    id: arn,
    orderMs: time.getTime(),
    cells: {
      arn,
      sourcearn: `arn:aws:sagemaker:us-east-1:123456789012:training-job/pipelines-${at}-train`,
      type: 'SageMakerTrainingJob',
      creationtime: time,
      LastModifiedTime: time,
      status: 'Completed',
      message: 'Status: Completed, secondary status: Completed, failure reason: .',
      name: `pipelines-${at}-train-aws-training-job`,
      starttime: time,
      endtime: time,
      account: '123456789012',
      region: 'us-east-1',
    },
  };
}

async function write(directory, path, header, count, cellsOf) {
  const file = join(directory, path);
  const stream = createWriteStream(file);
  const digest = createHash('sha256');
  const put = (text) => {
    digest.update(text);
    return stream.write(text);
  };
  put(`${header}\n`);
  let rows = 0;
  for (let from = 0; from < count; from += ROWS_AT_A_TIME) {
    const cells = [];
    for (let at = from; at < Math.min(count, from + ROWS_AT_A_TIME); at += 1) cells.push(...cellsOf(at));
    rows += cells.length;
    if (!put(csvLines(cells))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
  return { path, rows, bytes: (await stat(file)).size, sha256: digest.digest('hex') };
}
