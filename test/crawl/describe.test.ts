import { expect, test } from 'vitest';
import { createDescriber, type DescribeCounts, type Described } from '../../src/crawl/describe.ts';
import { vertexRows } from '../../src/crawl/listings.ts';
import { LISTED_KINDS } from '../../src/graph/kinds.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import { artifactId } from '../../src/sandbox/artifact-id.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { lastPage, withScript } from './scripted-sagemaker.ts';
import { generated, HOME, type ServedAccount, servedAccount } from './served-account.ts';

const OWN = `arn:aws:sagemaker:${HOME.region}:${HOME.account}`;
const THEIRS = `arn:aws:sagemaker:${HOME.region}:999999999999`;
const ID = artifactId('s3://bucket/data');
const T0 = Date.parse('2024-01-01T00:00:00.123Z');

/** One artifact and one experiment. */
const RECORDS: readonly AccountRecord[] = [
  {
    kind: 'artifact',
    ArtifactArn: `${OWN}:artifact/${ID}`,
    ArtifactType: 'DataSet',
    Source: { SourceUri: 's3://bucket/data' },
    CreationTime: T0,
    LastModifiedTime: T0,
  },
  {
    kind: 'experiment',
    ExperimentArn: `${OWN}:experiment/churn`,
    ExperimentName: 'Churn',
    CreationTime: T0,
    LastModifiedTime: T0,
  },
];

async function listed({ clients }: ServedAccount): Promise<readonly VertexRow[]> {
  const rows: VertexRow[] = [];
  for (const kind of LISTED_KINDS) {
    for await (const batch of vertexRows(kind, clients)) rows.push(...batch);
  }
  return rows;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function byArn(described: readonly Described[]): ReadonlyMap<string, VertexRow> {
  return new Map(described.map(({ arn, row }) => [arn, row]));
}

const counts = (given: Partial<DescribeCounts>): DescribeCounts => ({
  found: 0,
  notFound: 0,
  foreign: 0,
  denied: 0,
  refused: 0,
  otherKind: 0,
  ...given,
});

/** Describe calls by operation. */
function describeCalls({ log }: ServedAccount): Readonly<Record<string, number>> {
  const calls = Object.entries(log.counts()).filter(([name]) => name.startsWith('sagemaker.Describe'));
  return Object.fromEntries(
    calls.map(([name, statuses]) => [
      name.replace('sagemaker.', ''),
      Object.values(statuses).reduce((sum, count) => sum + count, 0),
    ]),
  );
}

test('an entity of any kind is described as it is listed, member by member', async () => {
  const served = await servedAccount(generated(300, 3));
  const rows = await listed(served);
  const describer = createDescriber(served.clients, { home: HOME });

  const described = await collect(describer.describeAll(rows.map(({ id }) => id)));

  expect(byArn(described)).toEqual(new Map(rows.map((row) => [row.id, row])));
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(LISTED_KINDS));
  expect(describer.counts).toEqual(counts({ found: rows.length }));
});

test.each<[string, string, keyof DescribeCounts]>([
  ['an artifact that is gone', `${OWN}:artifact/${'0'.repeat(32)}`, 'notFound'],
  ['an action that is gone', `${OWN}:action/gone`, 'notFound'],
  ['a context that is gone', `${OWN}:context/gone`, 'notFound'],
  ['a component that is gone', `${OWN}:experiment-trial-component/gone`, 'notFound'],
  ['an experiment that is gone', `${OWN}:experiment/gone`, 'notFound'],
  ['a trial that is gone', `${OWN}:experiment-trial/gone`, 'notFound'],
  ['an artifact of another account', `${THEIRS}:artifact/${ID}`, 'foreign'],
  ['an artifact of another Region', `${OWN.replace('eu-west-1', 'us-east-1')}:artifact/${ID}`, 'foreign'],
  ["another account's experiment of a name that is ours too", `${THEIRS}:experiment/churn`, 'foreign'],
  ['a name that breaks the rules', `${OWN}:action/${'x'.repeat(300)}`, 'refused'],
  ['an entity of a kind that is new to us', `${OWN}:lineage-group/default`, 'otherKind'],
  ['an entity of another service', 'arn:aws:s3:::bucket/key', 'otherKind'],
  ['a text that is no ARN', 'not an arn', 'otherKind'],
  ['an entity that is there', `${OWN}:artifact/${ID}`, 'found'],
])('%s: %s is %s', async (_, arn, fate) => {
  const { clients } = await servedAccount(RECORDS);
  const describer = createDescriber(clients, { home: HOME });

  const row = await describer.describe(arn);

  expect(row?.id).toBe(fate === 'found' ? arn : undefined);
  expect(describer.counts).toEqual(counts({ [fate]: 1 }));
  expect(describer.denials).toEqual([]);
});

test('without a home, the answer itself shows an experiment of the same name not to be the one asked for', async () => {
  const { clients } = await servedAccount(RECORDS);
  const describer = createDescriber(clients);

  const theirs = await describer.describe(`${THEIRS}:experiment/churn`);
  const ours = await describer.describe(`${OWN}:experiment/CHURN`);

  expect([theirs?.id, ours?.id]).toEqual([undefined, `${OWN}:experiment/churn`]);
  expect(describer.counts).toEqual(counts({ notFound: 1, found: 1 }));
});

test('one denial speaks for all of a kind in an account, since lineage is shared as a whole', async () => {
  const served = await servedAccount(RECORDS);
  const describer = createDescriber(served.clients, { home: HOME, concurrency: 1 });
  const arns = ['artifact/a', 'artifact/b', 'action/a', 'action/b', 'experiment/a', 'experiment-trial/a'];

  const described = await collect(describer.describeAll(arns.map((arn) => `${THEIRS}:${arn}`)));

  expect(described).toEqual([]);
  expect(describer.counts).toEqual(counts({ foreign: 6 }));
  expect(describer.denials).toEqual([]);
  expect(describeCalls(served)).toEqual({ DescribeArtifact: 1, DescribeAction: 1 });
});

test("what the caller may not describe of its own account is told once, with IAM's name for it", async () => {
  const faults = [{ operation: 'DescribeArtifact', fault: 'denied' as const }];
  const served = await servedAccount(RECORDS, { faults });
  const describer = createDescriber(served.clients, { home: HOME, concurrency: 1 });
  const arns = [`${OWN}:artifact/${ID}`, `${OWN}:artifact/other`, `${OWN}:experiment/churn`];

  const described = await collect(describer.describeAll(arns));

  expect(described.map(({ arn }) => arn)).toEqual([`${OWN}:experiment/churn`]);
  expect(describer.counts).toEqual(counts({ denied: 2, found: 1 }));
  expect(describer.denials).toEqual([
    {
      action: 'sagemaker:DescribeArtifact',
      principal: `arn:aws:iam::${HOME.account}:user/sandbox`,
      arn: `${OWN}:artifact/${ID}`,
    },
  ]);
});

test('what passes is borne, and counted', async () => {
  const faults = [
    { operation: 'DescribeArtifact', fault: 'throttle' as const, at: 1 },
    { operation: 'DescribeArtifact', fault: 'error-500' as const, at: 2 },
  ];
  const { clients } = await servedAccount(RECORDS, { faults });
  const throttled: boolean[] = [];
  const describer = createDescriber(clients, {
    home: HOME,
    onCall: (call) => throttled.push(call.throttled),
  });

  const row = await describer.describe(`${OWN}:artifact/${ID}`);

  expect(row?.cells.arn).toBe(`${OWN}:artifact/${ID}`);
  expect(throttled).toEqual([true, false, false]);
});

test.each([
  ['throttle', /^DescribeArtifact failed of arn.*: SageMaker still throttled the call after 3 attempts/],
  ['error-500', /^DescribeArtifact failed of arn.*: SageMaker answered 500 to each of 3 attempts/],
  ['expired', /^DescribeArtifact failed of arn.*: the credentials expired/],
] as const)(
  '%s for good is an error that names the entity, and is not remembered',
  async (fault, message) => {
    const faults = [{ operation: 'DescribeArtifact', fault, times: fault === 'expired' ? 1 : 3 }];
    const { clients } = await servedAccount(RECORDS, { faults });
    const describer = createDescriber(clients, { home: HOME });
    const arn = `${OWN}:artifact/${ID}`;

    await expect(describer.describe(arn)).rejects.toMatchObject({
      outcome: 'partialExport',
      message: expect.stringMatching(message),
      details: { operation: 'DescribeArtifact', arn },
    });
    expect((await describer.describe(arn))?.id).toBe(arn);
    expect(describer.counts).toEqual(counts({ found: 1 }));
  },
);

test('an ARN is asked for once, however spelled, as long as its answer is remembered', async () => {
  const served = await servedAccount(RECORDS);
  const describer = createDescriber(served.clients, { home: HOME, cacheSize: 1 });
  const artifact = `${OWN}:artifact/${ID}`;

  const twins = await Promise.all([
    describer.describe(artifact),
    describer.describe(artifact.toUpperCase().replace(/^.*:ARTIFACT/, `${OWN}:artifact`)),
  ]);
  const before = describeCalls(served);
  await describer.describe(`${OWN}:experiment/churn`);
  await describer.describe(artifact);

  expect(twins[0]).toBe(twins[1]);
  expect(twins[0]?.id).toBe(artifact);
  expect(before).toEqual({ DescribeArtifact: 1 });
  expect(describeCalls(served)).toEqual({ DescribeArtifact: 2, DescribeExperiment: 1 });
});

test('a signal ends the asking', async () => {
  const served = await servedAccount(RECORDS);
  const describer = createDescriber(served.clients, { home: HOME, signal: AbortSignal.abort() });

  await expect(describer.describe(`${OWN}:artifact/${ID}`)).rejects.toMatchObject({ outcome: 'interrupted' });
  expect(describeCalls(served)).toEqual({});
});

test('a reply of another entity is no answer', async () => {
  await withScript(
    () => ({ json: { ArtifactArn: `${OWN}:artifact/other`, CreationTime: 1 } }),
    async ({ clients }) => {
      const describer = createDescriber(clients, { home: HOME });

      expect(await describer.describe(`${OWN}:artifact/${ID}`)).toBe(undefined);
      expect(describer.counts).toEqual(counts({ notFound: 1 }));
    },
  );
});

test('a reply without its time is an error that says where it was', async () => {
  await withScript(
    () => ({ json: { ArtifactArn: `${OWN}:artifact/${ID}` } }),
    async ({ clients }) => {
      const describer = createDescriber(clients, { home: HOME });

      await expect(describer.describe(`${OWN}:artifact/${ID}`)).rejects.toMatchObject({
        outcome: 'partialExport',
        details: {
          operation: 'DescribeArtifact',
          field: 'CreationTime',
          requestId: 'request-DescribeArtifact-1',
        },
      });
    },
  );
});

test('by ARN where SageMaker takes one, by name where it takes names only', async () => {
  const kinds = [
    'artifact',
    'action',
    'context',
    'experiment-trial-component',
    'experiment',
    'experiment-trial',
  ];

  const { calls } = await withScript(
    ({ operation }) => lastPage(operation),
    async (scripted) => {
      const describer = createDescriber(scripted.clients, { concurrency: 1 });
      for (const kind of kinds) await describer.describe(`${OWN}:${kind}/a1`).catch(() => undefined);
      return scripted;
    },
  );

  expect(calls.map(({ operation, input }) => [operation, input])).toEqual([
    ['DescribeArtifact', { ArtifactArn: `${OWN}:artifact/a1` }],
    ['DescribeAction', { ActionName: `${OWN}:action/a1` }],
    ['DescribeContext', { ContextName: `${OWN}:context/a1` }],
    ['DescribeTrialComponent', { TrialComponentName: `${OWN}:experiment-trial-component/a1` }],
    ['DescribeExperiment', { ExperimentName: 'a1' }],
    ['DescribeTrial', { TrialName: 'a1' }],
  ]);
});
