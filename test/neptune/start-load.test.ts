import { describe, expect, test } from 'vitest';
import { startLoad, startLoadInput } from '../../src/neptune/start-load.ts';
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

    expect(await startLoad(client, REQUEST, quickClock())).toEqual({ loadId: 'load-1', joined: false });
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
        status: request.call.startsWith('GET /loader/old') ? 'LOAD_COMPLETED' : 'LOAD_IN_QUEUE',
        fullUri: sources[request.call.split(/[ ?]/)[1] ?? ''] ?? REQUEST.source,
      });
    });

    expect(await startLoad(client, REQUEST, { clock })).toEqual({ loadId: 'new', joined: false });
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

    expect(await startLoad(lucky.client, REQUEST, quickClock())).toEqual({ loadId: 'new', joined: false });
    expect(await errorOf(startLoad(unlucky.client, REQUEST, quickClock()))).toMatchObject({
      outcome: 'accessDenied',
      message: expect.stringContaining(`Cannot find out whether a load from ${REQUEST.source} began`),
    });
  });

  test('who may not list jobs can load all the same, and learns of a lost reply as it is', async () => {
    const denied = neptuneFailure('AccessDeniedException', 403, 'no ListLoaderJobs for you');
    const lucky = await scriptedServer((request) => (isStart(request) ? started('load-1') : denied));
    const unlucky = await scriptedServer((request) => (isStart(request) ? 'drop' : denied));

    expect(await startLoad(lucky.client, REQUEST, quickClock())).toEqual({ loadId: 'load-1', joined: false });
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

describe('startLoad, where Neptune takes no load now', () => {
  const limit = neptuneFailure('BadRequestException', 400, 'Max concurrent load limit breached. Limit is 1');
  const full = neptuneFailure('BadRequestException', 400, 'Max queued load limit breached. Limit is 64');

  test.each([
    ['another load runs', limit],
    ['the queue is full', full],
    ['the engine restarts', neptuneFailure('ServerShutdownException', 500, 'The server is shutting down')],
    ['the cluster throttles', neptuneFailure('TooManyRequestsException', 429, 'Too many requests')],
  ])('waits as long as %s, then starts one load', async (_, refusal) => {
    const { clock, slept } = quickClock();
    const reasons: string[] = [];
    let refusals = 0;
    const { client } = await scriptedServer((request) => {
      if (!isStart(request)) return listed();
      refusals += 1;
      return refusals <= 7 ? refusal : started('load-1');
    });

    expect(await startLoad(client, REQUEST, { clock, onWaiting: (reason) => reasons.push(reason) })).toEqual({
      loadId: 'load-1',
      joined: false,
    });
    expect(slept).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(new Set(reasons).size).toBe(1);
  });

  test('gives up a full queue at the deadline, to the millisecond', async () => {
    const { clock } = quickClock();
    const deadline = clock.now() + 100_000;
    const { client } = await scriptedServer((request) => (isStart(request) ? full : listed()));

    expect(await errorOf(startLoad(client, REQUEST, { clock, deadline }))).toMatchObject({
      outcome: 'deadline',
      message: `The deadline passed before a load of ${REQUEST.source} could begin: Max queued load limit breached. Limit is 64.`,
      hint: expect.stringContaining('the queue is full (64 jobs)'),
    });
    expect(clock.now()).toBe(deadline);
  });

  test('gives up a cluster that only restarts after ten minutes', async () => {
    const { clock } = quickClock();
    const from = clock.now();
    const restarting = neptuneFailure('ServerShutdownException', 500, 'The server is shutting down');
    const { client } = await scriptedServer(() => restarting);

    expect(await errorOf(startLoad(client, REQUEST, { clock }))).toMatchObject({
      outcome: 'loadFailed',
      hint: 'The engine is restarting: try again in a few minutes.',
    });
    expect(clock.now() - from).toBe(600_000);
  });

  test('a failure of Neptune’s own behind which the load began is settled by the list of jobs', async () => {
    let starts = 0;
    const { client, seen } = await scriptedServer((request) => {
      if (isStart(request)) {
        starts += 1;
        return neptuneFailure('InternalFailureException', 500, 'oops');
      }
      if (isList(request)) return starts === 0 ? listed() : listed('new');
      return status({ status: 'LOAD_IN_PROGRESS', fullUri: REQUEST.source });
    });

    expect(await startLoad(client, REQUEST, quickClock())).toEqual({ loadId: 'new', joined: false });
    expect(seen.filter(isStart)).toHaveLength(1);
  });
});

describe('startLoad, where a load of the same source is under way', () => {
  const jobs: Readonly<Record<string, object>> = {
    '/loader/queued': { status: 'LOAD_IN_QUEUE', fullUri: 's3://bucket/else/' },
    '/loader/running': { status: 'LOAD_IN_PROGRESS', fullUri: REQUEST.source },
    '/loader/ended': { status: 'LOAD_FAILED', fullUri: REQUEST.source },
  };
  const answer =
    (...ids: string[]) =>
    (request: Seen) => {
      if (isStart(request)) return started('load-1');
      if (isList(request)) return listed(...ids);
      return status(jobs[request.call.split(/[ ?]/)[1] ?? ''] ?? {});
    };

  test('takes that one and starts none', async () => {
    const { client, seen } = await scriptedServer(answer('queued', 'running', 'ended'));

    expect(await startLoad(client, REQUEST, quickClock())).toEqual({ loadId: 'running', joined: true });
    expect(seen.filter(isStart)).toEqual([]);
  });

  test('starts one where the others have ended or load something else', async () => {
    const { client, seen } = await scriptedServer(answer('queued', 'ended'));

    expect(await startLoad(client, REQUEST, quickClock())).toEqual({ loadId: 'load-1', joined: false });
    expect(seen.filter(isStart)).toHaveLength(1);
  });

  test('starts a job that loads what failed, whatever is under way', async () => {
    const { client, seen } = await scriptedServer(answer('running'));

    expect(await startLoad(client, { ...REQUEST, mode: 'RESUME' }, quickClock())).toMatchObject({
      loadId: 'load-1',
    });
    expect(seen.filter(isStart).map(({ body }) => body)).toEqual([
      { ...DEFAULT_BODY, region: 'us-east-1', mode: 'RESUME' },
    ]);
  });

  test('looks again where the look itself loses its reply, four times in all', async () => {
    const lucky = await scriptedServer((request, nth) => (nth === 1 ? 'drop' : answer()(request)));
    const unlucky = await scriptedServer(() => 'drop');

    expect(await startLoad(lucky.client, REQUEST, quickClock())).toMatchObject({ loadId: 'load-1' });
    expect(await errorOf(startLoad(unlucky.client, REQUEST, quickClock()))).toMatchObject({
      outcome: 'loadFailed',
    });
    expect(unlucky.seen).toHaveLength(4);
  });
});
