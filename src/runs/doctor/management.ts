import type { NeptuneClient } from '@aws-sdk/client-neptune';
import type { PermissionResources } from '../../graph/permissions.ts';
import { type ClusterDescription, describeCluster } from '../../neptune/cluster-description.ts';
import { type DoctorLine, ok, unknown, wrong } from './line.ts';
import type { Observe, Observed } from './observe.ts';
import { failureText, permissionLine } from './permission-line.ts';

export type ManagementObservation = Observed<ClusterDescription | undefined>;

export function observeManagement(
  client: NeptuneClient,
  endpoint: string,
  { clusterId, observe }: { readonly clusterId?: string | undefined; readonly observe: Observe },
): Promise<ManagementObservation> {
  return observe((abortSignal) => describeCluster(client, endpoint, { clusterId, abortSignal }));
}

type ManagementContext = {
  readonly resources: PermissionResources;
  readonly region: string;
  /** As it is passed to StartLoaderJob: one role, or several that are assumed one after the other. */
  readonly roleArn: string | undefined;
};

/** Whether the cluster is there and awake, and the load role attached to it. */
export function managementLines(
  observation: ManagementObservation,
  { resources, region, roleArn }: ManagementContext,
): readonly DoctorLine[] {
  const action = 'rds:DescribeDBClusters';
  const { failure } = observation;
  const notTold = (remedy: string) => [
    unknown('cluster', 'not told by the management API', remedy),
    ...(roleArn === undefined ? [] : [unknown('load role', 'not told by the management API', remedy)]),
  ];
  if (failure?.name === 'DBClusterNotFoundFault') {
    const remedy = `Check --endpoint, --cluster and --region: ${region} of this account has no such cluster.`;
    return [ok(action, 'allowed'), wrong('cluster', failureText(failure), remedy)];
  }
  if (failure !== undefined) {
    const line = permissionLine(action, 'clusters', observation, resources);
    return [line, ...notTold('Mend rds:DescribeDBClusters first, and run doctor again.')];
  }
  if (observation.reply === undefined) {
    const remedy =
      'Pass the identifier of the cluster as --cluster: no cluster here has this endpoint for its own.';
    return [ok(action, 'allowed'), ...notTold(remedy)];
  }
  const role = roleArn === undefined ? [] : [roleLine(observation.reply, roleArn)];
  return [ok(action, 'allowed'), statusLine(observation.reply), ...role];
}

function statusLine({ id, status = 'of no status' }: ClusterDescription): DoctorLine {
  if (status === 'available') return ok('cluster', `${id} is available`);
  const remedy =
    status === 'stopped' || status === 'stopping'
      ? `Start it: aws neptune start-db-cluster --db-cluster-identifier ${id}.`
      : 'Wait until it is available.';
  return wrong('cluster', `${id} is ${status}`, remedy);
}

/** Of a chain of roles the cluster assumes the first; only that one has to be attached. */
function roleLine({ id, roles }: ClusterDescription, roleArn: string): DoctorLine {
  const check = 'load role';
  const [first = ''] = roleArn.split(',');
  const role = first.trim();
  const status = roles.get(role);
  if (status === 'ACTIVE') return ok(check, `${role} is attached to ${id}`);
  if (status === undefined) {
    return wrong(
      check,
      `${role} is not attached to ${id}${others(roles)}`,
      `Attach it: aws neptune add-role-to-db-cluster --db-cluster-identifier ${id} --role-arn ${role}.`,
    );
  }
  if (status === 'PENDING') {
    return wrong(check, `${role} is being attached to ${id}`, 'Wait a few minutes, and run doctor again.');
  }
  return wrong(
    check,
    `${role} is attached to ${id}, which cannot assume it (${status})`,
    'Let the trust policy of the role allow sts:AssumeRole to the service rds.amazonaws.com.',
  );
}

function others(roles: ReadonlyMap<string, string>): string {
  return roles.size === 0 ? ', and no other is' : `; these are: ${[...roles.keys()].join(', ')}`;
}
