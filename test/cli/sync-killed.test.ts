import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { breakLease, readLease } from '../../src/runs/lease.ts';
import { stateStore } from '../../src/runs/state.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { type Account, accountChanges, changed } from '../runs/sync-account.ts';
import { type Dump, dumped, expectedOf } from '../runs/sync-dump.ts';
import { account, region, type SyncSandbox, startSyncSandbox } from '../runs/sync-sandbox.ts';
import { type Ended, type RunOptions, startSmlineage } from './smlineage.ts';

/*
 * `kill -9` of the real binary, night after night, while an account changes: then one sync that is left alone makes the graph
 * the account. The engine is the real one.
 */

const KILLS = Number(process.env.SYNC_KILLS ?? 20);
/** A sync is killed when its n-th request is answered; most make fewer than so many. */
const REQUESTS = 80;
/** Before each sync that is left alone. */
const KILLS_PER_HISTORY = 5;

const folder = { bucket: 'lineage', key: 'nightly/' };

let sandbox: SyncSandbox;
let s3: SyncSandbox['s3'];
let out: string;

beforeAll(async () => {
  sandbox = await startSyncSandbox();
  ({ s3 } = sandbox);
  out = await temporaryDirectory();
});

afterAll(async () => {
  await sandbox.close();
});

function startSync(): ReturnType<typeof startSmlineage> {
  const role = `arn:aws:iam::${account}:role/NeptuneLoadFromS3`;
  const places = ['--to', 's3://lineage/nightly', '--endpoint', sandbox.url, '--role', role, '--out', out];
  const kinds = 'artifact,trial_component,action,context,edge';
  const removal = ['--delete', '--force', '--allow-empty', kinds];
  const env: RunOptions['env'] = {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_REGION: region,
    AWS_ENDPOINT_URL: sandbox.url,
  };
  return startSmlineage(['sync', ...places, ...removal, '--output', 'json'], { env });
}

async function undisturbed(): Promise<Ended> {
  sandbox.watch(() => undefined);
  const child = startSync();
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await ended;
  return { exitCode, stdout, stderr };
}

/** @returns whether it was still at work */
async function killedAfter(answers: number): Promise<boolean> {
  const child = startSync();
  let seen = 0;
  sandbox.watch(() => {
    seen += 1;
    if (seen === answers) child.kill('SIGKILL');
  });
  child.stdout.resume();
  child.stderr.resume();
  const [, signal] = await once(child, 'close');
  return signal === 'SIGKILL';
}

/** What somebody does who knows that the process is gone. */
async function unlock(): Promise<void> {
  const left = await readLease({ s3, folder });
  if (left !== undefined) await breakLease({ s3, folder }, left.holder);
}

test(`a sync that is killed at any instant, ${KILLS} times, leaves what the next one finishes`, async () => {
  const histories = Math.ceil(KILLS / KILLS_PER_HISTORY);
  const nights = fc.sample(fc.tuple(accountChanges, fc.noBias(fc.integer({ min: 1, max: REQUESTS }))), {
    numRuns: histories * KILLS_PER_HISTORY,
    seed: fc.readConfigureGlobal().seed ?? 1,
  });
  const deaths = { inTime: 0, inTheGraph: 0 };
  for (let history = 0; history < histories; history += 1) {
    await sandbox.clear();
    const foreign = await foreignData();
    let held: Account = new Map();
    for (let night = 0; night < KILLS_PER_HISTORY; night += 1) {
      const [changes, answers] = nights[history * KILLS_PER_HISTORY + night] ?? [[], 1];
      held = changed(held, changes);
      sandbox.hold([...held.values()]);
      if (await killedAfter(answers)) deaths.inTime += 1;
      await unlock();
      const state = await stateStore({ s3, folder }).read();
      if ((state?.state.attempts.length ?? 0) > 0) deaths.inTheGraph += 1;
    }

    const ended = await undisturbed();

    expect(ended).toMatchObject({ exitCode: 0 });
    const { residue, directory } = JSON.parse(ended.stdout);
    expect(residue).toBe(0);
    const expected = await expectedOf(directory);
    expect(await dumped(sandbox)).toEqual({
      vertices: { ...expected.vertices, ...foreign.vertices },
      edges: { ...expected.edges, ...foreign.edges },
    });
  }

  // Else the kills came too early or too late to prove anything.
  expect(deaths.inTime).toBeGreaterThan(KILLS / 4);
  expect(deaths.inTheGraph).toBeGreaterThan(0);
}, 3_600_000);

async function foreignData(): Promise<Dump> {
  await sandbox.send(
    `g.addV('artifact').property(T.id,'theirs').property('name','x').iterate()
     g.V('theirs').addE('ContributedTo').to(__.V('theirs')).property(T.id,'their-edge').iterate()`,
  );
  return dumped(sandbox);
}
