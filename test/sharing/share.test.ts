import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddAssociationCommand,
  CreateArtifactCommand,
  DescribeContextCommand,
  ListContextsCommand,
  QueryLineageCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, onTestFinished, test, vi } from 'vitest';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { cliHere } from '../cli/in-process.ts';

vi.setConfig({ testTimeout: 60_000 });

const [A, B] = ['123456789012', '210987654321'];

/** Two accounts: commands speak for the first, until `as` says otherwise. */
async function served() {
  const sandbox = await startSandbox({
    gremlin: false,
    records: generateLineage({ entities: 120, seed: 5 }),
  });
  const { url: endpoint, region, credentials } = sandbox;
  const sts = new STSClient({ endpoint, region, credentials });
  const role = { RoleArn: `arn:aws:iam::${B}:role/Lineage`, RoleSessionName: 'consumer' };
  const { Credentials } = await sts.send(new AssumeRoleCommand(role));
  const session = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  const a = new SageMakerClient({ endpoint, region, credentials });
  const b = new SageMakerClient({ endpoint, region, credentials: session });
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  const as = async (account: 'A' | 'B', ...args: readonly string[]) => {
    const { accessKeyId, secretAccessKey, sessionToken } =
      account === 'A' ? { ...credentials, sessionToken: undefined } : session;
    vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
    vi.stubEnv('AWS_SESSION_TOKEN', sessionToken);
    return cliHere(args);
  };
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    for (const client of [sts, a, b]) client.destroy();
    await sandbox.close();
  });
  const { ContextSummaries } = await a.send(new ListContextsCommand({ ContextType: 'Endpoint' }));
  return { a, b, as, endpointContext: ContextSummaries?.[0]?.ContextArn ?? '' };
}

test('an account describes the endpoint context of another once the share is accepted, and both graphs join', async () => {
  const { a, b, as, endpointContext: ContextName } = await served();
  const describe = () => b.send(new DescribeContextCommand({ ContextName }));
  const artifact = new CreateArtifactCommand({
    ...{ ArtifactName: 'dashboard', ArtifactType: 'Report', Source: { SourceUri: 's3://b/dashboard' } },
  });
  const { ArtifactArn } = await b.send(artifact);
  const association = new AddAssociationCommand({ SourceArn: ContextName, DestinationArn: ArtifactArn });

  const created = await as('A', 'share', 'create', '--to', B, '--output', 'json');
  const again = await as('A', 'share', 'create', '--to', B, '--output', 'json');
  const invited = await as('B', 'share', 'list', '--output', 'json');
  await expect(describe()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(b.send(association)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const accepted = await as('B', 'share', 'accept', '--from', A);
  const repeated = await as('B', 'share', 'accept', '--from', A);

  expect(
    [created, again, invited, accepted, repeated].map(({ exitCode, stderr }) => [exitCode, stderr]),
  ).toEqual(Array(5).fill([0, '']));
  const { shareArn } = JSON.parse(created.stdout);
  expect(JSON.parse(again.stdout)).toMatchObject({ shareArn, isNew: false });
  expect(JSON.parse(invited.stdout)).toMatchObject([{ direction: 'to us', status: 'PENDING', owner: A }]);
  expect(repeated.stdout).toBe(`Account ${A} shares already.\n`);
  const { $metadata: _ofB, ...seenByB } = await describe();
  const { $metadata: _ofA, ...seenByA } = await a.send(new DescribeContextCommand({ ContextName }));
  expect(seenByB).toEqual(seenByA);
  await b.send(association);
  const { Vertices } = await b.send(new QueryLineageCommand({ StartArns: [ContextName] }));
  expect(Vertices?.length).toBeGreaterThan(0);
  const out = await mkdtemp(join(tmpdir(), 'smlineage-share-'));
  onTestFinished(() => rm(out, { recursive: true, force: true }));
  const run = (await as('B', 'export', '--out', out)).stdout.trim();
  const ids = async (file: string) => await readFile(join(run, 'data', file), 'utf8');
  expect(await ids('nodes/contexts-nodes.csv')).toContain(ContextName);
  expect(await ids('edges/edges.csv')).toContain(`"${ContextName}","${ArtifactArn}"`);

  // Both accounts in one run, B's by a role: one graph, whose answer leads from one into the other.
  const config = join(out, 'smlineage.config.json');
  const role = { arn: `arn:aws:iam::${B}:role/Lineage` };
  const scopes = [
    { account: A, regions: ['us-east-1'] },
    { account: B, role, regions: ['us-east-1'] },
  ];
  await writeFile(config, JSON.stringify({ scopes, out }));
  const joined = await as('A', 'export', '--config', config);
  const answer = await as(
    'A',
    'downstream',
    ContextName,
    '--graph',
    joined.stdout.trim(),
    '--output',
    'json',
  );
  expect([joined.exitCode, answer.exitCode]).toEqual([0, 0]);
  expect(JSON.parse(answer.stdout).vertices.map(({ id }: { id: string }) => id)).toContain(ArtifactArn);
});

test('what is shared no longer is seen by nobody else, and can be shared again', async () => {
  const { b, as, endpointContext: ContextName } = await served();
  const describe = () => b.send(new DescribeContextCommand({ ContextName }));
  await as('A', 'share', 'create', '--to', B);
  await as('B', 'share', 'accept', '--from', A);
  await describe();

  const deleted = await as('A', 'share', 'delete', '--from', B);
  const again = await as('A', 'share', 'delete', '--from', B);

  expect(deleted).toMatchObject({ exitCode: 0, stderr: '' });
  expect(deleted.stdout).toContain(
    `Account ${B} no longer sees arn:aws:sagemaker:us-east-1:${A}:lineage-group/`,
  );
  await expect(describe()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toContain(`is not shared with account ${B}`);
  const created = await as('A', 'share', 'create', '--to', B, '--output', 'json');
  expect(JSON.parse(created.stdout)).toMatchObject({ isNew: true });
});

test('groups tell whom the lineage is shared with, and under which policy', async () => {
  const { as } = await served();
  const unshared = await as('A', 'groups', 'policy');
  await as('A', 'share', 'create', '--to', B);
  const pending = await as('A', 'groups', '--output', 'json');
  await as('B', 'share', 'accept', '--from', A);

  const groups = await as('A', 'groups');
  const described = await as('A', 'groups', 'describe');
  const policy = await as('A', 'groups', 'policy');
  const shares = await as('A', 'share', 'list', '--output', 'json');

  const arn = `arn:aws:sagemaker:us-east-1:${A}:lineage-group/sagemaker-default-lineage-group`;
  expect(unshared.stdout).toBe('null\n');
  expect(JSON.parse(pending.stdout)).toMatchObject([
    { arn, sharedWith: [{ principal: B, status: 'ASSOCIATING' }] },
  ]);
  expect(groups.stdout).toContain(`${B} ASSOCIATED`);
  expect(JSON.parse(described.stdout)).toMatchObject({ LineageGroupArn: arn });
  expect(JSON.parse(policy.stdout)).toMatchObject({
    Statement: [{ Principal: { AWS: [B] }, Resource: arn }],
  });
  expect(JSON.parse(shares.stdout)).toMatchObject([
    { direction: 'to others', status: 'ACTIVE', groups: [arn] },
  ]);
});

test('an invitation that nobody sent is not accepted', async () => {
  const { as } = await served();

  const ended = await as('B', 'share', 'accept', '--from', A);

  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toContain(`No invitation of account ${A} waits`);
});
