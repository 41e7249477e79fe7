import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../src/neptune/clock.ts';
import { type LeaseOptions, readLease, takeLease } from '../../src/runs/lease.ts';
import { firstState, stateStore } from '../../src/runs/state.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf } from '../neptune/scripted-server.ts';

let sandbox: Sandbox;
let s3: S3Client;

beforeAll(async () => {
  sandbox = await startSandbox({
    gremlin: false,
    // Every fourth reply of S3 is lost: what was written must be known again.
    faults: { rules: [{ service: 's3', operation: 'PutObject', fault: 'lost-reply', every: 4 }] },
  });
  const { url: endpoint, region, credentials } = sandbox;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
});

afterAll(async () => {
  s3.destroy();
  await sandbox.close();
});

/** A clock that a test turns on; who sleeps wakes when it has come so far. */
function turnedClock(): { readonly clock: Clock; turn(ms: number): Promise<void> } {
  let now = Date.UTC(2026, 0, 1);
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    clock: {
      now: () => now,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          const sleeper = { until: now + ms, wake: resolve };
          sleepers.add(sleeper);
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    },
    async turn(ms) {
      now += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.until > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      // What woke up has something to ask of S3.
      await new Promise((resolve) => setTimeout(resolve, 300));
    },
  };
}

function options(more: Partial<LeaseOptions> = {}): LeaseOptions {
  return { s3, folder: { bucket: 'lineage', key: `${randomUUID()}/` }, leaseMs: 60_000, ...more };
}

test('a lease is renewed while its holder works, and gone once it is released', async () => {
  const { clock, turn } = turnedClock();
  const request = options({ clock });
  const lease = await takeLease(request);
  const first = await readLease(request);

  for (let n = 0; n < 6; n += 1) await turn(15_000);

  await lease.assertHeld();
  const renewed = await readLease(request);
  expect(renewed).toEqual({ ...first, until: expect.any(String) });
  expect(Date.parse(renewed?.until ?? '') - Date.parse(first?.until ?? '')).toBeGreaterThanOrEqual(75_000);
  await lease.release();
  expect(await readLease(request)).toBeUndefined();
});

test('of many who want it at once one gets it, and the others are told who', async () => {
  const request = options();

  const all = await Promise.allSettled(Array.from({ length: 8 }, () => takeLease(request)));

  const [taken, ...more] = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  onTestFinished(async () => taken?.release());
  expect(more).toEqual([]);
  const refusals = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refusals).toHaveLength(7);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ outcome: 'locked', details: { holder: taken?.holder } });
  }
});

test('a holder that stalled and was overtaken is told so by its next question, and leaves the lease to the other', async () => {
  const stalled = turnedClock();
  const request = options({ clock: stalled.clock });
  const first = await takeLease(request);
  const later: Clock = { ...turnedClock().clock, now: () => stalled.clock.now() + 61_000 };
  const second = await takeLease({ ...request, clock: later });

  const error = await errorOf(first.assertHeld());
  await first.release();

  expect(error).toMatchObject({
    outcome: 'locked',
    message: expect.stringContaining(`Another sync is at work: ${second.holder}`),
  });
  expect(first.lost.aborted).toBe(true);
  await second.assertHeld();
  expect(await readLease(request)).toMatchObject({ holder: second.holder });
  await second.release();
});

test('a permit lasts as long as nobody else can take the lease, less an eighth of it', async () => {
  const { clock, turn } = turnedClock();
  // Renewals stop with the process: its clock goes on.
  let stall = 0;
  const request = options({ clock: { ...clock, now: () => clock.now() + stall } });
  const lease = await takeLease(request);

  expect(lease.permit()).toBe(52_500);
  await turn(15_000);
  expect(lease.permit()).toBe(52_500);
  stall = 52_499;
  expect(lease.permit()).toBe(1);
  stall = 52_500;
  expect(() => lease.permit()).toThrow(/^The lease of this sync runs out at .+: it stalled for too long\.$/);
  stall = 60_000;

  expect(lease.lost.reason).toMatchObject({ outcome: 'locked' });
  expect(await errorOf(lease.assertHeld())).toBe(lease.lost.reason);
  await lease.release();
});

test('a state is moved from the one that it follows, and from no other', async () => {
  const store = stateStore(options());
  const empty = firstState({ scope: { account: null, region: 'us-east-1' }, graph: 'cluster' });
  const { state } = empty;

  const first = await store.move(empty, { ...state, run: 'a' });
  const second = await store.move(first, { ...state, run: 'b' });

  for (const stale of [empty, first]) {
    expect(await errorOf(store.move(stale, { ...state, run: 'c' }))).toMatchObject({ outcome: 'locked' });
  }
  expect(await store.read()).toEqual(second);
  expect(second.state).toMatchObject({ run: 'b', revision: 2 });
});
