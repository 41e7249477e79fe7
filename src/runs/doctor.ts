import { randomUUID } from 'node:crypto';
import type { NeptuneClient } from '@aws-sdk/client-neptune';
import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import type { STSClient } from '@aws-sdk/client-sts';
import type { singleCallClient } from '../crawl/harmless-calls.ts';
import { LineageError } from '../errors.ts';
import { actionsFor, type PermissionResources } from '../graph/permissions.ts';
import { neptuneEndpoint } from '../neptune/clients.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { clusterHost } from '../neptune/cluster-description.ts';
import type { Encryption } from '../neptune/s3-requests.ts';
import { asFolder, parseS3Uri } from '../neptune/s3-uri.ts';
import { type BucketTarget, bucketLines, observeBucket } from './doctor/bucket.ts';
import { type Caller, credentialsLine, findCaller, identityOf, regionLine } from './doctor/caller.ts';
import { clusterLines, observeCluster, reachCluster, reachLines } from './doctor/cluster.ts';
import { type DoctorLine, unknown } from './doctor/line.ts';
import { type ManagementObservation, managementLines, observeManagement } from './doctor/management.ts';
import { type Observe, observer } from './doctor/observe.ts';
import { diagnoseSageMaker } from './doctor/sagemaker.ts';
import { tryLoad } from './doctor/trial-load.ts';

export type DoctorOptions = {
  /** The Region that all clients are set to. */
  readonly region: string;
  readonly sts: STSClient;
  readonly sagemaker: ReturnType<typeof singleCallClient>;
  /** Where uploads go. Without it nothing of S3 is looked at. */
  readonly bucket?:
    | {
        readonly s3: S3Client;
        /** `s3://bucket/prefix`. */
        readonly to: string;
        readonly expectedBucketOwner?: string | undefined;
        readonly encryption?: Encryption | undefined;
      }
    | undefined;
  /** Where loads go. Without it nothing of Neptune is looked at. */
  readonly cluster?:
    | {
        readonly neptune: NeptunedataClient;
        /** Of the management API. */
        readonly management: NeptuneClient;
        /** Host, `host:port` or URL. */
        readonly endpoint: string;
        /** The cluster's identifier. @default found by the endpoint */
        readonly clusterId?: string | undefined;
        /** The role that loads; several are assumed one after the other. */
        readonly roleArn?: string | undefined;
      }
    | undefined;
  /** The commands whose permissions are tried, as the table of permissions names them. @default what takes a run into the graph */
  readonly commands?: readonly string[] | undefined;
  /** Load one vertex from the bucket, and take it away again. @default false */
  readonly deep?: boolean | undefined;
  /** How long each call may take. @default 10,000 */
  readonly timeoutMs?: number | undefined;
  /** How long the trial load may take, the queue included. @default 600,000 */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Makes the part of a key that is this diagnosis's own. @default a random UUID */
  readonly newId?: (() => string) | undefined;
};

/** What a diagnosis found. */
export type DoctorReport = {
  /** Whether every line is `ok`. */
  readonly ok: boolean;
  readonly lines: readonly DoctorLine[];
  /** What was not looked at, and what to pass so that it is. */
  readonly leftOut: readonly string[];
};

/** What a run takes on its way into the graph. */
const DEFAULT_COMMANDS = ['export', 'check', 'upload', 'load', 'load cancel', 'verify'] as const;

const TIMEOUT_MS = 10_000;
const TRIAL_DEADLINE_MS = 600_000;

/**
 * Looks at all that an export, an upload and a load need, each by a call that changes nothing, side by side: credentials,
 * permissions, Region, bucket, cluster, load role. With `deep` a vertex is loaded and removed.
 *
 * @throws LineageError (usage) for an endpoint or an S3 URI that is none; (interrupted) when the signal fires.
 */
export async function diagnose(options: DoctorOptions): Promise<DoctorReport> {
  const trial = options.deep === true ? trialPlace(options) : undefined;
  const asking = createAsking(options);
  const { endpoint, observe } = asking;
  const [caller, reach] = await Promise.all([
    findCaller(options.sts, observe),
    endpoint === undefined ? undefined : reachCluster(endpoint, observe),
  ]);
  const credentials = credentialsLine(caller, options.region);
  const clusterRegion = endpoint === undefined ? undefined : clusterHost(endpoint)?.region;
  const first = [credentials, regionLine(options.region, clusterRegion)];
  const reached = reach === undefined || endpoint === undefined ? [] : reachLines(reach, endpoint);
  if (credentials.verdict === 'wrong') return report([...first, ...notTried(options), ...reached], options);

  const isReached = reached[0]?.verdict === 'ok';
  const { resources, sagemaker, bucket, cluster } = await ask(options, asking, { caller, isReached });
  const lines = [...first, ...sagemaker, ...bucket, ...reached, ...cluster];
  const trialLoad =
    trial === undefined ? [] : await trialLines({ ...options, ...trial }, asking, { resources, lines });
  return report([...lines, ...trialLoad], options);
}

/** What a trial load takes besides. */
type TrialPlace = {
  readonly bucket: NonNullable<DoctorOptions['bucket']>;
  readonly cluster: NonNullable<DoctorOptions['cluster']>;
  readonly roleArn: string;
};

function trialPlace({ bucket, cluster }: DoctorOptions): TrialPlace {
  const roleArn = cluster?.roleArn;
  if (bucket !== undefined && cluster !== undefined && roleArn !== undefined)
    return { bucket, cluster, roleArn };
  throw new LineageError('usage', 'A trial load needs a bucket, a cluster and a load role.', {
    hint: 'Pass --to, --endpoint and --role beside --deep.',
  });
}

/** What all questions of one diagnosis share. */
type Asking = {
  readonly observe: Observe;
  readonly id: string;
  /** The actions to try. */
  readonly wanted: ReadonlySet<string>;
  /** URL of the cluster. */
  readonly endpoint: string | undefined;
  readonly target: BucketTarget | undefined;
};

function createAsking(options: DoctorOptions): Asking {
  const { region, bucket, cluster, timeoutMs = TIMEOUT_MS, signal, newId = randomUUID } = options;
  return {
    observe: observer(timeoutMs, signal),
    id: newId(),
    wanted: actionsFor(['doctor', ...(options.commands ?? DEFAULT_COMMANDS)]),
    endpoint: cluster && neptuneEndpoint(cluster.endpoint),
    target: bucket && { ...bucket, location: asFolder(parseS3Uri(bucket.to)), region },
  };
}

function notTried({ bucket, cluster }: DoctorOptions): readonly DoctorLine[] {
  const parts = ['sagemaker', ...(bucket ? ['bucket'] : []), ...(cluster ? ['cluster'] : [])];
  const remedy = 'Mend the credentials first, and run doctor again.';
  return parts.map((part) => unknown(part, 'not tried: there are no good credentials', remedy));
}

type Asked = {
  /** What is known of what permissions are granted on. */
  readonly resources: PermissionResources;
  readonly sagemaker: readonly DoctorLine[];
  readonly bucket: readonly DoctorLine[];
  readonly cluster: readonly DoctorLine[];
};

/** Everything that takes credentials, side by side. */
async function ask(
  options: DoctorOptions,
  asking: Asking,
  { caller, isReached }: { readonly caller: Caller; readonly isReached: boolean },
): Promise<Asked> {
  const { region, bucket, cluster } = options;
  const { observe, target, endpoint, id, wanted } = asking;
  const account = identityOf(caller)?.account;
  const known = resourcesOf(asking, caller, region);
  const [sagemaker, bucketSeen, clusterSeen, management] = await Promise.all([
    diagnoseSageMaker({ client: options.sagemaker, observe, resources: known, region, wanted }),
    bucket && target && observeBucket(bucket.s3, { ...target, account }, { observe, id, wanted }),
    cluster && isReached ? observeCluster(cluster.neptune, { observe, id, region, wanted }) : undefined,
    cluster && endpoint !== undefined
      ? observeManagement(cluster.management, endpoint, { ...cluster, observe })
      : undefined,
  ]);
  const resources = { ...known, clusterResourceId: descriptionOf(management)?.resourceId };
  const writer = descriptionOf(management)?.writer;
  const roleArn = cluster?.roleArn;
  return {
    resources,
    sagemaker,
    bucket:
      bucketSeen && target
        ? bucketLines(bucketSeen, { ...target, account }, resources).filter(isWanted(wanted))
        : [],
    cluster: [
      ...(clusterSeen ? clusterLines(clusterSeen, { resources, region, writer }) : []),
      ...(cluster && !isReached ? [notReached()] : []),
      ...(management ? managementLines(management, { resources, region, roleArn }) : []),
    ],
  };
}

/** Lines about the bucket that nobody needs are left out: of a bucket that is only read, what writing takes. */
function isWanted(wanted: ReadonlySet<string>): (line: DoctorLine) => boolean {
  return ({ check }) => !/^\w+:\w+$/.test(check) || wanted.has(check);
}

function notReached(): DoctorLine {
  return unknown(
    'neptune-db',
    'not tried: the endpoint cannot be used',
    'Mend the endpoint first, and run doctor again.',
  );
}

function descriptionOf(management: ManagementObservation | undefined) {
  return management?.failure === undefined ? management?.reply : undefined;
}

function resourcesOf({ target }: Asking, caller: Caller, region: string): PermissionResources {
  const { partition, account } = identityOf(caller) ?? {};
  const { bucket, key: prefix } = target?.location ?? {};
  return { partition, account, region, bucket, prefix };
}

/** The trial load, where nothing stands in its way. */
async function trialLines(
  { bucket, cluster, roleArn, ...options }: DoctorOptions & TrialPlace,
  asking: Asking,
  { resources, lines }: Pick<Asked, 'resources'> & { readonly lines: readonly DoctorLine[] },
): Promise<readonly DoctorLine[]> {
  const { region, timeoutMs = TIMEOUT_MS, clock = SYSTEM_CLOCK } = options;
  const { observe, id } = asking;
  const obstacle = lines.find(({ check, verdict }) => verdict === 'wrong' && !check.startsWith('sagemaker'));
  if (obstacle !== undefined) {
    const remedy = 'Mend what is wrong first, and run doctor again.';
    return [unknown('trial load', `not tried, because of: ${obstacle.check}`, remedy)];
  }
  const tried = await tryLoad({
    ...{ region, roleArn, observe, id, clock, resources },
    ...bucket,
    location: asFolder(parseS3Uri(bucket.to)),
    neptune: cluster.neptune,
    observeToTheEnd: observer(timeoutMs, undefined),
    signal: options.signal,
    deadlineMs: options.deadlineMs ?? TRIAL_DEADLINE_MS,
  });
  // What is known to be allowed already need not be said again.
  return tried.filter((line) => line.verdict !== 'ok' || !lines.some(({ check }) => check === line.check));
}

function report(lines: readonly DoctorLine[], { bucket, cluster, deep }: DoctorOptions): DoctorReport {
  const leftOut = [
    bucket === undefined ? 'the bucket (--to)' : undefined,
    cluster === undefined ? 'the cluster (--endpoint)' : undefined,
    cluster !== undefined && cluster.roleArn === undefined ? 'the load role (--role)' : undefined,
    deep === true ? undefined : 'whether the load role can read the bucket (--deep)',
  ].filter((part) => part !== undefined);
  return { ok: lines.every(({ verdict }) => verdict === 'ok'), lines, leftOut };
}

/**
 * Fails where not all is well. What could not be told counts as not well, unless it is borne: a diagnosis that says yes has
 * looked.
 *
 * @throws LineageError (validationFailed) naming the checks.
 */
export function assertWell(
  { lines }: DoctorReport,
  { allowUnknown = false }: { readonly allowUnknown?: boolean } = {},
): void {
  const ofVerdict = (verdict: DoctorLine['verdict']) => lines.filter((line) => line.verdict === verdict);
  const wrongs = ofVerdict('wrong');
  const unknowns = allowUnknown ? [] : ofVerdict('unknown');
  const [first] = [...wrongs, ...unknowns];
  if (first === undefined) return;
  const told = [
    wrongs.length === 0 ? undefined : `wrong: ${namesOf(wrongs)}`,
    unknowns.length === 0 ? undefined : `not known: ${namesOf(unknowns)}`,
  ].filter((part) => part !== undefined);
  throw new LineageError('validationFailed', `Not all is well; ${told.join('; ')}.`, {
    hint: first.remedy ?? '',
    details: { wrong: wrongs.length, unknown: unknowns.length },
  });
}

function namesOf(lines: readonly DoctorLine[]): string {
  return lines.map(({ check }) => check).join(', ');
}
