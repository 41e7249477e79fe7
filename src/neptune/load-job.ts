import {
  GetLoaderJobStatusCommand,
  ListLoaderJobsCommand,
  type NeptunedataClient,
  StartLoaderJobCommand,
  type StartLoaderJobCommandInput,
} from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { type LoadErrorRow, type LoadJob, loadJob } from './load-report.ts';
import { neptuneError } from './loader-errors.ts';
import { isLostReply, serviceErrorFields } from './service-errors.ts';
import { verdict } from './verdict.ts';

/** How many threads of the writer a load takes: an eighth, half, as many as, or twice its vCPUs. */
export type Parallelism = 'LOW' | 'MEDIUM' | 'HIGH' | 'OVERSUBSCRIBE';

export type LoadRequest = {
  /** `s3://bucket/prefix/`, ending in `/`. */
  readonly source: string;
  /** Role of the cluster that may read the bucket; several, comma-separated, are assumed one after the other. */
  readonly roleArn: string;
  /** Region of the cluster, which must also be the bucket's. */
  readonly region: string;
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
  const { source, roleArn, region, parallelism = 'MEDIUM', failOnError = false } = request;
  if (!source.endsWith('/')) throw new RangeError(`Expected a source that ends in /, got ${source}.`);
  return {
    source,
    format: 'csv',
    s3BucketRegion: region,
    iamRoleArn: roleArn,
    mode: 'NEW',
    failOnError,
    parallelism,
    updateSingleCardinalityProperties: true,
    queueRequest: true,
  };
}

type CallOptions = { readonly clock: Clock; readonly signal?: AbortSignal | undefined };

/**
 * Starts one load job and gives its id. Never sends the request twice: where the reply is lost, the list of jobs says
 * whether the load began.
 *
 * @throws LineageError (loadFailed, accessDenied, usage) where Neptune refuses, or where it stays unknown whether it began.
 */
export async function startLoad(
  client: NeptunedataClient,
  request: LoadRequest,
  { clock, signal }: CallOptions,
): Promise<string> {
  const input = startLoadInput(request);
  const abort = abortOption(signal);
  const attempt = {
    doing: `start a load from ${request.source}`,
    outcome: 'loadFailed',
    details: { source: request.source },
  } as const;
  const known = await loadIds(client, signal).catch(async (error: unknown) => {
    // A caller who may start jobs but not list them can still load; only a lost reply is then beyond repair.
    if (serviceErrorFields(error).name === 'AccessDeniedException') return undefined;
    throw await neptuneError(error, client, attempt);
  });
  try {
    const { payload } = await client.send(new StartLoaderJobCommand(input), abort);
    if (payload?.loadId !== undefined) return payload.loadId;
  } catch (error) {
    if (!isLostReply(error) || known === undefined) throw await neptuneError(error, client, attempt);
    return await settleLostReply(client, request.source, known, { clock, signal }, error);
  }
  throw new LineageError(
    'loadFailed',
    `Neptune accepted the load of ${request.source} but named no load id.`,
    {
      hint: 'List the loader jobs of the cluster to see whether one loads that source.',
      details: attempt.details,
    },
  );
}

/** Pauses before each look at the job list after a lost reply: a job appears there once its source is listed. */
const SETTLE_PAUSES_MS = [500, 2_000, 5_000, 10_000] as const;

async function settleLostReply(
  client: NeptunedataClient,
  source: string,
  known: ReadonlySet<string>,
  { clock, signal }: CallOptions,
  cause: unknown,
): Promise<string> {
  for (const pause of SETTLE_PAUSES_MS) {
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

/** The most that ListLoaderJobs gives. */
const MAX_LISTED_JOBS = 100;

async function loadIds(client: NeptunedataClient, signal?: AbortSignal): Promise<ReadonlySet<string>> {
  const command = new ListLoaderJobsCommand({ limit: MAX_LISTED_JOBS, includeQueuedLoads: true });
  const { payload } = await client.send(command, abortOption(signal));
  return new Set(payload?.loadIds ?? []);
}

type GetLoadOptions = {
  /** With the files that failed. @default false */
  readonly details?: boolean;
  /** A page of the error log, from 1. */
  readonly errorPage?: number;
  readonly signal?: AbortSignal | undefined;
};

const ERRORS_PER_PAGE = 100;

/** One look at a load job. @throws what the SDK throws. */
async function getLoad(
  client: NeptunedataClient,
  loadId: string,
  { details = false, errorPage, signal }: GetLoadOptions = {},
): Promise<LoadJob> {
  const errors =
    errorPage === undefined ? {} : { errors: true, page: errorPage, errorsPerPage: ERRORS_PER_PAGE };
  const command = new GetLoaderJobStatusCommand({ loadId, details, ...errors });
  const { payload } = await client.send(command, abortOption(signal));
  return loadJob(loadId, payload);
}

/** Neptune keeps no more (user guide, "Neptune Loader Get-Status requests"). */
const MAX_ERROR_ROWS = 10_000;

/** The error log of a load, page after page. @throws LineageError where it cannot be read. */
export async function* getLoadErrors(
  client: NeptunedataClient,
  loadId: string,
  signal?: AbortSignal,
): AsyncGenerator<LoadErrorRow> {
  let rows = 0;
  // A short page is not taken for the last: an engine may give fewer rows a page than it is asked for.
  for (let page = 1; rows < MAX_ERROR_ROWS; page += 1) {
    const { errorRows } = await getLoad(client, loadId, { errorPage: page, signal }).catch(
      async (error: unknown) => {
        throw await neptuneError(error, client, {
          doing: `read the errors of load ${loadId}`,
          outcome: 'loadFailed',
          details: { loadId },
        });
      },
    );
    if (errorRows.length === 0) return;
    yield* errorRows;
    rows += errorRows.length;
  }
}

type WatchOptions = CallOptions & {
  /** When to give up, epoch milliseconds. @default never */
  readonly deadline?: number | undefined;
  readonly onProgress?: ((job: LoadJob) => void) | undefined;
};

const FIRST_INTERVAL_MS = 250;
const INTERVAL_GROWTH = 1.5;
/** A load of hours needs no closer look than this. */
const LONGEST_INTERVAL_MS = 15_000;

/** How long the cluster may stay away while a load is watched: an engine that restarts takes a couple of minutes. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Looks at a load job until it has ended, well or not: the status is the caller's to judge. Passing failures of the looks
 * themselves are borne; an unknown status counts as under way until the deadline. The job itself goes on when this stops.
 *
 * @throws LineageError (deadline) with the last status; (interrupted) when the signal fires; (loadFailed) where the cluster
 * stays away.
 */
export async function watchLoad(
  client: NeptunedataClient,
  loadId: string,
  { clock, signal, deadline = Number.POSITIVE_INFINITY, onProgress }: WatchOptions,
): Promise<LoadJob> {
  let lastStatus = 'unknown';
  let answeredAt = clock.now();
  let looks = 0;
  for (
    let interval = FIRST_INTERVAL_MS;
    ;
    interval = Math.min(interval * INTERVAL_GROWTH, LONGEST_INTERVAL_MS)
  ) {
    looks += 1;
    try {
      const job = await getLoad(client, loadId, { signal });
      answeredAt = clock.now();
      lastStatus = job.status ?? 'no status';
      onProgress?.(job);
      const { state } = verdict(job.status);
      if (state === 'loaded' || state === 'failed') return job;
    } catch (error) {
      if (signal?.aborted) throw interruptedError(loadId, signal);
      const bearable = isPassing(error) || (looks <= LOOKS_BEFORE_KNOWN && isUnknownLoad(error));
      if (!bearable || clock.now() - answeredAt > PATIENCE_MS) {
        throw await neptuneError(error, client, {
          doing: `watch load ${loadId}, which may still be under way`,
          outcome: 'loadFailed',
          details: { loadId, lastStatus },
        });
      }
    }
    const left = deadline - clock.now();
    if (left <= 0) throw deadlineError(loadId, lastStatus);
    await clock.sleep(Math.min(interval, left), signal).catch((error: unknown) => {
      if (signal?.aborted) throw interruptedError(loadId, signal);
      throw error;
    });
  }
}

/** A job that has just begun may not be known yet: the newer SDKs repeat such a look, too. */
const LOOKS_BEFORE_KNOWN = 5;

function isUnknownLoad(error: unknown): boolean {
  return serviceErrorFields(error).name === 'BulkLoadIdNotFoundException';
}

/** Failures of a look that say nothing of the job. */
const PASSING_ERRORS: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'InternalFailureException',
  'ServerShutdownException',
  'ClientTimeoutException',
  'ECONNREFUSED',
]);

function isPassing(error: unknown): boolean {
  const { name, code, status } = serviceErrorFields(error);
  return (
    isLostReply(error) || PASSING_ERRORS.has(name) || PASSING_ERRORS.has(code ?? '') || (status ?? 0) >= 500
  );
}

function deadlineError(loadId: string, lastStatus: string): LineageError {
  const known = verdict(lastStatus).state !== 'unknown';
  return new LineageError(
    'deadline',
    `The deadline passed while load ${loadId} was ${known ? '' : 'in a state that Neptune does not document: '}${lastStatus}.`,
    {
      hint: 'The load goes on in the cluster. Give it more time, and load again when it is over.',
      details: { loadId, status: lastStatus },
    },
  );
}

function interruptedError(loadId: string, signal: AbortSignal): LineageError {
  return new LineageError('interrupted', `Stopped watching load ${loadId}; it goes on in the cluster.`, {
    cause: signal.reason,
    hint: 'Its data stays in the graph; load again to have it verified.',
    details: { loadId },
  });
}

function abortOption(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}
