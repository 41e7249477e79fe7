import { partitionOf } from '../partition.ts';
import { listed, queryError, queryParameters, queryReply } from '../query-protocol.ts';
import type { SandboxReply, SandboxRequest, SandboxService } from '../service.ts';

/** The cluster, as its management sees it. */
type ManagedCluster = {
  readonly account: string;
  readonly region: string;
  readonly engineVersion: string;
  readonly iamAuthentication: boolean;
  /** What stands at the endpoint that is served. */
  readonly role: 'writer' | 'reader';
  /** Roles that are attached to the cluster. */
  readonly loadRoles: readonly string[];
  /** When the cluster was made, epoch milliseconds. */
  readonly createdAt: number;
};

const CLUSTER_ID = 'sandbox';

/** Neptune's management API: DescribeDBClusters, of the one cluster that there is. */
export function neptuneManagementService(cluster: ManagedCluster): SandboxService {
  return {
    operation: (request) => queryParameters(request).get('Action') ?? 'Unknown',
    reply: async (request) => answer(cluster, request),
  };
}

function answer(cluster: ManagedCluster, request: SandboxRequest): SandboxReply {
  const parameters = queryParameters(request);
  const action = parameters.get('Action') ?? '';
  const refused = (code: string, message: string, status = 400) =>
    queryError('rds', { status, code, message }, request.id);
  if (request.credential === undefined) {
    return refused('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  if (action !== 'DescribeDBClusters') {
    return refused('InvalidAction', `The sandbox does not know the operation ${action}`);
  }
  const isHere = request.credential.region === cluster.region;
  const asked = parameters.get('DBClusterIdentifier')?.toLowerCase();
  const isAsked = asked === undefined || asked === CLUSTER_ID || asked === arnOf(cluster);
  if (asked !== undefined && !(isHere && isAsked)) {
    return refused('DBClusterNotFoundFault', `DBCluster ${asked} not found.`, 404);
  }
  const found = isHere && passes(listed(parameters, 'Filters.Filter.1.Values.'));
  return queryReply(
    'rds',
    action,
    { DBClusters: found ? { DBCluster: described(cluster, request) } : {} },
    request.id,
  );
}

/** The one filter that is looked at: `engine`. */
function passes(values: readonly string[]): boolean {
  return values.length === 0 || values.includes('neptune') || values.includes(CLUSTER_ID);
}

function arnOf({ account, region }: ManagedCluster): string {
  return `arn:${partitionOf(region)}:rds:${region}:${account}:cluster:${CLUSTER_ID}`;
}

/** The cluster is where this request was sent to. */
function described(cluster: ManagedCluster, { headers }: SandboxRequest) {
  const { hostname, port } = new URL(`http://${headers.host}`);
  return {
    DBClusterIdentifier: CLUSTER_ID,
    DBClusterArn: arnOf(cluster),
    DbClusterResourceId: 'cluster-SANDBOX',
    Status: 'available',
    Engine: 'neptune',
    EngineVersion: cluster.engineVersion,
    Endpoint: cluster.role === 'writer' ? hostname : `writer.${hostname}`,
    ReaderEndpoint: cluster.role === 'writer' ? `reader.${hostname}` : hostname,
    Port: port,
    IAMDatabaseAuthenticationEnabled: cluster.iamAuthentication,
    StorageEncrypted: true,
    ClusterCreateTime: new Date(cluster.createdAt).toISOString(),
    DBClusterMembers: {
      DBClusterMember: [{ DBInstanceIdentifier: `${CLUSTER_ID}-1`, IsClusterWriter: true }],
    },
    AssociatedRoles: {
      DBClusterRole: cluster.loadRoles.map((RoleArn) => ({ RoleArn, Status: 'ACTIVE' })),
    },
  };
}
