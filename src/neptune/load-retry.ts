import { errorCount, type LoadErrorGroup, type LoadJob } from './load-report.ts';
import type { Parallelism } from './start-load.ts';
import { errorCodeMeaning, type Retry, verdict } from './verdict.ts';

/**
 * Whether loading the failed files of a job again can help: only where the statuses of the job and its files, and every
 * code of its error log, say so. A failure that says nothing of its cause is not retried.
 */
export function retryOf(job: LoadJob, errors: readonly LoadErrorGroup[]): Retry {
  if (errors.length === 0 && errorCount(job) > 0) return 'never';
  const opinions = [
    ...[job, ...job.failedFiles].flatMap(({ status }) => opinionOf(status)),
    ...errors.map(({ retry }) => retry),
  ];
  return RETRIES.find((retry) => opinions.includes(retry)) ?? 'never';
}

/** The most cautious first. */
const RETRIES: readonly Retry[] = ['never', 'once', 'resume'];

function opinionOf(status: string | undefined): readonly Retry[] {
  const judged = verdict(status);
  if (judged.state !== 'failed' || judged.retry === 'by-errors') return [];
  return [judged.retry];
}

/** What comes from a moment of the cluster or of S3 is over by then, or will not be soon. */
const MOST_RETRIES = 3;

export function mayRetry(retry: Retry, retriesDone: number): boolean {
  return retriesDone < { resume: MOST_RETRIES, once: 1, never: 0 }[retry];
}

/** The next lower share of the cluster: what helps against deadlocks and lack of memory. */
export function gentler(parallelism: Parallelism): Parallelism {
  const next = { OVERSUBSCRIBE: 'HIGH', HIGH: 'MEDIUM', MEDIUM: 'LOW', LOW: 'LOW' } as const;
  return next[parallelism];
}

/** Whether a load that has ended lacks so few records, and nothing but records, that the caller bears it. */
export function isWithinBudget(job: LoadJob, errors: readonly LoadErrorGroup[], maxErrors: number): boolean {
  const lostFiles = job.failedFiles.some(({ status }) => status !== 'LOAD_FAILED');
  const lost = errors.some(({ code }) => errorCodeMeaning(code).spoils === 'file');
  const isJudged = job.status === 'LOAD_COMPLETED' || job.status === 'LOAD_FAILED';
  const known = errorsOf(job, errors);
  return isJudged && !lostFiles && !lost && known > 0 && known <= maxErrors;
}

/** How many records were not loaded: by the counters, or by the error log where that has more. */
export function errorsOf(job: LoadJob, errors: readonly LoadErrorGroup[]): number {
  const logged = errors.reduce((sum, { count }) => sum + count, 0);
  return Math.max(errorCount(job), logged);
}

/** What to do about a load that failed: as the most frequent error says, else the files, else the whole job. */
export function hintOf(job: LoadJob, errors: readonly LoadErrorGroup[]): string {
  const [first] = errors;
  if (first !== undefined) return first.hint;
  const failures = [...job.failedFiles, job].flatMap(({ status }) => {
    const judged = verdict(status);
    return judged.state === 'failed' ? [judged] : [];
  });
  const best = failures.find(({ retry }) => retry !== 'by-errors') ?? failures[0];
  return best?.hint ?? 'Look at the load in the cluster.';
}
