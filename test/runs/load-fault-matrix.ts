import type { FaultName, FaultPlan } from '../../src/sandbox/faults.ts';

/*
 * What can befall a load, and what `load` makes of it: the table that test/runs/load-faults.test.ts plays and
 * docs/reliability.md shows. Written down by hand from Neptune's documentation, not derived from the code that it judges.
 */

/** How a load ends: the exit code, and how many jobs the cluster was given. */
export type Ending = { readonly exit: number; readonly jobs: number };

export type FaultRow = {
  readonly group: string;
  readonly fault: string;
  /** The fault on the first job or call, and on all. */
  readonly plans: Readonly<Record<'once' | 'always', FaultPlan>>;
  readonly once: Ending;
  readonly always: Ending;
  /** What the failure tells the user to do: a part of the hint. */
  readonly hint?: string | undefined;
};

const ok = { exit: 0, jobs: 1 };
const okAfterRetry = { exit: 0, jobs: 2 };
const failed = { exit: 5, jobs: 1 };
const failedAfterOne = { exit: 5, jobs: 2 };
const failedAfterThree = { exit: 5, jobs: 4 };
const notStarted = { exit: 5, jobs: 0 };
const deadline = { exit: 124, jobs: 1 };
const deadlineBefore = { exit: 124, jobs: 0 };
const denied = { exit: 3, jobs: 1 };
const deniedBefore = { exit: 3, jobs: 0 };

type LoadRule = NonNullable<FaultPlan['loads']>[number];

function job(
  group: string,
  fault: string,
  rule: LoadRule,
  once: Ending,
  always: Ending,
  hint?: string,
): FaultRow {
  const plan = (change: LoadRule): FaultPlan => ({ rules: [], loads: [{ ...rule, ...change }] });
  return { group, fault, plans: { once: plan({ at: 1 }), always: plan({}) }, once, always, hint };
}

function status(name: string, once: Ending, always: Ending, hint?: string): FaultRow {
  return job('status of the job', name, { status: name }, once, always, hint);
}

/** What the job is called for a moment, or for ever. */
function running(name: string): FaultRow {
  const row = status(name, ok, deadline, 'goes on in the cluster');
  const once = { rules: [], loads: [{ status: name, milliseconds: 20, at: 1 }] };
  return { ...row, plans: { ...row.plans, once } };
}

function code(name: string, once: Ending, always: Ending, hint?: string): FaultRow {
  return job('code in the error log', name, { errorCode: name }, once, always, hint);
}

function call(operation: string, fault: FaultName, once: Ending, always: Ending, hint?: string): FaultRow {
  const rule = {
    service: 'neptune-db' as const,
    operation,
    fault,
    ...(fault === 'slow' ? { milliseconds: 10 } : {}),
  };
  return {
    group: operation,
    fault,
    plans: { once: { rules: [{ ...rule, at: 1 }] }, always: { rules: [rule] } },
    once,
    always,
    hint,
  };
}

const BUCKET_HINT = 'Let the load role read the bucket';

export const FAULT_ROWS: readonly FaultRow[] = [
  running('LOAD_NOT_STARTED'),
  running('LOAD_IN_QUEUE'),
  running('LOAD_IN_PROGRESS'),
  running('LOAD_NAMED_BY_NOBODY'),
  // A job that says so, and has loaded nothing.
  status('LOAD_COMPLETED', failed, failed, 'Load the run again'),
  status('LOAD_COMMITTED_W_WRITE_CONFLICTS', okAfterRetry, failedAfterThree, 'Load the same source again'),
  status('LOAD_FAILED', failed, failed, 'Look at the errors'),
  status('LOAD_S3_READ_ERROR', okAfterRetry, failedAfterThree, 'S3 failed in passing'),
  status('LOAD_DATA_DEADLOCK', okAfterRetry, failedAfterOne, 'lower --parallelism'),
  status('LOAD_UNEXPECTED_ERROR', okAfterRetry, failedAfterOne, 'AWS Support'),
  status('LOAD_S3_ACCESS_DENIED_ERROR', failed, failed, BUCKET_HINT),
  status('LOAD_FAILED_INVALID_REQUEST', failed, failed, 'the bucket and the source exist'),
  status('LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED', failed, failed, 'depends on'),
  status('LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED', failed, failed, 'nothing else writes to'),
  status('LOAD_CANCELLED_BY_USER', failed, failed, 'Somebody cancelled'),
  status('LOAD_CANCELLED_DUE_TO_ERRORS', failed, failed, 'Look at the errors'),

  code('PARSING_ERROR', failed, failed, 'Correct the line'),
  code('S3_ACCESS_DENIED_ERROR', failed, failed, BUCKET_HINT),
  code('FROM_OR_TO_VERTEX_ARE_MISSING', failed, failed, 'vertex files of the same run'),
  code('ID_ASSIGNED_TO_MULTIPLE_EDGES', failed, failed, 'Another application'),
  code('SINGLE_CARDINALITY_VIOLATION', failed, failed, 'updateSingleCardinalityProperties'),
  code('FILE_MODIFICATION_OR_DELETION_ERROR', failed, failed, 'nothing else writes to'),
  code('OUT_OF_MEMORY_ERROR', okAfterRetry, failedAfterThree, 'larger instance'),
  code('INTERNAL_ERROR', okAfterRetry, failedAfterOne, 'AWS Support'),
  code('A_CODE_OF_TOMORROW', failed, failed, 'Read the message'),

  job(
    'the job in the middle',
    'completed, with errors in its counters',
    { status: 'LOAD_COMPLETED', errorCode: 'PARSING_ERROR' },
    failed,
    failed,
    'Correct the line',
  ),
  job(
    'the job in the middle',
    'memory is short at the edges',
    { file: 'edges', errorCode: 'OUT_OF_MEMORY_ERROR' },
    okAfterRetry,
    failedAfterThree,
    'larger instance',
  ),
  job(
    'the job in the middle',
    'one file cannot be read, and nobody says so',
    { file: 'edges', status: 'LOAD_COMPLETED' },
    failed,
    failed,
    'Load the run again',
  ),
  job('the job in the middle', 'slow', { milliseconds: 10 }, ok, ok),
  job('the job in the middle', 'the engine restarts and goes on', { file: 'edges', restart: 20 }, ok, ok),
  job(
    'the job in the middle',
    'the engine restarts and the load is lost',
    { file: 'edges', restart: 20, status: 'LOAD_UNEXPECTED_ERROR' },
    okAfterRetry,
    failedAfterOne,
    'AWS Support',
  ),

  call('StartLoaderJob', 'lost-reply', ok, ok),
  call('StartLoaderJob', 'drop', notStarted, notStarted, 'load again'),
  call('StartLoaderJob', 'html', notStarted, notStarted, 'load again'),
  call('StartLoaderJob', 'html-502', notStarted, notStarted, 'load again'),
  call('StartLoaderJob', 'error-500', notStarted, notStarted, 'engine failed'),
  call('StartLoaderJob', 'load-refused', notStarted, notStarted, 'The three usual reasons'),
  call('StartLoaderJob', 'load-limit', ok, deadlineBefore, 'queue is full'),
  call('StartLoaderJob', 'queue-full', ok, deadlineBefore, 'queue is full'),
  call('StartLoaderJob', 'restarting', ok, notStarted, 'restarting'),
  call('StartLoaderJob', 'throttle', ok, notStarted, 'cluster is busy'),
  call('StartLoaderJob', 'conflict', notStarted, notStarted, 'try again'),
  call('StartLoaderJob', 'slow', ok, ok),
  call('StartLoaderJob', 'denied', deniedBefore, deniedBefore, 'neptune-db actions'),
  call('StartLoaderJob', 'expired', deniedBefore, deniedBefore, 'credentials are current'),

  call('GetLoaderJobStatus', 'drop', ok, failed, 'inside its VPC'),
  call('GetLoaderJobStatus', 'lost-reply', ok, failed, 'inside its VPC'),
  call('GetLoaderJobStatus', 'html', ok, failed, 'Check the endpoint'),
  call('GetLoaderJobStatus', 'html-502', ok, failed, 'Check the endpoint'),
  call('GetLoaderJobStatus', 'error-500', ok, failed, 'engine failed'),
  call('GetLoaderJobStatus', 'restarting', ok, failed, 'restarting'),
  call('GetLoaderJobStatus', 'throttle', ok, failed, 'cluster is busy'),
  call('GetLoaderJobStatus', 'slow', ok, ok),
  call('GetLoaderJobStatus', 'denied', denied, denied, 'neptune-db actions'),

  call('ListLoaderJobs', 'drop', ok, notStarted, 'inside its VPC'),
  call('ListLoaderJobs', 'html', ok, notStarted, 'Check the endpoint'),
  call('ListLoaderJobs', 'error-500', ok, notStarted, 'engine failed'),
  call('ListLoaderJobs', 'restarting', ok, notStarted, 'restarting'),
  call('ListLoaderJobs', 'throttle', ok, notStarted, 'cluster is busy'),
  call('ListLoaderJobs', 'denied', ok, ok),

  call('ExecuteGremlinQuery', 'drop', ok, failed, 'inside its VPC'),
  call('ExecuteGremlinQuery', 'throttle', ok, failed, 'cluster is busy'),
  call('ExecuteGremlinQuery', 'conflict', ok, failed, 'try again'),
  call('ExecuteGremlinQuery', 'denied', denied, denied, 'neptune-db actions'),
];

/** The rows as the tables of docs/reliability.md. */
export function matrixMarkdown(rows: readonly FaultRow[]): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  return groups
    .map((group) => {
      const lines = rows
        .filter((row) => row.group === group)
        .map(({ fault, once, always, hint }) => {
          const name = /^[A-Z_]+$|^[a-z-]+[0-9]*$/.test(fault) && fault !== 'slow' ? `\`${fault}\`` : fault;
          return `| ${name} | ${ending(once)} | ${ending(always)} | ${hint === undefined ? '' : `… ${hint} …`} |`;
        });
      return [`| ${group} | once | always | what the failure says |`, '|---|---|---|---|', ...lines].join(
        '\n',
      );
    })
    .join('\n\n');
}

function ending({ exit, jobs }: Ending): string {
  return `${exit}, ${jobs} ${jobs === 1 ? 'job' : 'jobs'}`;
}
