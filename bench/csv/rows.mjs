import { artifactArn, artifactRow, edgeRow } from '../made-rows.mjs';

const START_MS = Date.UTC(2026, 0, 1);

/** Vertices and edges in turns, so many of each, in batches: values as an account has them, every seventh with quotes or line ends. */
export function* rowBatches(count, size) {
  for (let from = 0; from < count; from += size) {
    const ats = Array.from({ length: Math.min(size, count - from) }, (_, at) => from + at);
    yield { kind: 'vertex', rows: ats.map(vertexAt) };
    yield { kind: 'edge', rows: ats.map((at) => edgeAt(at, count)) };
  }
}

function vertexAt(at) {
  return artifactRow(artifactArn(at), new Date(START_MS + at * 1000), {
    sourceuri: `s3://training-data/projects/project-${at % 977}/datasets/part-${at}.parquet`,
    name: at % 7 === 0 ? `the "${at}th",\nas it was` : `dataset-${at}`,
  });
}

function edgeAt(at, vertices) {
  const to = artifactArn((at * 7 + 1) % vertices);
  return edgeRow(artifactArn(at), 'ContributedTo', to, new Date(START_MS + at * 1000));
}
