import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import { type Gremlin, gremlin, literal, queryAsWritten } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { plainValue } from '../../src/neptune/graphson.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf, neptuneFailure, quickClock, type Reply, scriptedServer } from './scripted-server.ts';

const READ = gremlin`g.V().count()`;
const WRITE = gremlin`g.addV('x').id()`;

const results = (...data: unknown[]): Reply => ({
  json: {
    requestId: 'request-1',
    status: { code: 200, message: '', attributes: {} },
    result: { data, meta: {} },
  },
});

test('a query goes out as plain-JSON Gremlin, and the list of its results comes back', async () => {
  const { client, seen } = await scriptedServer(() => results(1, 'two', { three: [4] }));

  expect(await gremlinClient(client)(READ)).toEqual([1, 'two', { three: [4] }]);
  expect(seen.map(({ call, body, headers }) => [call, body, headers.accept])).toEqual([
    ['POST /gremlin', { gremlin: 'g.V().count()' }, 'application/vnd.gremlin-v3.0+json;types=false'],
  ]);
});

test('a time limit goes with the query, as a hint', async () => {
  const { client, seen } = await scriptedServer(() => results());

  expect(await gremlinClient(client)(READ, { timeoutMs: 1_000 })).toEqual([]);
  expect(seen[0]?.body).toEqual({ gremlin: "g.with('evaluationTimeout',1000).V().count()" });
});

describe('under a permit', () => {
  test('a write may take as long as is granted, a read as long as it likes', async () => {
    const { client, seen } = await scriptedServer(() => results());
    const send = gremlinClient(client, undefined, () => 1_500);

    await send(READ);
    await send(WRITE);
    await send(WRITE, { timeoutMs: 1_000 });

    expect(seen.map(({ body }) => body)).toEqual([
      { gremlin: 'g.V().count()' },
      { gremlin: "g.with('evaluationTimeout',1500).addV('x').id()" },
      { gremlin: "g.with('evaluationTimeout',1000).addV('x').id()" },
    ]);
  });

  test('a write is not sent, nor sent again, once the permit is gone; nor where it goes while credentials are looked for', async () => {
    const { clock } = quickClock();
    const { client, seen } = await scriptedServer(() =>
      neptuneFailure('ConcurrentModificationException', 500, 'busy'),
    );
    const lost = new LineageError('locked', 'lost');
    const granting = (times: number) => () => {
      if (times === 0) throw lost;
      times -= 1;
      return 1_000;
    };
    const write = (times: number) =>
      errorOf(gremlinClient(client, clock, granting(times))(WRITE, { isIdempotent: true }));

    expect(await write(0)).toBe(lost);
    expect(await write(1)).toBe(lost);
    expect(seen).toHaveLength(0);
    expect(await write(4)).toBe(lost);
    expect(seen).toHaveLength(2);
  });
});

describe('repetition', () => {
  /* Neptune user guide, "Graph engine error messages and codes": which errors are retryable. */
  test.each([
    ['ConcurrentModificationException', 500, [100, 200, 400]],
    ['ConstraintViolationException', 400, [100, 200, 400]],
    ['FailureByQueryException', 500, [100, 200, 400]],
    ['ThrottlingException', 500, [500, 1_000, 2_000]],
    ['TooManyRequestsException', 429, [500, 1_000, 2_000]],
    ['QueryLimitExceededException', 400, [500, 1_000, 2_000]],
    ['MemoryLimitExceededException', 500, [5_000, 10_000, 20_000]],
    ['CancelledByUserException', 500, []],
    ['TimeLimitExceededException', 500, []],
    ['AccessDeniedException', 403, []],
    ['BadRequestException', 400, []],
    ['InternalFailureException', 500, []],
    ['InvalidParameterException', 400, []],
    ['MalformedQueryException', 400, []],
    ['MissingParameterException', 400, []],
    ['QueryTooLargeException', 400, []],
    ['ReadOnlyViolationException', 400, []],
    ['UnsupportedOperationException', 400, []],
  ])('of a read after %s: pauses %j', async (code, status, pauses) => {
    const { clock, slept } = quickClock();
    const { client, seen } = await scriptedServer(() => neptuneFailure(code, status, 'no'));

    await errorOf(gremlinClient(client, clock)(READ));

    expect(slept).toEqual(pauses);
    expect(seen).toHaveLength(pauses.length + 1);
  });

  test('of a read after a broken connection', async () => {
    const { clock, slept } = quickClock();
    const { client } = await scriptedServer((_, nth) => (nth < 3 ? 'drop' : results(7)));

    expect(await gremlinClient(client, clock)(READ)).toEqual([7]);
    expect(slept).toEqual([200, 400]);
  });

  test.each<[string, Reply]>([
    ['a broken connection', 'drop'],
    ['ConcurrentModificationException', neptuneFailure('ConcurrentModificationException', 500, 'busy')],
  ])('of a write after %s: none', async (_, reply) => {
    const { clock, slept } = quickClock();
    const { client, seen } = await scriptedServer(() => reply);

    await errorOf(gremlinClient(client, clock)(WRITE));

    expect([slept, seen.length]).toEqual([[], 1]);
  });
});

test('the limit of time holds for all attempts and the pauses between them', async () => {
  const { client, seen } = await scriptedServer(() => neptuneFailure('ThrottlingException', 500, 'busy'));
  const clock = {
    now: Date.now,
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', reject, { once: true })),
  };

  expect(await errorOf(gremlinClient(client, clock)(READ, { timeoutMs: 1 }))).toMatchObject({
    outcome: 'deadline',
    message: 'The query did not answer within 1 ms.',
  });
  expect(seen).toHaveLength(1);
});

test('an interruption during a pause ends the query', async () => {
  const interruption = new AbortController();
  const { client } = await scriptedServer(() => neptuneFailure('ThrottlingException', 500, 'busy'));
  const clock = {
    now: Date.now,
    sleep: async (_: number, signal?: AbortSignal) => {
      interruption.abort();
      signal?.throwIfAborted();
    },
  };

  expect(await errorOf(gremlinClient(client, clock)(READ, { signal: interruption.signal }))).toMatchObject({
    outcome: 'interrupted',
  });
});

describe('failures', () => {
  test('a query that does not parse is the user’s, with its position', async () => {
    const message =
      'Failed to interpret Gremlin query: Query parsing failed at line 1, character position at 4, error message : no viable alternative';
    const { client, url } = await scriptedServer(() =>
      neptuneFailure('MalformedQueryException', 400, message),
    );

    expect(await errorOf(gremlinClient(client)(queryAsWritten('g.V(')))).toMatchObject({
      outcome: 'usage',
      message: `Cannot parse the query at ${url}: MalformedQueryException: ${message}.`,
      details: { query: 'g.V(', line: 1, position: 4, error: 'MalformedQueryException', status: 400 },
    });
  });

  test('an interruption ends the query', async () => {
    const { client } = await scriptedServer(() => results());

    expect(await errorOf(gremlinClient(client)(READ, { signal: AbortSignal.abort() }))).toMatchObject({
      outcome: 'interrupted',
    });
  });

  test('the limit of time, said by the engine', async () => {
    const { client } = await scriptedServer(() =>
      neptuneFailure('TimeLimitExceededException', 500, 'too long'),
    );

    expect(await errorOf(gremlinClient(client)(READ, { timeoutMs: 10 }))).toMatchObject({
      outcome: 'deadline',
    });
  });
});

describe('the sandbox', () => {
  let sandbox: Sandbox;
  let send: Gremlin;
  let close: () => void;
  beforeAll(async () => {
    sandbox = await startSandbox();
    const { url: endpoint, region, credentials } = sandbox;
    const client = neptuneClient({ endpoint, region, credentials });
    send = gremlinClient(client);
    close = () => client.destroy();
    await send(
      gremlin`g.addV('artifact').property(T.id,'a').property(single,'name',${literal("it's")}).property(single,'at',datetime('2024-01-01T00:00:00Z')).property(single,'n',5L).as('a').addV('context').property(T.id,'b').addE('AssociatedWith').from('a').property(T.id,'e').property('w',1.5d).iterate()`,
    );
  });
  afterAll(async () => {
    close();
    await sandbox.close();
  });

  test.each([
    ['g.V().count()', [2]],
    ["g.V('a').valueMap()", [{ name: ["it's"], at: [1_704_067_200_000], n: [5] }]],
    ["g.V('a').elementMap()", [{ id: 'a', label: 'artifact', name: "it's", at: 1_704_067_200_000, n: 5 }]],
    ["g.V('a').outE().inV().path().by(id)", [{ labels: [[], [], []], objects: ['a', 'e', 'b'] }]],
    ['g.V().groupCount().by(label)', [{ artifact: 1, context: 1 }]],
    ["g.V('nobody')", []],
    ["g.V('a').property(single,'m','x').values('m')", ['x']],
  ])('answers %s', async (query, expected) => {
    expect(await send(queryAsWritten(query))).toEqual(expected);
  });

  test('names what is wrong with a query', async () => {
    expect(await errorOf(send(queryAsWritten('g.V().foo()')))).toMatchObject({
      outcome: 'usage',
      details: { query: 'g.V().foo()', line: 1, position: expect.any(Number) },
    });
  });

  test('obeys the limit of time', async () => {
    expect(
      await errorOf(
        send(gremlin`g.inject(0).repeat(identity()).until(constant(1).is(2))`, { timeoutMs: 100 }),
      ),
    ).toMatchObject({ outcome: 'deadline' });
  });

  test.each([
    'g.V().order().by(id)',
    'g.E()',
    "g.V('a').properties()",
    "g.E('e').properties()",
    "g.V('a').elementMap()",
    "g.E('e').elementMap()",
    "g.V('a').valueMap(true)",
    "g.V('a').outE().inV().path()",
    "g.V().groupCount().by('name')",
    'g.V().group().by(label).by(id)',
    'g.V().label().fold()',
    'g.V().id().dedup().aggregate("x").cap("x")',
    "g.V('a').project('x','y').by('at').by(constant(1.5d))",
    "g.inject(1L,2.5d,true,'x',datetime('2024-01-01T00:00:00Z'))",
  ])('a typed reply to %s reads as the plain one', async (query) => {
    const [typed, plain] = await Promise.all(
      ['application/vnd.gremlin-v3.0+json', 'application/vnd.gremlin-v3.0+json;types=false'].map((accept) =>
        rawData(query, accept),
      ),
    );

    expect(typed).not.toEqual(plain);
    expect(plainValue(typed)).toEqual(plainValue(plain));
  });

  async function rawData(query: string, accept: string): Promise<unknown> {
    const authorization = `AWS4-HMAC-SHA256 Credential=x/20260101/${sandbox.region}/neptune-db/aws4_request, SignedHeaders=host, Signature=0`;
    const response = await fetch(`${sandbox.url}/gremlin`, {
      method: 'POST',
      headers: { accept, authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ gremlin: query }),
    });
    const body = (await response.json()) as { result: { data: unknown } };
    return body.result.data;
  }
});
