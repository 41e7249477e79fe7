import { beforeAll, describe, expect, test } from 'vitest';
import type { EdgeRow } from '../../src/graph/rows.ts';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { neptuneGraph } from '../../src/lineage/neptune-graph.ts';
import { artifacts, table } from '../../src/lineage/tables.ts';
import { openRunGraph } from '../../src/runs/run-graph/open.ts';
import { arn, edgeRow, vertexRow, writtenRun } from '../runs/written-run.ts';

const JOB = arn('experiment-trial-component/train-7-aws-training-job');
const ENDPOINT = arn('endpoint/Churn-Prod');
const LONG = `s3://bucket/${'folder/'.repeat(8)}data.csv`;

/** An association that was made so many seconds after the first. */
function associated(from: string, label: string, to: string, second: number): EdgeRow {
  const row = edgeRow(from, label, to);
  const orderMs = row.orderMs + second * 1_000;
  return { ...row, orderMs, cells: { ...row.cells, creationtime: new Date(orderMs) } };
}

let graph: LineageGraph;

beforeAll(async () => {
  const { directory } = await writtenRun({
    vertices: [
      vertexRow('trial_component', JOB, { name: 'train-7-aws-training-job', type: 'SageMakerTrainingJob' }),
      vertexRow('artifact', arn('artifact/named'), { name: 'orders', type: 'DataSet', sourceuri: LONG }),
      vertexRow('artifact', arn('artifact/long'), { type: 'DataSet', sourceuri: LONG }),
      vertexRow('artifact', arn('artifact/short'), { type: 'Image', sourceuri: 's3://b/short' }),
      vertexRow('artifact', arn('artifact/model'), { sourceuri: 's3://b/model' }),
      vertexRow('external', 'arn:aws:sagemaker:us-east-1:999999999999:artifact/foreign'),
      vertexRow('context', arn('context/churn'), { name: 'churn', type: 'Endpoint', sourceuri: ENDPOINT }),
      vertexRow('action', arn('action/a/b'), { type: 'ModelDeployment', sourceuri: ENDPOINT }),
    ],
    edges: [
      associated(arn('artifact/named'), 'ContributedTo', JOB, 3),
      associated(arn('artifact/long'), 'Untyped', JOB, 1),
      associated(arn('artifact/short'), 'ContributedTo', JOB, 2),
      associated('arn:aws:sagemaker:us-east-1:999999999999:artifact/foreign', 'ContributedTo', JOB, 4),
      associated(JOB, 'Produced', arn('artifact/model'), 5),
      associated(arn('action/a/b'), 'AssociatedWith', arn('context/churn'), 6),
    ],
  });
  graph = await openRunGraph({ directory });
});

describe('a table', () => {
  test('shows names, else shortened sources, else the end of the ARN; in before out, each the newest first', async () => {
    const { rows } = await table({ graph, subject: 'training-job', of: 'train-7' });

    expect(rows.map((row) => Object.values(row))).toEqual([
      ['foreign', 'Input', null, 'ContributedTo', 'artifact'],
      ['orders', 'Input', 'DataSet', 'ContributedTo', 'artifact'],
      ['s3://b/short', 'Input', 'Image', 'ContributedTo', 'artifact'],
      [`${LONG.slice(0, 5)}...${LONG.slice(-40)}`, 'Input', 'DataSet', null, 'artifact'],
      ['s3://b/model', 'Output', null, 'Produced', 'artifact'],
    ]);
  });

  test.each([
    ['endpoint', 'churn-prod', arn('context/churn')],
    ['endpoint', ENDPOINT, arn('context/churn')],
    ['endpoint', 'Churn', arn('context/churn')],
    ['context', 'churn', arn('context/churn')],
    ['training-job', JOB, JOB],
    ['trial-component', 'train-7-aws-training-job', JOB],
    ['pipeline-step', 'train-7', JOB],
    ['action', arn('action/a/b'), arn('action/a/b')],
  ] as const)('about the %s %s is about %s', async (subject, of, id) => {
    expect((await table({ graph, subject, of })).about.map((vertex) => vertex.id)).toEqual([id]);
  });

  test.each([
    ['processing-job', 'train-7', 'There is no "train-7-aws-processing-job" in'],
    ['model-package', 'churn/1', 'There is no model-package "churn/1" in'],
    ['model-package', 'undefined', 'There is no model-package "undefined" in'],
    ['artifact', 'churn', 'churn is no artifact: it is the context'],
  ] as const)('about a %s that is none is refused', async (subject, of, message) => {
    await expect(table({ graph, subject, of })).rejects.toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining(message),
    });
  });

  test('from a cluster comes in the same order', async () => {
    const edge = (id: string, at: number) => ({ id, from: id, to: JOB, label: 'X', at });
    const cluster = neptuneGraph(
      async (query) => (query.includes('inE') ? [edge('b', 2), edge('c', 2), edge('a', 3)] : []),
      'a cluster',
    );

    const edges = await cluster.edges([JOB], 'upstream', { byTime: true });

    expect(edges).toEqual(['b', 'c', 'a'].map((id) => ({ id, from: id, to: JOB, label: 'X' })));
  });
});

describe('artifacts', () => {
  test('come the newest first, or the oldest, as their creation and ids say', async () => {
    const names = async (order?: 'Ascending' | 'Descending') =>
      (await artifacts({ graph, order })).rows.map(({ ArtifactArn }) => ArtifactArn.split('/')[1]);

    expect(await names('Ascending')).toEqual(['long', 'model', 'named', 'short']);
    expect(await names()).toEqual(['short', 'named', 'model', 'long']);
  });

  test('of a source are those of exactly that source', async () => {
    expect((await artifacts({ graph, sourceUri: LONG })).rows).toHaveLength(2);
    expect((await artifacts({ graph, sourceUri: LONG, type: 'Model' })).rows).toEqual([]);
    expect((await artifacts({ graph, sourceUri: LONG.toUpperCase() })).rows).toEqual([]);
  });
});
