import { expect, test } from 'vitest';
import { ERROR_CODES, errorCodeMeaning, LOAD_STATUSES, verdict } from '../../src/neptune/verdict.ts';

/* Neptune user guide, "Neptune Loader Error and Feed Messages": every status. */
test.each([
  ['LOAD_NOT_STARTED', 'running'],
  ['LOAD_IN_QUEUE', 'running'],
  ['LOAD_IN_PROGRESS', 'running'],
  ['LOAD_COMPLETED', 'loaded'],
  ['LOAD_COMMITTED_W_WRITE_CONFLICTS', 'failed, retry resume'],
  ['LOAD_FAILED', 'failed, retry by-errors'],
  ['LOAD_S3_READ_ERROR', 'failed, retry resume'],
  ['LOAD_DATA_DEADLOCK', 'failed, retry once'],
  ['LOAD_UNEXPECTED_ERROR', 'failed, retry once'],
  ['LOAD_S3_ACCESS_DENIED_ERROR', 'failed, retry never'],
  ['LOAD_FAILED_INVALID_REQUEST', 'failed, retry never'],
  ['LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED', 'failed, retry never'],
  ['LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED', 'failed, retry never'],
  ['LOAD_CANCELLED_BY_USER', 'failed, retry never'],
  ['LOAD_CANCELLED_DUE_TO_ERRORS', 'failed, retry by-errors'],
  // Names that tools mention and the guide does not.
  ['LOAD_STARTING', 'unknown'],
  ['LOAD_COMMITTING', 'unknown'],
  ['toString', 'unknown'],
  ['', 'unknown'],
  [undefined, 'unknown'],
])('%s means %s', (status, expected) => {
  const found = verdict(status);

  expect(found.state === 'failed' ? `failed, retry ${found.retry}` : found.state).toBe(expected);
});

test('no status is without a row above', () => {
  expect(Object.keys(LOAD_STATUSES)).toHaveLength(15);
});

/* Neptune user guide, "Neptune Loader Get-Status response": every error code. */
test.each([
  ['PARSING_ERROR', 'never'],
  ['S3_ACCESS_DENIED_ERROR', 'never'],
  ['FROM_OR_TO_VERTEX_ARE_MISSING', 'never'],
  ['ID_ASSIGNED_TO_MULTIPLE_EDGES', 'never'],
  ['SINGLE_CARDINALITY_VIOLATION', 'never'],
  ['FILE_MODIFICATION_OR_DELETION_ERROR', 'never'],
  ['OUT_OF_MEMORY_ERROR', 'resume'],
  ['INTERNAL_ERROR', 'once'],
  ['SOMETHING_NEW', 'never'],
])('%s is retried: %s', (code, retry) => {
  expect(errorCodeMeaning(code)).toMatchObject({ retry, hint: expect.stringMatching(/\.$/) });
});

test('no error code is without a row above', () => {
  expect(Object.keys(ERROR_CODES)).toHaveLength(8);
});
