import { describe, expect, test } from 'vitest';
import { groupErrors, type LoadErrorRow, type LoadJob, loadJob } from '../../src/neptune/load-report.ts';
import { gentler, hintOf, isWithinBudget, mayRetry, retryOf } from '../../src/neptune/load-retry.ts';
import { errorCodeMeaning, verdict } from '../../src/neptune/verdict.ts';

/** A job that ended so, with files that ended so. */
function job(status: string, files: readonly string[] = [], counters: object = {}): LoadJob {
  return loadJob('load-1', {
    overallStatus: { status, ...counters },
    failedFeeds: files.map((file) => ({ status: file })),
  });
}

function errors(...codes: readonly string[]) {
  return groupErrors(
    codes.map((code): LoadErrorRow => ({ code, message: '', file: undefined, record: undefined })),
  );
}

describe('retryOf', () => {
  test.each([
    ['resume', job('LOAD_COMMITTED_W_WRITE_CONFLICTS'), errors()],
    ['once', job('LOAD_DATA_DEADLOCK'), errors()],
    ['never', job('LOAD_CANCELLED_BY_USER'), errors()],
    // A failure that says nothing of its cause.
    ['never', job('LOAD_FAILED'), errors()],
    ['never', job('LOAD_FAILED', ['LOAD_FAILED']), errors()],
    // The files say why.
    ['resume', job('LOAD_FAILED', ['LOAD_S3_READ_ERROR']), errors()],
    ['resume', job('LOAD_FAILED', ['LOAD_S3_READ_ERROR', 'LOAD_CANCELLED_DUE_TO_ERRORS']), errors()],
    ['once', job('LOAD_FAILED', ['LOAD_S3_READ_ERROR', 'LOAD_UNEXPECTED_ERROR']), errors()],
    ['never', job('LOAD_FAILED', ['LOAD_S3_READ_ERROR', 'LOAD_S3_ACCESS_DENIED_ERROR']), errors()],
    // The error log says why.
    ['resume', job('LOAD_FAILED', ['LOAD_FAILED']), errors('OUT_OF_MEMORY_ERROR')],
    ['once', job('LOAD_FAILED'), errors('OUT_OF_MEMORY_ERROR', 'INTERNAL_ERROR')],
    ['never', job('LOAD_FAILED'), errors('OUT_OF_MEMORY_ERROR', 'PARSING_ERROR')],
    ['never', job('LOAD_S3_READ_ERROR'), errors('SOMETHING_NEW')],
    ['never', job('LOAD_COMPLETED', [], { parsingErrors: 1 }), errors('PARSING_ERROR')],
    // Errors of which the log says nothing.
    ['never', job('LOAD_S3_READ_ERROR', [], { insertErrors: 1 }), errors()],
  ])('%s', (expected, ended, log) => {
    expect(retryOf(ended, log)).toBe(expected);
  });
});

test.each([
  ['never', [false, false]],
  ['once', [true, false, false]],
  ['resume', [true, true, true, false, false]],
] as const)('%s allows so many retries: %j', (retry, allowed) => {
  expect(allowed.map((_, done) => mayRetry(retry, done))).toEqual(allowed);
});

test('each retry takes less of the cluster', () => {
  expect((['OVERSUBSCRIBE', 'HIGH', 'MEDIUM', 'LOW'] as const).map(gentler)).toEqual([
    'HIGH',
    'MEDIUM',
    'LOW',
    'LOW',
  ]);
});

describe('isWithinBudget', () => {
  const dangling = errors('FROM_OR_TO_VERTEX_ARE_MISSING', 'FROM_OR_TO_VERTEX_ARE_MISSING');

  test.each([
    [true, job('LOAD_FAILED', ['LOAD_FAILED'], { insertErrors: 2 }), dangling, 2],
    [true, job('LOAD_COMPLETED', [], { insertErrors: 2 }), dangling, 3],
    [false, job('LOAD_FAILED', ['LOAD_FAILED'], { insertErrors: 2 }), dangling, 1],
    [false, job('LOAD_FAILED', ['LOAD_FAILED'], { insertErrors: 2 }), dangling, 0],
    // The counters say more than the log, and the log more than the counters.
    [false, job('LOAD_FAILED', [], { parsingErrors: 9 }), dangling, 8],
    [false, job('LOAD_FAILED'), dangling, 1],
    // Not records are missing, but files.
    [false, job('LOAD_FAILED', ['LOAD_S3_READ_ERROR'], { insertErrors: 2 }), dangling, 99],
    [false, job('LOAD_FAILED'), errors('OUT_OF_MEMORY_ERROR'), 99],
    [false, job('LOAD_FAILED'), errors('SOMETHING_NEW'), 99],
    [false, job('LOAD_CANCELLED_BY_USER'), dangling, 99],
    // Nobody knows what is missing.
    [false, job('LOAD_FAILED'), errors(), 99],
  ])('%s', (expected, ended, log, maxErrors) => {
    expect(isWithinBudget(ended, log, maxErrors)).toBe(expected);
  });
});

describe('hintOf', () => {
  const statusHint = (status: string) => {
    const judged = verdict(status);
    return judged.state === 'failed' ? judged.hint : undefined;
  };

  test.each([
    [errorCodeMeaning('PARSING_ERROR').hint, job('LOAD_FAILED'), errors('PARSING_ERROR')],
    [statusHint('LOAD_S3_READ_ERROR'), job('LOAD_FAILED', ['LOAD_S3_READ_ERROR']), errors()],
    [statusHint('LOAD_DATA_DEADLOCK'), job('LOAD_DATA_DEADLOCK', ['LOAD_FAILED']), errors()],
    [statusHint('LOAD_FAILED'), job('LOAD_FAILED'), errors()],
    ['Look at the load in the cluster.', job('LOAD_COMPLETED', [], { parsingErrors: 1 }), errors()],
  ])('%s', (expected, ended, log) => {
    expect(hintOf(ended, log)).toBe(expected);
  });
});
