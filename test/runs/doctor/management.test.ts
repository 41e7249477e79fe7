import { NeptuneClient } from '@aws-sdk/client-neptune';
import { expect, onTestFinished, test } from 'vitest';
import { managementLines, observeManagement } from '../../../src/runs/doctor/management.ts';
import { observer } from '../../../src/runs/doctor/observe.ts';
import { CREDENTIALS, scriptedServer } from '../../neptune/scripted-server.ts';

/* What the management API can say of a cluster and of its roles. */

const ROLE = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
const ENDPOINT = 'https://mine.cluster-abc.us-east-1.neptune.amazonaws.com:8182';

async function linesOf(roles: string, status = 'available', roleArn: string | undefined = ROLE) {
  const xml = `<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster><DBClusterIdentifier>mine</DBClusterIdentifier><Status>${status}</Status><AssociatedRoles>${roles}</AssociatedRoles></DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>`;
  const { url } = await scriptedServer(() => ({ xml }));
  const client = new NeptuneClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS });
  onTestFinished(() => client.destroy());
  const observation = await observeManagement(client, ENDPOINT, { observe: observer(10_000, undefined) });
  return managementLines(observation, { resources: {}, region: 'us-east-1', roleArn });
}

function attached(status: string, role = ROLE): string {
  return `<DBClusterRole><RoleArn>${role}</RoleArn><Status>${status}</Status></DBClusterRole>`;
}

test.each([
  [attached('ACTIVE'), 'ok', `${ROLE} is attached to mine`, undefined],
  [
    attached('PENDING'),
    'wrong',
    `${ROLE} is being attached to mine`,
    'Wait a few minutes, and run doctor again.',
  ],
  [
    attached('INVALID'),
    'wrong',
    `${ROLE} is attached to mine, which cannot assume it (INVALID)`,
    'Let the trust policy of the role allow sts:AssumeRole to the service rds.amazonaws.com.',
  ],
  [
    '',
    'wrong',
    `${ROLE} is not attached to mine, and no other is`,
    `Attach it: aws neptune add-role-to-db-cluster --db-cluster-identifier mine --role-arn ${ROLE}.`,
  ],
])('a cluster with the roles %j: the load role is %s', async (roles, verdict, found, remedy) => {
  const lines = await linesOf(roles);

  expect(lines.at(-1)).toEqual({
    ...{ check: 'load role', verdict, found },
    ...(remedy === undefined ? {} : { remedy }),
  });
});

test('of a chain of roles the first has to be attached', async () => {
  const chain = `${ROLE}, arn:aws:iam::999999999999:role/Bucket`;

  expect((await linesOf(attached('ACTIVE'), 'available', chain)).at(-1)?.verdict).toBe('ok');
});

test.each([
  ['stopped', 'Start it: aws neptune start-db-cluster --db-cluster-identifier mine.'],
  ['upgrading', 'Wait until it is available.'],
])('a cluster that is %s is not there to be loaded', async (status, remedy) => {
  const lines = await linesOf(attached('ACTIVE'), status);

  expect(lines[1]).toEqual({ check: 'cluster', verdict: 'wrong', found: `mine is ${status}`, remedy });
});
