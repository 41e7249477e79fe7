import { ListArtifactsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, onTestFinished, test } from 'vitest';
import type { AccountRecord } from '../../../src/sandbox/records.ts';
import { type SandboxOptions, startSandbox } from '../../../src/sandbox/sandbox.ts';

const ROLE = 'arn:aws:iam::210987654321:role/readers/Lineage';
const ARTIFACT: AccountRecord = {
  kind: 'artifact',
  ArtifactArn: 'arn:aws:sagemaker:us-east-1:123456789012:artifact/1',
  ArtifactType: 'DataSet',
  Source: { SourceUri: 's3://data/1' },
  CreationTime: 1_700_000_000_000,
  LastModifiedTime: 1_700_000_000_000,
};

async function served(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ gremlin: false, records: [ARTIFACT], ...options });
  const { url: endpoint, region } = sandbox;
  const clients: { destroy(): void }[] = [];
  const kept = <Client extends { destroy(): void }>(client: Client) => {
    clients.push(client);
    return client;
  };
  onTestFinished(async () => {
    for (const client of clients) client.destroy();
    await sandbox.close();
  });
  const config = (credentials: Credentials = sandbox.credentials) => ({
    ...{ endpoint, region, credentials, maxAttempts: 1 },
  });
  return {
    sts: (credentials?: Credentials) => kept(new STSClient(config(credentials))),
    sagemaker: (credentials?: Credentials) => kept(new SageMakerClient(config(credentials))),
  };
}

type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

async function assumed(sts: STSClient, input: object = {}): Promise<Credentials & { expiration?: Date }> {
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'nightly', ...input }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
    ...(Credentials?.Expiration === undefined ? {} : { expiration: Credentials.Expiration }),
  };
}

test('any key is a user of the account, whatever is denied', async () => {
  const { sts } = await served({ deny: ['sts:*'] });

  const { Account, Arn, UserId } = await sts().send(new GetCallerIdentityCommand({}));

  expect({ Account, Arn, UserId }).toEqual({
    Account: '123456789012',
    Arn: 'arn:aws:iam::123456789012:user/sandbox',
    UserId: 'AIDAIOSFODNN7EXAMPLE',
  });
});

test('an assumed role speaks for its own account, under the name of the session', async () => {
  const { sts, sagemaker } = await served();

  const session = await assumed(sts());
  const identity = await sts(session).send(new GetCallerIdentityCommand({}));
  const list = (credentials?: Credentials) => sagemaker(credentials).send(new ListArtifactsCommand({}));

  expect(identity).toMatchObject({
    Account: '210987654321',
    Arn: 'arn:aws:sts::210987654321:assumed-role/Lineage/nightly',
    UserId: 'AROAIOSFODNN7EXAMPLE:nightly',
  });
  expect((await list()).ArtifactSummaries).toHaveLength(1);
  expect((await list(session)).ArtifactSummaries).toEqual([]);
});

test('the credentials of a role end, for every service, when they said they would', async () => {
  let now = 1_700_000_000_000;
  const timing = { now: () => now, sleep: async () => undefined };
  const { sts, sagemaker } = await served({ timing });

  const session = await assumed(sts(), { DurationSeconds: 900 });
  now = (session.expiration?.getTime() ?? 0) - 1;
  const before = sts(session).send(new GetCallerIdentityCommand({}));
  await expect(before).resolves.toMatchObject({ Account: '210987654321' });
  now += 1;

  expect(session.expiration).toEqual(new Date(1_700_000_900_000));
  await expect(sts(session).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
    name: 'ExpiredToken',
    $metadata: { httpStatusCode: 403 },
  });
  await expect(sagemaker(session).send(new ListArtifactsCommand({}))).rejects.toMatchObject({
    name: 'ExpiredTokenException',
    message: 'The security token included in the request is expired',
  });
});

test('sessions can be made to end sooner than anybody asks', async () => {
  const timing = { now: () => 1_700_000_000_000, sleep: async () => undefined };
  const { sts } = await served({ timing, longestSessionMs: 20_000 });

  expect((await assumed(sts())).expiration).toEqual(new Date(1_700_000_020_000));
});

test('a key of a session without its token is refused', async () => {
  const { sts, sagemaker } = await served();

  const { accessKeyId, secretAccessKey } = await assumed(sts());
  const bare = { accessKeyId, secretAccessKey };

  await expect(sts(bare).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
  });
  await expect(sagemaker(bare).send(new ListArtifactsCommand({}))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
});

test.each([
  ['no ARN of a role', { RoleArn: 'arn:aws:iam::210987654321:user/Lineage' }],
  ['a session name with a space', { RoleSessionName: 'a night' }],
  ['a session of a minute', { DurationSeconds: 60 }],
  ['a session of a day', { DurationSeconds: 86_400 }],
])('AssumeRole with %s is refused', async (_, input) => {
  const { sts } = await served();

  await expect(assumed(sts(), input)).rejects.toMatchObject({
    name: 'ValidationError',
    $metadata: { httpStatusCode: 400 },
  });
});

test('a denied action is refused by the name of the caller, and of the action', async () => {
  const { sts, sagemaker } = await served({ deny: ['sagemaker:ListArtifacts'] });
  const session = await assumed(sts());

  await expect(sagemaker().send(new ListArtifactsCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message:
      'User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: sagemaker:ListArtifacts on resource: arn:aws:sagemaker:us-east-1:123456789012:* because no identity-based policy allows the sagemaker:ListArtifacts action',
  });
  await expect(sagemaker(session).send(new ListArtifactsCommand({}))).rejects.toMatchObject({
    message: expect.stringContaining(
      'User: arn:aws:sts::210987654321:assumed-role/Lineage/nightly is not authorized',
    ),
  });
});

test('AssumeRole can be denied', async () => {
  const { sts } = await served({ deny: ['sts:AssumeRole'] });

  await expect(assumed(sts())).rejects.toMatchObject({ name: 'AccessDenied' });
});
