import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../../errors.ts';
import { gremlin, literal } from '../../graph/gremlin.ts';
import { type PermissionResources, permissionResource } from '../../graph/permissions.ts';
import type { Clock } from '../../neptune/clock.ts';
import { readElements } from '../../neptune/elements.ts';
import { cancelLoad, getLoadErrors, lookAtLoad } from '../../neptune/load-job.ts';
import type { LoadErrorRow, LoadJob } from '../../neptune/load-report.ts';
import { gremlinClient } from '../../neptune/query.ts';
import { addressOf, type Encryption, encryptionOf } from '../../neptune/s3-requests.ts';
import { formatS3Uri, type S3Location, under } from '../../neptune/s3-uri.ts';
import { serviceErrorFields } from '../../neptune/service-errors.ts';
import { startLoad } from '../../neptune/start-load.ts';
import { verdict } from '../../neptune/verdict.ts';
import { watchLoad } from '../../neptune/watch-load.ts';
import { type DoctorLine, ok, unknown, wrong } from './line.ts';
import type { Observe, Observed } from './observe.ts';
import { failureText, permissionLine } from './permission-line.ts';

export type TrialLoad = {
  readonly s3: S3Client;
  readonly neptune: NeptunedataClient;
  /** Where uploads go: the file of the trial goes below. */
  readonly location: S3Location;
  readonly region: string;
  readonly roleArn: string;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: string | undefined;
  readonly observe: Observe;
  /** The same without the signal: what was made is taken away also when the diagnosis is stopped. */
  readonly observeToTheEnd: Observe;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** How long the load may take, queue included. */
  readonly deadlineMs: number;
  /** Part of the key and of the vertex's id. */
  readonly id: string;
  readonly resources: PermissionResources;
};

/** How a trial load ended, or why it did not begin. */
type TrialOutcome =
  | { readonly job: LoadJob; readonly errors: readonly LoadErrorRow[] }
  | { readonly error: LineageError };

/** The label of the vertex of a trial load. */
const LABEL = 'smlineage_doctor';

/**
 * Loads one vertex from one file of the bucket, with the load role, and takes both away again: what shows that the cluster
 * can read the bucket. What could not be taken away is named.
 */
export async function tryLoad(trial: TrialLoad): Promise<readonly DoctorLine[]> {
  const { s3, observe, encryption, id } = trial;
  const file = under(trial.location, `smlineage-doctor/${id}/vertex.csv`);
  const vertex = `smlineage-doctor-${id}`;
  const put = await observe((abortSignal) => {
    const Body = `~id,~label\n${vertex},${LABEL}\n`;
    const command = new PutObjectCommand({ ...addressOf(file, trial), ...encryptionOf(encryption), Body });
    return s3.send(command, { abortSignal });
  });
  if (put.failure !== undefined) {
    // What got no answer may be there.
    if (put.failure.kind !== 'denied') await removeFile(trial, file);
    return [permissionLine('s3:PutObject', 'objects', put, trial.resources)];
  }
  const outcome = await loadOf(trial, file).catch(async (error: unknown) => {
    await cleanUp(trial, file, vertex);
    throw error;
  });
  const { found, drop, remove } = await cleanUp(trial, file, vertex);
  const { resources } = trial;
  return [
    outcomeLine(outcome, found, trial),
    permissionLine('s3:DeleteObject', 'objects', remove, resources),
    ...(drop === undefined
      ? []
      : [permissionLine('neptune-db:DeleteDataViaQuery', 'cluster data', drop, resources)]),
  ].map((line) => withLeftOver(line, { file, vertex }));
}

type CleanedUp = {
  /** Whether the vertex was in the graph. */
  readonly found: Observed<boolean>;
  /** Undefined where there was none to drop. */
  readonly drop: Observed<unknown> | undefined;
  readonly remove: Observed<unknown>;
};

async function cleanUp(trial: TrialLoad, file: S3Location, vertex: string): Promise<CleanedUp> {
  const { neptune, observeToTheEnd: observe } = trial;
  const send = gremlinClient(neptune, trial.clock);
  const found = await observe(async (signal) => {
    const vertices = await readElements(send, 'vertex', [vertex], { signal });
    return vertices.size > 0;
  });
  const isThere = found.failure === undefined && found.reply;
  const drop = isThere
    ? await observe((signal) => send(gremlin`g.V(${literal(vertex)}).drop()`, { signal }))
    : undefined;
  return { found, drop, remove: await removeFile(trial, file) };
}

function removeFile(trial: TrialLoad, file: S3Location): Promise<Observed<unknown>> {
  const command = new DeleteObjectCommand(addressOf(file, trial));
  return trial.observeToTheEnd((abortSignal) => trial.s3.send(command, { abortSignal }));
}

async function loadOf(trial: TrialLoad, file: S3Location): Promise<TrialOutcome> {
  const { neptune, clock, signal, region, roleArn } = trial;
  const deadline = clock.now() + trial.deadlineMs;
  const source = formatS3Uri({ ...file, key: file.key.slice(0, file.key.lastIndexOf('/') + 1) });
  const request = { source, roleArn, region, parallelism: 'LOW' } as const;
  let loadId: string | undefined;
  try {
    ({ loadId } = await startLoad(neptune, request, { clock, signal, deadline }));
    await watchLoad(neptune, loadId, { clock, signal, deadline });
    const job = await lookAtLoad(neptune, loadId, { clock, signal });
    const errors: LoadErrorRow[] = [];
    for await (const row of getLoadErrors(neptune, loadId, { clock, signal })) errors.push(row);
    return { job, errors };
  } catch (error) {
    const { outcome = 'unexpected' } = error instanceof LineageError ? error : {};
    // Nobody waits for it any more, and its file is about to go.
    if (loadId !== undefined && (outcome === 'deadline' || outcome === 'interrupted')) {
      await cancelTrial(trial, loadId);
    }
    if (error instanceof LineageError && outcome !== 'interrupted') return { error };
    throw error;
  }
}

function cancelTrial({ neptune, observeToTheEnd }: TrialLoad, loadId: string): Promise<Observed<void>> {
  return observeToTheEnd((signal) => cancelLoad(neptune, loadId, signal));
}

type TrialPlace = Pick<TrialLoad, 'region' | 'roleArn' | 'resources'>;

/** What a trial load shows of the load role, the bucket and the way between them. */
function outcomeLine(outcome: TrialOutcome, found: Observed<boolean>, place: TrialPlace): DoctorLine {
  const check = 'trial load';
  if ('error' in outcome) return notLoadedLine(outcome.error, place);
  const { job, errors } = outcome;
  const status = job.status ?? 'of no status';
  const judged = verdict(job.status);
  const [row] = errors;
  if (judged.state === 'failed' || row !== undefined) {
    const reasons = [...job.failedFiles.map((file) => file.status), row && `${row.code}: ${row.message}`];
    const told = [...new Set([status, ...reasons.filter((reason) => reason !== undefined)])].join(', ');
    const hint = judged.state === 'failed' ? judged.hint : 'Look at the errors of the load.';
    return wrong(check, told, remedyOf(told, place) ?? hint);
  }
  if (found.failure !== undefined) {
    const remedy = 'Mend neptune-db:ReadDataViaQuery first, and run doctor again.';
    return unknown(
      check,
      `${status}; the vertex could not be looked for: ${failureText(found.failure)}`,
      remedy,
    );
  }
  if (found.reply) return ok(check, `${status}: ${place.roleArn} reads the bucket`);
  const remedy =
    'Check that --endpoint is the writer of the cluster that loaded, and ask AWS Support with the load id.';
  return wrong(check, `${status}, but the vertex is not in the graph (load ${job.loadId})`, remedy);
}

function notLoadedLine(error: LineageError, place: TrialPlace): DoctorLine {
  const check = 'trial load';
  const { message } = serviceErrorFields(error.cause);
  const found = error.message;
  const hint = error.hint ?? 'Run doctor again with --verbose.';
  if (error.outcome === 'deadline') return unknown(check, found, hint);
  return wrong(check, found, remedyOf(message, place) ?? hint);
}

/** What is wrong between the cluster and the bucket, by what the loader says of it. */
function remedyOf(said: string, { region, roleArn, resources }: TrialPlace): string | undefined {
  const gateway = `give the VPC of the cluster a gateway endpoint com.amazonaws.${region}.s3, attached to the route tables of the cluster's subnets`;
  const read =
    `allow s3:List* on ${permissionResource('bucket', resources)} and s3:Get* on ${permissionResource('objects', resources)} ` +
    `to ${roleArn} (and kms:Decrypt on the key where KMS encrypts), in its policy and in that of the bucket`;
  if (/connect to s3|S3_READ_ERROR/i.test(said)) return `${capital(gateway)} (CreateVpcEndpoint).`;
  if (/S3_ACCESS_DENIED|LoadUrlAccessDenied/i.test(said)) return `${capital(read)}.`;
  if (/failed to start (new )?load/i.test(said)) {
    return `Let the trust policy of the role name rds.amazonaws.com; ${read}; ${gateway}.`;
  }
  return undefined;
}

function capital(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}

/** What is still there, where it could not be taken away. */
function withLeftOver(
  line: DoctorLine,
  { file, vertex }: { readonly file: S3Location; readonly vertex: string },
): DoctorLine {
  if (line.verdict === 'ok') return line;
  if (line.check === 's3:DeleteObject')
    return { ...line, found: `${line.found}; left over: ${formatS3Uri(file)}` };
  if (line.check === 'neptune-db:DeleteDataViaQuery') {
    return { ...line, found: `${line.found}; left over: the vertex ${vertex}` };
  }
  return line;
}
