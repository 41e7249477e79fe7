import { expect, test } from 'vitest';
import { createDetailer, type DetailerOptions } from '../../src/crawl/details.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import { PREFIX } from './scripted-account.ts';
import { type Answer, type Call, lastPage, page, withScript } from './scripted-sagemaker.ts';

const SECOND = 1_700_000_000;

function component(n: number, modified = 0) {
  return {
    TrialComponentArn: `${PREFIX}:experiment-trial-component/job-${n}`,
    TrialComponentName: `job-${n}`,
    CreationTime: SECOND + n + 0.5,
    LastModifiedTime: SECOND + n + modified,
  };
}

/** A record of Search; `lr` tells where a detail came from. */
const found = (n: number, lr: number, more: object = {}) => ({
  TrialComponent: {
    ...component(n),
    Parameters: { lr: { NumberValue: lr } },
    Parents: [{ TrialName: 'First', ExperimentName: 'Churn' }],
    ...more,
  },
});

/** The listed row of a component. */
function row(n: number, modified = 0): VertexRow {
  const { TrialComponentArn: id, TrialComponentName: name } = component(n);
  const creationtime = new Date((SECOND + n + 0.5) * 1_000);
  return {
    kind: 'trial_component',
    id,
    orderMs: creationtime.getTime(),
    cells: {
      ...{ arn: id, name, creationtime, account: '111111111111', region: 'us-east-1' },
      LastModifiedTime: new Date((SECOND + n + modified) * 1_000),
    },
  } as VertexRow;
}

async function completed(
  script: (call: Call) => Answer,
  rows: readonly VertexRow[],
  options: Partial<DetailerOptions> = {},
) {
  return withScript(script, async ({ clients, calls }) => {
    const counts: object[] = [];
    const { rows: whole, memberships } = await createDetailer(clients, {
      tags: false,
      concurrency: 4,
      ...options,
    }).complete(rows, { onCount: (count) => counts.push(count) });
    const learning = whole.map(({ cells }) => ('parameters' in cells ? cells.parameters : undefined));
    return {
      whole,
      learning,
      memberships,
      operations: calls.map(({ operation }) => operation),
      calls,
      counts,
    };
  });
}

test('a hundred components take one call of Search, over exactly their creation times, and bring their membership', async () => {
  const rows = [row(1), row(2), row(3)];
  const script = () => lastPage('Search', [found(3, 3), found(1, 1), found(2, 2)]);

  const { learning, memberships, calls, counts } = await completed(script, rows);

  expect(learning).toEqual(['{"lr":1}', '{"lr":2}', '{"lr":3}']);
  expect(memberships.map(({ to }) => to)).toEqual(rows.map(({ id }) => id));
  expect(calls.map(({ input }) => input.SearchExpression)).toEqual([
    {
      Filters: [
        { Name: 'CreationTime', Operator: 'GreaterThanOrEqualTo', Value: '2023-11-14T22:13:21.500Z' },
        { Name: 'CreationTime', Operator: 'LessThanOrEqualTo', Value: '2023-11-14T22:13:23.500Z' },
      ],
    },
  ]);
  expect(counts).toEqual([{ pages: 1 }]);
});

test('where Search compares whole seconds, it is asked once more with a second to either side', async () => {
  const script = ({ number }: Call) =>
    lastPage('Search', number === 1 ? [found(2, 2)] : [found(1, 1), found(2, 2), found(9, 9)]);

  const { learning, operations } = await completed(script, [row(1), row(2)]);

  expect(learning).toEqual(['{"lr":1}', '{"lr":2}']);
  expect(operations).toEqual(['Search', 'Search']);
});

test('what Search does not have yet, or has as it was before, is described; its membership is what Search says', async () => {
  const script = ({ operation, input }: Call): Answer => {
    if (operation === 'Search')
      return lastPage('Search', [found(1, 1, { Tags: [{ Key: 'a', Value: 'b' }] }), found(2, 2)]);
    const n = Number(String(input.TrialComponentName).split('-').at(-1));
    return { json: { ...component(n, 7), Parameters: { lr: { NumberValue: 10 * n } } } };
  };

  const { whole, learning, memberships, operations } = await completed(script, [
    row(1, 7),
    row(2),
    row(3, 7),
  ]);

  expect(learning).toEqual(['{"lr":10}', '{"lr":2}', '{"lr":30}']);
  expect(operations.filter((operation) => operation === 'DescribeTrialComponent')).toHaveLength(2);
  expect(whole[0]?.cells).toMatchObject({
    tags: '{"a":"b"}',
    LastModifiedTime: new Date((SECOND + 8) * 1_000),
  });
  expect(memberships.map(({ to }) => to.at(-1))).toEqual(['1', '2']);
});

test('a page of Search that comes late in a listing goes on where its token was refused', async () => {
  const script = ({ number, input }: Call): Answer => {
    if (number === 1) return page('Search', [found(1, 1), found(2, 2)], 'next');
    if (input.NextToken !== undefined) return { error: 'ValidationException', message: 'The token expired.' };
    return lastPage('Search', [found(2, 2), found(3, 3)]);
  };

  const { learning, operations } = await completed(script, [row(1), row(2), row(3)]);

  expect(learning).toEqual(['{"lr":1}', '{"lr":2}', '{"lr":3}']);
  expect(operations).toEqual(['Search', 'Search', 'Search']);
});

test('Describe that is refused for one of many fails all of them, and the others are given up', async () => {
  const script = ({ operation }: Call): Answer =>
    operation === 'Search'
      ? lastPage('Search', [])
      : {
          error: 'AccessDeniedException',
          message:
            'User: arn:aws:iam::1:user/u is not authorized to perform: sagemaker:DescribeTrialComponent',
        };

  await expect(completed(script, [row(1), row(2), row(3)])).rejects.toMatchObject({
    outcome: 'accessDenied',
    details: { action: 'sagemaker:DescribeTrialComponent' },
  });
});

test('tags of a job come from its record where Search has it, else from ListTags, page after page', async () => {
  const job = (name: string) => `${PREFIX}:training-job/${name}`;
  const withSource = (n: number, more: object = {}) =>
    found(n, n, { Source: { SourceArn: job(`j${n}`), SourceType: 'SageMakerTrainingJob' }, ...more });
  const script = ({ operation, input }: Call): Answer => {
    if (operation === 'Search') {
      const SourceDetail = { TrainingJob: { Tags: [{ Key: 'team', Value: 'red' }] } };
      return lastPage('Search', [withSource(1, { SourceDetail }), withSource(2)]);
    }
    if (input.NextToken === undefined)
      return { json: { Tags: [{ Key: 'b', Value: '2' }], NextToken: 'more' } };
    return { json: { Tags: [{ Key: 'sagemaker:pipeline-execution-arn', Value: 'arn:x' }] } };
  };

  const { whole, calls } = await completed(script, [row(1), row(2)], { tags: true });

  expect(
    whole.map(({ cells }) => 'sourcetags' in cells && [cells.sourcetags, cells.pipelineexecution]),
  ).toEqual([
    ['{"team":"red"}', undefined],
    ['{"b":"2","sagemaker:pipeline-execution-arn":"arn:x"}', 'arn:x'],
  ]);
  expect(calls.filter(({ operation }) => operation === 'ListTags').map(({ input }) => input)).toEqual([
    { ResourceArn: job('j2') },
    { ResourceArn: job('j2'), NextToken: 'more' },
  ]);
});

test('a trial that Search does not have yet is in the experiment that its description names', async () => {
  const id = `${PREFIX}:experiment-trial/first`;
  const cells = { arn: id, name: 'First', creationtime: new Date(SECOND * 1_000) };
  const trial = { kind: 'trial', id, orderMs: SECOND * 1_000, cells } as unknown as VertexRow;
  const script = ({ operation }: Call): Answer =>
    operation === 'Search'
      ? lastPage('Search', [])
      : { json: { TrialArn: id, TrialName: 'First', ExperimentName: 'Churn', CreationTime: SECOND } };

  const { memberships } = await completed(script, [trial]);

  expect(memberships.map(({ from, label, to }) => [from, label, to])).toEqual([
    [`${PREFIX}:experiment/Churn`, 'HasTrial', id],
  ]);
});
