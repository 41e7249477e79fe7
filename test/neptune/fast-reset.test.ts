import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/neptune/fast-reset.ts';
import { engineAt, fastReset } from '../../src/neptune/fast-reset.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { errorOf, neptuneFailure, quickClock, type Reply, scriptedServer } from './scripted-server.ts';

const BEFORE: Engine = { status: 'healthy', role: 'writer', version: '1.4.8.0', startTime: 'before' };

const status = (startTime: string, health = 'healthy'): Reply => ({
  json: { status: health, role: 'writer', dbEngineVersion: '1.4.8.0', startTime },
});
const count = (vertices: number): Reply => ({
  json: { requestId: 'r', result: { data: [vertices], meta: {} } },
});
const token = (value: string): Reply => ({ json: { status: '200 OK', payload: { token: value } } });
const DONE: Reply = { json: { status: '200 OK' } };
const STALE = neptuneFailure(
  'InvalidParameterException',
  400,
  'token: t1 is not the latest valid reset token',
);
const AWAY = neptuneFailure('ServerShutdownException', 500, 'The server is shutting down');

type Script = {
  /** Replies to initiateDatabaseReset, the last one for all that follow; and so of the others. */
  readonly initiate?: readonly Reply[];
  readonly perform?: readonly Reply[];
  readonly status?: readonly Reply[];
  readonly count?: readonly Reply[];
};

/** A cluster that answers as told, and what it was asked to do. */
async function reset(script: Script, options: { deadlineMs?: number; signal?: AbortSignal } = {}) {
  const {
    initiate = [token('t1'), token('t2')],
    perform = [DONE],
    status: health = [status('after')],
  } = script;
  const { count: counts = [count(0)] } = script;
  const given = new Map<readonly Reply[], number>();
  const next = (replies: readonly Reply[]): Reply => {
    const at = given.get(replies) ?? 0;
    given.set(replies, at + 1);
    return replies[Math.min(at, replies.length - 1)] ?? 'drop';
  };
  const asked: string[] = [];
  const waited: string[] = [];
  const { client, url } = await scriptedServer(({ call, body }) => {
    const { action, token: value } = body as { action?: string; token?: string };
    if (action !== undefined) asked.push(value === undefined ? action : `${action} ${value}`);
    if (call === 'GET /status') return next(health);
    if (call === 'POST /gremlin') return next(counts);
    return next(action === 'initiateDatabaseReset' ? initiate : perform);
  });
  const { clock, slept } = quickClock();
  const onWaiting = (reason: string) => void waited.push(reason);
  const outcome = fastReset(client, gremlinClient(client, clock), BEFORE, { clock, onWaiting, ...options });
  return { outcome, asked, slept, waited, url };
}

test('the engine at an endpoint is told as it words it', async () => {
  const { client } = await scriptedServer(() => status('Mon Jan 1'));

  expect(await engineAt(client)).toEqual({ ...BEFORE, startTime: 'Mon Jan 1' });
});

test('a reset asks for a token, uses it, and waits until the engine is back and its graph empty', async () => {
  const { outcome, asked, slept, waited, url } = await reset({
    status: [status('before'), AWAY, 'drop', status('after', 'recovery'), status('after')],
    count: [count(1), count(0)],
  });

  expect(await outcome).toEqual({ seconds: 8, refilled: false });
  expect(asked).toEqual(['initiateDatabaseReset', 'performDatabaseReset t1']);
  expect(slept).toEqual([500, 1_000, 2_000, 4_000]);
  expect(waited).toEqual([
    'the graph is not empty yet',
    `Cannot ask for the engine at ${url}: ServerShutdownException: The server is shutting down`,
    `Cannot ask for the engine at ${url}: the connection broke (ECONNRESET)`,
    'the engine is recovery',
  ]);
});

test('a graph that is refilled before it was seen empty was reset nevertheless', async () => {
  const { outcome } = await reset({ count: [count(1)] });

  expect(await outcome).toEqual({ seconds: 0, refilled: true });
});

describe('a token', () => {
  test('that is no longer valid is asked for once more', async () => {
    const { outcome, asked } = await reset({ perform: [STALE, DONE] });

    expect(await outcome).toMatchObject({ refilled: false });
    expect(asked).toEqual([
      ...['initiateDatabaseReset', 'performDatabaseReset t1'],
      ...['initiateDatabaseReset', 'performDatabaseReset t2'],
    ]);
  });

  test('that is never valid ends the reset, and nothing is deleted', async () => {
    const { outcome, asked } = await reset({ perform: [STALE] });

    expect(await errorOf(outcome)).toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining('is not the latest valid reset token'),
      hint: 'Correct that parameter. Nothing was deleted.',
    });
    expect(asked).toHaveLength(4);
  });

  test('is waited for while the engine restarts', async () => {
    const { outcome, slept } = await reset({ initiate: [AWAY, AWAY, token('t3')] });

    expect(await outcome).toMatchObject({ refilled: false });
    expect(slept).toEqual([1_000, 2_000]);
  });

  test('that does not come is a failure', async () => {
    const { outcome } = await reset({ initiate: [{ json: { status: '200 OK' } }] });

    expect(await errorOf(outcome)).toMatchObject({
      outcome: 'unexpected',
      hint: expect.stringContaining('Nothing'),
    });
  });
});

describe('what Neptune refuses', () => {
  test.each([
    [
      'AccessDeniedException',
      403,
      'accessDenied',
      'Allow the caller neptune-db:ResetDatabase on the cluster.',
    ],
    [
      'ReadOnlyViolationException',
      400,
      'unexpected',
      'That is a read replica: pass the writer endpoint of the cluster.',
    ],
    [
      'MethodNotAllowedException',
      405,
      'unexpected',
      'A read replica does not do that: pass the writer endpoint of the cluster.',
    ],
    ['ServerShutdownException', 500, 'unexpected', 'The engine is restarting: try again in a few minutes.'],
  ])('%s (%i): nothing was deleted', async (code, httpStatus, outcome, hint) => {
    const refused = await reset({ initiate: [neptuneFailure(code, httpStatus, 'no')] });

    expect(await errorOf(refused.outcome)).toMatchObject({
      outcome,
      hint: `${hint} Nothing was deleted.`,
      details: { error: code },
    });
    expect(new Set(refused.asked)).toEqual(new Set(['initiateDatabaseReset']));
  });
});

describe('a reply that is lost', () => {
  test('to a reset that began is known by the graph', async () => {
    const { outcome, asked } = await reset({ perform: ['drop'], status: [AWAY, status('after')] });

    expect(await outcome).toMatchObject({ refilled: false });
    expect(asked).toEqual(['initiateDatabaseReset', 'performDatabaseReset t1']);
  });

  test('to one that did not begin is told after a minute', async () => {
    const { outcome, slept } = await reset({
      perform: ['drop'],
      status: [status('before')],
      count: [count(1)],
    });

    expect(await errorOf(outcome)).toMatchObject({
      outcome: 'unexpected',
      message: expect.stringContaining('has most likely not begun'),
    });
    expect(slept.reduce((sum, pause) => sum + pause, 0)).toBeLessThan(80_000);
  });
});

test('a cluster that does not come back in time is told with what it last said', async () => {
  const { outcome, url } = await reset({ status: [AWAY] }, { deadlineMs: 60_000 });

  expect(await errorOf(outcome)).toMatchObject({
    outcome: 'deadline',
    message: `The reset was not done within 60 s: Cannot ask for the engine at ${url}: ServerShutdownException: The server is shutting down.`,
    hint: expect.stringContaining('goes on in the cluster'),
  });
});

test('a caller who may not ask for the engine does not wait for it', async () => {
  const { outcome } = await reset({ status: [neptuneFailure('AccessDeniedException', 403, 'no')] });

  expect(await errorOf(outcome)).toMatchObject({ outcome: 'accessDenied' });
});

test('an interruption ends the wait, not the reset', async () => {
  const { outcome } = await reset({}, { signal: AbortSignal.abort() });

  expect(await errorOf(outcome)).toMatchObject({ outcome: 'interrupted' });
});
