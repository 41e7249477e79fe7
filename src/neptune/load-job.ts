import {
  CancelLoaderJobCommand,
  GetLoaderJobStatusCommand,
  ListLoaderJobsCommand,
  type NeptunedataClient,
} from '@aws-sdk/client-neptunedata';
import type { Clock } from './clock.ts';
import { type LoadErrorRow, type LoadJob, loadJob } from './load-report.ts';
import { neptuneError } from './loader-errors.ts';
import { isLostReply, serviceErrorFields } from './service-errors.ts';
import { verdict } from './verdict.ts';

/** The most that ListLoaderJobs gives. */
const MAX_LISTED_JOBS = 100;

/** Ids of the cluster's load jobs, the queued ones first, then the latest. @throws what the SDK throws. */
export async function loadIds(
  client: NeptunedataClient,
  signal?: AbortSignal,
  limit = MAX_LISTED_JOBS,
): Promise<readonly string[]> {
  const command = new ListLoaderJobsCommand({ limit, includeQueuedLoads: true });
  const { payload } = await client.send(command, abortOption(signal));
  return payload?.loadIds ?? [];
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
export async function getLoad(
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

type PatientOptions = { readonly clock: Clock; readonly signal?: AbortSignal | undefined };

/** Pauses before each repetition of a look that failed in passing. */
const LOOK_PAUSES_MS = [1_000, 2_000, 4_000] as const;

/** Looks again where `maySucceed` says that another look may. @throws what the last look throws. */
export async function patiently<Seen>(
  look: () => Promise<Seen>,
  { clock, signal }: PatientOptions,
  maySucceed: (error: unknown) => boolean,
): Promise<Seen> {
  for (const pause of LOOK_PAUSES_MS) {
    try {
      return await look();
    } catch (error) {
      if (!maySucceed(error) || signal?.aborted) throw error;
      await clock.sleep(pause, signal);
    }
  }
  return await look();
}

/** A load job with the files that failed. @throws LineageError (usage) for an unknown id; (accessDenied, loadFailed). */
export async function lookAtLoad(
  client: NeptunedataClient,
  loadId: string,
  options: PatientOptions,
): Promise<LoadJob> {
  const { signal } = options;
  const look = () => getLoad(client, loadId, { details: true, signal });
  return await patiently(look, options, isPassing).catch(async (error: unknown) => {
    throw await neptuneError(error, client, {
      doing: `look at load ${loadId}`,
      outcome: 'loadFailed',
      details: { loadId },
    });
  });
}

/** The latest load jobs of a cluster. @throws LineageError (accessDenied, loadFailed). */
export async function listLoads(
  client: NeptunedataClient,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
): Promise<readonly LoadJob[]> {
  try {
    const jobs: LoadJob[] = [];
    for (const loadId of await loadIds(client, signal, limit)) {
      jobs.push(await getLoad(client, loadId, { signal }));
    }
    return jobs;
  } catch (error) {
    throw await neptuneError(error, client, { doing: 'list the load jobs', outcome: 'loadFailed' });
  }
}

/** Load jobs that are under way or queued: they come first in the list. @throws LineageError (accessDenied, loadFailed). */
export async function loadsUnderWay(
  client: NeptunedataClient,
  signal?: AbortSignal,
): Promise<readonly LoadJob[]> {
  try {
    const jobs: LoadJob[] = [];
    for (const loadId of await loadIds(client, signal)) {
      const job = await getLoad(client, loadId, { signal });
      const { state } = verdict(job.status);
      if (state === 'loaded' || state === 'failed') break;
      jobs.push(job);
    }
    return jobs;
  } catch (error) {
    throw await neptuneError(error, client, { doing: 'list the load jobs', outcome: 'loadFailed' });
  }
}

/**
 * Cancels a load that is under way or queued. What it has loaded stays in the graph (Neptune user guide, "Loading data").
 *
 * @throws LineageError (usage) for a load that is unknown or has ended; (accessDenied, loadFailed).
 */
export async function cancelLoad(
  client: NeptunedataClient,
  loadId: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client.send(new CancelLoaderJobCommand({ loadId }), abortOption(signal));
  } catch (error) {
    throw await neptuneError(error, client, {
      doing: `cancel load ${loadId}`,
      outcome: 'loadFailed',
      details: { loadId },
    });
  }
}

/** Neptune keeps no more (user guide, "Neptune Loader Get-Status requests"). */
const MAX_ERROR_ROWS = 10_000;

/** The error log of a load, page after page. @throws LineageError where it cannot be read. */
export async function* getLoadErrors(
  client: NeptunedataClient,
  loadId: string,
  options: PatientOptions,
): AsyncGenerator<LoadErrorRow> {
  const { signal } = options;
  let rows = 0;
  // A short page is not taken for the last: an engine may give fewer rows a page than it is asked for.
  for (let page = 1; rows < MAX_ERROR_ROWS; page += 1) {
    const look = () => getLoad(client, loadId, { errorPage: page, signal });
    const { errorRows } = await patiently(look, options, isPassing).catch(async (error: unknown) => {
      throw await neptuneError(error, client, {
        doing: `read the errors of load ${loadId}`,
        outcome: 'loadFailed',
        details: { loadId },
      });
    });
    if (errorRows.length === 0) return;
    yield* errorRows;
    rows += errorRows.length;
  }
}

export function isUnknownLoad(error: unknown): boolean {
  return serviceErrorFields(error).name === 'BulkLoadIdNotFoundException';
}

/** Failures of a look that say nothing of the job. */
const PASSING_ERRORS: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'InternalFailureException',
  'ServerShutdownException',
  'ClientTimeoutException',
  'TimeoutError',
  'ECONNREFUSED',
]);

/** Whether a failure of a look says nothing of the job, so that one may look again. */
export function isPassing(error: unknown): boolean {
  const { name, code = '', status = 0 } = serviceErrorFields(error);
  return isLostReply(error) || PASSING_ERRORS.has(name) || PASSING_ERRORS.has(code) || status >= 500;
}

export function abortOption(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}
