import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { getLoadErrors, lookAtLoad } from '../neptune/load-job.ts';
import {
  errorCount,
  groupErrors,
  type LoadErrorGroup,
  type LoadErrorRow,
  type LoadJob,
} from '../neptune/load-report.ts';
import { hintOf } from '../neptune/load-retry.ts';
import type { LoadMode } from '../neptune/start-load.ts';
import { verdict } from '../neptune/verdict.ts';
import { locateErrorRows } from './load-error-rows.ts';

type Clients = {
  readonly neptune: NeptunedataClient;
  readonly s3: S3Client;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
};

type Diagnosis = {
  readonly job: LoadJob;
  /** All rows of the error log, with their lines. */
  readonly rows: readonly LoadErrorRow[];
  /** The same by code. */
  readonly errors: readonly LoadErrorGroup[];
};

/** A job, and where it has not loaded, why. @throws LineageError where the cluster does not say. */
export async function diagnoseLoad(
  { neptune, s3, clock = SYSTEM_CLOCK, signal }: Clients,
  loadId: string,
): Promise<Diagnosis> {
  const job = await lookAtLoad(neptune, loadId, { clock, signal });
  if (isLoaded(job)) return { job, rows: [], errors: [] };
  const rows: LoadErrorRow[] = [];
  for await (const row of getLoadErrors(neptune, loadId, { clock, signal })) rows.push(row);
  const located = await locateErrorRows(s3, rows, signal);
  return { job, rows: located, errors: groupErrors(located) };
}

/** LOAD_COMPLETED may come "with errors within an acceptable threshold": here the threshold is none. */
export function isLoaded(job: LoadJob): boolean {
  return verdict(job.status).state === 'loaded' && errorCount(job) === 0;
}

/** One job that has ended, with its error log. */
export type EndedJob = {
  readonly job: LoadJob;
  readonly mode: LoadMode;
  /** Whether somebody else started it. */
  readonly joined: boolean;
  readonly errors: readonly LoadErrorGroup[];
};

export type EndedLoad = EndedJob & {
  /** All jobs, the last of which is this one. */
  readonly ended: readonly EndedJob[];
};

/** Why a load failed, and what to do. */
export function loadError(
  { job, errors, ended = [] }: Pick<EndedJob, 'job' | 'errors'> & Partial<EndedLoad>,
  source = job.uri ?? 'its source',
): LineageError {
  const { loadId } = job;
  const status = statusOf(job);
  const retries = ended.length - 1;
  const summary = errors.map(({ code, count, meaning }) => `${count} × ${code} (${meaning})`).join(', ');
  const found = summary === '' ? '' : ` with ${summary}`;
  const tries = retries === 1 ? '1 more try' : `${retries} more tries`;
  const again = retries > 0 ? `, after ${tries} of the failed files` : '';
  return new LineageError('loadFailed', `Load ${loadId} of ${source} ended as ${status}${found}${again}.`, {
    hint: hintOf(job, errors),
    details: {
      ...{ loadId, source, status, errors },
      counters: job.errors,
      failedFiles: job.failedFiles.map(({ uri, status }) => ({ file: uri, status })),
      ...(retries > 0 ? { loadIds: ended.map(({ job: { loadId } }) => loadId) } : {}),
    },
  });
}

export function statusOf({ status }: LoadJob): string {
  return status ?? 'no status';
}
