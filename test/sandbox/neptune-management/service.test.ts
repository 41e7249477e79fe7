import { DescribeDBClustersCommand, NeptuneClient } from '@aws-sdk/client-neptune';
import { expect, onTestFinished, test } from 'vitest';
import { type SandboxOptions, startSandbox } from '../../../src/sandbox/sandbox.ts';

async function served(options: SandboxOptions = {}, region = 'us-east-1') {
  const timing = { now: () => 1_700_000_000_000, sleep: async () => undefined };
  const sandbox = await startSandbox({ gremlin: false, timing, ...options });
  const { url: endpoint, credentials } = sandbox;
  const client = new NeptuneClient({ endpoint, region, credentials, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await sandbox.close();
  });
  return { sandbox, client };
}

test('the cluster describes itself, its roles, and where it is', async () => {
  const { sandbox, client } = await served();

  const { DBClusters } = await client.send(new DescribeDBClustersCommand({}));

  expect(DBClusters).toEqual([
    {
      DBClusterIdentifier: 'sandbox',
      DBClusterArn: 'arn:aws:rds:us-east-1:123456789012:cluster:sandbox',
      DbClusterResourceId: 'cluster-SANDBOX',
      Status: 'available',
      Engine: 'neptune',
      EngineVersion: '1.4.8.0',
      Endpoint: '127.0.0.1',
      ReaderEndpoint: 'reader.127.0.0.1',
      Port: sandbox.port,
      IAMDatabaseAuthenticationEnabled: true,
      StorageEncrypted: true,
      ClusterCreateTime: new Date(1_700_000_000_000),
      DBClusterMembers: [{ DBInstanceIdentifier: 'sandbox-1', IsClusterWriter: true }],
      AssociatedRoles: [{ RoleArn: 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3', Status: 'ACTIVE' }],
    },
  ]);
});

test('the settings of the cluster show', async () => {
  const { client } = await served({
    cluster: { engineVersion: '1.2.1.0', role: 'reader', iamAuthentication: false, loadRoles: [] },
  });

  const { DBClusters } = await client.send(
    new DescribeDBClustersCommand({ Filters: [{ Name: 'engine', Values: ['neptune'] }] }),
  );

  expect(DBClusters).toMatchObject([
    {
      ...{ EngineVersion: '1.2.1.0', IAMDatabaseAuthenticationEnabled: false, AssociatedRoles: [] },
      ...{ Endpoint: 'writer.127.0.0.1', ReaderEndpoint: '127.0.0.1' },
    },
  ]);
});

test.each([
  ['by its id', 'Sandbox'],
  ['by its ARN', 'arn:aws:rds:us-east-1:123456789012:cluster:sandbox'],
])('the cluster can be asked for %s', async (_, DBClusterIdentifier) => {
  const { client } = await served();

  const { DBClusters } = await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier }));

  expect(DBClusters).toHaveLength(1);
});

test('another cluster is not found, and in another region there is none', async () => {
  const { client } = await served();
  const elsewhere = await served({}, 'eu-west-1');

  await expect(
    client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: 'other' })),
  ).rejects.toMatchObject({ name: 'DBClusterNotFoundFault', $metadata: { httpStatusCode: 404 } });
  expect((await elsewhere.client.send(new DescribeDBClustersCommand({}))).DBClusters).toEqual([]);
});

test('the management API can be denied by the action that IAM calls it', async () => {
  const { client } = await served({ deny: ['rds:DescribeDBClusters'] });

  await expect(client.send(new DescribeDBClustersCommand({}))).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('not authorized to perform: rds:DescribeDBClusters'),
  });
});
