import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { generateLineage } from '../../../src/sandbox/generator/generate-lineage.ts';
import type { AccountRecord, AssociationRecord } from '../../../src/sandbox/records.ts';
import { newestFirst } from './newest-first.ts';
import { type Ended, type Reachable, runAws, startedSandbox } from './python-clients.ts';
import { startedBinary } from './started-binary.ts';

// Python takes a second or more to start, many times over, on cores that other tests want too.
vi.setConfig({ testTimeout: 180_000 });

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012';

test('with the variables that `smlineage sandbox` prints and no more, the AWS CLI lists, asks and copies', async () => {
  const records = [...generateLineage({ entities: 2_000, seed: 7 })];
  const sandbox = await startedBinary('sandbox', '--entities', '2000', '--seed', '7', '--no-gremlin');
  const directory = await temporaryDirectory();
  const { endpoint, datasets } = endpointOfMostData(records);

  const associations = await sagemaker(sandbox, 'list-associations', '--destination-arn', endpoint);
  const ancestors = await sagemaker(
    sandbox,
    ...['query-lineage', '--start-arns', endpoint, '--direction', 'Ascendants'],
    ...['--filters', 'LineageTypes=Artifact,Types=DataSet'],
  );
  const source = join(directory, 'edges.csv');
  await writeFile(source, '~id,~from,~to,~label\n');
  const target = `s3://${sandbox.bucket}/runs/1/edges.csv`;
  await runAws(sandbox, 's3', 'cp', source, target);
  await runAws(sandbox, 's3', 'cp', target, join(directory, 'copy.csv'));

  expect(pairs(associations)).toEqual(
    newestFirst(records, 'association')
      .filter(({ DestinationArn }) => DestinationArn === endpoint)
      .map(({ SourceArn, DestinationArn }) => [SourceArn, DestinationArn]),
  );
  expect(vertices(ancestors).sort()).toEqual(datasets);
  expect(datasets.length).toBeGreaterThan(2);
  expect(await readFile(join(directory, 'copy.csv'), 'utf8')).toBe('~id,~from,~to,~label\n');
});

test('the AWS CLI follows every page of a listing, and its own token goes on where it stopped', async () => {
  const records = [...generateLineage({ entities: 300, seed: 3 })];
  const sandbox = await startedSandbox({ records });

  const all = await sagemaker(sandbox, 'list-artifacts');
  const first = await sagemaker(sandbox, 'list-artifacts', '--max-items', '15');
  const rest = await sagemaker(sandbox, 'list-artifacts', '--starting-token', first.NextToken as string);

  const arns = newestFirst(records, 'artifact').map(({ ArtifactArn }) => ArtifactArn);
  expect(artifactArns(all)).toEqual(arns);
  expect([artifactArns(first), artifactArns(rest)]).toEqual([arns.slice(0, 15), arns.slice(15)]);
});

test('list-associations filters as told', async () => {
  const records = [...generateLineage({ entities: 300, seed: 3 })];
  const sandbox = await startedSandbox({ records });
  const newest = newestFirst(records, 'association');
  const [some = newest[0]] = newest.filter(({ AssociationType }) => AssociationType === 'Produced');
  const { SourceArn: from = '', DestinationArn: to = '', CreationTime: time = 0 } = some ?? {};
  // The AWS CLI sends no fractions of a second.
  const second = Math.floor(time / 1_000);
  const [after, before] = [second * 1_000, (second + 1) * 1_000];
  const cases: readonly (readonly [string[], (association: AssociationRecord) => boolean])[] = [
    [['--source-arn', from], ({ SourceArn }) => SourceArn === from],
    [[...edge(from, to)], (one) => one.SourceArn === from && one.DestinationArn === to],
    [['--association-type', 'DerivedFrom'], ({ AssociationType }) => AssociationType === 'DerivedFrom'],
    [['--created-after', `${second}`], ({ CreationTime }) => CreationTime >= after],
    [
      ['--created-after', `${second}`, '--created-before', `${second + 1}`],
      ({ CreationTime }) => CreationTime >= after && CreationTime <= before,
    ],
  ];

  for (const [flags, isWanted] of cases) {
    const found = await sagemaker(sandbox, 'list-associations', ...flags);

    const wanted = newest
      .filter(isWanted)
      .map(({ SourceArn, DestinationArn }) => [SourceArn, DestinationArn]);
    expect([flags, pairs(found)]).toEqual([flags, wanted]);
    expect(wanted).not.toEqual([]);
  }
});

test('the AWS CLI makes lineage, describes it, asks for it and takes it away', async () => {
  const sandbox = await startedSandbox({ records: [] });
  const made = (...args: readonly string[]) => sagemaker(sandbox, ...args);

  const { ArtifactArn: artifact = '' } = (await made(
    ...['create-artifact', '--artifact-name', 'raw', '--artifact-type', 'DataSet'],
    ...[
      '--source',
      'SourceUri=s3://bucket/raw.csv',
      '--properties',
      'rows=12',
      '--tags',
      'Key=team,Value=risk',
    ],
  )) as { ArtifactArn?: string };
  const { ActionArn: action = '' } = (await made(
    ...['create-action', '--action-name', 'Deploy-It', '--action-type', 'ModelDeployment'],
    ...['--source', `SourceUri=${ARN}:endpoint/it,SourceType=ARN`, '--status', 'Completed'],
  )) as { ActionArn?: string };
  const { ContextArn: context = '' } = (await made(
    ...['create-context', '--context-name', 'it', '--context-type', 'Endpoint'],
    ...['--source', `SourceUri=${ARN}:endpoint/it,SourceType=ARN`],
  )) as { ContextArn?: string };
  const added = [
    await made('add-association', ...edge(artifact, action), '--association-type', 'ContributedTo'),
    await made('add-association', ...edge(action, context)),
  ];

  expect({ action, context, added }).toEqual({
    action: `${ARN}:action/deploy-it`,
    context: `${ARN}:context/it`,
    added: [
      { SourceArn: artifact, DestinationArn: action },
      { SourceArn: action, DestinationArn: context },
    ],
  });
  expect(withoutTimes(await made('describe-artifact', '--artifact-arn', artifact))).toEqual({
    ArtifactName: 'raw',
    ArtifactArn: artifact,
    Source: { SourceUri: 's3://bucket/raw.csv', SourceTypes: [] },
    ArtifactType: 'DataSet',
    Properties: { rows: '12' },
    CreatedBy: {},
    LastModifiedBy: {},
    LineageGroupArn: `${ARN}:lineage-group/sagemaker-default-lineage-group`,
  });
  expect(await made('list-tags', '--resource-arn', artifact)).toEqual({
    Tags: [{ Key: 'team', Value: 'risk' }],
  });
  expect(withoutTimes(await made('list-associations', '--destination-arn', context))).toEqual({
    AssociationSummaries: [
      {
        SourceArn: action,
        DestinationArn: context,
        SourceType: 'ModelDeployment',
        DestinationType: 'Endpoint',
        SourceName: 'Deploy-It',
        DestinationName: 'it',
        CreatedBy: {},
      },
    ],
  });
  const direction = ['--direction', 'Ascendants', '--include-edges'];
  expect(await made('query-lineage', '--start-arns', context, ...direction)).toEqual({
    Vertices: [
      { Arn: context, Type: 'Endpoint', LineageType: 'Context' },
      { Arn: action, Type: 'ModelDeployment', LineageType: 'Action' },
      { Arn: artifact, Type: 'DataSet', LineageType: 'Artifact' },
    ],
    Edges: [
      { SourceArn: action, DestinationArn: context },
      { SourceArn: artifact, DestinationArn: action, AssociationType: 'ContributedTo' },
    ],
  });

  expect(await refused(made('delete-action', '--action-name', 'deploy-it'))).toMatch(
    /ValidationException.*DeleteAction/,
  );
  await made('delete-association', ...edge(artifact, action));
  await made('delete-association', ...edge(action, context));
  await made('delete-action', '--action-name', 'deploy-it');
  await made('delete-context', '--context-name', 'it');
  await made('delete-artifact', '--artifact-arn', artifact);
  expect(await refused(made('describe-artifact', '--artifact-arn', artifact))).toMatch(
    /ResourceNotFound.*DescribeArtifact/,
  );
  expect(await made('list-artifacts')).toEqual({ ArtifactSummaries: [] });
});

test('the AWS CLI keeps experiments: trials, components, a search for them', async () => {
  const sandbox = await startedSandbox({ records: [] });
  const made = (...args: readonly string[]) => sagemaker(sandbox, ...args);

  await made('create-experiment', '--experiment-name', 'Churn');
  await made('create-trial', '--trial-name', 'first', '--experiment-name', 'Churn');
  await made(
    ...['create-trial-component', '--trial-component-name', 'fit', '--display-name', 'Fit'],
    ...['--parameters', 'depth={NumberValue=0.5}', '--status', 'PrimaryStatus=Completed'],
  );
  await made('associate-trial-component', '--trial-component-name', 'fit', '--trial-name', 'first');
  const expression =
    '{"Filters": [{"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": "Churn"}]}';
  const found = await made(
    ...['search', '--resource', 'ExperimentTrialComponent', '--search-expression', expression],
  );

  expect(withoutTimes(found)).toEqual({
    Results: [
      {
        TrialComponent: {
          TrialComponentName: 'fit',
          DisplayName: 'Fit',
          TrialComponentArn: `${ARN}:experiment-trial-component/fit`,
          Status: { PrimaryStatus: 'Completed' },
          CreatedBy: {},
          LastModifiedBy: {},
          Parameters: { depth: { NumberValue: 0.5 } },
          LineageGroupArn: `${ARN}:lineage-group/sagemaker-default-lineage-group`,
          Tags: [],
          Parents: [{ TrialName: 'first', ExperimentName: 'Churn' }],
        },
      },
    ],
    TotalHits: { Value: 1, Relation: 'EqualTo' },
  });
  expect(withoutTimes(await made('list-trials', '--experiment-name', 'Churn'))).toEqual({
    TrialSummaries: [{ TrialArn: `${ARN}:experiment-trial/first`, TrialName: 'first', DisplayName: 'first' }],
  });
  expect(withoutTimes(await made('describe-trial', '--trial-name', 'first'))).toEqual({
    TrialName: 'first',
    DisplayName: 'first',
    TrialArn: `${ARN}:experiment-trial/first`,
    ExperimentName: 'Churn',
    CreatedBy: {},
    LastModifiedBy: {},
  });
});

test('aws s3 copies, lists, syncs and removes, in one part and in many', async () => {
  const sandbox = await startedSandbox({ records: [] });
  const directory = await temporaryDirectory();
  const s3 = (...args: readonly string[]) => runAws(sandbox, 's3', ...args);
  // More than the CLI's threshold of 8 MiB: a multipart upload, and a download in ranges.
  const large = randomBytes(9 * 2 ** 20);
  const files = {
    'large.bin': large,
    'nodes/a b;ü.csv': Buffer.from('~id\n'),
    'nodes/empty.csv': Buffer.alloc(0),
  };
  await mkdir(join(directory, 'up/nodes'), { recursive: true });
  for (const [name, body] of Object.entries(files)) await writeFile(join(directory, 'up', name), body);

  await s3('mb', 's3://kept');
  await s3('cp', join(directory, 'up/large.bin'), 's3://kept/large.bin');
  await s3('sync', join(directory, 'up'), 's3://kept', '--no-progress');
  const again = await s3('sync', join(directory, 'up'), 's3://kept', '--no-progress');
  const listed = await s3('ls', '--recursive', 's3://kept');
  await s3('cp', 's3://kept/large.bin', 's3://kept/copy.bin');
  await s3('sync', 's3://kept', join(directory, 'down'), '--no-progress');
  await s3('rm', '--recursive', 's3://kept/nodes');
  const left = await s3('ls', 's3://kept');
  await s3('rb', '--force', 's3://kept');

  expect(again.stdout).toBe('');
  expect(sizesAndKeys(listed)).toEqual([
    `${large.length} large.bin`,
    '4 nodes/a b;ü.csv',
    '0 nodes/empty.csv',
  ]);
  for (const [name, body] of [...Object.entries(files), ['copy.bin', large] as const]) {
    const copy = await readFile(join(directory, 'down', name));
    expect([name, copy.equals(body)]).toEqual([name, true]);
  }
  expect(sizesAndKeys(left)).toEqual([`${large.length} copy.bin`, `${large.length} large.bin`]);
  expect(await refused(s3('ls', 's3://kept'))).toMatch(/NoSuchBucket/);
});

type Reply = Readonly<Record<string, unknown>>;

async function sagemaker(sandbox: Reachable, ...args: readonly string[]): Promise<Reply> {
  const { stdout } = await runAws(sandbox, 'sagemaker', ...args, '--output', 'json');
  return stdout === '' ? {} : (JSON.parse(stdout) as Reply);
}

/** What the CLI says of a call that fails. */
async function refused(call: Promise<unknown>): Promise<string> {
  const failure = await call.then(
    () => expect.fail('The call should have been refused.'),
    (error: unknown) => error as Ended,
  );
  return failure.stderr;
}

function edge(source: string, destination: string): string[] {
  return ['--source-arn', source, '--destination-arn', destination];
}

function pairs({ AssociationSummaries: found }: Reply): string[][] {
  const summaries = found as readonly { readonly SourceArn: string; readonly DestinationArn: string }[];
  return summaries.map(({ SourceArn, DestinationArn }) => [SourceArn, DestinationArn]);
}

function artifactArns({ ArtifactSummaries: found }: Reply): string[] {
  return (found as readonly { readonly ArtifactArn: string }[]).map(({ ArtifactArn }) => ArtifactArn);
}

function vertices({ Vertices: found }: Reply): string[] {
  return (found as readonly { readonly Arn: string }[]).map(({ Arn }) => Arn);
}

/** The endpoint that the most datasets went into, and these, sorted: by the records alone. */
function endpointOfMostData(records: readonly AccountRecord[]) {
  const isDataset = datasetArns(records);
  const [most] = newestFirst(records, 'context')
    .filter(({ ContextType }) => ContextType === 'Endpoint')
    .map(({ ContextArn }) => ({
      endpoint: ContextArn,
      datasets: [...ascendants(records, ContextArn, 10)].filter((arn) => isDataset.has(arn)).sort(),
    }))
    .toSorted((a, b) => b.datasets.length - a.datasets.length);
  if (most === undefined) throw new Error('The account has no endpoint.');
  return most;
}

/** Of another account's artifacts only associations tell the type. */
function datasetArns(records: readonly AccountRecord[]): Set<string> {
  const associations = newestFirst(records, 'association');
  return new Set([
    ...newestFirst(records, 'artifact')
      .filter(({ ArtifactType }) => ArtifactType === 'DataSet')
      .map(({ ArtifactArn }) => ArtifactArn),
    ...associations.filter(({ SourceType }) => SourceType === 'DataSet').map(({ SourceArn }) => SourceArn),
  ]);
}

/** What the start was made from: everything at most so many associations away. */
function ascendants(records: readonly AccountRecord[], start: string, depth: number): Set<string> {
  const associations = newestFirst(records, 'association');
  const reached = new Set([start]);
  for (let step = 0; step < depth; step++) {
    const before = new Set(reached);
    for (const { SourceArn, DestinationArn } of associations) {
      if (before.has(DestinationArn)) reached.add(SourceArn);
    }
  }
  return reached;
}

/** The reply without its times, at any depth. */
function withoutTimes(reply: Reply): unknown {
  return JSON.parse(JSON.stringify(reply), (name, value: unknown) =>
    name.endsWith('Time') ? undefined : value,
  );
}

/** Lines of `aws s3 ls` without their dates. */
function sizesAndKeys({ stdout }: Ended): string[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.replace(/^\S+ \S+\s+/, ''));
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'smlineage-aws-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}
