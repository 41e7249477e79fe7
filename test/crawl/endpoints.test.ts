import { expect, test } from 'vitest';
import { createEndpoints, spellingsIn } from '../../src/crawl/endpoints.ts';
import { createIdSet } from '../../src/crawl/id-set.ts';
import { edgeId } from '../../src/graph/ids.ts';
import type { EdgeRow, VertexRow } from '../../src/graph/rows.ts';

const PREFIX = 'arn:aws:sagemaker:us-east-1:111111111111';
const OTHER = 'arn:aws:sagemaker:eu-west-1:222222222222';

function edge(
  from: string,
  to: string,
  cells: Partial<EdgeRow['cells']> = {},
  label = 'ContributedTo',
): EdgeRow {
  const blank = {
    creationtime: undefined,
    sourcetype: undefined,
    destinationtype: undefined,
    sourcename: undefined,
    destinationname: undefined,
    createdby: undefined,
  };
  return { id: edgeId(from, label, to), from, to, label, orderMs: 1, cells: { ...blank, ...cells } };
}

function listed(...ids: string[]) {
  const set = createIdSet();
  for (const id of ids) set.add(id);
  return set;
}

const external = (
  id: string,
  cells: { type?: string; name?: string; account?: string; region?: string },
) => ({
  kind: 'external',
  id,
  orderMs: 0,
  cells: { arn: id, type: undefined, name: undefined, account: undefined, region: undefined, ...cells },
});

test('ends that are listed as spelled stay as they are', () => {
  const endpoints = createEndpoints(listed('a', 'b'), new Map());
  const given = edge('a', 'b');

  expect(endpoints.resolve(given)).toBe(given);
  expect([endpoints.externals(), [...endpoints.wanted]]).toEqual([[], []]);
});

test('an end in another case takes the listed spelling, without a search where that is lower case', () => {
  const endpoints = createEndpoints(listed(`${PREFIX}:artifact/a`, `${PREFIX}:action/b`), new Map());
  const given = edge(`${PREFIX}:artifact/A`, `${PREFIX}:action/b`);

  expect(endpoints.resolve(given)).toEqual({ ...given, from: `${PREFIX}:artifact/a` });
  expect([...endpoints.wanted]).toEqual([]);
});

test('an end listed in mixed case is wanted first and takes that spelling next', () => {
  const ids = listed(`${PREFIX}:action/MyAction`, 'x');
  const given = edge('x', `${PREFIX}:action/myaction`);

  const first = createEndpoints(ids, new Map());
  first.resolve(given);
  const second = createEndpoints(ids, new Map([[`${PREFIX}:action/myaction`, `${PREFIX}:action/MyAction`]]));

  expect([...first.wanted]).toEqual([`${PREFIX}:action/myaction`]);
  expect(second.resolve(given)).toEqual({ ...given, to: `${PREFIX}:action/MyAction` });
  expect([second.externals(), [...second.wanted]]).toEqual([[], []]);
});

test('an end that nothing lists is one external vertex, described by all its associations, in its first spelling', () => {
  const endpoints = createEndpoints(listed('x'), new Map());
  const foreign = `${OTHER}:artifact/F1`;

  const resolved = [
    edge('x', foreign, { destinationtype: 'Model' }),
    edge(foreign.toLowerCase(), 'x', { sourcetype: 'Other', sourcename: 'shared' }),
    edge('x', 'not an arn', { destinationname: 'odd' }),
  ].map(endpoints.resolve);

  expect(resolved.map(({ from, to }) => [from, to])).toEqual([
    ['x', foreign],
    [foreign, 'x'],
    ['x', 'not an arn'],
  ]);
  expect(endpoints.externals()).toEqual([
    external(foreign, { type: 'Model', name: 'shared', account: '222222222222', region: 'eu-west-1' }),
    external('not an arn', { name: 'odd' }),
  ]);
  expect([...endpoints.wanted]).toEqual([]);
});

test('an experiment that is only listed under another ARN than its name suggests is found by name', async () => {
  const trial = `${PREFIX}:experiment-trial/t`;
  const experiment: VertexRow = {
    kind: 'experiment',
    id: `${PREFIX}:experiment/churn-0a1b`,
    orderMs: 1,
    cells: {
      arn: `${PREFIX}:experiment/churn-0a1b`,
      sourcearn: undefined,
      type: undefined,
      creationtime: undefined,
      LastModifiedTime: undefined,
      name: 'CHURN',
      displayname: undefined,
      account: undefined,
      region: undefined,
    },
  };
  const ids = listed(trial, experiment.id);
  const given = edge(`${PREFIX}:experiment/Churn`, trial, {}, 'HasTrial');

  const first = createEndpoints(ids, new Map());
  first.resolve(given);
  const spellings = await spellingsIn(vertices(experiment), first.wanted);
  const second = createEndpoints(ids, spellings);

  expect(second.resolve(given)).toEqual({
    ...given,
    id: edgeId(experiment.id, 'HasTrial', trial),
    from: experiment.id,
  });
  expect(second.externals()).toEqual([]);
});

test('an experiment that is not listed at all is an external vertex with its name', () => {
  const trial = `${PREFIX}:experiment-trial/t`;
  const endpoints = createEndpoints(listed(trial), new Map());

  endpoints.resolve(edge(`${PREFIX}:experiment/Gone`, trial, {}, 'HasTrial'));

  expect(endpoints.externals()).toEqual([
    external(`${PREFIX}:experiment/Gone`, { name: 'Gone', account: '111111111111', region: 'us-east-1' }),
  ]);
});

async function* vertices(...rows: VertexRow[]): AsyncGenerator<VertexRow> {
  yield* rows;
}
