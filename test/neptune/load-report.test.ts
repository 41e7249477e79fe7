import { expect, test } from 'vitest';
import { errorCount, groupErrors, type LoadErrorRow, loadJob } from '../../src/neptune/load-report.ts';

/* The example of the Neptune user guide, "Neptune Loader Get-Status examples". */
const PAYLOAD = {
  feedCount: [{ LOAD_COMPLETED: 1 }, { LOAD_FAILED: 1 }, { LOAD_COMPLETED: 2 }],
  overallStatus: {
    fullUri: 's3://b/p/',
    runNumber: 1,
    retryNumber: 0,
    status: 'LOAD_FAILED',
    totalTimeSpent: 3.0,
    startTime: 1662131463,
    totalRecords: 5,
    totalDuplicates: 1,
    parsingErrors: 2,
    datatypeMismatchErrors: 3,
    insertErrors: 4,
  },
  failedFeeds: [{ fullUri: 's3://b/p/x.csv', status: 'LOAD_FAILED', totalRecords: 5, parsingErrors: 2 }],
  errors: {
    startIndex: 1,
    endIndex: 2,
    loadId: 'load-1',
    errorLogs: [
      { errorCode: 'PARSING_ERROR', errorMessage: 'bad', fileName: 's3://b/p/x.csv', recordNum: 12 },
      { errorCode: 'INTERNAL_ERROR', errorMessage: '', fileName: '', recordNum: 0 },
    ],
  },
};

test('a full reply is read member by member', () => {
  const job = loadJob('load-1', PAYLOAD);

  expect(job).toEqual({
    loadId: 'load-1',
    status: 'LOAD_FAILED',
    uri: 's3://b/p/',
    seconds: 3,
    records: 5,
    duplicates: 1,
    errors: { parsing: 2, datatypeMismatch: 3, insert: 4 },
    files: { LOAD_COMPLETED: 3, LOAD_FAILED: 1 },
    failedFiles: [
      {
        status: 'LOAD_FAILED',
        uri: 's3://b/p/x.csv',
        seconds: 0,
        records: 5,
        duplicates: 0,
        errors: { parsing: 2, datatypeMismatch: 0, insert: 0 },
      },
    ],
    errorRows: [
      { code: 'PARSING_ERROR', message: 'bad', file: 's3://b/p/x.csv', record: 12 },
      { code: 'INTERNAL_ERROR', message: '', file: '', record: undefined },
    ],
  });
  expect(errorCount(job)).toBe(9);
});

const NOTHING = {
  loadId: 'load-1',
  status: undefined,
  uri: undefined,
  seconds: 0,
  records: 0,
  duplicates: 0,
  errors: { parsing: 0, datatypeMismatch: 0, insert: 0 },
  files: {},
  failedFiles: [],
  errorRows: [],
};

test.each([
  ['nothing', undefined],
  ['an empty object', {}],
  ['text', 'LOAD_COMPLETED'],
  [
    'members of the wrong kind',
    { feedCount: 3, overallStatus: 'LOAD_COMPLETED', failedFeeds: {}, errors: [] },
  ],
])('%s in place of the payload is a job of which nothing is known, never a finished one', (_, payload) => {
  expect(loadJob('load-1', payload)).toEqual(NOTHING);
});

test('members that are missing or odd do not hide those that are there', () => {
  const overallStatus = {
    status: 'LOAD_IN_PROGRESS',
    totalRecords: '12',
    totalTimeSpent: null,
    parsingErrors: 'x',
  };

  expect(loadJob('load-1', { overallStatus })).toEqual({
    ...NOTHING,
    status: 'LOAD_IN_PROGRESS',
    records: 12,
  });
});

test('error rows are grouped by code, the most frequent first, with five examples each', () => {
  const rows = Array.from(
    { length: 12 },
    (_, index): LoadErrorRow => ({
      code: index % 4 === 0 ? 'INTERNAL_ERROR' : 'PARSING_ERROR',
      message: `error ${index}`,
      file: 's3://b/p/x.csv',
      record: index + 1,
    }),
  );

  const groups = groupErrors(rows);

  expect(groups.map(({ code, count, retry }) => ({ code, count, retry }))).toEqual([
    { code: 'PARSING_ERROR', count: 9, retry: 'never' },
    { code: 'INTERNAL_ERROR', count: 3, retry: 'once' },
  ]);
  expect(groups.map(({ examples }) => examples)).toEqual([
    [rows[1], rows[2], rows[3], rows[5], rows[6]],
    [rows[0], rows[4], rows[8]],
  ]);
});
