import { expect, test } from 'vitest';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { downstream } from '../../src/lineage/questions.ts';
import { answerSummary } from '../../src/render/answer-table.ts';
import { EMPTY_GRAPH } from './empty-graph.ts';

const arn = (id: string) => `arn:aws:sagemaker:eu-west-1:123456789012:${id}`;
const [DATA, JOB, MODEL] = [arn('artifact/1'), arn('experiment-trial-component/job'), arn('artifact/2')];
const VERTICES = [
  { id: DATA, label: 'artifact', properties: { type: 'DataSet' } },
  { id: JOB, label: 'trial_component', properties: { type: 'SageMakerTrainingJob' } },
  { id: MODEL, label: 'artifact', properties: { type: 'Model' } },
];
const EDGES = [
  { id: 'e1', from: DATA, to: JOB, label: 'ContributedTo' },
  { id: 'e2', from: JOB, to: MODEL, label: 'Produced' },
];
const graph: LineageGraph = {
  ...EMPTY_GRAPH,
  edges: async (ids) => EDGES.filter(({ from }) => ids.includes(from)),
  vertices: async (ids) => VERTICES.filter(({ id }) => ids.includes(id)),
};
const ask = (options: Omit<Parameters<typeof downstream>[0], 'graph' | 'start'>) =>
  downstream({ graph, start: DATA, ...options });

test.each([
  [
    'the filter',
    { types: ['model', 'Modell'] },
    [
      { type: 'model', meant: 'Model' },
      { type: 'Modell', meant: 'Model' },
    ],
  ],
  [
    'the filter, a job as QueryLineage calls it',
    { types: ['TrainingJob'] },
    [{ type: 'TrainingJob', meant: 'SageMakerTrainingJob' }],
  ],
  ['the filter, nothing like it being there', { types: ['Endpoint'] }, [{ type: 'Endpoint' }]],
  [
    'where to stop',
    { stopAt: ['sagemakertrainingjob'] },
    [{ type: 'sagemakertrainingjob', meant: 'SageMakerTrainingJob' }],
  ],
  [
    'what to walk through',
    { through: ['dataset', 'trial_component'] },
    [{ type: 'dataset', meant: 'DataSet' }],
  ],
])('a type that nothing reached is of is named: in %s', async (_, options, unmatched) => {
  expect(await ask(options)).toMatchObject({ complete: true, unmatched });
});

test.each([
  ['that something is of', { types: ['SageMakerTrainingJob', 'DataSet'], stopAt: ['TrainingJob'] }],
  ['that only what is not shown is of', { kinds: ['artifact'], types: ['Model'] }],
  ['of none asked for', {}],
])('an answer says nothing of types %s', async (_, options) => {
  expect(await ask(options)).not.toHaveProperty('unmatched');
});

test('nor does one that reached nothing', async () => {
  expect(await downstream({ graph, start: MODEL, types: ['Endpoint'] })).not.toHaveProperty('unmatched');
});

test('the last line of an answer says so', async () => {
  expect(answerSummary(await ask({ types: ['model', 'Endpoint'] }))).toBe(
    `0 of 2 entities downstream of ${DATA}; complete; none of them is of type model (is Model meant?); none of them is of type Endpoint`,
  );
});
