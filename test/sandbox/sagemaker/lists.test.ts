import {
  ListActionsCommand,
  ListArtifactsCommand,
  ListAssociationsCommand,
  ListContextsCommand,
  ListExperimentsCommand,
  ListTrialComponentsCommand,
  ListTrialsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import type { AccountRecord } from '../../../src/sandbox/records.ts';
import { ARN, startSageMaker, T0 } from './loopback.ts';
import { action, artifact, association, component, context, experiment, trial } from './records.ts';

type Page = { readonly ids: readonly unknown[]; readonly NextToken?: string | undefined };
type Input = {
  MaxResults?: number;
  NextToken?: string;
  SortOrder?: 'Ascending' | 'Descending';
  SortBy?: string;
  CreatedAfter?: Date;
  CreatedBefore?: Date;
};
type ListCase = {
  readonly name: string;
  /** What tells a row of the listing from another. */
  list(client: SageMakerClient, input: Input): Promise<Page>;
  record(name: string, CreationTime: number): AccountRecord;
  readonly inclusive: boolean;
  readonly sortsByName: boolean;
};

const HUB = `${ARN}:context/hub`;

/* The row's key is its name; for artifacts the URI, for associations the source's id. */
const CASES: readonly ListCase[] = [
  {
    name: 'ListArtifacts',
    inclusive: true,
    sortsByName: false,
    record: (name, CreationTime) => artifact(name, { CreationTime }),
    async list(client, input) {
      const { ArtifactSummaries = [], NextToken } = await client.send(
        new ListArtifactsCommand(input as object),
      );
      return { ids: ArtifactSummaries.map(({ Source }) => Source?.SourceUri), NextToken };
    },
  },
  {
    name: 'ListActions',
    inclusive: true,
    sortsByName: true,
    record: (name, CreationTime) => action(name, { CreationTime }),
    async list(client, input) {
      const { ActionSummaries = [], NextToken } = await client.send(new ListActionsCommand(input as object));
      return { ids: ActionSummaries.map(({ ActionName }) => ActionName), NextToken };
    },
  },
  {
    name: 'ListContexts',
    inclusive: true,
    sortsByName: true,
    record: (name, CreationTime) => context(name, { CreationTime }),
    async list(client, input) {
      const { ContextSummaries = [], NextToken } = await client.send(
        new ListContextsCommand(input as object),
      );
      return { ids: ContextSummaries.map(({ ContextName }) => ContextName), NextToken };
    },
  },
  {
    name: 'ListExperiments',
    inclusive: false,
    sortsByName: true,
    record: (name, CreationTime) => experiment(name, { CreationTime }),
    async list(client, input) {
      const { ExperimentSummaries = [], NextToken } = await client.send(
        new ListExperimentsCommand(input as object),
      );
      return { ids: ExperimentSummaries.map(({ ExperimentName }) => ExperimentName), NextToken };
    },
  },
  {
    name: 'ListTrials',
    inclusive: false,
    sortsByName: true,
    record: (name, CreationTime) => trial(name, 'e', { CreationTime }),
    async list(client, input) {
      const { TrialSummaries = [], NextToken } = await client.send(new ListTrialsCommand(input as object));
      return { ids: TrialSummaries.map(({ TrialName }) => TrialName), NextToken };
    },
  },
  {
    name: 'ListTrialComponents',
    inclusive: false,
    sortsByName: true,
    record: (name, CreationTime) => component(name, { CreationTime }),
    async list(client, input) {
      const { TrialComponentSummaries = [], NextToken } = await client.send(
        new ListTrialComponentsCommand(input as object),
      );
      return { ids: TrialComponentSummaries.map(({ TrialComponentName }) => TrialComponentName), NextToken };
    },
  },
  {
    name: 'ListAssociations',
    inclusive: true,
    sortsByName: false,
    record: (name, CreationTime) => association(`${ARN}:action/${name}`, HUB, { CreationTime }),
    async list(client, input) {
      const { AssociationSummaries = [], NextToken } = await client.send(
        new ListAssociationsCommand(input as object),
      );
      return { ids: AssociationSummaries.map(({ SourceArn }) => SourceArn?.split('/')[1]), NextToken };
    },
  },
];

/** 205 rows: three to a millisecond, loaded out of order. */
const COUNT = 205;
const NAMES = Array.from({ length: COUNT }, (_, index) => `n${String(index).padStart(3, '0')}`);
const timeOf = (name: string) => T0 + Math.floor(Number(name.slice(1)) / 3);
/** A fixed shuffle: 7 and 205 have no common factor. */
const LOADED = NAMES.map((_, index) => NAMES[(index * 7) % COUNT] ?? '');

async function startWith(list: ListCase) {
  const started = await startSageMaker();
  started.account.load(LOADED.map((name) => list.record(name, timeOf(name))));
  return started;
}

async function allPages(list: ListCase, client: SageMakerClient, input: Input) {
  const pages: Page[] = [];
  let NextToken: string | undefined;
  do {
    const page = await list.list(client, { ...input, ...(NextToken === undefined ? {} : { NextToken }) });
    pages.push(page);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return pages;
}

describe.each(CASES)('$name', (list) => {
  test.each([1, 10, 100])('gives every row once in pages of %i, and says when it has ended', async (size) => {
    const { client } = await startWith(list);

    const pages = await allPages(list, client, { MaxResults: size, SortOrder: 'Ascending' });

    const ids = pages.flatMap((page) => page.ids);
    expect([...ids].sort()).toEqual(NAMES);
    expect(ids.map((id) => timeOf(String(id)))).toEqual(NAMES.map(timeOf));
    expect(pages).toHaveLength(Math.ceil(COUNT / size));
  });

  test('gives ten rows a page, the newest first, where the caller does not say', async () => {
    const { client } = await startWith(list);

    const { ids, NextToken } = await list.list(client, {});
    const all = (await allPages(list, client, {})).flatMap((page) => page.ids);
    const ascending = (await allPages(list, client, { SortOrder: 'Ascending', MaxResults: 100 })).flatMap(
      (page) => page.ids,
    );

    expect(ids).toHaveLength(10);
    expect(NextToken).toEqual(expect.any(String));
    expect(all).toEqual(ascending.toReversed());
  });

  test('keeps its place when rows come and go between pages', async () => {
    const { client, account } = await startWith(list);
    const first = await list.list(client, { MaxResults: 100, SortOrder: 'Ascending' });

    account.load([list.record('n900', T0 - 1), list.record('n901', T0 + 1e6)]);
    const rest = await allPages(list, client, {
      MaxResults: 100,
      SortOrder: 'Ascending',
      NextToken: first.NextToken ?? '',
    });

    const ids = [...first.ids, ...rest.flatMap((page) => page.ids)];
    expect([...ids].sort()).toEqual([...NAMES, 'n901']);
  });

  test('gives the rows of a window of creation time, its ends as the API words them', async () => {
    const { client } = await startWith(list);
    const window = { CreatedAfter: new Date(T0 + 10), CreatedBefore: new Date(T0 + 20), MaxResults: 100 };

    const byTime = await list.list(client, window);
    const byName = list.sortsByName ? await list.list(client, { ...window, SortBy: 'Name' }) : byTime;

    const inside = NAMES.filter((name) => {
      const offset = timeOf(name) - T0;
      return list.inclusive ? offset >= 10 && offset <= 20 : offset > 10 && offset < 20;
    });
    expect([...byTime.ids].sort()).toEqual(inside);
    expect([...byName.ids].sort()).toEqual(inside);
  });

  test.each([
    [{ MaxResults: 0 }, `'0' at 'maxResults'`, 'Member must have value greater than or equal to 1'],
    [{ MaxResults: 1000 }, `'1000' at 'maxResults'`, 'Member must have value less than or equal to 100'],
    [{ SortBy: 'Color' }, `'Color' at 'sortBy'`, 'Member must satisfy enum value set: ['],
    [
      { SortOrder: 'Up' as 'Ascending' },
      `'Up' at 'sortOrder'`,
      'Member must satisfy enum value set: [Ascending, Descending]',
    ],
  ])('refuses %o', async (input, where, constraint) => {
    const { client } = await startWith(list);

    await expect(list.list(client, input)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(
        `1 validation error detected: Value ${where} failed to satisfy constraint: ${constraint}`,
      ),
    });
  });

  test.each(['nonsense', Buffer.from('["ListX CreationTime Descending"]').toString('base64url')])(
    'refuses the token %s',
    async (NextToken) => {
      const { client } = await startWith(list);

      await expect(list.list(client, { NextToken })).rejects.toMatchObject({ name: 'ValidationException' });
    },
  );

  test('refuses a token of the other order', async () => {
    const { client } = await startWith(list);
    const { NextToken = '' } = await list.list(client, {});

    await expect(list.list(client, { NextToken, SortOrder: 'Ascending' })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('can be made to give an empty page whose token is new and goes on from the same place', async () => {
    const { client, failNext } = await startWith(list);
    failNext('empty-page');
    const empty = await list.list(client, { MaxResults: 100 });
    const first = await list.list(client, { MaxResults: 100, NextToken: empty.NextToken ?? '' });
    failNext('empty-page');
    const emptyAgain = await list.list(client, { MaxResults: 100, NextToken: first.NextToken ?? '' });
    const firstAgain = await list.list(client, { MaxResults: 100 });

    failNext('empty-page');
    const emptyStill = await list.list(client, { MaxResults: 100, NextToken: emptyAgain.NextToken ?? '' });
    const second = await list.list(client, { MaxResults: 100, NextToken: emptyStill.NextToken ?? '' });

    expect([empty.ids, emptyAgain.ids, emptyStill.ids]).toEqual([[], [], []]);
    expect(first).toEqual(firstAgain);
    expect(second).toEqual(await list.list(client, { MaxResults: 100, NextToken: first.NextToken ?? '' }));
    const tokens = [empty, first, emptyAgain, emptyStill, second].map(({ NextToken }) => NextToken);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  test('can be made to refuse a token, and takes the same token later', async () => {
    const { client, failNext } = await startWith(list);
    failNext('expired-token');
    const first = await list.list(client, { MaxResults: 100 });
    const input = { MaxResults: 100, NextToken: first.NextToken ?? '' };
    failNext('expired-token');

    await expect(list.list(client, input)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('NextToken'),
    });
    expect((await list.list(client, input)).ids).toHaveLength(100);
  });

  test('can be made to give the token again that asked for the page', async () => {
    const { client, failNext } = await startWith(list);
    const { ids, NextToken = '' } = await list.list(client, {});
    failNext('repeated-token', 'repeated-token');

    const stuckAtStart = await list.list(client, {});
    const stuckLater = await list.list(client, { NextToken });

    expect(stuckAtStart.ids).toEqual(ids);
    expect((await list.list(client, { NextToken: stuckAtStart.NextToken ?? '' })).ids).toEqual(ids);
    expect(stuckLater.NextToken).toBe(NextToken);
    expect(stuckLater.ids).toEqual((await list.list(client, { NextToken })).ids);
  });
});

test.each(CASES.filter(({ sortsByName }) => sortsByName))('$name sorts by name', async (list) => {
  const { client } = await startWith(list);

  const pages = await allPages(list, client, { SortBy: 'Name', SortOrder: 'Ascending', MaxResults: 100 });

  expect(pages.flatMap((page) => page.ids)).toEqual(NAMES);
});
