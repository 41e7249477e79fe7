import { expect, test } from 'vitest';
import { emfLines } from '../../src/runs/sync-metrics.ts';
import type { SyncReport } from '../../src/runs/sync-report.ts';
import { SYNC_REPORT as REPORT } from './sync-report-sample.ts';

const OF = { to: 's3://lineage/nightly', region: 'eu-west-1' };

test.each([
  ['s3://lineage/nightly/', 's3://lineage/nightly'],
  ['s3://lineage/nächtlich', 's3://lineage/n%C3%A4chtlich'],
])('the deployment %s is a dimension as CloudWatch takes it', (to, dimension) => {
  const [line = ''] = emfLines(REPORT, { ...OF, to });

  expect(JSON.parse(line)).toMatchObject({ Deployment: dimension });
});

test('a sync is one line of the embedded metric format, each metric of which is declared with its unit', () => {
  const [line = '', ...more] = emfLines(REPORT, OF);
  const { _aws: aws, ...members } = JSON.parse(line);

  expect(more).toEqual([]);
  expect(line).not.toContain('\n');
  expect(aws).toMatchObject({
    Timestamp: Date.parse(REPORT.finishedAt),
    CloudWatchMetrics: [{ Namespace: 'SageMakerLineageNeptune', Dimensions: [['Deployment']] }],
  });
  const [{ Metrics: metrics }] = aws.CloudWatchMetrics;
  const { Deployment: deployment, Region: region, Outcome: outcome, Run: run, ...values } = members;
  expect({ deployment, region, outcome, run }).toEqual({
    deployment: 's3://lineage/nightly',
    region: 'eu-west-1',
    outcome: 'synced',
    run: REPORT.run,
  });
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
  const members = (report: SyncReport) => JSON.parse(emfLines(report, OF)[0] ?? '');

  expect(members(failed)).toMatchObject({ Failed: 1, Verified: 0, LoadErrors: 1, VerifiedAge: 86_400 });
  expect(members({ ...failed, state: null })).not.toHaveProperty('VerifiedAge');
});

test('a run is partial where a listing did not end, or a scope is missing', () => {
  const [whole = REPORT.scopes[0]] = REPORT.scopes;
  const partialOf = (changed: Partial<SyncReport>) =>
    JSON.parse(emfLines({ ...REPORT, scopes: [whole], ...changed } as SyncReport, OF)[0] ?? '').Partial;
  const error = { outcome: 'partialExport', message: 'no', details: {} } as const;

  expect([partialOf({}), partialOf({ error }), partialOf({ scopes: REPORT.scopes })]).toEqual([0, 1, 1]);
});
