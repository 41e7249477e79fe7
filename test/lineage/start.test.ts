import { beforeAll, describe, expect, test } from 'vitest';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { findStart } from '../../src/lineage/start.ts';
import { openRunGraph } from '../../src/runs/run-graph/open.ts';
import { arn, vertexRow, writtenRun } from '../runs/written-run.ts';

const PACKAGE = arn('model-package/churn/3');
const ENDPOINT = arn('endpoint/churn-prod');
const JOB = arn('training-job/train-7');

let graph: LineageGraph;

beforeAll(async () => {
  const { directory } = await writtenRun({
    vertices: [
      vertexRow('artifact', arn('artifact/data'), { name: 'orders', sourceuri: 's3://b/orders/' }),
      vertexRow('artifact', arn('artifact/package'), { type: 'Model', sourceuri: PACKAGE }),
      vertexRow('action', arn('action/create'), { sourceuri: PACKAGE, name: 'create' }),
      vertexRow('action', arn('action/approve'), { sourceuri: PACKAGE, name: 'approve' }),
      vertexRow('context', arn('context/churn'), { type: 'Endpoint', sourceuri: ENDPOINT, name: 'churn' }),
      vertexRow('action', arn('action/deploy-1'), { sourceuri: ENDPOINT, name: 'deploy' }),
      vertexRow('action', arn('action/deploy-2'), { sourceuri: ENDPOINT, name: 'deploy' }),
      vertexRow('trial_component', arn('experiment-trial-component/train-7-aws-training-job'), {
        name: 'train-7-aws-training-job',
        sourcearn: JOB,
        displayname: 'Train, "again"',
      }),
      vertexRow('experiment', arn('experiment/orders'), { name: 'Orders', displayname: 'churn' }),
      vertexRow('artifact', arn('artifact/quoted'), { sourceuri: 's3://b/a "b", é' }),
    ],
    edges: [],
  });
  graph = await openRunGraph({ directory });
});

describe('a start is found', () => {
  test.each([
    ['by its ARN', arn('artifact/data'), arn('artifact/data')],
    ['by its ARN in another case', arn('ARTIFACT/DATA'), arn('artifact/data')],
    ['by its name, before the display name of another', 'churn', arn('context/churn')],
    ['by its name in another case', 'CHURN', arn('context/churn')],
    ['by the name of its job', 'train-7', arn('experiment-trial-component/train-7-aws-training-job')],
    ['by the ARN of its job', JOB, arn('experiment-trial-component/train-7-aws-training-job')],
    ['by its display name', 'Train, "again"', arn('experiment-trial-component/train-7-aws-training-job')],
    ['by its source URI', 's3://b/orders/', arn('artifact/data')],
    ['by its source URI without the slash at the end', 's3://b/orders', arn('artifact/data')],
    ['by a source URI with quotes and letters of other alphabets', 's3://b/a "b", é', arn('artifact/quoted')],
    ['as the package, not what was done to it', PACKAGE, arn('artifact/package')],
    ['as the endpoint, not its deployments', ENDPOINT, arn('context/churn')],
  ])('%s', async (_, text, id) => {
    expect(await findStart(graph, text)).toBe(id);
  });
});

test('a text that several entities are called by is an error that lists them', async () => {
  await expect(findStart(graph, 'deploy')).rejects.toMatchObject({
    outcome: 'usage',
    exitCode: 2,
    message: `"deploy" names 2 entities in ${graph.name}.`,
    hint: `Pass the ARN of the one that you mean: ${arn('action/deploy-1')}, ${arn('action/deploy-2')}`,
    details: { start: 'deploy', candidates: [arn('action/deploy-1'), arn('action/deploy-2')] },
  });
  await expect(findStart(graph, 'orders')).rejects.toMatchObject({
    details: { candidates: [arn('artifact/data'), arn('experiment/orders')] },
  });
});

test('a text that nothing is called by is an error that names what resembles it', async () => {
  await expect(findStart(graph, 'chur')).rejects.toMatchObject({
    outcome: 'usage',
    message: `There is no "chur" in ${graph.name}.`,
    hint: expect.stringContaining('Did you mean'),
  });
  await expect(findStart(graph, 's3://elsewhere/x')).rejects.toMatchObject({
    outcome: 'usage',
    message: `There is no "s3://elsewhere/x" in ${graph.name}.`,
  });
});
