import { expect, test } from 'vitest';
import { type LoadStatus, overallStatus } from '../../../src/sandbox/neptune/load-status.ts';

const MODIFIED = 'LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED';

const TABLE: readonly (readonly [readonly LoadStatus[], LoadStatus])[] = [
  [[], 'LOAD_COMPLETED'],
  [['LOAD_COMPLETED', 'LOAD_COMPLETED'], 'LOAD_COMPLETED'],
  [['LOAD_COMPLETED', 'LOAD_FAILED'], 'LOAD_FAILED'],
  [['LOAD_COMPLETED', MODIFIED, MODIFIED], MODIFIED],
  [[MODIFIED, 'LOAD_CANCELLED_DUE_TO_ERRORS'], MODIFIED],
  [[MODIFIED, 'LOAD_S3_ACCESS_DENIED_ERROR'], 'LOAD_FAILED'],
  [['LOAD_S3_READ_ERROR'], 'LOAD_FAILED'],
  [['LOAD_COMPLETED', 'LOAD_COMMITTED_W_WRITE_CONFLICTS'], 'LOAD_COMMITTED_W_WRITE_CONFLICTS'],
  [['LOAD_FAILED', 'LOAD_CANCELLED_BY_USER'], 'LOAD_CANCELLED_BY_USER'],
  [['LOAD_CANCELLED_DUE_TO_ERRORS'], 'LOAD_CANCELLED_DUE_TO_ERRORS'],
];

test.each(TABLE)('files that ended as %j make a job %s', (statuses, overall) => {
  expect(overallStatus(statuses)).toBe(overall);
});
