import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { artifactRecord, associationRecord, componentRecord } from './plain-account.ts';
import { type SyncSandbox, startSyncSandbox } from './sync-sandbox.ts';

let sandbox: SyncSandbox;

beforeAll(async () => {
  sandbox = await startSyncSandbox();
});

afterAll(() => sandbox.close());

beforeEach(() => sandbox.clear());

const T = Date.UTC(2026, 0, 1);

test('the first sync loads everything, the second nothing', async () => {
  sandbox.hold([artifactRecord(1, T), componentRecord(1, T + 1), associationRecord(1, T + 2)]);

  const first = await sandbox.sync();
  const second = await sandbox.sync();

  expect(first).toMatchObject({ outcome: 'synced', verified: { ids: 3 } });
  expect(second).toMatchObject({ outcome: 'unchanged', loaded: null });
  expect(await sandbox.send('g.V().count()')).toEqual([2]);
});
