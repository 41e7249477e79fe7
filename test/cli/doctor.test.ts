import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartLoaderJobCommand } from '@aws-sdk/client-neptunedata';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, onTestFinished, test } from 'vitest';
import { PERMISSION_COMMANDS, PERMISSIONS } from '../../src/graph/permissions.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { examined, HEALTHY, type Prepared, ROLE, type Setting } from './examined.ts';
import { cliHere } from './in-process.ts';

/* `doctor` against a sandbox that is set up as it should be, and against one for each way in which it can be wrong. */

test('a healthy account, bucket and cluster are well: every line is ok, and the exit code 0', async () => {
  const { exitCode, report, stderr, sandbox } = await examined();

  const s3 = new S3Client({ ...sandbox, endpoint: sandbox.url, forcePathStyle: true });
  onTestFinished(() => s3.destroy());
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'lineage' }));
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'lineage' }));

  expect(exitCode).toBe(0);
  expect(report.ok).toBe(true);
  expect(report.lines.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(report.lines[0]).toEqual({
    ...{ check: 'credentials', verdict: 'ok' },
    found: 'arn:aws:iam::123456789012:user/sandbox',
  });
  expect(report.leftOut).toEqual(['whether the load role can read the bucket (--deep)']);
  expect(stderr).toContain('Not looked at: whether the load role can read the bucket (--deep).');
  // Nothing was written, and nothing is left over.
  expect([Contents, Uploads]).toEqual([undefined, undefined]);
});

test('every permission of the table that can be tried without doing it is tried', async () => {
  const { report } = await examined({
    args: [
      ...[...HEALTHY, '--sse', 'aws:kms', '--sse-kms-key-id', 'arn:aws:kms:us-east-1:123456789012:key/k'],
      ...['--for', PERMISSION_COMMANDS.join(',')],
    ],
  });
  const tried = report.lines.map(({ check }) => check).filter((check) => check.includes(':'));
  const wanted = PERMISSIONS.filter(({ who, tried }) => who === 'caller' && tried === 'always');

  expect(tried.sort()).toEqual(wanted.map(({ action }) => action).sort());
});

test('with --deep a vertex is loaded, found, and taken away with its file', async () => {
  const { exitCode, report, sandbox } = await examined({
    sandbox: { gremlin: true },
    args: [...HEALTHY, '--deep'],
  });
  const s3 = new S3Client({ ...sandbox, endpoint: sandbox.url, forcePathStyle: true });
  onTestFinished(() => s3.destroy());
  const counts = await cliHere(['gremlin', 'g.V().count()', '--output', 'json'], {
    env: sandbox.environment,
  });

  expect(report.lines.slice(-3)).toEqual([
    { check: 'trial load', verdict: 'ok', found: `LOAD_COMPLETED: ${ROLE} reads the bucket` },
    { check: 's3:DeleteObject', verdict: 'ok', found: 'allowed' },
    { check: 'neptune-db:DeleteDataViaQuery', verdict: 'ok', found: 'allowed' },
  ]);
  expect(exitCode).toBe(0);
  expect(report.leftOut).toEqual([]);
  expect(sandbox.log.calls('neptune-db', 'StartLoaderJob')).toBe(2);
  expect(JSON.parse(counts.stdout)).toEqual([0]);
  expect((await s3.send(new ListObjectsV2Command({ Bucket: 'lineage' }))).Contents).toBeUndefined();
});

test('--for tries what these commands need, and leaves the rest out', async () => {
  const { exitCode, report, sandbox } = await examined({ args: [...HEALTHY, '--for', 'load'] });
  const tried = report.lines.map(({ check }) => check).filter((check) => check.includes(':'));

  expect(exitCode).toBe(0);
  expect(tried).toEqual([
    ...['s3:ListBucket', 's3:GetObject'],
    ...['GetEngineStatus', 'ListLoaderJobs', 'GetLoaderJobStatus', 'StartLoaderJob', 'ReadDataViaQuery'].map(
      (action) => `neptune-db:${action}`,
    ),
    'rds:DescribeDBClusters',
  ]);
  expect(sandbox.log.calls('sagemaker') + sandbox.log.calls('s3', 'CreateMultipartUpload')).toBe(0);
});

test('a cluster without IAM authentication is well, and asks nobody for permissions', async () => {
  const { exitCode, report } = await examined({
    sandbox: { cluster: { iamAuthentication: false }, deny: ['neptune-db:*'] },
  });

  expect(report.lines.find(({ check }) => check === 'IAM authentication')?.found).toBe(
    'off: whoever reaches the endpoint may read and change the graph',
  );
  expect(exitCode).toBe(0);
});

test('without bucket, cluster and role only the account is looked at, and what was left out is said', async () => {
  const { exitCode, report } = await examined({
    args: [],
    prepare: () => ({ env: { AWS_ENDPOINT_URL_NEPTUNEDATA: undefined } }),
  });

  expect(exitCode).toBe(0);
  expect(new Set(report.lines.map(({ check }) => check.split(':')[0]))).toEqual(
    new Set(['credentials', 'region', 'sagemaker']),
  );
  expect(report.leftOut).toEqual([
    'the bucket (--to)',
    'the cluster (--endpoint)',
    'whether the load role can read the bucket (--deep)',
  ]);
});

test('a cluster without a load role is looked at but for the role', async () => {
  const { report, unknown } = await examined({ args: [] });

  expect(report.lines.at(-1)).toEqual({ check: 'cluster', verdict: 'ok', found: 'sandbox is available' });
  expect(unknown).toEqual([]);
  expect(report.leftOut).toContain('the load role (--role)');
});

test('people get a table, and below it each remedy in full', async () => {
  const { sandbox } = await examined({ sandbox: { deny: ['s3:AbortMultipartUpload'] } });

  const { exitCode, stdout, stderr } = await cliHere(['doctor', ...HEALTHY], {
    env: sandbox.environment,
    columns: 60,
  });
  const lines = stdout.split('\n');

  expect(lines[0]).toMatch(/^verdict +check +found$/);
  expect(lines).toContainEqual(expect.stringMatching(/^wrong +s3:AbortMultipartUpload +denied \(.*…$/));
  expect(lines.at(-2)).toBe(
    's3:AbortMultipartUpload: Allow s3:AbortMultipartUpload on arn:aws:s3:::lineage/nightly/* in the IAM policy of arn:aws:iam::123456789012:user/sandbox.',
  );
  expect(stderr).toContain('smlineage: Not all is well; wrong: s3:AbortMultipartUpload.');
  expect(exitCode).toBe(8);
});

test.each([
  [['--deep'], 'A trial load needs a bucket, a cluster and a load role.'],
  [['--to', 'lineage'], 'Expected an S3 URI, got "lineage".'],
  [['--to', 's3://lineage', '--sse-kms-key-id', 'k'], 'Expected --sse aws:kms with --sse-kms-key-id'],
  [['--endpoint', 'ftp://cluster'], 'Expected a Neptune endpoint, got "ftp://cluster"'],
  [['--for', 'load,dance'], 'found dance'],
  [['--timeout', '10'], 'Expected a duration such as 90s, 30m or 12h.'],
  [['--expected-bucket-owner', '12'], 'Expected an account id of twelve digits.'],
])('%j is misuse', async (args, message) => {
  const { sandbox } = await examined({ args: [] });

  expect(await cliHere(['doctor', ...args], { env: sandbox.environment })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(message),
  });
});

const NEPTUNE_ACTIONS = [
  ...['GetEngineStatus', 'ListLoaderJobs', 'GetLoaderJobStatus', 'StartLoaderJob', 'CancelLoaderJob'],
  'ReadDataViaQuery',
].map((action) => `neptune-db:${action}`);

/** What is planted, which lines are wrong for it and no others, what one of them says, and what is to be done. */
type Plant = readonly [
  name: string,
  setting: Setting,
  wrong: readonly string[],
  found: string,
  remedy: string,
];

const PLANTS: readonly Plant[] = [
  [
    'no credentials',
    { prepare: () => ({ env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined } }) },
    ['credentials'],
    'none (',
    'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role gives credentials.',
  ],
  [
    'credentials of a role that have expired',
    { sandbox: { longestSessionMs: 0 }, prepare: assumedRole },
    ['credentials'],
    'expired (',
    'Renew the credentials: log in again (aws sso login), or assume the role again.',
  ],
  [
    'a session token that belongs to another key',
    {
      prepare: async (sandbox) => ({ env: { ...(await assumedRole(sandbox)).env, AWS_SESSION_TOKEN: 'x' } }),
    },
    ['credentials'],
    'refused (InvalidClientTokenId: ',
    'Check the access key and its secret, the session token, and the clock of this machine.',
  ],
  [
    'one listing denied',
    { sandbox: { deny: ['sagemaker:ListActions'] } },
    ['sagemaker:ListActions'],
    'denied (User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: sagemaker:ListActions',
    'Allow sagemaker:ListActions on * in the IAM policy of arn:aws:iam::123456789012:user/sandbox.',
  ],
  [
    'one description denied, to a role',
    { sandbox: { deny: ['sagemaker:DescribeTrial'] }, prepare: ownRole },
    ['sagemaker:DescribeTrial'],
    'denied (',
    'Allow sagemaker:DescribeTrial on * in the IAM policy of the role Lineage.',
  ],
  [
    'Search denied',
    { sandbox: { deny: ['sagemaker:Search'] } },
    ['sagemaker:Search'],
    'denied (',
    'Allow sagemaker:Search on *',
  ],
  [
    'a bucket in another Region',
    { args: ['--to', 's3://far-away/nightly', '--role', ROLE], prepare: bucketInEurope },
    ['bucket'],
    'far-away is in eu-west-1, and not in us-east-1',
    'Use a bucket in us-east-1: Neptune loads only from its own Region.',
  ],
  [
    'no such bucket',
    { args: ['--to', 's3://no-such-bucket/nightly', '--role', ROLE] },
    ['bucket'],
    'there is no bucket no-such-bucket',
    'Create it in us-east-1, or correct its name in --to.',
  ],
  [
    'a bucket of another owner',
    { args: [...HEALTHY, '--expected-bucket-owner', '999999999999'] },
    ['bucket owner'],
    'not 999999999999',
    'Find out whose lineage is before anything is sent there',
  ],
  [
    'no listing of the bucket',
    { sandbox: { deny: ['s3:ListBucket'] } },
    ['s3:ListBucket'],
    'denied (',
    'Allow s3:ListBucket on arn:aws:s3:::lineage in the IAM policy of',
  ],
  [
    'no writing to the bucket',
    { sandbox: { deny: ['s3:PutObject'] } },
    ['s3:PutObject'],
    'denied (',
    'Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the IAM policy of',
  ],
  [
    'no reading of the bucket',
    { sandbox: { deny: ['s3:GetObject'] } },
    ['s3:GetObject'],
    'denied (',
    'Allow s3:GetObject on arn:aws:s3:::lineage/nightly/* in the IAM policy of',
  ],
  [
    'a key of KMS that the caller may not use',
    {
      sandbox: { deny: ['kms:GenerateDataKey'] },
      args: [...HEALTHY, '--sse', 'aws:kms', '--sse-kms-key-id', 'arn:aws:kms:us-east-1:123456789012:key/k'],
    },
    ['kms:GenerateDataKey'],
    'denied (',
    'Allow kms:GenerateDataKey on arn:aws:kms:us-east-1:123456789012:* in the IAM policy of arn:aws:iam::123456789012:user/sandbox, and in the policy of the key.',
  ],
  [
    'a load role that is not attached to the cluster',
    { sandbox: { cluster: { loadRoles: ['arn:aws:iam::123456789012:role/Other'] } } },
    ['load role'],
    `${ROLE} is not attached to sandbox; these are: arn:aws:iam::123456789012:role/Other`,
    `Attach it: aws neptune add-role-to-db-cluster --db-cluster-identifier sandbox --role-arn ${ROLE}.`,
  ],
  [
    'a load role that cannot read the bucket',
    {
      sandbox: { faults: { rules: [], loads: [{ errorCode: 'S3_ACCESS_DENIED_ERROR' }] } },
      args: [...HEALTHY, '--deep'],
    },
    ['trial load'],
    'LOAD_FAILED, S3_ACCESS_DENIED_ERROR: ',
    `Allow s3:List* on arn:aws:s3:::lineage and s3:Get* on arn:aws:s3:::lineage/nightly/* to ${ROLE} (and kms:Decrypt on the key where KMS encrypts), in its policy and in that of the bucket.`,
  ],
  [
    'no way from the cluster to S3',
    {
      sandbox: { faults: { rules: [], loads: [{ status: 'LOAD_S3_READ_ERROR' }] } },
      args: [...HEALTHY, '--deep'],
    },
    ['trial load'],
    'LOAD_FAILED, LOAD_S3_READ_ERROR',
    'Give the VPC of the cluster a gateway endpoint com.amazonaws.us-east-1.s3',
  ],
  [
    'the endpoint of a reader',
    { sandbox: { cluster: { role: 'reader' } } },
    ['writer'],
    'the endpoint is a reader: nothing can be loaded there',
    'Pass the writer endpoint of the cluster as --endpoint: writer.127.0.0.1.',
  ],
  [
    'a caller without any action of the cluster',
    { sandbox: { deny: ['neptune-db:*'] } },
    NEPTUNE_ACTIONS,
    'denied (',
    'on arn:aws:neptune-db:us-east-1:123456789012:cluster-SANDBOX/* in the IAM policy of',
  ],
  [
    'no writing to the graph, for a sync',
    { sandbox: { deny: ['neptune-db:WriteDataViaQuery'] }, args: [...HEALTHY, '--for', 'sync'] },
    ['neptune-db:WriteDataViaQuery'],
    'denied (',
    'Allow neptune-db:WriteDataViaQuery on arn:aws:neptune-db:us-east-1:123456789012:cluster-SANDBOX/*',
  ],
  [
    'no asking for tags, for an export of tags',
    { sandbox: { deny: ['sagemaker:ListTags'] }, args: ['--for', 'export,export --tags'] },
    ['sagemaker:ListTags'],
    'denied (',
    'Allow sagemaker:ListTags on *',
  ],
  [
    'a loader whose queue is full',
    { sandbox: { faults: { rules: [], loads: [{ status: 'LOAD_IN_PROGRESS' }] } }, prepare: fullQueue },
    ['loader queue'],
    'full: 64 jobs wait',
    'Wait for the loads that are queued, or cancel what is not needed',
  ],
  [
    'a port where nothing listens',
    { args: [...HEALTHY, '--endpoint', 'http://127.0.0.1:9'] },
    ['endpoint'],
    'http://127.0.0.1:9: nothing listens there (ECONNREFUSED)',
    'Run from inside the VPC of the cluster',
  ],
  [
    'a host that nobody knows',
    { args: [...HEALTHY, '--endpoint', 'no-such-cluster.invalid'] },
    ['endpoint'],
    'https://no-such-cluster.invalid:8182: ',
    'Copy the writer endpoint of the cluster again',
  ],
  [
    'TLS to a port that speaks none',
    { prepare: ({ port }) => ({ args: ['--endpoint', `https://127.0.0.1:${port}`] }) },
    ['endpoint'],
    ' over TLS',
    'Use the host name of the endpoint, not its address or a tunnel’s',
  ],
  [
    'an endpoint that is no cluster',
    {
      prepare: async () => ({
        args: ['--endpoint', await serverOf((_, reply) => reply.end('<html>Sign in</html>'))],
      }),
    },
    ['endpoint'],
    'answers, but not as Neptune does (HTTP 200)',
    'Pass the writer endpoint of a Neptune cluster',
  ],
  [
    'a port that closes what it gets over plain HTTP',
    { prepare: async () => ({ args: ['--endpoint', await closingServer()] }) },
    ['endpoint'],
    'the connection broke (ECONNRESET) over plain HTTP',
    'Write the endpoint with https://: Neptune speaks TLS only.',
  ],
  [
    'a port that takes everything and answers nothing',
    { prepare: async () => ({ args: ['--timeout', '1s', '--endpoint', await serverOf(() => undefined)] }) },
    ['endpoint'],
    'no answer within 1 s',
    'let the security group of the cluster admit this machine at that port',
  ],
  [
    'an unknown identifier of the cluster',
    { args: [...HEALTHY, '--cluster', 'other'] },
    ['cluster'],
    'DBClusterNotFoundFault: DBCluster other not found.',
    'Check --endpoint, --cluster and --region: us-east-1 of this account has no such cluster.',
  ],
  [
    'a Region that is none',
    { args: ['--region', 'us-esat', '--to', 's3://lineage/nightly'], prepare: noCluster },
    ['region', 'bucket'],
    'us-esat is no Region',
    'Pass --region in the form of us-east-1.',
  ],
  [
    'a start of loads that the cluster refuses',
    {
      sandbox: {
        faults: {
          rules: [{ service: 'neptune-db', operation: 'StartLoaderJob', fault: 'load-refused', at: 2 }],
        },
      },
      args: [...HEALTHY, '--deep'],
    },
    ['trial load'],
    'Cannot start a load from s3://lineage/nightly/smlineage-doctor/',
    'Let the trust policy of the role name rds.amazonaws.com; allow s3:List* on',
  ],
  [
    'an old engine',
    { sandbox: { cluster: { engineVersion: '1.2.1.0' } } },
    ['engine'],
    'Neptune 1.2.1.0, tinkerpop-3.6.2: older than 1.3.2.0',
    'Upgrade the engine of the cluster to 1.4',
  ],
  [
    'a Region that is not the cluster’s',
    { args: ['--region', 'eu-west-1', '--role', ROLE] },
    ['neptune-db'],
    'refuses requests that are signed for eu-west-1',
    'Pass the Region of the cluster as --region.',
  ],
  [
    'no look at the management of the cluster',
    { sandbox: { deny: ['rds:DescribeDBClusters'] } },
    ['rds:DescribeDBClusters'],
    'denied (',
    'Allow rds:DescribeDBClusters on * in the IAM policy of',
  ],
];

test.each(PLANTS)(
  '%s: named with its remedy, and nothing else is wrong',
  async (_, setting, checks, found, remedy) => {
    const { exitCode, stderr, report, wrong } = await examined(setting);
    const line = report.lines.find(({ check }) => check === checks[0]);

    expect(wrong).toEqual(checks);
    expect(line?.found).toContain(found);
    expect(line?.remedy).toContain(remedy);
    expect(exitCode).toBe(8);
    expect(stderr).toContain(`wrong: ${checks.join(', ')}`);
  },
);

async function assumedRole(sandbox: Sandbox, RoleArn = 'arn:aws:iam::123456789012:role/Lineage') {
  const sts = new STSClient({ ...sandbox, endpoint: sandbox.url });
  const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'nightly' });
  const { Credentials } = await sts.send(command).finally(() => sts.destroy());
  return {
    env: {
      AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials?.SessionToken,
    },
  };
}

function ownRole(sandbox: Sandbox) {
  return assumedRole(sandbox);
}

async function bucketInEurope(sandbox: Sandbox): Promise<Prepared> {
  const s3 = new S3Client({
    ...{ endpoint: sandbox.url, credentials: sandbox.credentials, region: 'eu-west-1', forcePathStyle: true },
  });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket: 'far-away', CreateBucketConfiguration }));
  s3.destroy();
  return {};
}

async function fullQueue(sandbox: Sandbox): Promise<Prepared> {
  const s3 = new S3Client({ ...sandbox, endpoint: sandbox.url, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: 'other/v.csv', Body: '~id,~label\na,A\n' }));
  s3.destroy();
  const client = neptuneClient({ ...sandbox, endpoint: sandbox.url });
  const start = new StartLoaderJobCommand({
    ...{ source: 's3://lineage/other/', format: 'csv', s3BucketRegion: 'us-east-1', iamRoleArn: ROLE },
    queueRequest: true,
  });
  for (let job = 0; job <= 64; job += 1) await client.send(start);
  client.destroy();
  return {};
}

function noCluster(): Prepared {
  return { env: { AWS_ENDPOINT_URL_NEPTUNEDATA: undefined } };
}

/** What a port that speaks TLS does with plain HTTP. */
async function closingServer(): Promise<string> {
  return await serverOf((request) => request.socket.destroy());
}

async function serverOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
