import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../src/neptune/clock.ts';
import { getLoadErrors, startLoad, startLoadInput, watchLoad } from '../../src/neptune/load-job.ts';
import {
  errorOf,
  neptuneFailure,
  quickClock,
  type Reply,
  type Seen,
  scriptedServer,
} from './scripted-server.ts';

const REQUEST = {
  source: 's3://bucket/runs/1/data/',
  roleArn: 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3',
  region: 'us-east-1',
} as const;

const DEFAULT_BODY = {
  source: 's3://bucket/runs/1/data/',
  format: 'csv',
  iamRoleArn: 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3',
  mode: 'NEW',
  failOnError: false,
  parallelism: 'MEDIUM',
  updateSingleCardinalityProperties: true,
  queueRequest: true,
};

describe('startLoadInput', () => {
  test('asks for a new, queued load that replaces single values and reports every error', () => {
    expect(startLoadInput(REQUEST)).toEqual({ ...DEFAULT_BODY, s3BucketRegion: 'us-east-1' });
  });

  test('takes the caller’s parallelism and failOnError', () => {
    expect(startLoadInput({ ...REQUEST, parallelism: 'OVERSUBSCRIBE', failOnError: true })).toMatchObject({
      parallelism: 'OVERSUBSCRIBE',
      failOnError: true,
    });
  });

  test('refuses a source that would take more than its folder', () => {
    expect(() => startLoadInput({ ...REQUEST, source: 's3://bucket/runs/1' })).toThrow(RangeError);
  });
});

const started = (loadId: string): Reply => ({ json: { status: '200 OK', payload: { loadId } } });
const listed = (...loadIds: string[]): Reply => ({ json: { status: '200 OK', payload: { loadIds } } });
const status = (overallStatus: object): Reply => ({ json: { status: '200 OK', payload: { overallStatus } } });

const isStart = ({ call }: Seen) => call === 'POST /loader';
const isList = ({ call }: Seen) => call.startsWith('GET /loader?');

describe('startLoad', () => {
  test('sends one request with that body and gives the load’s id', async () => {
    const { client, seen } = await scriptedServer((request) =>
      isStart(request) ? started('load-1') : listed(),
    );

    expect(await startLoad(client, REQUEST, quickClock())).toBe('load-1');
    expect(seen.filter(isStart).map(({ body }) => body)).toEqual([{ ...DEFAULT_BODY, region: 'us-east-1' }]);
    expect(seen.find(isStart)?.headers.authorization).toMatch(/\/us-east-1\/neptune-db\/aws4_request/);
  });

  test.each<[string, Reply]>([
    ['a dropped connection', 'drop'],
    ['the page of a proxy', { html: '<html>Bad gateway</html>' }],
    ['a gateway’s 504', { status: 504, json: {} }],
  ])('%s in place of the reply is settled by the list of jobs, not by a second start', async (_, reply) => {
    let starts = 0;
    const { clock, slept } = quickClock();
    const { client, seen } = await scriptedServer((request) => {
      if (isStart(request)) {
        starts += 1;
        return reply;
      }
      // The job is in the list from the second look on; two others, one of the same source, were there before.
      if (isList(request))
        return starts > 0 && slept.length > 1 ? listed('new', 'other', 'old') : listed('old');
      const sources: Readonly<Record<string, string>> = {
        '/loader/new': REQUEST.source,
        '/loader/other': 's3://bucket/else/',
      };
      return status({
        status: 'LOAD_IN_QUEUE',
        fullUri: sources[request.call.split(/[ ?]/)[1] ?? ''] ?? REQUEST.source,
      });
    });

    expect(await startLoad(client, REQUEST, { clock })).toBe('new');
    expect(seen.filter(isStart)).toHaveLength(1);
    expect(slept).toEqual([500, 2_000]);
  });

  test('a lost reply whose load is nowhere in the list is a failure that says so, after one start', async () => {
    const { clock, slept } = quickClock();
    const { client, seen } = await scriptedServer((request) => (isStart(request) ? 'drop' : listed('old')));

    expect(await errorOf(startLoad(client, REQUEST, { clock }))).toMatchObject({
      outcome: 'loadFailed',
      message: `The reply to the start of a load from ${REQUEST.source} was lost, and no new job of that source is in the cluster's list.`,
      hint: 'The load has most likely not begun: load again.',
    });
    expect(seen.filter(isStart)).toHaveLength(1);
    expect(slept).toEqual([500, 2_000, 5_000, 10_000]);
  });

  test('after a lost reply, passing failures of the list are borne, and a denial is told', async () => {
    const busy = neptuneFailure('ThrottlingException', 500, 'busy');
    const unknown = neptuneFailure('BulkLoadIdNotFoundException', 404, 'not yet');
    const replies: Reply[] = [
      listed(),
      'drop',
      busy,
      listed('new'),
      unknown,
      listed('new'),
      status({ fullUri: REQUEST.source }),
    ];
    const lucky = await scriptedServer((_, nth) => replies[nth - 1] ?? 'drop');
    const denied = neptuneFailure('AccessDeniedException', 403, 'no more');
    const unlucky = await scriptedServer((_, nth) => [listed(), 'drop' as const, denied][nth - 1] ?? 'drop');

    expect(await startLoad(lucky.client, REQUEST, quickClock())).toBe('new');
    expect(await errorOf(startLoad(unlucky.client, REQUEST, quickClock()))).toMatchObject({
      outcome: 'accessDenied',
      message: expect.stringContaining(`Cannot find out whether a load from ${REQUEST.source} began`),
    });
  });

  test('who may not list jobs can load all the same, and learns of a lost reply as it is', async () => {
    const denied = neptuneFailure('AccessDeniedException', 403, 'no ListLoaderJobs for you');
    const lucky = await scriptedServer((request) => (isStart(request) ? started('load-1') : denied));
    const unlucky = await scriptedServer((request) => (isStart(request) ? 'drop' : denied));

    expect(await startLoad(lucky.client, REQUEST, quickClock())).toBe('load-1');
    expect(await errorOf(startLoad(unlucky.client, REQUEST, quickClock()))).toMatchObject({
      outcome: 'loadFailed',
      message: `Cannot start a load from ${REQUEST.source} at ${unlucky.url}: the connection broke (ECONNRESET).`,
    });
    expect(unlucky.seen.filter(isStart)).toHaveLength(1);
  });

  test('a refusal is told once, with its reasons', async () => {
    const { client, url, seen } = await scriptedServer((request) =>
      isStart(request)
        ? neptuneFailure(
            'InternalFailureException',
            500,
            `Failed to start load from the source ${REQUEST.source}`,
          )
        : listed(),
    );

    expect(await errorOf(startLoad(client, REQUEST, quickClock()))).toMatchObject({
      outcome: 'loadFailed',
      message: `Cannot start a load from ${REQUEST.source} at ${url}: InternalFailureException: Failed to start load from the source ${REQUEST.source}.`,
      hint: expect.stringMatching(/^The three usual reasons: the load role .*S3 endpoint.*another region/),
    });
    expect(seen.filter(isStart)).toHaveLength(1);
  });

  test('an acceptance without a load id is a failure', async () => {
    const { client } = await scriptedServer((request) =>
      isStart(request) ? { json: { status: '200 OK', payload: {} } } : listed(),
    );

    expect(await errorOf(startLoad(client, REQUEST, quickClock()))).toMatchObject({
      outcome: 'loadFailed',
      message: `Neptune accepted the load of ${REQUEST.source} but named no load id.`,
    });
  });
});

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
      outcome: 'usage',
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

describe('getLoadErrors', () => {
  const errorLog = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => ({
      errorCode: 'PARSING_ERROR',
      errorMessage: `error ${from + index}`,
      fileName: 's3://bucket/x.csv',
      recordNum: from + index,
    }));

  async function count(errors: AsyncIterable<unknown>): Promise<number> {
    let rows = 0;
    for await (const _ of errors) rows += 1;
    return rows;
  }

  test('reads every page, short ones too, to the first that is empty', async () => {
    const { client, seen } = await scriptedServer(({ call }) => {
      const page = Number(/[?&]page=(\d+)/.exec(call)?.[1]);
      const errorLogs = errorLog([100, 10, 100][page - 1] ?? 0, page * 1_000);
      return { json: { payload: { errors: { errorLogs } } } };
    });

    expect(await count(getLoadErrors(client, 'load-1'))).toBe(210);
    expect(seen.map(({ call }) => /[?&]page=(\d+)/.exec(call)?.[1])).toEqual(['1', '2', '3', '4']);
    expect(seen[0]?.call).toMatch(/^GET \/loader\/load-1\?(?=.*errors=true)(?=.*errorsPerPage=100)/);
  });

  test('ends at the 10,000 rows that Neptune keeps, whatever the pages say', async () => {
    const { client } = await scriptedServer(() => ({
      json: { payload: { errors: { errorLogs: errorLog(100, 1) } } },
    }));

    expect(await count(getLoadErrors(client, 'load-1'))).toBe(10_000);
  });

  test('a page that cannot be read is an error, not the end', async () => {
    const { client } = await scriptedServer((_, nth) =>
      nth === 1
        ? { json: { payload: { errors: { errorLogs: errorLog(100, 1) } } } }
        : neptuneFailure('InternalFailureException', 500, 'oops'),
    );

    expect(await errorOf(count(getLoadErrors(client, 'load-1')))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringContaining('Cannot read the errors of load load-1'),
    });
  });
});
