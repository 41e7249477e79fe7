import { expect, test } from 'vitest';
import { emfLines } from '../../src/runs/sync-metrics.ts';
import type { SyncReport } from '../../src/runs/sync-report.ts';

const REPORT: SyncReport = {
  format: 1,
  tool: 'test',
  outcome: 'synced',
  exitCode: 0,
  startedAt: '2026-11-21T04:00:00.000Z',
  finishedAt: '2026-11-21T04:10:00.000Z',
  run: '20261121T040000.000Z',
  directory: '/runs/20261121T040000.000Z',
  scopes: [
    { account: '123456789012', region: 'eu-west-1', verdict: 'complete' },
    { account: '210987654321', region: 'eu-west-1', verdict: 'denied', reason: 'no' },
    { account: '210987654321', region: 'us-east-1', verdict: 'unsupported', reason: 'no' },
  ],
  state: { uri: 's3://b/state.json', run: 'before', verifiedAt: '2026-11-20T04:10:00.000Z', attempts: [] },
  full: false,
  changes: {
    artifact: { before: 10, after: 12, added: 3, updated: 1, removed: 1, relabelled: 0 },
    edge: { before: 5, after: 5, added: 0, updated: 0, removed: 0, relabelled: 0 },
  } as SyncReport['changes'],
  loaded: { rows: { artifact: 4 }, bytes: 400, loadIds: ['load-1'], records: 40 },
  replaced: 0,
  corrected: 1,
  verified: { rows: 4, ids: 17 },
  removed: { artifact: 1 },
  tombstoned: {},
  kept: [],
  lost: 0,
  residue: 2,
  refusals: [],
  audit: null,
  calls: { sagemaker: 120, throttles: 7 },
  seconds: { export: 400, load: 50, verify: 10.5 },
  error: null,
};

test('a sync is one line of the embedded metric format, each metric of which is declared with its unit', () => {
  const [line = '', ...more] = emfLines(REPORT, 'eu-west-1');
  const { _aws: aws, ...members } = JSON.parse(line);

  expect(more).toEqual([]);
  expect(line).not.toContain('\n');
  expect(aws).toMatchObject({
    Timestamp: Date.parse(REPORT.finishedAt),
    CloudWatchMetrics: [{ Namespace: 'SageMakerLineageNeptune', Dimensions: [['Region']] }],
  });
  const [{ Metrics: metrics }] = aws.CloudWatchMetrics;
  const { Region: region, Outcome: outcome, Run: run, ...values } = members;
  expect({ region, outcome, run }).toEqual({ region: 'eu-west-1', outcome: 'synced', run: REPORT.run });
  expect(metrics.map(({ Name: name }: { Name: string }) => name)).toEqual(Object.keys(values));
  expect(values).toEqual({
    Failed: 0,
    Verified: 1,
    Partial: 1,
    Refused: 0,
    ScopesMissing: 1,
    LoadErrors: 0,
    Elements: 17,
    Added: 3,
    Updated: 1,
    Gone: 1,
    Removed: 1,
    Residue: 2,
    LoadedRecords: 40,
    LoadedBytes: 400,
    Calls: 120,
    Throttles: 7,
    Duration: 460.5,
    ExportDuration: 400,
    LoadDuration: 50,
    VerifiedAge: 0,
  });
});

test('the age of the last verified run grows with every sync that fails, and is not told where there never was one', () => {
  const error = { outcome: 'loadFailed', message: 'no', details: {} } as const;
  const failed = { ...REPORT, outcome: 'failed', error } as SyncReport;
  const members = (report: SyncReport) => JSON.parse(emfLines(report, 'eu-west-1')[0] ?? '');

  expect(members(failed)).toMatchObject({ Failed: 1, Verified: 0, LoadErrors: 1, VerifiedAge: 86_400 });
  expect(members({ ...failed, state: null })).not.toHaveProperty('VerifiedAge');
});

test('a run is partial where a listing did not end, or a scope is missing', () => {
  const [whole = REPORT.scopes[0]] = REPORT.scopes;
  const partialOf = (changed: Partial<SyncReport>) =>
    JSON.parse(emfLines({ ...REPORT, scopes: [whole], ...changed } as SyncReport, 'eu-west-1')[0] ?? '')
      .Partial;
  const error = { outcome: 'partialExport', message: 'no', details: {} } as const;

  expect([partialOf({}), partialOf({ error }), partialOf({ scopes: REPORT.scopes })]).toEqual([0, 1, 1]);
});
