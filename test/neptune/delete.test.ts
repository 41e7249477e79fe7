import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gremlin, gremlin, integer, literal, literals } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { deleteEdges, deleteVertices, type KeptVertex } from '../../src/neptune/delete.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf, neptuneFailure, quickClock, type Reply, scriptedServer } from './scripted-server.ts';

const results = (...data: unknown[]): Reply => ({ json: { requestId: 'r', result: { data, meta: {} } } });

/** The ids of a query `g.E('a','b')…`. */
const idsIn = (query: string) => [...query.matchAll(/'([^']*)'(?=[,)])/g)].map(([, id = '']) => id);

/** A cluster of these edges, which fails the drops that it is told to fail. */
async function edgesServed(
  ids: readonly string[],
  failure: (drop: number, size: number) => Reply | undefined,
) {
  const edges = new Set(ids);
  const drops: number[] = [];
  const { client } = await scriptedServer(({ body }) => {
    const query = (body as { gremlin: string }).gremlin;
    const named = idsIn(query.replace(/^g\.with\(.*?\)\./, 'g.')).filter((id) => edges.has(id));
    if (!query.endsWith('.drop()')) return results(...named);
    drops.push(named.length);
    const failed = failure(drops.length, named.length);
    if (failed !== undefined) return failed;
    for (const id of named) edges.delete(id);
    return results();
  });
  const { clock, slept } = quickClock();
  return { send: gremlinClient(client, clock), options: { clock, random: () => 1 }, slept, drops, edges };
}

const IDS = Array.from({ length: 8 }, (_, at) => `e${at}`);

describe('a drop that fails', () => {
  /* Neptune user guide, "Graph engine error messages and codes" and "Exceptions and retries". */
  test.each<[string, number, readonly number[]]>([
    ['ConcurrentModificationException', 500, [8, 4, 4]],
    ['TimeLimitExceededException', 500, [8, 4, 4]],
    ['MemoryLimitExceededException', 500, [8, 4, 4]],
    ['QueryTooLargeException', 400, [8, 4, 4]],
    ['ConstraintViolationException', 400, [8, 8]],
    ['FailureByQueryException', 500, [8, 8]],
    ['QueryLimitExceededException', 400, [8, 8]],
    ['ThrottlingException', 500, [8, 8]],
    ['TooManyRequestsException', 429, [8, 8]],
    ['ServerShutdownException', 500, [8, 8]],
  ])('once with %s (%i) is sent again with %j ids', async (code, status, sizes) => {
    const { send, options, drops, slept } = await edgesServed(IDS, (drop) =>
      drop === 1 ? neptuneFailure(code, status, 'no') : undefined,
    );

    expect(await deleteEdges(send, IDS, options)).toEqual({ asked: 8, deleted: 8, absent: 0 });
    expect([drops, slept]).toEqual([sizes, [100]]);
  });

  test('since its reply was lost is sent again', async () => {
    const { send, options, drops } = await edgesServed(IDS, (drop) => (drop === 1 ? 'drop' : undefined));

    expect(await deleteEdges(send, IDS, options)).toEqual({ asked: 8, deleted: 8, absent: 0 });
    expect(drops).toEqual([8, 8]);
  });

  test.each([
    ['AccessDeniedException', 403, 'accessDenied'],
    ['BadRequestException', 400, 'unexpected'],
    ['CancelledByUserException', 500, 'unexpected'],
    ['InternalFailureException', 500, 'unexpected'],
    ['MalformedQueryException', 400, 'usage'],
    ['ReadOnlyViolationException', 400, 'unexpected'],
  ])('with %s (%i) is not sent again', async (code, status, outcome) => {
    const { send, options, drops } = await edgesServed(IDS, () => neptuneFailure(code, status, 'no'));

    expect(await errorOf(deleteEdges(send, IDS, options))).toMatchObject({
      outcome,
      details: { error: code },
    });
    expect(drops).toEqual([8]);
  });

  test('with more ids than two is halved down to where it succeeds, longer pauses before each', async () => {
    const { send, options, drops, slept, edges } = await edgesServed(IDS, (_, size) =>
      size > 2 ? neptuneFailure('MemoryLimitExceededException', 500, 'no') : undefined,
    );

    expect(await deleteEdges(send, IDS, options)).toEqual({ asked: 8, deleted: 8, absent: 0 });
    expect([drops, slept, edges.size]).toEqual([[8, 4, 2, 2, 4, 2, 2], [100, 200, 200], 0]);
  });

  test('for ever ends the deletion after ten tries, and what is gone was told', async () => {
    const told: string[] = [];
    const { send, options, drops, slept } = await edgesServed(IDS, (_, size) =>
      size === 1 ? neptuneFailure('ConcurrentModificationException', 500, 'no') : undefined,
    );
    const onDeleted = (ids: readonly string[]) => void told.push(...ids);

    const error = await errorOf(
      deleteEdges(send, IDS, { ...options, onDeleted, idsPerBatch: 7, batchesAtATime: 1 }),
    );

    expect(error).toMatchObject({
      outcome: 'unexpected',
      details: { error: 'ConcurrentModificationException' },
    });
    expect(told).toEqual(IDS.slice(0, 7));
    expect([drops.length, slept]).toEqual([11, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]]);
  });
});

test('the drop has a limit of time, and ids with quotes stay within their literals', async () => {
  const { client, seen } = await scriptedServer(({ body }) =>
    (body as { gremlin: string }).gremlin.includes('drop') ? results() : results("it's"),
  );

  await deleteEdges(gremlinClient(client), ["it's"]);

  expect(seen.map(({ body }) => body)).toEqual([
    { gremlin: "g.E('it\\'s').id()" },
    { gremlin: "g.with('evaluationTimeout',120000).E('it\\'s').drop()" },
  ]);
});

test('an interruption ends the deletion between two batches', async () => {
  const interruption = new AbortController();
  const told: string[] = [];
  const { send, options, edges } = await edgesServed(IDS, () => undefined);

  const error = await errorOf(
    deleteEdges(send, IDS, {
      ...{ ...options, signal: interruption.signal, idsPerBatch: 3, batchesAtATime: 1 },
      onDeleted: (ids) => {
        told.push(...ids);
        interruption.abort();
      },
    }),
  );

  expect(error).toMatchObject({ outcome: 'interrupted' });
  expect([told, [...edges]]).toEqual([IDS.slice(0, 3), IDS.slice(3)]);
});

describe('the real engine', () => {
  let sandbox: Sandbox;
  let send: Gremlin;
  let close: () => void;
  beforeAll(async () => {
    sandbox = await startSandbox();
    const { url: endpoint, region, credentials } = sandbox;
    const client = neptuneClient({ endpoint, region, credentials });
    send = gremlinClient(client);
    close = () => client.destroy();
  });
  afterAll(async () => {
    close();
    await sandbox.close();
  });
  beforeEach(async () => {
    await send(gremlin`g.V().drop()`);
  });

  /** A ring of so many vertices, each with an edge to the next. */
  async function ring(size: number): Promise<{ vertices: readonly string[]; edges: readonly string[] }> {
    const vertices = Array.from({ length: size }, (_, at) => `v${at}`);
    await send(
      gremlin`g.inject(${literals(vertices)}).as('id').addV('ring').property(T.id,select('id')).iterate()`,
    );
    const edges = vertices.map((_, at) => `e${at}`);
    for (let at = 0; at < size; at += 1) await edge(`e${at}`, `v${at}`, `v${(at + 1) % size}`);
    return { vertices, edges };
  }

  async function edge(id: string, from: string, to: string): Promise<void> {
    await send(
      gremlin`g.addE('next').property(T.id,${literal(id)}).from(__.V(${literal(from)})).to(__.V(${literal(to)})).iterate()`,
    );
  }

  const counts = async () => [
    ...(await send(gremlin`g.V().count()`)),
    ...(await send(gremlin`g.E().count()`)),
  ];

  async function* streamed(ids: readonly string[]): AsyncGenerator<string> {
    yield* ids;
  }

  test('loses exactly the edges and then the vertices that are named, in batches at once', async () => {
    const { vertices, edges } = await ring(60);
    const gone: string[] = [];
    const options = { idsPerBatch: 7, onDeleted: (ids: readonly string[]) => void gone.push(...ids) };

    const edgeTally = await deleteEdges(send, streamed([...edges.slice(0, 50), 'nobody']), options);
    const left = await counts();
    await deleteEdges(send, edges, options);
    const vertexTally = await deleteVertices(send, streamed([...vertices.slice(0, 55), 'nobody']), options);

    expect(edgeTally).toEqual({ asked: 51, deleted: 50, absent: 1 });
    expect(left).toEqual([60, 10]);
    expect(vertexTally).toEqual({
      ...{ asked: 56, deleted: 55, absent: 1 },
      ...{ kept: 0, keptEdges: 0, edgesDeleted: 0 },
    });
    expect(await counts()).toEqual([5, 0]);
    expect(gone.sort()).toEqual([...edges, ...vertices.slice(0, 55)].sort());
  });

  test('a second deletion of the same finds nothing, and is none', async () => {
    const { vertices, edges } = await ring(3);
    await deleteEdges(send, edges);
    await deleteVertices(send, vertices);

    expect(await deleteEdges(send, edges)).toEqual({ asked: 3, deleted: 0, absent: 3 });
    expect(await deleteVertices(send, vertices)).toMatchObject({ asked: 3, deleted: 0, absent: 3 });
  });

  test('a vertex that has an edge which nobody named is kept, and told', async () => {
    const { vertices, edges } = await ring(4);
    await deleteEdges(send, edges.slice(1));
    const kept: KeptVertex[] = [];

    const tally = await deleteVertices(send, vertices, { onKept: (vertex) => void kept.push(vertex) });

    expect(tally).toEqual({ asked: 4, deleted: 2, absent: 0, kept: 2, keptEdges: 2, edgesDeleted: 0 });
    expect(kept.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: 'v0', edges: 1 },
      { id: 'v1', edges: 1 },
    ]);
    expect(await counts()).toEqual([2, 1]);
  });

  test('a vertex goes with its edges where that is asked for, however many, and they are told', async () => {
    await ring(4);
    for (let at = 0; at < 20; at += 1) await edge(`more${at}`, 'v0', 'v2');
    const gone: string[] = [];

    const tally = await deleteVertices(send, ['v0'], {
      ...{ withEdges: 'drop', idsPerBatch: 5 },
      onEdgesDeleted: (ids) => void gone.push(...ids),
    });

    expect(tally).toEqual({ asked: 1, deleted: 1, absent: 0, kept: 0, keptEdges: 0, edgesDeleted: 22 });
    expect(gone.sort()).toEqual(['e0', 'e3', ...Array.from({ length: 20 }, (_, at) => `more${at}`)].sort());
    expect(await counts()).toEqual([3, 2]);
  });

  test('a vertex that gets an edge while it is being deleted is kept', async () => {
    await ring(2);
    await deleteEdges(send, ['e0', 'e1']);
    const racing: Gremlin = async (query, options) => {
      if (query.includes('drop()')) await edge('late', 'v0', 'v1');
      return send(query, options);
    };

    expect(await deleteVertices(racing, ['v0'])).toMatchObject({ deleted: 0, kept: 1, keptEdges: 1 });
    expect(await counts()).toEqual([2, 1]);
  });

  test('forty edges of one vertex, dropped sixteen at once, all go', async () => {
    const hub = ['hub', ...Array.from({ length: 40 }, (_, at) => `leaf${at}`)];
    await send(
      gremlin`g.inject(${literals(hub)}).as('id').addV('hub').property(T.id,select('id')).iterate()`,
    );
    const edges = hub.slice(1).map((leaf) => `e-${leaf}`);
    for (const [at, leaf] of hub.slice(1).entries()) await edge(edges[at] ?? '', 'hub', leaf);

    expect(await deleteEdges(send, edges, { idsPerBatch: 1, batchesAtATime: 16 })).toEqual({
      ...{ asked: 40, deleted: 40, absent: 0 },
    });
    expect(await counts()).toEqual([41, 0]);
    expect(await send(gremlin`g.V().limit(${integer(1)}).count()`)).toEqual([1]);
  });
});
