import {
  type Filter,
  paginateSearch,
  SearchCommand,
  type SearchCommandInput,
  type SearchExpression,
} from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import type { AccountRecord } from '../../../src/sandbox/records.ts';
import { ARN, startSageMaker, T0 } from './loopback.ts';
import { component, experiment, trial } from './records.ts';

const DAY = 86_400_000;

const RECORDS: readonly AccountRecord[] = [
  experiment('Churn', { Description: 'who leaves', Tags: { team: 'red' } }),
  experiment('Fraud', { LastModifiedTime: T0 + DAY }),
  trial('Churn-Run-1', 'Churn', { DisplayName: 'first', MetadataProperties: { CommitId: 'c1' } }),
  trial('Fraud-Run-1', 'Fraud', { LastModifiedTime: T0 + 1 }),
  component('train-a', {
    DisplayName: 'Training',
    Source: { SourceArn: `${ARN}:training-job/train-a`, SourceType: 'SageMakerTrainingJob' },
    Status: { PrimaryStatus: 'Completed' },
    StartTime: T0 + 5,
    Parameters: {
      lr: { NumberValue: 0.1 },
      optimizer: { StringValue: 'adam' },
      'a.b': { StringValue: 'dotted' },
    },
    InputArtifacts: {
      'SageMaker.ImageUri': { Value: 'image:1' },
      train: { MediaType: 'text/csv', Value: 's3://d/train' },
    },
    Metrics: [{ MetricName: 'test:loss', Min: 0.1, Max: 0.9, Last: 0.2, Count: 3 }],
    Tags: { team: 'red', 'sagemaker:step': 'x' },
    CreatedBy: { UserProfileName: 'eve' },
    LastModifiedTime: T0 + 1000,
  }),
  component('train-b', {
    Status: { PrimaryStatus: 'Failed', Message: 'out of memory' },
    Parameters: { lr: { NumberValue: 0.5 } },
    Metrics: [{ MetricName: 'test:loss', Min: 0.3, Max: 0.4, Last: 0.3, Count: 2 }],
    LastModifiedTime: T0 + 2000,
    CreationTime: T0 - DAY,
  }),
  component('loose', { LastModifiedTime: T0 + 3000 }),
  { kind: 'membership', TrialName: 'Churn-Run-1', TrialComponentName: 'train-a' },
  { kind: 'membership', TrialName: 'Fraud-Run-1', TrialComponentName: 'train-a' },
  { kind: 'membership', TrialName: 'Fraud-Run-1', TrialComponentName: 'train-b' },
];

async function start() {
  const started = await startSageMaker();
  started.account.load(RECORDS);
  return started;
}

const components = (SearchExpression: SearchExpression): SearchCommandInput => ({
  Resource: 'ExperimentTrialComponent',
  SearchExpression,
  SortBy: 'TrialComponentName',
  SortOrder: 'Ascending',
});

test('a trial component comes whole, with its tags and the trials that it is in', async () => {
  const { client } = await start();

  const { Results, TotalHits } = await client.send(
    new SearchCommand(components({ Filters: [{ Name: 'TrialComponentName', Value: 'train-a' }] })),
  );

  expect(TotalHits).toEqual({ Value: 1, Relation: 'EqualTo' });
  expect(Results).toEqual([
    {
      TrialComponent: {
        TrialComponentArn: `${ARN}:experiment-trial-component/train-a`,
        TrialComponentName: 'train-a',
        DisplayName: 'Training',
        Source: { SourceArn: `${ARN}:training-job/train-a`, SourceType: 'SageMakerTrainingJob' },
        Status: { PrimaryStatus: 'Completed' },
        StartTime: new Date(T0 + 5),
        Parameters: {
          lr: { NumberValue: 0.1 },
          optimizer: { StringValue: 'adam' },
          'a.b': { StringValue: 'dotted' },
        },
        InputArtifacts: {
          'SageMaker.ImageUri': { Value: 'image:1' },
          train: { MediaType: 'text/csv', Value: 's3://d/train' },
        },
        Metrics: [{ MetricName: 'test:loss', Min: 0.1, Max: 0.9, Last: 0.2, Count: 3 }],
        CreationTime: new Date(T0),
        LastModifiedTime: new Date(T0 + 1000),
        CreatedBy: { UserProfileName: 'eve' },
        LastModifiedBy: {},
        LineageGroupArn: `${ARN}:lineage-group/sagemaker-default-lineage-group`,
        Tags: [
          { Key: 'team', Value: 'red' },
          { Key: 'sagemaker:step', Value: 'x' },
        ],
        Parents: [
          { TrialName: 'Churn-Run-1', ExperimentName: 'Churn' },
          { TrialName: 'Fraud-Run-1', ExperimentName: 'Fraud' },
        ],
        SourceDetail: {
          SourceArn: `${ARN}:training-job/train-a`,
          TrainingJob: {
            TrainingJobName: 'train-a',
            TrainingJobArn: `${ARN}:training-job/train-a`,
            Tags: [
              { Key: 'team', Value: 'red' },
              { Key: 'sagemaker:step', Value: 'x' },
            ],
          },
        },
      },
    },
  ]);
});

test('experiments and trials come whole, the last changed first', async () => {
  const { client } = await start();

  const experiments = await client.send(new SearchCommand({ Resource: 'Experiment' }));
  const trials = await client.send(new SearchCommand({ Resource: 'ExperimentTrial' }));

  const nobody = { CreatedBy: {}, LastModifiedBy: {} };
  expect(experiments.Results?.map(({ Experiment }) => Experiment?.ExperimentName)).toEqual([
    'Fraud',
    'Churn',
  ]);
  expect(experiments.Results?.[1]?.Experiment).toEqual({
    ExperimentArn: `${ARN}:experiment/churn`,
    ExperimentName: 'Churn',
    Description: 'who leaves',
    Tags: [{ Key: 'team', Value: 'red' }],
    CreationTime: new Date(T0),
    LastModifiedTime: new Date(T0),
    ...nobody,
  });
  expect(trials.Results?.[1]?.Trial).toEqual({
    TrialArn: `${ARN}:experiment-trial/churn-run-1`,
    TrialName: 'Churn-Run-1',
    ExperimentName: 'Churn',
    DisplayName: 'first',
    MetadataProperties: { CommitId: 'c1' },
    Tags: [],
    TrialComponentSummaries: [
      {
        TrialComponentName: 'train-a',
        TrialComponentArn: `${ARN}:experiment-trial-component/train-a`,
        TrialComponentSource: {
          SourceArn: `${ARN}:training-job/train-a`,
          SourceType: 'SageMakerTrainingJob',
        },
        CreationTime: new Date(T0),
        CreatedBy: { UserProfileName: 'eve' },
      },
    ],
    CreationTime: new Date(T0),
    LastModifiedTime: new Date(T0),
    ...nobody,
  });
});

const ISO = '2024-01-01T00:00:00';

test.each<[Filter, string[]]>([
  [{ Name: 'TrialComponentName', Operator: 'Equals', Value: 'TRAIN-A' }, ['train-a']],
  [{ Name: 'DisplayName', Operator: 'Equals', Value: 'Training' }, ['train-a']],
  [{ Name: 'Status.Message', Operator: 'Equals', Value: 'Out of memory' }, []],
  [{ Name: 'TrialComponentArn', Value: `${ARN}:experiment-trial-component/Train-B` }, ['train-b']],
  [{ Name: 'Status.PrimaryStatus', Operator: 'NotEquals', Value: 'Completed' }, ['loose', 'train-b']],
  [{ Name: 'Status.PrimaryStatus', Operator: 'In', Value: 'Failed, Stopped' }, ['train-b']],
  [{ Name: 'Status.Message', Operator: 'Contains', Value: 'memory' }, ['train-b']],
  [{ Name: 'Source.SourceArn', Operator: 'Exists' }, ['train-a']],
  [{ Name: 'Source', Operator: 'NotExists' }, ['loose', 'train-b']],
  [{ Name: 'Parents.ExperimentName', Operator: 'Equals', Value: 'churn' }, ['train-a']],
  [{ Name: 'Parents.TrialName', Operator: 'Equals', Value: 'Fraud-Run-1' }, ['train-a', 'train-b']],
  [{ Name: 'Parents', Operator: 'NotExists' }, ['loose']],
  [{ Name: 'Tags.team', Operator: 'Equals', Value: 'red' }, ['train-a']],
  [{ Name: 'Tags.sagemaker:step', Operator: 'Exists' }, ['train-a']],
  [{ Name: 'Parameters.lr', Operator: 'GreaterThan', Value: '0.1' }, ['train-b']],
  [{ Name: 'Parameters.lr', Operator: 'GreaterThanOrEqualTo', Value: '0.1' }, ['train-a', 'train-b']],
  [{ Name: 'Parameters.lr', Operator: 'Equals', Value: '0.10' }, ['train-a']],
  [{ Name: 'Parameters.optimizer', Operator: 'Equals', Value: 'adam' }, ['train-a']],
  [{ Name: 'Parameters.a.b', Operator: 'Contains', Value: 'dot' }, ['train-a']],
  [{ Name: 'Metrics.test:loss', Operator: 'LessThan', Value: '0.3' }, ['train-a']],
  [{ Name: 'metrics.test:loss.max', Operator: 'LessThanOrEqualTo', Value: '0.4' }, ['train-b']],
  [{ Name: 'InputArtifacts.train.Value', Operator: 'Contains', Value: 's3://d' }, ['train-a']],
  [{ Name: 'InputArtifacts.SageMaker.ImageUri', Operator: 'Equals', Value: 'image:1' }, ['train-a']],
  [{ Name: 'InputArtifacts.train.MediaType', Operator: 'Equals', Value: 'text/csv' }, ['train-a']],
  [{ Name: 'InputArtifacts', Operator: 'Contains', Value: 'image:' }, ['train-a']],
  [{ Name: 'CreationTime', Operator: 'LessThan', Value: ISO }, ['train-b']],
  [{ Name: 'CreationTime', Operator: 'GreaterThanOrEqualTo', Value: ISO }, ['loose', 'train-a']],
  [{ Name: 'CreationTime', Operator: 'GreaterThan', Value: ISO }, []],
  [{ Name: 'creationTime', Operator: 'LessThanOrEqualTo', Value: ISO }, ['loose', 'train-a', 'train-b']],
  [{ Name: 'CreationTime', Operator: 'Equals', Value: ISO }, ['loose', 'train-a']],
  [{ Name: 'CreationTime', Operator: 'NotEquals', Value: ISO }, ['train-b']],
  [
    { Name: 'LastModifiedTime', Operator: 'GreaterThan', Value: String((T0 + 1000) / 1000) },
    ['loose', 'train-b'],
  ],
  [{ Name: 'LastModifiedTime', Operator: 'Equals', Value: '2024-01-01T01:00:02+01:00' }, ['train-b']],
  [{ Name: 'StartTime', Operator: 'LessThan', Value: '2024-01-01T00:00:00.006Z' }, ['train-a']],
  [{ Name: 'CreatedBy.UserProfileName', Operator: 'Equals', Value: 'eve' }, ['train-a']],
])('the filter %o finds %j', async (filter, names) => {
  const { client } = await start();

  const { Results = [], TotalHits } = await client.send(new SearchCommand(components({ Filters: [filter] })));

  expect(Results.map(({ TrialComponent }) => TrialComponent?.TrialComponentName)).toEqual(names);
  expect(TotalHits?.Value).toBe(names.length);
});

const is = (Name: string, Value: string): Filter => ({ Name, Operator: 'Equals', Value });

test.each<[string, SearchExpression, string[]]>([
  [
    'all filters where it does not say',
    { Filters: [is('Tags.team', 'red'), is('Status.PrimaryStatus', 'Failed')] },
    [],
  ],
  [
    'any filter',
    { Operator: 'Or', Filters: [is('Tags.team', 'red'), is('Status.PrimaryStatus', 'Failed')] },
    ['train-a', 'train-b'],
  ],
  [
    'a window of creation time',
    {
      Filters: [
        { Name: 'CreationTime', Operator: 'GreaterThanOrEqualTo', Value: '2023-12-31T00:00:00Z' },
        { Name: 'CreationTime', Operator: 'LessThan', Value: ISO },
      ],
    },
    ['train-b'],
  ],
  [
    'either side of a moment',
    {
      Operator: 'Or',
      Filters: [
        { Name: 'CreationTime', Operator: 'LessThan', Value: ISO },
        { Name: 'CreationTime', Operator: 'GreaterThanOrEqualTo', Value: ISO },
      ],
    },
    ['loose', 'train-a', 'train-b'],
  ],
  [
    'one object of a list that satisfies all nested filters',
    {
      NestedFilters: [
        {
          NestedPropertyName: 'Parents',
          Filters: [is('Parents.TrialName', 'Churn-Run-1'), is('ExperimentName', 'Fraud')],
        },
      ],
    },
    [],
  ],
  [
    'nested filters that one object satisfies',
    {
      NestedFilters: [
        {
          NestedPropertyName: 'Parents',
          Filters: [is('Parents.TrialName', 'Fraud-Run-1'), is('Parents.ExperimentName', 'Fraud')],
        },
      ],
    },
    ['train-a', 'train-b'],
  ],
  [
    'subexpressions',
    {
      Operator: 'And',
      Filters: [{ Name: 'Parents', Operator: 'Exists' }],
      SubExpressions: [
        { Operator: 'Or', Filters: [is('TrialComponentName', 'loose'), is('TrialComponentName', 'train-b')] },
      ],
    },
    ['train-b'],
  ],
])('an expression asks for %s', async (_, expression, names) => {
  const { client } = await start();

  const { Results = [] } = await client.send(new SearchCommand(components(expression)));

  expect(Results.map(({ TrialComponent }) => TrialComponent?.TrialComponentName)).toEqual(names);
});

test.each([
  ['Ascending', ['train-b', 'train-a', 'loose']],
  ['Descending', ['loose', 'train-a', 'train-b']],
] as const)(
  'by creation time in %s order, pages lead from one entity to the next',
  async (SortOrder, names) => {
    const { client } = await start();
    const input = { Resource: 'ExperimentTrialComponent', SortBy: 'CreationTime', SortOrder } as const;

    const found: (string | undefined)[] = [];
    for await (const { Results = [] } of paginateSearch({ client, pageSize: 1 }, input)) {
      found.push(...Results.map(({ TrialComponent }) => TrialComponent?.TrialComponentName));
    }

    expect(found).toEqual(names);
  },
);

test.each([
  ['LastModifiedTime', 'Ascending', ['train-a', 'train-b', 'loose']],
  ['LastModifiedTime', 'Descending', ['loose', 'train-b', 'train-a']],
  ['metrics.test:loss.max', 'Descending', ['train-a', 'train-b', 'loose']],
  ['Metrics.test:loss.Max', 'Ascending', ['train-b', 'train-a', 'loose']],
  ['DisplayName', 'Ascending', ['train-a', 'loose', 'train-b']],
  ['Parameters.lr', 'Ascending', ['train-a', 'train-b', 'loose']],
] as const)(
  'results sort by %s, %s, those without it last, page by page',
  async (SortBy, SortOrder, names) => {
    const { client } = await start();
    const found: unknown[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new SearchCommand({
          Resource: 'ExperimentTrialComponent',
          SortBy,
          SortOrder,
          MaxResults: 1,
          NextToken,
        }),
      );
      found.push(...(page.Results ?? []).map(({ TrialComponent }) => TrialComponent?.TrialComponentName));
      expect(page.TotalHits).toEqual({ Value: 3, Relation: 'EqualTo' });
      NextToken = page.NextToken;
    } while (NextToken !== undefined);

    if (SortBy === 'DisplayName') expect(found[0]).toBe(names[0]);
    else expect(found).toEqual(names);
  },
);

test.each<[string, SearchExpression, string]>([
  ['an unknown property', { Filters: [is('Colour', 'x')] }, 'Unknown property name: Colour'],
  ['a member of text', { Filters: [is('DisplayName.x', 'x')] }, 'Unknown property name: DisplayName.x'],
  [
    'an order of text',
    { Filters: [{ Name: 'DisplayName', Operator: 'GreaterThan', Value: 'x' }] },
    'Operator GreaterThan is not supported for text property DisplayName.',
  ],
  [
    'In of times',
    { Filters: [{ Name: 'CreationTime', Operator: 'In', Value: ISO }] },
    'Operator In is supported for text properties only, not for CreationTime.',
  ],
  [
    'Contains of numbers',
    { Filters: [{ Name: 'Metrics.test:loss', Operator: 'Contains', Value: '1' }] },
    'Operator Contains is supported for text properties only, not for Metrics.test:loss.',
  ],
  [
    'no time',
    { Filters: [is('CreationTime', 'soon')] },
    "Value 'soon' is no time to compare CreationTime with.",
  ],
  [
    'no value',
    { Filters: [{ Name: 'DisplayName', Operator: 'Equals' }] },
    'Filter on DisplayName with Equals needs a Value.',
  ],
  ['nothing', {}, 'SearchExpression needs a filter, a nested filter or a subexpression.'],
  [
    'Contains of two rare properties',
    {
      Filters: [
        { Name: 'Status.Message', Operator: 'Contains', Value: 'a' },
        { Name: 'Source.SourceArn', Operator: 'Contains', Value: 'b' },
      ],
    },
    "'CONTAINS' operator usage limit of 1 exceeded.",
  ],
  [
    'more than 50 conditions',
    {
      SubExpressions: Array.from({ length: 3 }, () => ({ Filters: Array(20).fill(is('DisplayName', 'x')) })),
    },
    'SearchExpression has more than 50 filters, nested filters and subexpressions.',
  ],
  [
    'nested filters of what is no list',
    { NestedFilters: [{ NestedPropertyName: 'Status', Filters: [is('Status.Message', 'x')] }] },
    'Unknown nested property name: Status',
  ],
])('an expression with %s is refused', async (_, expression, message) => {
  const { client } = await start();

  await expect(client.send(new SearchCommand(components(expression)))).rejects.toMatchObject({
    name: 'ValidationException',
    message,
  });
});

test('resources that the sandbox does not hold, and those of other accounts, are not found', async () => {
  const { client } = await start();

  const jobs = await client.send(new SearchCommand({ Resource: 'TrainingJob' }));
  const foreign = await client.send(
    new SearchCommand({ Resource: 'Experiment', CrossAccountFilterOption: 'CrossAccount' }),
  );

  expect([jobs.Results, jobs.TotalHits?.Value]).toEqual([[], 0]);
  expect([foreign.Results, foreign.TotalHits?.Value]).toEqual([[], 0]);
});

test('a change to the account is seen by the next search', async () => {
  const { client, account } = await start();
  const request = new SearchCommand({ Resource: 'Experiment' });
  await client.send(request);

  account.load([experiment('New')]);

  expect((await client.send(request)).TotalHits?.Value).toBe(3);
});
