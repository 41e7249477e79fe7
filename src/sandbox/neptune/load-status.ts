/** Every status of a job or of one of its files (Neptune user guide, "Neptune loader error and feed messages"). */
export const LOAD_STATUSES = [
  'LOAD_NOT_STARTED',
  'LOAD_IN_QUEUE',
  'LOAD_IN_PROGRESS',
  'LOAD_COMPLETED',
  'LOAD_COMMITTED_W_WRITE_CONFLICTS',
  'LOAD_FAILED',
  'LOAD_S3_READ_ERROR',
  'LOAD_S3_ACCESS_DENIED_ERROR',
  'LOAD_DATA_DEADLOCK',
  'LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED',
  'LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED',
  'LOAD_FAILED_INVALID_REQUEST',
  'LOAD_UNEXPECTED_ERROR',
  'LOAD_CANCELLED_BY_USER',
  'LOAD_CANCELLED_DUE_TO_ERRORS',
] as const;

export type LoadStatus = (typeof LOAD_STATUSES)[number];

/** Every code of an entry of a job's error log (Neptune user guide, "Neptune loader Get-Status responses"). */
export const LOAD_ERROR_CODES = [
  'PARSING_ERROR',
  'S3_ACCESS_DENIED_ERROR',
  'FROM_OR_TO_VERTEX_ARE_MISSING',
  'ID_ASSIGNED_TO_MULTIPLE_EDGES',
  'SINGLE_CARDINALITY_VIOLATION',
  'FILE_MODIFICATION_OR_DELETION_ERROR',
  'OUT_OF_MEMORY_ERROR',
  'INTERNAL_ERROR',
] as const;

export type LoadErrorCode = (typeof LOAD_ERROR_CODES)[number];

export type LoadError = {
  /** A LoadErrorCode, or what a fault plan makes up. */
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly fileName: string;
  /** Zero where no record is at fault. */
  readonly recordNum: number;
};

/** Which counter of a job an error raises. */
export type ErrorCounter = 'parsingErrors' | 'datatypeMismatchErrors' | 'insertErrors';

/** Counters of a job or a file, in records: each label, each property value and each edge is one. */
export type LoadCounters = { totalRecords: number; totalDuplicates: number } & Record<ErrorCounter, number>;

export function noCounts(): LoadCounters {
  return {
    totalRecords: 0,
    totalDuplicates: 0,
    parsingErrors: 0,
    datatypeMismatchErrors: 0,
    insertErrors: 0,
  };
}

/** One file of a job. */
export type Feed = {
  readonly fullUri: string;
  readonly key: string;
  readonly etag: string;
  status: LoadStatus;
  startedAt: number;
  finishedAt: number | undefined;
  readonly counters: LoadCounters;
};

/** A job as its status report tells it. Times are epoch milliseconds. */
export type LoadJob = {
  readonly loadId: string;
  readonly source: string;
  readonly runNumber: number;
  status: LoadStatus;
  /** What a fault calls the job while it lasts. */
  shownAs?: string | undefined;
  startedAt: number;
  finishedAt: number | undefined;
  feeds: readonly Feed[];
  /** The latest 10,000. */
  readonly errors: LoadError[];
};

/** The limit that Neptune's limits page sets. */
export const MAX_ERROR_DETAILS = 10_000;

const RUNNING: ReadonlySet<LoadStatus> = new Set(['LOAD_NOT_STARTED', 'LOAD_IN_QUEUE', 'LOAD_IN_PROGRESS']);
const SUCCEEDED: ReadonlySet<LoadStatus> = new Set(['LOAD_COMPLETED', 'LOAD_COMMITTED_W_WRITE_CONFLICTS']);

export function isFinal(status: LoadStatus): boolean {
  return !RUNNING.has(status);
}

/** Whether a name is that of a status that ends a job. */
export function isFinalName(name: string): name is LoadStatus {
  return LOAD_STATUSES.some((status) => status === name && isFinal(status));
}

export function hasSucceeded(status: LoadStatus): boolean {
  return SUCCEEDED.has(status);
}

/** What a job whose files ended so is called. */
export function overallStatus(statuses: readonly LoadStatus[]): LoadStatus {
  const odd = new Set(statuses.filter((status) => status !== 'LOAD_COMPLETED'));
  if (odd.size === 0) return 'LOAD_COMPLETED';
  if (odd.has('LOAD_CANCELLED_BY_USER')) return 'LOAD_CANCELLED_BY_USER';
  // Files that were not read because of another's errors say nothing that the other does not say.
  if (odd.size > 1) odd.delete('LOAD_CANCELLED_DUE_TO_ERRORS');
  const [status = 'LOAD_FAILED', ...others] = odd;
  // A failed read of one file shows on the whole job as a plain failure, by the documentation of that status.
  return others.length > 0 || status === 'LOAD_S3_READ_ERROR' ? 'LOAD_FAILED' : status;
}

export type ReportOptions = {
  readonly details: boolean;
  readonly errors: boolean;
  /** From 1. */
  readonly page: number;
  readonly errorsPerPage: number;
};

/** The payload of GetLoaderJobStatus. */
export function statusReport(job: LoadJob, now: number, options: ReportOptions): unknown {
  const failed = job.feeds.filter(({ status }) => isFinal(status) && !hasSucceeded(status));
  return {
    feedCount: feedCounts(job.feeds),
    overallStatus: statusEntry(
      { ...job, status: job.shownAs ?? job.status, fullUri: job.source, counters: sum(job.feeds) },
      job.runNumber,
      now,
    ),
    ...(options.details && { failedFeeds: failed.map((feed) => statusEntry(feed, job.runNumber, now)) }),
    ...(options.errors && { errors: errorPage(job, options) }),
  };
}

function feedCounts(feeds: readonly Feed[]): readonly Readonly<Record<string, number>>[] {
  const counts = new Map<LoadStatus, number>();
  for (const { status } of feeds) counts.set(status, (counts.get(status) ?? 0) + 1);
  return LOAD_STATUSES.flatMap((status) => {
    const count = counts.get(status);
    return count === undefined ? [] : [{ [status]: count }];
  });
}

function sum(feeds: readonly Feed[]): LoadCounters {
  const total = (name: 'totalRecords' | 'totalDuplicates' | ErrorCounter) =>
    feeds.reduce((all, { counters }) => all + counters[name], 0);
  return {
    totalRecords: total('totalRecords'),
    totalDuplicates: total('totalDuplicates'),
    parsingErrors: total('parsingErrors'),
    datatypeMismatchErrors: total('datatypeMismatchErrors'),
    insertErrors: total('insertErrors'),
  };
}

type Entry = Pick<Feed, 'fullUri' | 'startedAt' | 'finishedAt' | 'counters'> & { readonly status: string };

function statusEntry(
  { fullUri, status, startedAt, finishedAt, counters }: Entry,
  runNumber: number,
  now: number,
) {
  return {
    fullUri,
    runNumber,
    retryNumber: 0,
    status,
    totalTimeSpent: Math.round(((finishedAt ?? now) - startedAt) / 1000),
    startTime: Math.floor(startedAt / 1000),
    ...counters,
  };
}

function errorPage({ loadId, errors }: LoadJob, { page, errorsPerPage }: ReportOptions): unknown {
  const start = (page - 1) * errorsPerPage;
  const errorLogs = errors.slice(start, start + errorsPerPage);
  const startIndex = errorLogs.length === 0 ? 0 : start + 1;
  return { startIndex, endIndex: errorLogs.length === 0 ? 0 : start + errorLogs.length, loadId, errorLogs };
}
