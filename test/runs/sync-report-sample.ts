import type { SyncReport } from '../../src/runs/sync-report.ts';

/** A sync of three scopes, one of which was denied. */
export const SYNC_REPORT: SyncReport = {
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
