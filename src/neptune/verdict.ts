/**
 * Whether loading the failed files again can help (mode RESUME): `resume`, several times; `once`, one time, as the cause
 * is not known; `never`, not before data, role or request are changed.
 */
export type Retry = 'resume' | 'once' | 'never';

/** What the status of a load job means. An unknown one may be the name of a state that a newer engine has on the way. */
export type Verdict =
  | { readonly state: 'running' }
  | { readonly state: 'unknown' }
  | { readonly state: 'loaded' }
  /** `by-errors`: the status says nothing that the errors of the files do not say better. */
  | { readonly state: 'failed'; readonly retry: Retry | 'by-errors'; readonly hint: string };

/** The verdict on `overallStatus.status`. `loaded` is what the loader believes: its error counters may say otherwise. */
export function verdict(status: string | undefined): Verdict {
  return isLoadStatus(status) ? LOAD_STATUSES[status] : { state: 'unknown' };
}

const RUNNING = { state: 'running' } as const;
const failed = (retry: Retry | 'by-errors', hint: string) => ({ state: 'failed', retry, hint }) as const;

/** Every status that Neptune documents (user guide, "Neptune Loader Error and Feed Messages"). */
export const LOAD_STATUSES = {
  LOAD_NOT_STARTED: RUNNING,
  LOAD_IN_QUEUE: RUNNING,
  LOAD_IN_PROGRESS: RUNNING,
  LOAD_COMPLETED: { state: 'loaded' },
  LOAD_COMMITTED_W_WRITE_CONFLICTS: failed(
    'resume',
    'Load the same source again: what conflicted with other writes will then likely be written.',
  ),
  LOAD_FAILED: failed('by-errors', 'Look at the errors of the load; correct their cause, and load again.'),
  LOAD_S3_READ_ERROR: failed('resume', 'S3 failed in passing: load the same source again.'),
  LOAD_DATA_DEADLOCK: failed('once', 'Load again with a lower --parallelism.'),
  LOAD_UNEXPECTED_ERROR: failed('once', 'Load again; if it stays so, ask AWS Support with the load id.'),
  LOAD_S3_ACCESS_DENIED_ERROR: failed(
    'never',
    'Let the load role read the bucket (s3:Get*, s3:List*, and kms:Decrypt where it is encrypted with KMS).',
  ),
  LOAD_FAILED_INVALID_REQUEST: failed(
    'never',
    'Check that the bucket and the source exist, in the region of the cluster.',
  ),
  LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED: failed(
    'never',
    'A load that this one depends on failed: look at that one first.',
  ),
  LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED: failed(
    'never',
    'A file changed while it was loaded: upload under a prefix that nothing else writes to, and load that.',
  ),
  LOAD_CANCELLED_BY_USER: failed(
    'never',
    'Somebody cancelled the load; what was loaded so far stays in the graph.',
  ),
  LOAD_CANCELLED_DUE_TO_ERRORS: failed(
    'by-errors',
    'Look at the errors of the load; correct their cause, and load again.',
  ),
} as const satisfies Readonly<Record<string, Verdict>>;

type LoadStatus = keyof typeof LOAD_STATUSES;

function isLoadStatus(status: string | undefined): status is LoadStatus {
  return status !== undefined && Object.hasOwn(LOAD_STATUSES, status);
}

/** What the code of an error row means, and what to do about it. */
export type ErrorCodeMeaning = {
  readonly retry: Retry;
  /** What is not loaded: a line, the rest of whose file may well be, or the whole file. */
  readonly spoils: 'record' | 'file';
  readonly meaning: string;
  readonly hint: string;
};

/** The meaning of an `errorCode` of the loader's error log; an unknown code is not retried. */
export function errorCodeMeaning(code: string): ErrorCodeMeaning {
  if (isErrorCode(code)) return ERROR_CODES[code];
  return {
    retry: 'never',
    spoils: 'file',
    meaning: 'a code that Neptune does not document',
    hint: 'Read the message of the row.',
  };
}

/** Every error code that Neptune documents (user guide, "Neptune Loader Get-Status response": errorLogs). */
export const ERROR_CODES = {
  PARSING_ERROR: {
    retry: 'never',
    spoils: 'record',
    meaning: 'a line is not what the header promises',
    hint: 'Correct the line at its source and export again.',
  },
  S3_ACCESS_DENIED_ERROR: {
    retry: 'never',
    spoils: 'file',
    meaning: 'the load role may not read the file',
    hint: 'Let the load role read the bucket (s3:Get*, s3:List*, and kms:Decrypt where it is encrypted with KMS).',
  },
  FROM_OR_TO_VERTEX_ARE_MISSING: {
    retry: 'never',
    spoils: 'record',
    meaning: 'an edge whose vertex is neither in the files nor in the graph',
    hint: 'Load the vertex files of the same run together with the edges: pass the prefix of the whole run.',
  },
  ID_ASSIGNED_TO_MULTIPLE_EDGES: {
    retry: 'never',
    spoils: 'record',
    meaning: 'two different edges have one id',
    hint: 'Another application wrote an edge of this id: remove it, then load again.',
  },
  SINGLE_CARDINALITY_VIOLATION: {
    retry: 'never',
    spoils: 'record',
    meaning: 'a property that may have one value already has another',
    hint: 'Load with updateSingleCardinalityProperties, as this package does.',
  },
  FILE_MODIFICATION_OR_DELETION_ERROR: {
    retry: 'never',
    spoils: 'file',
    meaning: 'a file changed while it was loaded',
    hint: 'Upload under a prefix that nothing else writes to, and load that.',
  },
  OUT_OF_MEMORY_ERROR: {
    retry: 'resume',
    spoils: 'file',
    meaning: 'the engine had too little memory in that moment',
    hint: 'Load the same source again, with a lower --parallelism or on a larger instance.',
  },
  INTERNAL_ERROR: {
    retry: 'once',
    spoils: 'file',
    meaning: 'the loader failed for a reason that it does not give',
    hint: 'Load again; if it stays so, ask AWS Support with the load id.',
  },
} as const satisfies Readonly<Record<string, ErrorCodeMeaning>>;

type ErrorCode = keyof typeof ERROR_CODES;

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
