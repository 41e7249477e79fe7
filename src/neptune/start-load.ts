import {
  type NeptunedataClient,
  StartLoaderJobCommand,
  type StartLoaderJobCommandInput,
} from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { abortOption, getLoad, isPassing, isUnknownLoad, loadIds, patiently } from './load-job.ts';
import { neptuneError, QUEUE_FULL_HINT, startRefusal } from './loader-errors.ts';
import { askBeforeSending, type Permit } from './permit.ts';
import { isLostReply, serviceErrorFields } from './service-errors.ts';
import { verdict } from './verdict.ts';

/** How many threads of the writer a load takes: an eighth, half, as many as, or twice its vCPUs. */
export type Parallelism = 'LOW' | 'MEDIUM' | 'HIGH' | 'OVERSUBSCRIBE';

/** `NEW` loads every file; `RESUME` those that did not load in the latest job of the same source. */
export type LoadMode = 'NEW' | 'RESUME';

export type LoadRequest = {
  /** `s3://bucket/prefix/`, ending in `/`. */
  readonly source: string;
  /** Role of the cluster that may read the bucket; several, comma-separated, are assumed one after the other. */
  readonly roleArn: string;
  /** Region of the cluster, which must also be the bucket's. */
  readonly region: string;
  /** @default 'NEW' */
  readonly mode?: LoadMode | undefined;
  /** @default 'MEDIUM', which leaves a live cluster room for queries */
  readonly parallelism?: Parallelism | undefined;
  /** Stop at the first bad record, instead of loading all that can be and reporting up to 10,000 errors. @default false */
  readonly failOnError?: boolean | undefined;
};

/**
 * The body of StartLoaderJob. Mode NEW: the default, AUTO, skips every file that an earlier job of the same source loaded,
 * even if the data is gone since, and reports success. Queued behind a running job, not refused. Single values are
 * replaced, so that loading a run twice gives the same graph (Neptune user guide, "Neptune Loader command").
 */
export function startLoadInput(request: LoadRequest): StartLoaderJobCommandInput {
  const { source, roleArn, region, mode = 'NEW', parallelism = 'MEDIUM', failOnError = false } = request;
  if (!source.endsWith('/')) throw new RangeError(`Expected a source that ends in /, got ${source}.`);
  return {
    source,
    format: 'csv',
    s3BucketRegion: region,
    iamRoleArn: roleArn,
    mode,
    failOnError,
    parallelism,
    updateSingleCardinalityProperties: true,
    queueRequest: true,
  };
}

export type StartedLoad = {
  readonly loadId: string;
  /** Whether a load of the same source was under way already, so that none was started. */
  readonly joined: boolean;
};

type StartOptions = {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** When to give up waiting for the queue, epoch milliseconds. @default never */
  readonly deadline?: number | undefined;
  /** Told before each pause, with what Neptune said. */
  readonly onWaiting?: ((reason: string) => void) | undefined;
  /** Asked right before each request for a job. @default any may be sent */
  readonly permit?: Permit | undefined;
};

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** How long an engine may restart or throttle; a full queue is waited out to the deadline. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Starts one load job and gives its id, or that of a load of the same source that is under way. A request that may have
 * had effect is never sent twice: where the reply is lost, the list of jobs says whether the load began. One that Neptune
 * refused for the time being (its queue is full, another load runs, it restarts) is sent again later.
 *
 * @throws LineageError (loadFailed, accessDenied, usage) where Neptune refuses, or where it stays unknown whether it began;
 * (deadline) where the queue stays full.
 */
export async function startLoad(
  client: NeptunedataClient,
  request: LoadRequest,
  { clock, signal, deadline = Number.POSITIVE_INFINITY, onWaiting, permit }: StartOptions,
): Promise<StartedLoad> {
  const input = startLoadInput(request);
  const startedAt = clock.now();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await tryToStart(client, input, request, { clock, signal, permit });
    } catch (error) {
      const refusal = startRefusal(error);
      const patience = refusal === 'queue' ? deadline : Math.min(deadline, startedAt + PATIENCE_MS);
      if (refusal === undefined || (clock.now() >= patience && refusal === 'busy')) {
        throw await neptuneError(error, client, attemptAt(request.source));
      }
      if (clock.now() >= patience) throw queueError(request.source, error);
      onWaiting?.(serviceErrorFields(error).message);
      await clock.sleep(Math.min(pause, patience - clock.now()), signal);
    }
  }
}

function attemptAt(source: string) {
  return { doing: `start a load from ${source}`, outcome: 'loadFailed', details: { source } } as const;
}

function queueError(source: string, cause: unknown): LineageError {
  const { message } = serviceErrorFields(cause);
  return new LineageError(
    'deadline',
    `The deadline passed before a load of ${source} could begin: ${message}.`,
    { cause, hint: QUEUE_FULL_HINT, details: { source } },
  );
}

type CallOptions = Pick<StartOptions, 'clock' | 'signal' | 'permit'>;

async function tryToStart(
  client: NeptunedataClient,
  input: StartLoaderJobCommandInput,
  { source, mode = 'NEW' }: LoadRequest,
  { clock, signal, permit }: CallOptions,
): Promise<StartedLoad> {
  const { known, underWay } = await lookAround(client, source, { clock, signal });
  if (underWay !== undefined && mode === 'NEW') return { loadId: underWay, joined: true };
  try {
    const command = new StartLoaderJobCommand(input);
    if (permit !== undefined) askBeforeSending(command, permit);
    const { payload } = await client.send(command, abortOption(signal));
    if (payload?.loadId !== undefined) return { loadId: payload.loadId, joined: false };
  } catch (error) {
    if (known === undefined || !mayBeDone(error)) throw error;
    const loadId = await settle(client, source, new Set(known), { clock, signal }, error);
    return { loadId, joined: false };
  }
  throw new LineageError('loadFailed', `Neptune accepted the load of ${source} but named no load id.`, {
    hint: 'List the loader jobs of the cluster to see whether one loads that source.',
    details: { source },
  });
}

type Surroundings = {
  /** The jobs that are there before ours; undefined where the caller may not list them. */
  readonly known: readonly string[] | undefined;
  readonly underWay: string | undefined;
};

async function lookAround(
  client: NeptunedataClient,
  source: string,
  options: CallOptions,
): Promise<Surroundings> {
  const { signal } = options;
  const look = async () => {
    const known = await loadIds(client, signal);
    return { known, underWay: await loadUnderWay(client, source, known, signal) };
  };
  return await patiently(look, options, mayBeDone).catch((error: unknown) => {
    // A caller who may start jobs but not list them can still load; only a lost reply is then beyond repair.
    if (serviceErrorFields(error).name === 'AccessDeniedException')
      return { known: undefined, underWay: undefined };
    throw error;
  });
}

/** The load of a source that is queued or running: such jobs come first in the list. */
async function loadUnderWay(
  client: NeptunedataClient,
  source: string,
  listed: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (const loadId of listed) {
    const job = await getLoad(client, loadId, { signal }).catch((error: unknown) => {
      if (isUnknownLoad(error)) return undefined;
      throw error;
    });
    const { state } = verdict(job?.status);
    if (job === undefined || state === 'loaded' || state === 'failed') return undefined;
    if (job.uri === source) return loadId;
  }
  return undefined;
}

/** Whether what was asked may have been done though Neptune did not say so: no reply of its own, or a failure within it. */
function mayBeDone(error: unknown): boolean {
  if (startRefusal(error) !== undefined) return false;
  return isLostReply(error) || (serviceErrorFields(error).status ?? 0) >= 500;
}

/** Pauses before each look at the job list after a lost reply: a job appears there once its source is listed. */
const SETTLE_PAUSES_MS = [500, 2_000, 5_000, 10_000] as const;

/** After a failure of Neptune's own, which mostly means what it says, two looks are enough. */
const SETTLE_LOOKS_AFTER_FAILURE = 2;

async function settle(
  client: NeptunedataClient,
  source: string,
  known: ReadonlySet<string>,
  { clock, signal }: CallOptions,
  cause: unknown,
): Promise<string> {
  const isLost = isLostReply(cause);
  const looks = isLost ? SETTLE_PAUSES_MS.length : SETTLE_LOOKS_AFTER_FAILURE;
  for (const pause of SETTLE_PAUSES_MS.slice(0, looks)) {
    await clock.sleep(pause, signal);
    const found = await newLoadOf(client, source, known, signal).catch(async (error: unknown) => {
      if (isPassing(error) || isUnknownLoad(error)) return undefined;
      throw await neptuneError(error, client, {
        doing: `find out whether a load from ${source} began`,
        outcome: 'loadFailed',
        details: { source },
      });
    });
    if (found !== undefined) return found;
  }
  if (!isLost) throw cause;
  throw new LineageError(
    'loadFailed',
    `The reply to the start of a load from ${source} was lost, and no new job of that source is in the cluster's list.`,
    { cause, hint: 'The load has most likely not begun: load again.', details: { source } },
  );
}

async function newLoadOf(
  client: NeptunedataClient,
  source: string,
  known: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (const loadId of await loadIds(client, signal)) {
    if (known.has(loadId)) continue;
    const { uri } = await getLoad(client, loadId, { signal });
    if (uri === source) return loadId;
  }
  return undefined;
}
