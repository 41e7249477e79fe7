import { NeptuneClient } from '@aws-sdk/client-neptune';
import { expect, onTestFinished, test } from 'vitest';
import { clusterHost, describeCluster } from '../../src/neptune/cluster-description.ts';
import { CREDENTIALS, scriptedServer } from './scripted-server.ts';

const HOST = 'mine.cluster-abc.us-east-1.neptune.amazonaws.com';

test.each([
  [HOST, { id: 'mine', region: 'us-east-1' }],
  ['mine.cluster-ro-abc.eu-west-1.neptune.amazonaws.com', { id: 'mine', region: 'eu-west-1' }],
  ['mine.cluster-abc.cn-north-1.neptune.amazonaws.com.cn', { id: 'mine', region: 'cn-north-1' }],
  ['two.cluster-custom-abc.us-east-1.neptune.amazonaws.com', { id: undefined, region: 'us-east-1' }],
  ['mine-1.abc.us-east-1.neptune.amazonaws.com', { id: undefined, region: 'us-east-1' }],
  ['tunnel.example.com', undefined],
  ['127.0.0.1', undefined],
])('the host %s says %j', (host, expected) => {
  expect(clusterHost(`https://${host}:8182`)).toEqual(expected);
});

/** The management API: pages of clusters, and what it was asked. */
async function managed(pages: readonly string[]) {
  const { url, seen } = await scriptedServer((_, nth) => {
    const marker = nth < pages.length ? `<Marker>page-${nth + 1}</Marker>` : '';
    const clusters = `<DBClusters>${pages[nth - 1] ?? ''}</DBClusters>`;
    return {
      xml: `<DescribeDBClustersResponse><DescribeDBClustersResult>${marker}${clusters}</DescribeDBClustersResult></DescribeDBClustersResponse>`,
    };
  });
  const client = new NeptuneClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS });
  onTestFinished(() => client.destroy());
  const asked = () => seen.map(({ body }) => Object.fromEntries(new URLSearchParams(String(body))));
  return { client, asked };
}

function cluster(id: string, more = ''): string {
  return `<DBCluster><DBClusterIdentifier>${id}</DBClusterIdentifier><Port>8182</Port><Endpoint>${id}.cluster-abc.us-east-1.neptune.amazonaws.com</Endpoint>${more}</DBCluster>`;
}

test('a cluster is asked for by the id that its host name begins with', async () => {
  const roles =
    '<AssociatedRoles><DBClusterRole><RoleArn>r</RoleArn><Status>ACTIVE</Status></DBClusterRole></AssociatedRoles>';
  const { client, asked } = await managed([
    cluster('mine', `<Status>available</Status><DbClusterResourceId>cluster-X</DbClusterResourceId>${roles}`),
  ]);

  const found = await describeCluster(client, `https://${HOST}:8182`);

  expect(found).toEqual({
    ...{ id: 'mine', resourceId: 'cluster-X', status: 'available', writer: HOST },
    roles: new Map([['r', 'ACTIVE']]),
  });
  expect(asked()).toMatchObject([{ Action: 'DescribeDBClusters', DBClusterIdentifier: 'mine' }]);
});

test('a given id wins over the host name', async () => {
  const { client, asked } = await managed([cluster('other')]);

  await describeCluster(client, `https://${HOST}:8182`, { clusterId: 'other' });

  expect(asked()).toMatchObject([{ DBClusterIdentifier: 'other' }]);
});

test('an instance is looked for in every page of the Neptune clusters', async () => {
  const members =
    '<DBClusterMembers><DBClusterMember><DBInstanceIdentifier>mine-1</DBInstanceIdentifier></DBClusterMember></DBClusterMembers>';
  const { client, asked } = await managed([cluster('other'), '', cluster('mine', members)]);

  const found = await describeCluster(client, 'https://mine-1.abc.us-east-1.neptune.amazonaws.com:8182');

  expect(found?.id).toBe('mine');
  expect(asked()).toMatchObject([
    { 'Filters.Filter.1.Name': 'engine', 'Filters.Filter.1.Values.Value.1': 'neptune' },
    { Marker: 'page-2' },
    { Marker: 'page-3' },
  ]);
});

test('an endpoint that no cluster has is nobody’s', async () => {
  const { client } = await managed([cluster('other'), cluster('mine')]);

  expect(await describeCluster(client, 'https://tunnel.example.com:8182')).toBeUndefined();
});
