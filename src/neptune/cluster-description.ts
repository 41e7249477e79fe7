import { type DBCluster, DescribeDBClustersCommand, type NeptuneClient } from '@aws-sdk/client-neptune';

/** What the management of a cluster says of it. */
export type ClusterDescription = {
  /** The identifier that its owner chose. */
  readonly id: string;
  /** `cluster-…`: what IAM policies for its data name. */
  readonly resourceId: string | undefined;
  /** `available` where it is. */
  readonly status: string | undefined;
  /** Host of the writer. */
  readonly writer: string | undefined;
  /** By the ARN of each role that is attached: ACTIVE, PENDING or INVALID. */
  readonly roles: ReadonlyMap<string, string>;
};

/** What a host name of Neptune says: `<id>.cluster-…` is the writer, `<id>.cluster-ro-…` the readers. */
export type ClusterHost = { readonly id: string | undefined; readonly region: string };

const HOST =
  /^([a-z0-9-]+)\.(?:(cluster|cluster-ro)-|cluster-custom-)?[a-z0-9]+\.([a-z0-9-]+)\.neptune\.amazonaws\.com(?:\.cn)?$/i;

/** Undefined for a host that is not one of Neptune's own names: a tunnel, an alias. */
export function clusterHost(endpoint: string): ClusterHost | undefined {
  const match = HOST.exec(new URL(endpoint).hostname);
  if (match === null) return undefined;
  const [, name, isCluster, region = ''] = match;
  return { id: isCluster === undefined ? undefined : name, region };
}

type FindOptions = {
  /** The cluster's identifier. @default what the host name says; else the cluster is looked for by its endpoints */
  readonly clusterId?: string | undefined;
  readonly abortSignal?: AbortSignal;
};

/**
 * Describes the cluster that an endpoint belongs to; undefined where no cluster of the account and Region has that endpoint.
 *
 * @throws what the SDK throws: DBClusterNotFoundFault for an identifier that is unknown
 */
export async function describeCluster(
  client: NeptuneClient,
  endpoint: string,
  { clusterId, ...options }: FindOptions = {},
): Promise<ClusterDescription | undefined> {
  const id = clusterId ?? clusterHost(endpoint)?.id;
  if (id !== undefined) {
    const command = new DescribeDBClustersCommand({ DBClusterIdentifier: id });
    const { DBClusters: [cluster] = [] } = await client.send(command, options);
    return cluster && description(cluster);
  }
  // The management APIs of Neptune, RDS and DocumentDB list each other's clusters.
  const Filters = [{ Name: 'engine', Values: ['neptune'] }];
  let Marker: string | undefined;
  do {
    const reply = await client.send(new DescribeDBClustersCommand({ Filters, Marker }), options);
    const found = reply.DBClusters?.find((cluster) => hasEndpoint(cluster, endpoint));
    if (found !== undefined) return description(found);
    Marker = reply.Marker;
  } while (Marker !== undefined);
  return undefined;
}

function hasEndpoint(cluster: DBCluster, endpoint: string): boolean {
  const { hostname, port } = new URL(endpoint);
  const hosts = [cluster.Endpoint, cluster.ReaderEndpoint];
  const instances = (cluster.DBClusterMembers ?? []).map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);
  const isInstance = clusterHost(endpoint) !== undefined && instances.includes(hostname.split('.', 1)[0]);
  const isHere = cluster.Port === undefined || String(cluster.Port) === port;
  return isHere && (isInstance || hosts.some((host) => host?.toLowerCase() === hostname));
}

function description(cluster: DBCluster): ClusterDescription {
  const roles = (cluster.AssociatedRoles ?? []).map(
    ({ RoleArn = '', Status = '' }) => [RoleArn, Status] as const,
  );
  return {
    id: cluster.DBClusterIdentifier ?? '',
    resourceId: cluster.DbClusterResourceId,
    status: cluster.Status,
    writer: cluster.Endpoint,
    roles: new Map(roles),
  };
}
