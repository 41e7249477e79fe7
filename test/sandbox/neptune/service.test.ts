import {
  ExecuteFastResetCommand,
  ExecuteGremlinQueryCommand,
  GetEngineStatusCommand,
  GetPropertygraphSummaryCommand,
  ListLoaderJobsCommand,
} from '@aws-sdk/client-neptunedata';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type GremlinEngine, startGremlinEngine } from '../../../src/sandbox/neptune/gremlin-engine.ts';
import { bucketStore, load, neptuneClient, serveNeptune, startLoad } from './served-neptune.ts';
import { startedEngine } from './started-engine.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const bucket = bucketStore();
let now = START;
let engine: GremlinEngine;
let neptune: Awaited<ReturnType<typeof serveNeptune>>;
beforeAll(async () => {
  engine = await startedEngine();
  neptune = await serveNeptune({ store: bucket.store, engine, region: 'us-east-1', clock: () => now });
});
afterAll(async () => {
  await neptune?.close();
  await engine?.close();
});
beforeEach(async () => {
  now = START;
  bucket.clear();
  await ask('g.V().drop()');
});

const UNTYPED = 'application/vnd.gremlin-v3.0+json;types=false';

function ask(gremlinQuery: string, serializer: string | undefined = UNTYPED, { client } = neptune) {
  return client.send(new ExecuteGremlinQueryCommand({ gremlinQuery, serializer }));
}

async function failure(sent: Promise<unknown>) {
  return sent.then(
    () => 'no failure',
    ({ name, message, detailedMessage, code, requestId, $metadata }) => ({
      ...{ name, message, detailedMessage, code, requestId },
      ...{ status: $metadata.httpStatusCode },
    }),
  );
}

test('Gremlin is answered typed by default and untyped on request', async () => {
  const untyped = await ask("g.addV('l').property(id, 'x').property('n', 1).elementMap()");
  const typed = await neptune.client.send(new ExecuteGremlinQueryCommand({ gremlinQuery: 'g.V().count()' }));

  expect(untyped.result).toEqual({ data: [{ id: 'x', label: 'l', n: 1 }], meta: {} });
  expect(untyped.status).toEqual({ code: 200, message: '', attributes: {} });
  expect(untyped.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(typed.result).toMatchObject({
    data: { '@type': 'g:List', '@value': [{ '@type': 'g:Int64', '@value': 1 }] },
  });
});

test.each([
  [
    'g.V(',
    'MalformedQueryException',
    400,
    /^Failed to interpret Gremlin query: Query parsing failed at line 1/,
  ],
  ['x = 1; g.V(x)', 'MalformedQueryException', 400, /parsing failed/],
  ['g.V(x)', 'InternalFailureException', 500, /x/],
  [
    "g.with('evaluationTimeout', 50).inject(1).repeat(identity()).until(is(2))",
    'TimeLimitExceededException',
    500,
    /evaluationTimeout/,
  ],
  [
    "g.addV('l').property(id, 'x').addV('l').property(id, 'x')",
    'ConstraintViolationException',
    400,
    /^Vertex with id already exists: x/,
  ],
  ["g.V('nope').next()", 'InternalFailureException', 500, /NoSuchElementException/],
])('%s is refused with %s', async (query, name, status, message) => {
  const found = await failure(ask(query));

  expect(found).toEqual({
    name,
    code: name,
    status,
    message: expect.stringMatching(message),
    detailedMessage: expect.stringMatching(message),
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test('two transactions on one element: the later one is told of the conflict', async () => {
  await ask("g.addV('l').property(id, 'hub').property(single, 'n', 0)");
  const writes = Array.from({ length: 40 }, (_, index) =>
    failure(ask(`g.V('hub').sideEffect(repeat(identity()).times(200)).property(single, 'n', ${index})`)),
  );

  const failures = (await Promise.all(writes)).filter((result) => result !== 'no failure');

  expect(failures.length).toBeGreaterThan(0);
  for (const found of failures)
    expect(found).toMatchObject({ name: 'ConcurrentModificationException', status: 500 });
});

test('a query of more than 150 MB, a body that is not JSON, one without query and an unknown form of reply are refused', async () => {
  const post = async (body: string, headers = {}) => {
    const response = await fetch(`${neptune.endpoint}/gremlin`, {
      method: 'POST',
      headers: { ...SIGNED, ...headers },
      body,
    });
    return [response.status, ((await response.json()) as { code: string }).code];
  };

  expect(await post(`{"gremlin":"g.V()${' '.repeat(157_286_400)}"}`)).toEqual([
    400,
    'QueryTooLargeException',
  ]);
  expect(await post('gremlin=g.V()')).toEqual([400, 'BadRequestException']);
  expect(await post('{"query":"g.V()"}')).toEqual([400, 'MissingParameterException']);
  expect(await post('{"gremlin":"g.V()"}', { accept: 'application/xml' })).toEqual([
    400,
    'BadRequestException',
  ]);
  expect(await post('{"gremlin":"g.V(x)","bindings":{"x":"1"}}')).toEqual([500, 'InternalFailureException']);
});

test('a query may come in the address', async () => {
  const response = await fetch(`${neptune.endpoint}/gremlin?gremlin=g.inject(1)`, {
    headers: { ...SIGNED, accept: UNTYPED },
  });

  expect(await response.json()).toMatchObject({ result: { data: [1] } });
});

const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/neptune-db/aws4_request, SignedHeaders=host, Signature=0',
};

test.each([
  ['not signed at all', undefined, 'Missing Authentication Token'],
  [
    'signed for another region',
    { accessKeyId: 'A', region: 'eu-west-1', service: 'neptune-db' },
    "Credential should be scoped to a valid Region, not 'eu-west-1'.",
  ],
  [
    'signed for another service',
    { accessKeyId: 'A', region: 'us-east-1', service: 's3' },
    "Credential should be scoped to correct service: 'neptune-db'.",
  ],
])('a request that is %s is refused', async (_, credential, message) => {
  const url = new URL('/status', neptune.endpoint);
  const request = {
    id: 'r',
    method: 'GET',
    url,
    path: '/status',
    headers: {},
    body: Buffer.alloc(0),
    credential,
  };

  expect(await neptune.service.reply(request)).toEqual({
    status: 403,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      requestId: 'r',
      code: 'AccessDeniedException',
      message,
      detailedMessage: message,
    }),
  });
});

test('a client of another region is told so', async () => {
  const client = neptuneClient(neptune.endpoint, 'eu-west-1');

  const found = await failure(client.send(new ListLoaderJobsCommand({})));

  client.destroy();
  expect(found).toMatchObject({
    status: 403,
    message: "Credential should be scoped to a valid Region, not 'eu-west-1'.",
  });
});

test('the engine says that it is a healthy writer and which TinkerPop it speaks', async () => {
  const { $metadata, ...status } = await neptune.client.send(new GetEngineStatusCommand({}));

  expect($metadata.httpStatusCode).toBe(200);
  expect(status).toEqual({
    status: 'healthy',
    startTime: 'Fri, 02 Jan 2026 03:04:05 GMT',
    dbEngineVersion: '1.4.8.0',
    role: 'writer',
    dfeQueryEngine: 'viaQueryHint',
    gremlin: { version: 'tinkerpop-3.7.5' },
    labMode: {},
    features: { IAMAuthentication: { status: 'enabled' }, Streams: { status: 'disabled' } },
    settings: { clusterQueryTimeoutInMs: '120000' },
  });
});

test('the summary counts the graph, with an engine and without', async () => {
  bucket.put('run/v.csv', '~id,~label,n:Int,s\na,l;m,1,x\nb,l,2,\n');
  bucket.put('run/e.csv', '~id,~from,~to,~label,w:Int\ne,a,b,r,1\n');
  const memory = await serveNeptune({ store: bucket.store, region: 'us-east-1', clock: () => now });
  const summaries = [];
  for (const { client } of [neptune, memory]) {
    await load(client);
    summaries.push((await client.send(new GetPropertygraphSummaryCommand({ mode: 'detailed' }))).payload);
  }
  await memory.close();

  expect(summaries[1]).toEqual(summaries[0]);
  expect(summaries[0]).toMatchObject({
    version: 'v1',
    lastStatisticsComputationTime: new Date(START),
    graphSummary: {
      numNodes: 2,
      numEdges: 1,
      numNodeLabels: 2,
      numEdgeLabels: 1,
      nodeLabels: ['l', 'm'],
      edgeLabels: ['r'],
      numNodeProperties: 2,
      numEdgeProperties: 1,
      nodeProperties: [{ n: 2 }, { s: 1 }],
      edgeProperties: [{ w: 1 }],
      totalNodePropertyValues: 3,
      totalEdgePropertyValues: 1,
    },
  });
});

test('fast reset empties the database, given the latest token', async () => {
  const reset = (input: ConstructorParameters<typeof ExecuteFastResetCommand>[0]) =>
    neptune.client.send(new ExecuteFastResetCommand(input));
  const token = async () => (await reset({ action: 'initiateDatabaseReset' })).payload?.token ?? '';
  await ask("g.addV('l')");
  const first = await token();
  const second = await token();

  const perform = (value: string) => reset({ action: 'performDatabaseReset', token: value });
  expect(await failure(perform(first))).toMatchObject({ name: 'InvalidParameterException', status: 400 });
  now += 60 * 60 * 1000 + 1;
  expect(await failure(perform(second))).toMatchObject({ name: 'InvalidParameterException', status: 400 });
  const third = await token();
  expect((await perform(third)).status).toBe('200 OK');

  expect(await failure(ask('g.V().count()'))).toMatchObject({ name: 'ServerShutdownException', status: 500 });
  await expect.poll(() => failure(ask('g.V().count()'))).toBe('no failure');
  expect((await ask('g.V().count()')).result).toMatchObject({ data: [0] });
  expect(await failure(perform(third))).toMatchObject({ name: 'InvalidParameterException' });
  expect(await failure(reset({ action: 'performDatabaseReset' }))).toMatchObject({
    name: 'MissingParameterException',
  });
  expect(await failure(reset({ action: 'dropEverything' as 'performDatabaseReset' }))).toMatchObject({
    name: 'InvalidParameterException',
  });
});

test('what the sandbox does not serve it says, and it names each operation that it does', async () => {
  const response = await fetch(`${neptune.endpoint}/openCypher`, { method: 'POST', headers: SIGNED });
  expect([response.status, ((await response.json()) as { message: string }).message]).toEqual([
    400,
    'The sandbox does not answer POST /openCypher',
  ]);

  const named = (method: string, path: string) => {
    const url = new URL(path, neptune.endpoint);
    return neptune.service.operation({
      id: '1',
      method,
      url,
      path,
      headers: {},
      body: Buffer.alloc(0),
      credential: undefined,
    });
  };
  expect([
    named('POST', '/loader'),
    named('GET', '/loader?limit=3'),
    named('GET', '/loader/abc'),
    named('DELETE', '/loader/abc'),
    named('POST', '/gremlin'),
    named('GET', '/status'),
    named('POST', '/system'),
    named('GET', '/propertygraph/statistics/summary'),
    named('PUT', '/loader'),
  ]).toEqual([
    'StartLoaderJob',
    'ListLoaderJobs',
    'GetLoaderJobStatus',
    'CancelLoaderJob',
    'ExecuteGremlinQuery',
    'GetEngineStatus',
    'ExecuteFastReset',
    'GetPropertygraphSummary',
    'Unknown',
  ]);
});

test.each(['/loader?limit=0', '/loader?limit=101', '/loader?limit=many'])('%s is refused', async (path) => {
  const response = await fetch(neptune.endpoint + path, { headers: SIGNED });

  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    400,
    'InvalidParameterException',
  ]);
});

test('without an engine Gremlin says what to install, and loads are checked all the same', async () => {
  const engineAdvice = 'Install a JDK (17 or newer) and Maven.';
  const memory = await serveNeptune({
    store: bucket.store,
    region: 'us-east-1',
    clock: () => now,
    engineAdvice,
  });
  bucket.put('run/e.csv', '~id,~from,~to\ne,a,b\n');

  const found = await failure(ask('g.V()', UNTYPED, memory));
  const { overallStatus } = await load(memory.client);

  await memory.close();
  expect(found).toMatchObject({ name: 'UnsupportedOperationException', status: 400, message: engineAdvice });
  expect(overallStatus).toMatchObject({ status: 'LOAD_FAILED', insertErrors: 1 });
});

test('an engine that dies during a load fails the job, and Gremlin says why', async () => {
  const doomed = await startGremlinEngine({ log: () => undefined, heapMegabytes: 256 });
  const beforeFeed = async () => {
    await doomed.close();
    return undefined;
  };
  const served = await serveNeptune({
    store: bucket.store,
    engine: doomed,
    region: 'us-east-1',
    clock: () => now,
    beforeFeed,
  });
  bucket.put('run/v.csv', '~id\na\n');

  const { overallStatus, errors } = await load(served.client);
  const found = await failure(ask('g.V()', UNTYPED, served));

  await served.close();
  expect(overallStatus.status).toBe('LOAD_UNEXPECTED_ERROR');
  expect(errors.errorLogs).toEqual([
    {
      errorCode: 'INTERNAL_ERROR',
      errorMessage: 'The Gremlin engine does not answer: killed by SIGKILL.',
      fileName: 's3://b/run/v.csv',
      recordNum: 0,
    },
  ]);
  expect(found).toMatchObject({
    name: 'InternalFailureException',
    message: expect.stringMatching(/^The Gremlin engine does not answer/),
  });
});

test('loads and queries on the same vertices meet without a lost row', async () => {
  bucket.put(
    'run/v.csv',
    `~id,n:Int(single)\n${Array.from({ length: 3000 }, (_, index) => `v${index},1\n`).join('')}`,
  );
  await load(neptune.client);
  bucket.put(
    'run/v.csv',
    `~id,n:Int(single)\n${Array.from({ length: 3000 }, (_, index) => `v${index},2\n`).join('')}`,
  );

  const loading = load(neptune.client, { updateSingleCardinalityProperties: true });
  for (let index = 0; index < 20; index += 1)
    await failure(ask(`g.V().limit(100).property(single, 'q', ${index})`));

  expect((await loading).overallStatus.status).toBe('LOAD_COMPLETED');
  expect((await ask("g.V().has('n', 2).count()")).result).toMatchObject({ data: [3000] });
});

test('closing the service ends the job that runs', async () => {
  let told: (() => void) | undefined;
  const served = await serveNeptune({
    store: bucket.store,
    region: 'us-east-1',
    clock: () => now,
    beforeFeed: ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          told?.();
          resolve(undefined);
        });
      }),
  });
  bucket.put('run/v.csv', '~id\na\n');
  await startLoad(served.client);
  await startLoad(served.client, { queueRequest: true });
  const heard = new Promise<void>((resolve) => {
    told = resolve;
  });
  await new Promise((resolve) => setImmediate(resolve));

  await served.close();

  await heard;
});
