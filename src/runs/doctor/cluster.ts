import {
  CancelLoaderJobCommand,
  GetEngineStatusCommand,
  type GetEngineStatusCommandOutput,
  ListLoaderJobsCommand,
  type NeptunedataClient,
  StartLoaderJobCommand,
} from '@aws-sdk/client-neptunedata';
import { gremlin, literal } from '../../graph/gremlin.ts';
import type { PermissionResources } from '../../graph/permissions.ts';
import { readElements } from '../../neptune/elements.ts';
import { getLoad } from '../../neptune/load-job.ts';
import { gremlinClient } from '../../neptune/query.ts';
import { addressesOf, askUnsigned, type UnsignedReply } from '../../neptune/unsigned-status.ts';
import { verdict } from '../../neptune/verdict.ts';
import { type DoctorLine, ok, unknown, wrong } from './line.ts';
import type { Failure, Observe, Observed } from './observe.ts';
import { failureText, permissionLine } from './permission-line.ts';

/** What was seen of an endpoint without any credentials. */
export type Reach = {
  readonly addresses: Observed<readonly string[]>;
  /** Undefined where the host has no address. */
  readonly unsigned: Observed<UnsignedReply> | undefined;
};

export async function reachCluster(endpoint: string, observe: Observe): Promise<Reach> {
  const addresses = await observe(() => addressesOf(endpoint));
  if (addresses.failure !== undefined) return { addresses, unsigned: undefined };
  return { addresses, unsigned: await observe((signal) => askUnsigned(endpoint, signal)) };
}

/** Whether the endpoint is reached, over TLS, and whether it wants signatures. */
export function reachLines(
  { addresses, unsigned }: Reach,
  endpoint: string,
): readonly [DoctorLine, ...DoctorLine[]] {
  const check = 'endpoint';
  if (addresses.failure !== undefined || unsigned === undefined) {
    const reason = addresses.failure === undefined ? 'no address' : failureText(addresses.failure);
    const remedy =
      'Copy the writer endpoint of the cluster again; its name can be looked up only where the DNS of its VPC, or a forwarder to it, answers.';
    return [wrong(check, `${endpoint}: ${reason}`, remedy)];
  }
  if (unsigned.failure !== undefined) return [unreachedLine(endpoint, unsigned.failure)];
  const { status, body, tls } = unsigned.reply;
  const iam = iamAuthentication(status, body);
  if (iam === 'foreign') {
    const remedy =
      'Pass the writer endpoint of a Neptune cluster, and check what stands between here and it.';
    return [wrong(check, `${endpoint} answers, but not as Neptune does (HTTP ${status})`, remedy)];
  }
  return [
    ok(check, `${endpoint} answers at ${addresses.reply.join(', ')}`),
    tlsLine(endpoint, tls),
    iamLine(iam),
  ];
}

function unreachedLine(endpoint: string, failure: Failure): DoctorLine {
  const found = `${endpoint}: ${failureText(failure)}`;
  const isPlain = new URL(endpoint).protocol === 'http:';
  if (isPlain && (failure.code === 'ECONNRESET' || failure.code?.startsWith('HPE_'))) {
    return wrong(
      'endpoint',
      `${found} over plain HTTP`,
      'Write the endpoint with https://: Neptune speaks TLS only.',
    );
  }
  if (failure.kind === 'tls') {
    return wrong(
      'endpoint',
      `${found} over TLS`,
      'Use the host name of the endpoint, not its address or a tunnel’s; behind a proxy that opens TLS, name its certificate in NODE_EXTRA_CA_CERTS.',
    );
  }
  return wrong(
    'endpoint',
    found,
    'Run from inside the VPC of the cluster, or through a tunnel or peering; let the security group of the cluster admit this machine at that port; check that the cluster is not stopped.',
  );
}

const LOOPBACK = /^(127\.|localhost$|\[::1\]$)/;

function tlsLine(endpoint: string, tls: string | undefined): DoctorLine {
  if (tls !== undefined) return ok('TLS', tls);
  const { hostname } = new URL(endpoint);
  if (LOOPBACK.test(hostname)) return ok('TLS', 'none, on this machine');
  return wrong('TLS', 'none: what is sent can be read on the way', 'Write the endpoint with https://.');
}

type IamAuthentication = 'on' | 'off' | 'unknown' | 'foreign';

/** What the answer to an unsigned request says: a refusal for want of a signature, or the status itself. */
function iamAuthentication(status: number, body: string): IamAuthentication {
  const members = jsonMembers(body);
  if (members === undefined) return 'foreign';
  if (status === 403 || status === 401) return 'on';
  if (status === 200) return members.dbEngineVersion === undefined ? 'foreign' : 'off';
  return members.code === undefined ? 'foreign' : 'unknown';
}

function jsonMembers(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function iamLine(iam: Exclude<IamAuthentication, 'foreign'>): DoctorLine {
  const check = 'IAM authentication';
  if (iam === 'on') return ok(check, 'on');
  if (iam === 'off') return ok(check, 'off: whoever reaches the endpoint may read and change the graph');
  return unknown(check, 'the engine did not say', 'Run doctor again when the engine has restarted.');
}

/** What the cluster answered to signed requests that change nothing. */
export type ClusterObservations = {
  readonly status: Observed<GetEngineStatusCommandOutput>;
  readonly jobs: Observed<ListedJobs>;
  /** The status of the latest job, or of one that does not exist. */
  readonly jobStatus: Observed<string | undefined>;
  /** What else was tried, by its action without the prefix. */
  readonly others: readonly (readonly [action: string, observed: Observed<unknown>])[];
};

type ListedJobs = {
  /** How many wait. */
  readonly queued: number;
  /** The job that was started last. */
  readonly latest: string | undefined;
};

type ClusterQuestions = {
  readonly observe: Observe;
  /** No job and no vertex is called so. */
  readonly id: string;
  readonly region: string;
  /** The actions to try besides those that `doctor` itself needs. */
  readonly wanted: ReadonlySet<string>;
};

export async function observeCluster(
  client: NeptunedataClient,
  { observe, id, region, wanted }: ClusterQuestions,
): Promise<ClusterObservations> {
  const send = gremlinClient(client);
  const vertex = literal(id);
  const calls: readonly (readonly [string, (signal: AbortSignal) => Promise<unknown>])[] = [
    [
      'StartLoaderJob',
      (abortSignal) => client.send(new StartLoaderJobCommand(impossibleLoad(region, id)), { abortSignal }),
    ],
    [
      'CancelLoaderJob',
      (abortSignal) => client.send(new CancelLoaderJobCommand({ loadId: id }), { abortSignal }),
    ],
    ['ReadDataViaQuery', (signal) => readElements(send, 'vertex', [id], { signal })],
    [
      'WriteDataViaQuery',
      (signal) => send(gremlin`g.V(${vertex}).property(single,'smlineage_doctor','').iterate()`, { signal }),
    ],
    ['DeleteDataViaQuery', (signal) => send(gremlin`g.V(${vertex}).drop().iterate()`, { signal })],
  ];
  const tried = calls.filter(([action]) => wanted.has(`neptune-db:${action}`));
  const [status, listed, ...others] = await Promise.all([
    observe((abortSignal) => client.send(new GetEngineStatusCommand({}), { abortSignal })),
    observeJobs(client, observe, id),
    ...tried.map(async ([action, call]) => [action, await observe(call)] as const),
  ]);
  return { status, ...listed, others };
}

/** A format that Neptune does not have, from a bucket whose name nobody can give one: refused whoever asks. */
function impossibleLoad(region: string, id: string) {
  return {
    source: `s3://smlineage-doctor-/${id}/`,
    format: 'none',
    s3BucketRegion: region,
    iamRoleArn: 'arn:aws:iam::000000000000:role/none',
    mode: 'NEW',
    queueRequest: false,
  };
}

async function observeJobs(
  client: NeptunedataClient,
  observe: Observe,
  nobody: string,
): Promise<Pick<ClusterObservations, 'jobs' | 'jobStatus'>> {
  const jobs = await observe((signal) => listJobs(client, signal));
  const latest = jobs.failure === undefined ? jobs.reply.latest : undefined;
  const jobStatus = await observe(
    async (signal) => (await getLoad(client, latest ?? nobody, { signal })).status,
  );
  return { jobs, jobStatus };
}

/** As many as ListLoaderJobs gives, and more than can wait. */
const LISTED = 100;

/** Those that wait are in the one list and not in the other. */
async function listJobs(client: NeptunedataClient, abortSignal: AbortSignal): Promise<ListedJobs> {
  const idsOf = async (includeQueuedLoads: boolean) => {
    const command = new ListLoaderJobsCommand({ limit: LISTED, includeQueuedLoads });
    return (await client.send(command, { abortSignal })).payload?.loadIds ?? [];
  };
  const [all, started] = await Promise.all([idsOf(true), idsOf(false)]);
  const known = new Set(started);
  return { queued: all.filter((loadId) => !known.has(loadId)).length, latest: started[0] };
}

type ClusterContext = {
  readonly resources: PermissionResources;
  readonly region: string;
  /** Host of the writer, where the management API said it. */
  readonly writer?: string | undefined;
};

/** The lines of a cluster that was reached. */
export function clusterLines(
  { status, jobs, jobStatus, others }: ClusterObservations,
  context: ClusterContext,
): readonly DoctorLine[] {
  const { resources, region } = context;
  const tried: ClusterObservations['others'] = [
    ['GetEngineStatus', status],
    ['ListLoaderJobs', jobs],
    ['GetLoaderJobStatus', jobStatus],
    ...others,
  ];
  if (tried.every(([, { failure }]) => failure?.kind === 'scope')) {
    const remedy = 'Pass the Region of the cluster as --region.';
    return [wrong('neptune-db', `refuses requests that are signed for ${region}`, remedy)];
  }
  return [
    ...tried.map(([action, observed]) => actionLine(action, observed, resources)),
    ...engineLines(status, context),
    queueLine(jobs, jobStatus),
  ];
}

/** Whatever the engine says of a load that cannot be, a 500 without a reason included, it says after it let the caller in. */
function actionLine(action: string, observed: Observed<unknown>, resources: PermissionResources): DoctorLine {
  const check = `neptune-db:${action}`;
  const isAnswered = observed.failure?.name === 'InternalFailureException';
  if (action === 'StartLoaderJob' && isAnswered) return ok(check, 'allowed');
  return permissionLine(check, 'cluster data', observed, resources);
}

/** Which engine stands there, and whether it is the one that can be written to. */
function engineLines(
  status: ClusterObservations['status'],
  { writer }: ClusterContext,
): readonly DoctorLine[] {
  if (status.failure !== undefined) {
    const remedy = 'Mend neptune-db:GetEngineStatus first, and run doctor again.';
    return ['writer', 'engine'].map((check) => unknown(check, 'not told by the engine', remedy));
  }
  const { role, dbEngineVersion, gremlin } = status.reply;
  return [writerLine(role, writer), engineLine(dbEngineVersion, gremlin?.version)];
}

function writerLine(role: string | undefined, writer: string | undefined): DoctorLine {
  if (role === 'writer') return ok('writer', 'the endpoint is the writer');
  const remedy = `Pass the writer endpoint of the cluster as --endpoint${writer === undefined ? '' : `: ${writer}`}.`;
  if (role === undefined) return unknown('writer', 'the engine does not tell its role', remedy);
  return wrong('writer', `the endpoint is a ${role}: nothing can be loaded there`, remedy);
}

/** The first engine that speaks TinkerPop 3.7, whose Gremlin is sent (Neptune user guide, "Accessing the graph with Gremlin"). */
const OLDEST_ENGINE = '1.3.2.0';

/** Whether the engine is new enough: versions are numbers between dots. */
function engineLine(version: string | undefined, tinkerPop: string | undefined): DoctorLine {
  const check = 'engine';
  const found = `Neptune ${version ?? 'of no version'}, ${tinkerPop ?? 'without Gremlin'}`;
  const upgrade =
    'Upgrade the engine of the cluster to 1.4 (ModifyDBCluster: EngineVersion, AllowMajorVersionUpgrade).';
  if (version === undefined) return unknown(check, found, 'Pass the endpoint of a Neptune Database cluster.');
  if (version.localeCompare(OLDEST_ENGINE, 'en', { numeric: true }) >= 0) return ok(check, found);
  return wrong(check, `${found}: older than ${OLDEST_ENGINE}`, upgrade);
}

/** As many jobs may wait (Neptune user guide, "Limits"). */
const MOST_QUEUED = 64;

function queueLine(
  jobs: ClusterObservations['jobs'],
  jobStatus: ClusterObservations['jobStatus'],
): DoctorLine {
  const check = 'loader queue';
  if (jobs.failure !== undefined) {
    const remedy = 'Mend neptune-db:ListLoaderJobs first, and run doctor again.';
    return unknown(check, 'not told by the engine', remedy);
  }
  const { queued } = jobs.reply;
  if (queued >= MOST_QUEUED) {
    const remedy =
      'Wait for the loads that are queued, or cancel what is not needed: smlineage load list, smlineage load cancel ID.';
    return wrong(check, `full: ${queued} jobs wait`, remedy);
  }
  if (queued > 0) return ok(check, `${queued} of ${MOST_QUEUED} places taken`);
  const latest = jobStatus.failure === undefined ? jobStatus.reply : undefined;
  const runs = latest !== undefined && ['running', 'unknown'].includes(verdict(latest).state);
  return ok(check, runs ? `free; a load is under way (${latest})` : 'free, and no load is under way');
}
