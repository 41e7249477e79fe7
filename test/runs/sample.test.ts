import {
  AddAssociationCommand,
  ListActionsCommand,
  ListArtifactsCommand,
  ListAssociationsCommand,
  ListContextsCommand,
  ListTagsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { expect, test, vi } from 'vitest';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { cliHere } from '../cli/in-process.ts';
import { startSmlineage } from '../cli/smlineage.ts';
import { servedLineage } from './served-lineage.ts';

vi.setConfig({ testTimeout: 60_000 });

const served = () => servedLineage({ records: generateLineage({ entities: 120, seed: 5 }) });

/** All contexts, actions, artifacts and associations, with the tags of entities. */
async function holdings(client: SageMakerClient) {
  const page = { MaxResults: 100, SortOrder: 'Ascending' } as const;
  const contexts = (await client.send(new ListContextsCommand(page))).ContextSummaries ?? [];
  const actions = (await client.send(new ListActionsCommand(page))).ActionSummaries ?? [];
  const artifacts = (await client.send(new ListArtifactsCommand(page))).ArtifactSummaries ?? [];
  const associations: unknown[] = [];
  let NextToken: string | undefined;
  do {
    const reply = await client.send(new ListAssociationsCommand({ ...page, NextToken }));
    associations.push(...(reply.AssociationSummaries ?? []));
    NextToken = reply.NextToken;
  } while (NextToken !== undefined);
  const arns = [
    ...contexts.map(({ ContextArn }) => ContextArn),
    ...actions.map(({ ActionArn }) => ActionArn),
    ...artifacts.map(({ ArtifactArn }) => ArtifactArn),
  ];
  const tags = await Promise.all(
    arns.map(async (ResourceArn) => (await client.send(new ListTagsCommand({ ResourceArn }))).Tags),
  );
  return { contexts, actions, artifacts, associations, tags };
}

const FAST = ['--max-rps', '1000'];

test('a sample is the workflow of the notebook, tagged; its deletion leaves the account as it was', async () => {
  const { client, env } = await served();
  const before = await holdings(client);

  const created = await cliHere(['sample', 'create', '--id', 'demo', '--output', 'json', ...FAST], { env });
  const again = await cliHere(['sample', 'create', '--id', 'demo', '--output', 'json', ...FAST], { env });
  const during = await holdings(client);
  const deleted = await cliHere(['sample', 'delete', '--id', 'demo', ...FAST], { env });

  expect([created.exitCode, again.exitCode, deleted.exitCode]).toEqual([0, 0, 0]);
  expect(again.stdout).toBe(created.stdout);
  expect(during.associations.length - before.associations.length).toBe(4);
  expect(
    during.artifacts
      .slice(before.artifacts.length)
      .map(({ ArtifactName, ArtifactType }) => [ArtifactName, ArtifactType]),
  ).toEqual([
    ['mnist-test-images-smlineage-sample-demo', 'TestData'],
    ['mnist-test-labels-smlineage-sample-demo', 'TestLabels'],
    ['mnist-model-smlineage-sample-demo', 'Model'],
  ]);
  expect(during.tags.filter((tags) => tags?.some(({ Key }) => Key === 'smlineage-sample'))).toHaveLength(5);
  expect(deleted.stdout).toBe('Sample demo: 5 entities deleted, with their associations\n');
  expect(await holdings(client)).toEqual(before);
});

test('a generated sample whose deletion is killed is deleted by the next, and no other sample with it', async () => {
  const { sandbox, client, env } = await served();
  await cliHere(['sample', 'create', '--id', 'kept', ...FAST], { env });
  const before = await holdings(client);

  const created = await cliHere(['sample', 'create', '--id', 'big', '--generate', '40', ...FAST], { env });
  const child = startSmlineage(['sample', 'delete', '--id', 'big', '--max-rps', '30'], { env });
  await vi.waitUntil(() => sandbox.log.calls('sagemaker', 'DeleteAssociation') > 3, 30_000);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  const deleted = await cliHere(['sample', 'delete', '--id', 'big', ...FAST], { env });
  const nothing = await cliHere(['sample', 'delete', '--id', 'big', ...FAST], { env });

  expect([created.exitCode, deleted.exitCode, nothing.exitCode]).toEqual([0, 0, 0]);
  expect(nothing.stdout).toBe('Sample big: 0 entities deleted, with their associations\n');
  expect(await holdings(client)).toEqual(before);
});

test('associations that others added to a sample go with it; what they lead to stays', async () => {
  const { client, env } = await served();
  const before = await holdings(client);
  const created = await cliHere(['sample', 'create', '--output', 'json', ...FAST], { env });
  const [{ arn }] = JSON.parse(created.stdout).entities;
  const DestinationArn = before.artifacts[0]?.ArtifactArn;
  await client.send(new AddAssociationCommand({ SourceArn: arn, DestinationArn }));

  const deleted = await cliHere(['sample', 'delete', ...FAST], { env });

  expect(deleted.exitCode).toBe(0);
  expect(await holdings(client)).toEqual(before);
});

test('a sample that brings an account near a quota is created, with a warning', async () => {
  const create = async (count: number) => {
    const { env } = await servedLineage({ records: contexts(count) });
    return await cliHere(['sample', 'create', ...FAST], { env });
  };

  const [far, near] = [await create(90), await create(450)];

  expect([far.exitCode, near.exitCode]).toEqual([0, 0]);
  expect(far.stderr).not.toContain('callers may create');
  expect(near.stderr).toMatch(/The account has about 4\d\d contexts; callers may create 500/);
});

function contexts(count: number): readonly AccountRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    ...{
      kind: 'context',
      ContextArn: `arn:aws:sagemaker:us-east-1:123456789012:context/c-${n}`,
      ContextName: `c-${n}`,
    },
    ...{ ContextType: 'Endpoint', Source: { SourceUri: `s3://c/${n}` } },
    ...{ CreationTime: 1_700_000_000_000 + n * 1_000, LastModifiedTime: 1_700_000_000_000 },
  }));
}
