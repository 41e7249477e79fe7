import { edgeId } from '../../dist/graph/ids.js';

const START_MS = Date.UTC(2026, 0, 1);

/** Vertices and edges in turns, so many of each, in batches: values as an account has them, every seventh with quotes or line ends. */
export function* rowBatches(count, size) {
  for (let from = 0; from < count; from += size) {
    const ats = Array.from({ length: Math.min(size, count - from) }, (_, at) => from + at);
    yield { kind: 'vertex', rows: ats.map(vertexRow) };
    yield { kind: 'edge', rows: ats.map((at) => edgeRow(at, count)) };
  }
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
      name: at % 7 === 0 ? `the "${at}th",\nas it was` : `dataset-${at}`,
      creationtime: time,
      LastModifiedTime: time,
      account: '123456789012',
      region: 'us-east-1',
    },
  };
}

function edgeRow(at, vertices) {
  const [from, to] = [arnOf(at), arnOf((at * 7 + 1) % vertices)];
  const cells = { creationtime: new Date(START_MS + at * 1000) };
  return {
    id: edgeId(from, 'ContributedTo', to),
    from,
    to,
    label: 'ContributedTo',
    orderMs: START_MS,
    cells,
  };
}
