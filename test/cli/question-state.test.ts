import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { firstState, stateStore } from '../../src/runs/state.ts';
import { artifactArn, artifactRecord, associationRecord, componentRecord } from '../runs/plain-account.ts';
import { account, region, type SyncSandbox, startSyncSandbox } from '../runs/sync-sandbox.ts';
import { writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

/* What a question to a cluster says of the run that it holds, which only the state of its syncs knows. */

const T = Date.UTC(2026, 0, 1);
const STATE = 's3://lineage/nightly';
const folder = { bucket: 'lineage', key: 'nightly/' };

let sandbox: SyncSandbox;
let s3: SyncSandbox['s3'];

beforeAll(async () => {
  sandbox = await startSyncSandbox();
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  // Where the SDK looks for what a command in this process needs.
  vi.stubEnv('AWS_REGION', region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', sandbox.url);
  ({ s3 } = sandbox);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

beforeEach(() => sandbox.clear());

async function ask(...more: readonly string[]) {
  const question = ['downstream', artifactArn(1), '--graph', sandbox.url, '--output', 'json'];
  const { exitCode, stdout, stderr } = await cliHere([...question, ...more]);
  const { source, complete, incompleteReason } = stdout === '' ? {} : JSON.parse(stdout);
  return { exitCode, stderr, source, complete, incompleteReason };
}

async function synced() {
  sandbox.hold([artifactRecord(1, T), componentRecord(1, T), associationRecord(1, T)]);
  const { run, directory } = await sandbox.sync();
  return { run: run ?? '', directory: directory ?? '' };
}

describe('a question to a cluster', () => {
  test('names the run that the state says it holds, and is complete where that is', async () => {
    const { run } = await synced();

    expect(await ask('--state', STATE)).toEqual({
      ...{ exitCode: 0, stderr: '', complete: true, incompleteReason: undefined },
      source: { graph: sandbox.url, run, finishedAt: expect.stringMatching(/^20/) },
    });
    expect(await ask()).toMatchObject({ complete: true, source: { graph: sandbox.url } });
  });

  test('is not complete while a load was begun and never verified', async () => {
    await synced();
    const store = stateStore({ s3, folder });
    const held = await store.read();
    if (held === undefined) throw new Error('The sync kept no state.');
    const attempts = [{ run: '20261121T000000.000Z', startedAt: '2026-11-21T00:10:00.000Z', holder: 'host' }];
    await store.move(held, { ...held.state, attempts });

    expect(await ask('--state', `${STATE}/`)).toMatchObject({
      complete: false,
      incompleteReason:
        'the graph may hold a part of what was never verified: a sync began to load run 20261121T000000.000Z at 2026-11-21T00:10:00.000Z',
    });
  });

  test('is not complete before the first sync is verified', async () => {
    await synced();
    const store = stateStore({ s3, folder });
    const held = await store.read();
    if (held === undefined) throw new Error('The sync kept no state.');
    await store.move(held, { ...held.state, run: null });

    expect(await ask('--state', STATE)).toMatchObject({
      complete: false,
      incompleteReason: 'no sync has verified the graph yet',
    });
  });

  test('is refused with a state that is not there, of another cluster, or beside a run', async () => {
    const refused = async (...more: readonly string[]) => {
      const { exitCode, stderr } = await ask(...more);
      return { exitCode, stderr };
    };
    expect(await refused('--state', STATE)).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('There is no s3://lineage/nightly/state.json.'),
    });

    const other = 'lineage.cluster-abc.eu-west-1.neptune.amazonaws.com:8182';
    await stateStore({ s3, folder }).move(firstState({ scope: { account, region }, graph: other }), {
      ...firstState({ scope: { account, region }, graph: other }).state,
    });
    expect(
      await refused('--graph', 'sales.cluster-ro-abc.eu-west-1.neptune.amazonaws.com:8182', '--state', STATE),
    ).toEqual({ exitCode: 2, stderr: expect.stringContaining(`is the state of ${other}, not of sales.`) });

    const { directory } = await writtenRun({ vertices: [], edges: [] });
    expect(await refused('--graph', directory, '--state', STATE)).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('Leave --state out: a run says by itself what it holds.'),
    });
  });
});
