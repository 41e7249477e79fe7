import {
  CancelLoaderJobCommand,
  ListLoaderJobsCommand,
  StartLoaderJobCommand,
  type StartLoaderJobCommandInput,
} from '@aws-sdk/client-neptunedata';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FeedFault } from '../../../src/sandbox/neptune/load-job.ts';
import { LOAD_ERROR_CODES, LOAD_STATUSES } from '../../../src/sandbox/neptune/load-status.ts';
import {
  bucketStore,
  finishedLoad,
  load,
  loadInput,
  loadReport,
  serveNeptune,
  startLoad,
  summary,
} from './served-neptune.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5, 600);
const bucket = bucketStore();
let now: number;
let gate: { readonly opened: Promise<void>; readonly open: () => void };
let faults: Map<string, FeedFault>;
let neptune: Awaited<ReturnType<typeof serveNeptune>>;
beforeEach(async () => {
  bucket.clear();
  bucket.put('run/v.csv', '~id\na\nb\n');
  now = START;
  faults = new Map();
  openGate();
  let ids = 0;
  neptune = await serveNeptune({
    store: bucket.store,
    region: 'us-east-1',
    clock: () => now,
    newId: () => `load-${++ids}`,
    beforeFeed: async ({ fileName, signal }) => {
      await Promise.race([gate.opened, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
      return faults.get(fileName);
    },
  });
});
afterEach(() => neptune?.close());

/** Loads wait before each file until the gate opens. */
function closeGate(): void {
  const { promise, resolve } = withResolvers();
  gate = { opened: promise, open: resolve };
}

function openGate(): void {
  gate = { opened: Promise.resolve(), open: () => undefined };
}

function withResolvers() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function refusal(overrides: Partial<StartLoaderJobCommandInput>) {
  return neptune.client
    .send(new StartLoaderJobCommand(loadInput(overrides)))
    .catch(({ name, message, $metadata }) => ({
      name,
      message,
      status: $metadata?.httpStatusCode,
    }));
}

async function statusOf(loadId: string) {
  return (await loadReport(neptune.client, loadId)).overallStatus.status;
}

async function listed(input = {}) {
  return (await neptune.client.send(new ListLoaderJobsCommand(input))).payload?.loadIds;
}

test('a job is reported in the form of the documentation', async () => {
  bucket.put('run/w.csv', '~id\nc\n,\nd\n');
  closeGate();
  const loadId = await startLoad(neptune.client, { failOnError: false });
  now += 3400;
  gate.open();

  expect(await finishedLoad(neptune.client, loadId)).toEqual({
    feedCount: [{ LOAD_COMPLETED: 1 }, { LOAD_FAILED: 1 }],
    overallStatus: {
      fullUri: 's3://b/run/',
      runNumber: 1,
      retryNumber: 0,
      status: 'LOAD_FAILED',
      totalTimeSpent: 3,
      startTime: 1767323045,
      totalRecords: 5,
      totalDuplicates: 0,
      parsingErrors: 1,
      datatypeMismatchErrors: 0,
      insertErrors: 0,
    },
    failedFeeds: [
      {
        fullUri: 's3://b/run/w.csv',
        runNumber: 1,
        retryNumber: 0,
        status: 'LOAD_FAILED',
        totalTimeSpent: 0,
        startTime: 1767323049,
        totalRecords: 3,
        totalDuplicates: 0,
        parsingErrors: 1,
        datatypeMismatchErrors: 0,
        insertErrors: 0,
      },
    ],
    errors: {
      startIndex: 1,
      endIndex: 1,
      loadId: 'load-1',
      errorLogs: [
        {
          errorCode: 'PARSING_ERROR',
          errorMessage: 'Record has more columns than header',
          fileName: 's3://b/run/w.csv',
          recordNum: 2,
        },
      ],
    },
  });
  expect(Object.keys(await loadReport(neptune.client, loadId, { details: false, errors: false }))).toEqual([
    'feedCount',
    'overallStatus',
  ]);
});

test('errors come in pages, up to the last 10,000', async () => {
  bucket.put(
    'run/v.csv',
    `~id,n:Int\n${Array.from({ length: 10_003 }, (_, index) => `v${index},x\n`).join('')}`,
  );
  const loadId = await startLoad(neptune.client, { failOnError: false });
  await finishedLoad(neptune.client, loadId);
  const page = async (number: number, errorsPerPage: number) => {
    const { errors } = await loadReport(neptune.client, loadId, { page: number, errorsPerPage });
    return [errors.startIndex, errors.endIndex, errors.errorLogs.map(({ recordNum }) => recordNum)];
  };

  expect(await page(1, 2)).toEqual([1, 2, [4, 5]]);
  expect(await page(5000, 2)).toEqual([9999, 10_000, [10_002, 10_003]]);
  expect(await page(5001, 2)).toEqual([0, 0, []]);
  expect((await loadReport(neptune.client, loadId)).errors.errorLogs).toHaveLength(10);
});

test('a source is a prefix of keys, not a folder', async () => {
  bucket.clear();
  for (const key of ['a/bc', 'ab/c', 'ade', 'b/a']) bucket.put(key, `~id\n${key}\n`);

  const loaded = async (source: string) => (await load(neptune.client, { source })).feedCount;

  expect(await loaded('s3://b/a')).toEqual([{ LOAD_COMPLETED: 3 }]);
  expect(await loaded('s3://b/a/')).toEqual([{ LOAD_COMPLETED: 1 }]);
  expect(await loaded('s3://b')).toEqual([{ LOAD_COMPLETED: 4 }]);
  expect(await loaded('https://s3.amazonaws.com/b/ab')).toEqual([{ LOAD_COMPLETED: 1 }]);
  expect(await loaded('https://s3.us-east-1.amazonaws.com/b/a')).toEqual([{ LOAD_COMPLETED: 3 }]);
});

test('vertex files are loaded before edge files, unless the caller says that all are edges', async () => {
  bucket.put('run/a.csv', '~id,~from,~to\ne,a,b\n');
  bucket.put('new/a.csv', '~id,~from,~to\nf,c,d\n');
  bucket.put('new/v.csv', '~id\nc\nd\n');

  const ordered = summary(await load(neptune.client));
  const response = await fetch(`${neptune.endpoint}/loader`, {
    method: 'POST',
    headers: SIGNED,
    body: JSON.stringify({
      ...{ source: 's3://b/new/', format: 'csv', region: 'us-east-1', mode: 'NEW', edgeOnlyLoad: true },
      iamRoleArn: 'arn:aws:iam::123456789012:role/r',
    }),
  });
  const { payload } = (await response.json()) as { payload: { loadId: string } };

  expect(ordered).toEqual({ status: 'LOAD_COMPLETED', counters: [3, 0, 0, 0, 0], errors: [] });
  expect(summary(await finishedLoad(neptune.client, payload.loadId))).toEqual({
    status: 'LOAD_FAILED',
    counters: [1, 0, 0, 0, 1],
    errors: ['FROM_OR_TO_VERTEX_ARE_MISSING 0'],
  });
});

const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/neptune-db/aws4_request, SignedHeaders=host, Signature=0',
};

test('one job runs at a time: the next is refused, or waits in the queue', async () => {
  closeGate();
  const first = await startLoad(neptune.client);
  expect(await refusal({})).toEqual({
    name: 'BadRequestException',
    message: 'Max concurrent load limit breached. Limit is 1',
    status: 400,
  });

  const queued = [];
  for (let index = 0; index < 64; index += 1)
    queued.push(await startLoad(neptune.client, { queueRequest: true }));
  expect(await refusal({ queueRequest: true })).toMatchObject({ name: 'BadRequestException', status: 400 });
  expect([await statusOf(first), await statusOf(queued[0] ?? '')]).toEqual([
    'LOAD_IN_PROGRESS',
    'LOAD_IN_QUEUE',
  ]);
  expect(await listed({ limit: 3 })).toEqual(['load-2', 'load-3', 'load-4']);
  expect(await listed({ includeQueuedLoads: false })).toEqual(['load-1']);

  gate.open();
  for (const loadId of queued) await finishedLoad(neptune.client, loadId);
  expect(await listed({ limit: 2 })).toEqual(['load-65', 'load-64']);
});

test('a job whose dependency fails is not run, nor one that depends on it', async () => {
  bucket.put('bad/v.csv', 'id\n');
  closeGate();
  const bad = await startLoad(neptune.client, { source: 's3://b/bad/' });
  const second = await startLoad(neptune.client, { queueRequest: true, dependencies: [bad] });
  const third = await startLoad(neptune.client, { queueRequest: true, dependencies: [second] });
  const other = await startLoad(neptune.client, { queueRequest: true });
  const last = await startLoad(neptune.client, { queueRequest: true, dependencies: [other] });
  gate.open();
  await finishedLoad(neptune.client, last);

  expect(await Promise.all([bad, second, third, other, last].map(statusOf))).toEqual([
    'LOAD_FAILED',
    'LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED',
    'LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED',
    'LOAD_COMPLETED',
    'LOAD_COMPLETED',
  ]);
  expect(await refusal({ dependencies: ['nobody'] })).toMatchObject({
    name: 'BulkLoadIdNotFoundException',
    status: 404,
  });
});

test.each(['AUTO', 'RESUME'] as const)(
  '%s goes on from the last job of the same source: loaded files are skipped',
  async (mode) => {
    bucket.put('run/w.csv', 'id\nc\n');
    await load(neptune.client, { failOnError: false });
    bucket.put('run/w.csv', '~id\nc\n');
    bucket.put('run/x.csv', '~id\nd\n');

    const resumed = await load(neptune.client, { mode });
    const again = await load(neptune.client, { mode });
    bucket.put('run/v.csv', '~id\na\nz\n');
    const changed = await load(neptune.client, { mode });
    const anew = await load(neptune.client, { mode: 'NEW' });

    expect(
      [resumed, again, changed, anew].map((report) => [report.overallStatus.runNumber, summary(report)]),
    ).toEqual([
      [2, { status: 'LOAD_COMPLETED', counters: [2, 0, 0, 0, 0], errors: [] }],
      [3, { status: 'LOAD_COMPLETED', counters: [0, 0, 0, 0, 0], errors: [] }],
      [4, { status: 'LOAD_COMPLETED', counters: [2, 1, 0, 0, 0], errors: [] }],
      [1, { status: 'LOAD_COMPLETED', counters: [4, 4, 0, 0, 0], errors: [] }],
    ]);
  },
);

test('AUTO without an earlier job loads everything; RESUME stops', async () => {
  expect((await load(neptune.client, { source: 's3://b/ru', mode: 'RESUME' })).overallStatus.status).toBe(
    'LOAD_FAILED_INVALID_REQUEST',
  );
  expect((await load(neptune.client, { mode: 'AUTO' })).feedCount).toEqual([{ LOAD_COMPLETED: 1 }]);
});

test.each([
  ['a source without objects', 's3://b/nothing/'],
  ['a bucket that does not exist', 's3://nowhere/run/'],
])('%s fails the job as an invalid request', async (_, source) => {
  const report = await load(neptune.client, { source });

  expect(report.feedCount).toEqual([]);
  expect(summary(report)).toEqual({
    status: 'LOAD_FAILED_INVALID_REQUEST',
    counters: [0, 0, 0, 0, 0],
    errors: [],
  });
});

test.each([
  ['overwritten', () => bucket.put('run/v.csv', '~id\nz\n')],
  ['deleted', () => bucket.remove('run/v.csv')],
])('a file that is %s during the load fails it', async (how, change) => {
  closeGate();
  const loadId = await startLoad(neptune.client);
  await expect.poll(() => statusOf(loadId)).toBe('LOAD_IN_PROGRESS');
  change();
  gate.open();

  const report = await finishedLoad(neptune.client, loadId);

  expect(report.overallStatus.status).toBe('LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED');
  expect(report.errors.errorLogs).toEqual([
    {
      errorCode: 'FILE_MODIFICATION_OR_DELETION_ERROR',
      errorMessage: `s3://b/run/v.csv was ${how} during the load`,
      fileName: 's3://b/run/v.csv',
      recordNum: 0,
    },
  ]);
});

test('a running job and a queued one can be cancelled, a finished one no more', async () => {
  closeGate();
  const running = await startLoad(neptune.client);
  const waiting = await startLoad(neptune.client, { queueRequest: true });
  const cancel = (loadId: string) => neptune.client.send(new CancelLoaderJobCommand({ loadId }));

  expect((await cancel(waiting)).$metadata.httpStatusCode).toBe(200);
  await cancel(running);

  expect((await finishedLoad(neptune.client, running)).feedCount).toEqual([{ LOAD_CANCELLED_BY_USER: 1 }]);
  expect([await statusOf(running), await statusOf(waiting)]).toEqual([
    'LOAD_CANCELLED_BY_USER',
    'LOAD_CANCELLED_BY_USER',
  ]);
  for (const loadId of [running, waiting, 'nobody']) {
    await expect(cancel(loadId)).rejects.toMatchObject({
      name: 'BulkLoadIdNotFoundException',
      $metadata: { httpStatusCode: 404 },
    });
  }
});

test('the last 1,024 jobs are remembered', async () => {
  bucket.put('run/v.csv', '~id\n');
  const ids = [];
  for (let index = 0; index < 1026; index += 1) {
    ids.push(await startLoad(neptune.client, { queueRequest: true }));
    if (index % 50 === 0) await finishedLoad(neptune.client, ids.at(-1) ?? '');
  }
  await finishedLoad(neptune.client, ids.at(-1) ?? '');

  await expect(loadReport(neptune.client, 'load-2')).rejects.toMatchObject({
    name: 'BulkLoadIdNotFoundException',
  });
  expect(await statusOf('load-3')).toBe('LOAD_COMPLETED');
  expect(await listed()).toHaveLength(100);
});

test.each([
  [{ source: undefined }, 'MissingParameterException', 'The required parameter source is missing'],
  [{ format: undefined }, 'MissingParameterException', 'The required parameter format is missing'],
  [{ s3BucketRegion: undefined }, 'MissingParameterException', 'The required parameter region is missing'],
  [{ iamRoleArn: undefined }, 'MissingParameterException', 'The required parameter iamRoleArn is missing'],
  [
    { format: 'turtle' as const },
    'UnsupportedOperationException',
    'The sandbox loads format csv only, not turtle',
  ],
  [
    { format: 'xlsx' as 'csv' },
    'InvalidParameterException',
    'format: xlsx is none of csv, opencypher, ntriples, nquads, rdfxml, turtle',
  ],
  [
    { iamRoleArn: 'NeptuneLoadFromS3' },
    'InvalidParameterException',
    'iamRoleArn: NeptuneLoadFromS3 is not the ARN of a role',
  ],
  [
    { source: '/local/files' },
    'InvalidParameterException',
    'source: /local/files is not the URI of an S3 object or prefix',
  ],
  [{ mode: 'AGAIN' as 'NEW' }, 'InvalidParameterException', 'mode: AGAIN is none of NEW, RESUME, AUTO'],
  [
    { parallelism: 'ALL' as 'LOW' },
    'InvalidParameterException',
    'parallelism: ALL is none of LOW, MEDIUM, HIGH, OVERSUBSCRIBE',
  ],
  [
    { parserConfiguration: { allowEmptyStrings: 'perhaps' } },
    'InvalidParameterException',
    'allowEmptyStrings: perhaps is neither TRUE nor FALSE',
  ],
  [
    { s3BucketRegion: 'eu-west-1' as const },
    'InvalidParameterException',
    'region: eu-west-1 is not the region of this cluster, us-east-1',
  ],
  [{ source: 's3://far/run/' }, 'S3Exception', 'The bucket far is in eu-west-1; the load asks for us-east-1'],
])('a request with %j is refused', async (overrides, name, message) => {
  // The client leaves undefined members out, and does not check them itself.
  const input = overrides as Partial<StartLoaderJobCommandInput>;

  expect(await refusal(input)).toEqual({ name, message, status: 400 });
  expect(await listed()).toEqual([]);
});

test.each([
  ...LOAD_STATUSES.filter(
    (status) => !['LOAD_NOT_STARTED', 'LOAD_IN_QUEUE', 'LOAD_IN_PROGRESS'].includes(status),
  ),
])('a fault gives a file, and so its job, the status %s', async (status) => {
  faults.set('s3://b/run/v.csv', { status });

  const report = await load(neptune.client);

  expect(report.feedCount).toEqual([{ [status]: 1 }]);
  // A failed read of one file shows on the job as a failure.
  expect(report.overallStatus.status).toBe(status === 'LOAD_S3_READ_ERROR' ? 'LOAD_FAILED' : status);
});

test.each(LOAD_ERROR_CODES)('a fault gives a file the error %s', async (errorCode) => {
  faults.set('s3://b/run/v.csv', { status: 'LOAD_FAILED', errorCode, errorMessage: 'as planned' });

  expect((await load(neptune.client)).errors.errorLogs).toEqual([
    {
      errorCode,
      errorMessage: 'as planned',
      fileName: 's3://b/run/v.csv',
      recordNum: errorCode === 'PARSING_ERROR' ? 1 : 0,
    },
  ]);
});
