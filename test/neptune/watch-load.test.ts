import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../src/neptune/clock.ts';
import { watchLoad } from '../../src/neptune/watch-load.ts';
import { errorOf, neptuneFailure, quickClock, type Reply, scriptedServer } from './scripted-server.ts';

const status = (overallStatus: object): Reply => ({ json: { status: '200 OK', payload: { overallStatus } } });

describe('watchLoad', () => {
  const statuses = (...names: string[]) => {
    const left = [...names];
    return () => status({ status: left.length > 1 ? left.shift() : left[0] });
  };

  test('waits through every running status, ever longer, and gives the last look', async () => {
    const { clock, slept } = quickClock();
    const seen: (string | undefined)[] = [];
    const { client } = await scriptedServer(
      statuses('LOAD_NOT_STARTED', 'LOAD_IN_QUEUE', 'LOAD_IN_PROGRESS', 'LOAD_COMPLETED'),
    );

    const job = await watchLoad(client, 'load-1', { clock, onProgress: (look) => seen.push(look.status) });

    expect(job.status).toBe('LOAD_COMPLETED');
    expect(seen).toEqual(['LOAD_NOT_STARTED', 'LOAD_IN_QUEUE', 'LOAD_IN_PROGRESS', 'LOAD_COMPLETED']);
    expect(slept).toEqual([250, 375, 562.5]);
  });

  test('never looks less often than every 15 seconds', async () => {
    const { clock, slept } = quickClock();
    const { client } = await scriptedServer(
      statuses(...Array.from({ length: 15 }, () => 'LOAD_IN_PROGRESS'), 'LOAD_COMPLETED'),
    );

    await watchLoad(client, 'load-1', { clock });

    expect(slept.slice(-2)).toEqual([15_000, 15_000]);
  });

  test('gives a failed job to be judged', async () => {
    const { client } = await scriptedServer(statuses('LOAD_CANCELLED_BY_USER'));

    expect((await watchLoad(client, 'load-1', quickClock())).status).toBe('LOAD_CANCELLED_BY_USER');
  });

  test.each([
    ['LOAD_IN_PROGRESS', 'The deadline passed while load load-1 was LOAD_IN_PROGRESS.'],
    [
      'LOAD_COMMITTING',
      'The deadline passed while load load-1 was in a state that Neptune does not document: LOAD_COMMITTING.',
    ],
  ])('waits for %s until the deadline, then fails with its name', async (name, message) => {
    const { clock } = quickClock();
    const { client } = await scriptedServer(statuses(name));
    const deadline = clock.now() + 60_000;

    expect(await errorOf(watchLoad(client, 'load-1', { clock, deadline }))).toMatchObject({
      outcome: 'deadline',
      message,
      details: { loadId: 'load-1', status: name },
    });
    expect(clock.now()).toBe(deadline);
  });

  test('bears a restart of the engine', async () => {
    const { client } = await scriptedServer((_, nth) => {
      if (nth === 2) return 'drop';
      if (nth === 3) return neptuneFailure('ServerShutdownException', 500, 'restarting');
      if (nth === 4) return { html: '<html>' };
      return status({ status: nth > 4 ? 'LOAD_COMPLETED' : 'LOAD_IN_PROGRESS' });
    });

    expect((await watchLoad(client, 'load-1', quickClock())).status).toBe('LOAD_COMPLETED');
  });

  test('fails once the cluster has stayed away for ten minutes', async () => {
    const { clock } = quickClock();
    const from = clock.now();
    const { client, url } = await scriptedServer((_, nth) =>
      nth === 1 ? status({ status: 'LOAD_IN_PROGRESS' }) : 'drop',
    );

    expect(await errorOf(watchLoad(client, 'load-1', { clock }))).toMatchObject({
      outcome: 'loadFailed',
      message: `Cannot watch load load-1, which may still be under way at ${url}: the connection broke (ECONNRESET).`,
      details: { loadId: 'load-1', lastStatus: 'LOAD_IN_PROGRESS' },
    });
    expect(clock.now() - from).toBeGreaterThan(600_000);
    expect(clock.now() - from).toBeLessThan(640_000);
  });

  test('a load that is not known yet is looked for again, one that never becomes known is not', async () => {
    const unknown = neptuneFailure('BulkLoadIdNotFoundException', 404, 'load id load-1 does not exist');
    const late = await scriptedServer((_, nth) => (nth < 3 ? unknown : status({ status: 'LOAD_COMPLETED' })));
    const never = await scriptedServer(() => unknown);

    expect((await watchLoad(late.client, 'load-1', quickClock())).status).toBe('LOAD_COMPLETED');
    expect(await errorOf(watchLoad(never.client, 'load-1', quickClock()))).toMatchObject({
      outcome: 'loadFailed',
      message: 'The cluster does not know load load-1, which it accepted.',
      hint: expect.stringContaining('1,024'),
    });
    expect(never.seen).toHaveLength(6);
  });

  test('a denial ends the watch at once', async () => {
    const { client, seen } = await scriptedServer(() => neptuneFailure('AccessDeniedException', 403, 'no'));

    expect(await errorOf(watchLoad(client, 'load-1', quickClock()))).toMatchObject({
      outcome: 'accessDenied',
    });
    expect(seen).toHaveLength(1);
  });

  test('an interruption ends the wait and says that the load goes on', async () => {
    const stop = new AbortController();
    const { client } = await scriptedServer(() => status({ status: 'LOAD_IN_PROGRESS' }));
    const watched = errorOf(watchLoad(client, 'load-1', { clock: SYSTEM_CLOCK, signal: stop.signal }));
    await wait(20);
    stop.abort();

    expect(await watched).toMatchObject({
      outcome: 'interrupted',
      message: 'Stopped watching load load-1; it goes on in the cluster.',
    });
  });
});
