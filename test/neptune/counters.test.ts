import { expect, test } from 'vitest';
import { type CountersVerdict, compareCounters } from '../../src/neptune/counters.ts';
import { loadJob } from '../../src/neptune/load-report.ts';

/** Three files, one of them without rows: 10 rows, 4 of them edges, 60 records. */
const SENT = { files: 3, filesWithRows: 2, rows: 10, records: 60, edges: 4 };

test.each<[string, object, CountersVerdict]>([
  ['as many records as the files hold', { files: 3, records: 60 }, { is: 'equal' }],
  ['an edge and its label as two records', { files: 3, records: 64 }, { is: 'equal' }],
  ['the file without rows left out', { files: 2, records: 60 }, { is: 'equal' }],
  [
    'a file too few',
    { files: 1, records: 60 },
    { is: 'impossible', reason: 'the loader read 1 files of the 2 that have rows' },
  ],
  [
    'nothing read',
    { files: 3, records: 0 },
    { is: 'impossible', reason: 'the loader counted 0 records in 10 rows' },
  ],
  [
    'a record too few',
    { files: 3, records: 59 },
    {
      is: 'other',
      reason: 'the loader counted 59 records (labels, values and edges), the files hold 60',
    },
  ],
  ['no count of files', { files: 0, records: 0 }, { is: 'unknown' }],
])('%s', (_, { files, records }: { files?: number; records?: number }, verdict) => {
  const job = loadJob('load-1', {
    feedCount: files === 0 ? [] : [{ LOAD_COMPLETED: files }],
    overallStatus: { status: 'LOAD_COMPLETED', totalRecords: records },
  });

  expect(compareCounters(job, SENT)).toEqual(verdict);
});

test('files of which not all could be read say nothing of the records', () => {
  const job = loadJob('load-1', { feedCount: [{ LOAD_COMPLETED: 3 }], overallStatus: { totalRecords: 11 } });

  expect(compareCounters(job, { ...SENT, records: undefined })).toEqual({ is: 'unknown' });
});
