import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { pairsOf, recordsOf } from '../runs/scope-records.ts';
import { exportedScopes, roleScope } from '../runs/scopes-sandbox.ts';
import { dumped, expectedOf } from '../runs/sync-dump.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';
import { invoke, type NightSandbox, startNightSandbox } from './night-sandbox.ts';
import { night } from './whole-night.ts';

const A = { account: '111111111111', region: 'us-east-1' };
const B = { account: '222222222222', region: 'eu-west-1' };
const scopes = [roleScope(A.account, A.region), roleScope(B.account, B.region)];

let engine: GremlinEngine;
let sandbox: NightSandbox;

beforeAll(async () => {
  engine = await startedEngine();
  sandbox = await startNightSandbox(engine);
});

afterAll(async () => {
  await sandbox.close();
  await engine.close();
});

beforeEach(async () => {
  sandbox.play(() => undefined);
  await sandbox.clear();
});

function hold(a: readonly AccountRecord[], b: readonly AccountRecord[]): void {
  sandbox.hold([
    { ...A, records: a },
    { ...B, records: b },
  ]);
}

/** Both accounts, and an association from one to the other. */
function both(pairs: number): { readonly a: AccountRecord[]; readonly b: AccountRecord[] } {
  const [ofA, ofB] = [recordsOf(A), recordsOf(B)];
  const across = ofB.association(ofA.actionArn('step-0'), ofB.actionArn('step-0'), 5);
  return { a: pairsOf(A, pairs), b: [...pairsOf(B, pairs), across] };
}

async function assertEqual(): Promise<void> {
  const { directory } = await exportedScopes(sandbox, scopes);
  expect(await dumped(sandbox)).toEqual(await expectedOf(directory));
}

const first = { execution: 'night-1', startedAt: '2026-11-21T04:00:00.000Z', input: { scopes } };
const second = {
  execution: 'night-2',
  startedAt: '2026-11-22T04:00:00.000Z',
  input: { scopes, removal: 'delete' },
};

test('a night makes the graph equal to two accounts, the next one follows their changes, and one without changes loads nothing', async () => {
  const { a, b } = both(12);
  hold(a, b);
  const begun = await night(sandbox, first);
  await assertEqual();

  hold([...a.slice(3), ...pairsOf(A, 14).slice(36)], b);
  const followed = await night(sandbox, second);
  await assertEqual();

  const idle = await night(sandbox, {
    ...second,
    execution: 'night-3',
    startedAt: '2026-11-23T04:00:00.000Z',
  });
  expect([begun.outcome, followed.outcome, idle.outcome]).toEqual(['synced', 'synced', 'unchanged']);
  expect([begun, followed, idle].map(({ complete }) => complete)).toEqual([true, true, true]);
  expect(sandbox.keys('lease.json')).toEqual([]);
  expect(sandbox.keys('reports/')).toHaveLength(3);
});

test('every function may be called twice: what it did is done', async () => {
  const { a, b } = both(8);
  hold(a, b);
  const twice = async (name: string, event: Record<string, unknown>) => {
    if (name !== 'report') await invoke(sandbox, name, event);
    return invoke(sandbox, name, event);
  };

  const begun = await night(sandbox, { ...first, call: twice });
  hold(a.slice(3), b);
  const followed = await night(sandbox, { ...second, call: twice });

  expect([begun.outcome, followed.outcome]).toEqual(['synced', 'synced']);
  await assertEqual();
});

test('a scope that is denied is missing from the run, and nothing of it is removed; the others are synced', async () => {
  const { a, b } = both(6);
  hold(a, b);
  await night(sandbox, first);
  sandbox.play(({ service, account }) =>
    service === 'sagemaker' && account === B.account
      ? {
          status: 400,
          code: 'AccessDeniedException',
          message: 'not authorized to perform: sagemaker:ListArtifacts',
        }
      : undefined,
  );
  hold(a.slice(3), []);

  const denied = await night(sandbox, second);

  expect(denied).toMatchObject({ complete: false });
  sandbox.play(() => undefined);
  hold(a.slice(3), b);
  await night(sandbox, { ...second, execution: 'night-3', startedAt: '2026-11-23T04:00:00.000Z' });
  await assertEqual();
});

test('an execution is kept away by one that is at work, and takes nothing from it', async () => {
  hold(pairsOf(A, 2), []);
  await invoke(sandbox, 'begin', first);

  const kept = await night(sandbox, second);

  expect(kept).toMatchObject({ outcome: 'failed', exitCode: 7 });
  expect(sandbox.keys('lease.json')).toEqual(['lease.json']);
});

test('a night that failed says why, gives the lease back, and is gone on with by its run', async () => {
  const { a, b } = both(4);
  hold(a, b);
  sandbox.play(({ service, operation }) =>
    service === 's3' && operation === 'CompleteMultipartUpload'
      ? { status: 403, code: 'AccessDenied', message: 'no' }
      : undefined,
  );
  const failed = await night(sandbox, {
    ...first,
    call: async (name, event) => {
      if (name === 'check')
        throw Object.assign(new Error('the function was killed'), { name: 'Sandbox.Timedout' });
      return invoke(sandbox, name, event);
    },
  });
  expect(failed).toMatchObject({ outcome: 'failed', message: expect.stringContaining('Sandbox.Timedout') });

  const resumed = await night(sandbox, {
    ...second,
    input: { scopes, resume: '20261121T040000.000Z' } as never,
  });

  expect(resumed).toMatchObject({ outcome: 'synced', run: '20261121T040000.000Z' });
  await assertEqual();
});
