import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { queryAsWritten } from '../../src/graph/gremlin.ts';
import type { Scope } from '../../src/graph/scope.ts';
import { neptuneGraph } from '../../src/lineage/neptune-graph.ts';
import { downstream } from '../../src/lineage/questions.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { stateStore } from '../../src/runs/state.ts';
import { assertSynced, syncLineage } from '../../src/runs/sync.ts';
import type { SyncOptions } from '../../src/runs/sync-job.ts';
import type { SyncReport } from '../../src/runs/sync-report.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { neptuneService } from '../../src/sandbox/neptune/service.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { type Buckets, createBucket, objectStore } from '../../src/sandbox/s3/buckets.ts';
import { s3Service } from '../../src/sandbox/s3/service.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';
import { temporaryDirectory } from './run-tree.ts';
import { pairsOf, recordsOf } from './scope-records.ts';
import { CALLER, roleScope, type ScopesSandbox, startScopesSandbox, type Trouble } from './scopes-sandbox.ts';
import { dumped, expectedOf } from './sync-dump.ts';

const [A, B, C] = ['111111111111', '222222222222', '333333333333'] as const;
const [EAST, WEST] = ['us-east-1', 'eu-west-1'] as const;
const HOME = 'us-east-1';
const folder = { bucket: 'lineage', key: 'nightly/' };
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };

let engine: GremlinEngine;
let sandbox: ScopesSandbox;
let s3: S3Client;
let neptune: ReturnType<typeof neptuneClient>;
let out: string;
const buckets: Buckets = new Map();

beforeAll(async () => {
  engine = await startedEngine();
  const graph = neptuneService({ store: objectStore(buckets), engine, region: HOME, clock: Date.now });
  const services = { s3: s3Service({ buckets, account: CALLER, clock: Date.now }), 'neptune-db': graph };
  sandbox = await startScopesSandbox({ services });
  s3 = new S3Client({ endpoint: sandbox.url, region: HOME, credentials, forcePathStyle: true });
  neptune = neptuneClient({ endpoint: sandbox.url, region: HOME, credentials });
});

afterAll(async () => {
  s3.destroy();
  neptune.destroy();
  await sandbox.close();
  await engine.close();
});

beforeEach(async () => {
  buckets.set('lineage', createBucket('lineage', HOME, Date.now()));
  await engine.run('g.V().drop().iterate()', '');
  sandbox.play(() => undefined);
  out = await temporaryDirectory();
});

const graph = { send: (query: string) => gremlinClient(neptune)(queryAsWritten(query)) };

function sync(scopes: readonly Scope[], options: Partial<SyncOptions> = {}): Promise<SyncReport> {
  return syncLineage({
    ...{ scopes: { scopes, connect: sandbox.connect }, s3, neptune, region: HOME, out, graph: 'cluster' },
    roleArn: `arn:aws:iam::${CALLER}:role/NeptuneLoadFromS3`,
    to: 's3://lineage/nightly',
    ...options,
  });
}

type Held = { readonly account: string; readonly region: string; readonly records: readonly AccountRecord[] };

function hold(counts: Readonly<Record<string, number>>): void {
  const held = Object.entries(counts).map(([scope, count]): Held => {
    const [account = '', region = ''] = scope.split(' ');
    return { account, region, records: pairsOf({ account, region }, count) };
  });
  sandbox.hold(held);
}

/** Vertices in the graph, by account and Region. */
async function verticesByScope(): Promise<Record<string, number>> {
  const ids = (await graph.send('g.V().id()')) as string[];
  const counts: Record<string, number> = {};
  for (const id of ids) {
    const [, , , region, account] = id.split(':');
    counts[`${account} ${region}`] = (counts[`${account} ${region}`] ?? 0) + 1;
  }
  return counts;
}

const throttled = { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' };
const SIX = [A, B, C].flatMap((account) => [EAST, WEST].map((region) => roleScope(account, region)));

/** One role denied, one Region unsupported, one scope throttled for good. */
const three: Trouble = ({ operation, account, region, body }) => {
  if (operation === 'AssumeRole' && body.includes(C))
    return { status: 403, code: 'AccessDenied', message: 'not authorized to perform: sts:AssumeRole' };
  if (operation.startsWith('List') && account === B && region === WEST)
    return { status: 400, code: 'UnknownOperationException', message: 'no' };
  return operation === 'ListActions' && account === B && region === EAST ? throttled : undefined;
};

describe('a sync of three accounts in two Regions each', () => {
  test('loads those that are complete, says of each what became of it, and removes nothing of those that failed', async () => {
    hold({
      [`${A} ${EAST}`]: 3,
      [`${A} ${WEST}`]: 3,
      [`${B} ${EAST}`]: 3,
      [`${B} ${WEST}`]: 0,
      [`${C} ${EAST}`]: 3,
      [`${C} ${WEST}`]: 3,
    });
    const first = await sync(SIX, { removal: 'delete' });
    // Everything is fewer by one pair, and A has a new one; of three scopes nobody can say so.
    hold({
      [`${A} ${EAST}`]: 2,
      [`${A} ${WEST}`]: 4,
      [`${B} ${EAST}`]: 2,
      [`${B} ${WEST}`]: 0,
      [`${C} ${EAST}`]: 2,
      [`${C} ${WEST}`]: 2,
    });
    sandbox.play(three);
    const second = await sync(SIX, { removal: 'delete' });
    const afterTrouble = await verticesByScope();
    sandbox.play(() => undefined);
    const third = await sync(SIX, { removal: 'delete' });

    expect(first).toMatchObject({ outcome: 'synced', exitCode: 0, residue: 0 });
    expect(second).toMatchObject({
      outcome: 'partial',
      exitCode: 4,
      refusals: [],
      removed: { artifact: 1, action: 1, edge: 1 },
      // Three scopes with six vertices and three edges each.
      ...{ residue: 27, lost: 0 },
      scopes: [
        { account: A, region: EAST, verdict: 'complete' },
        { account: A, region: WEST, verdict: 'complete' },
        { account: B, region: EAST, verdict: 'failed', reason: expect.stringContaining('still throttled') },
        { account: B, region: WEST, verdict: 'unsupported' },
        { account: C, region: EAST, verdict: 'denied', reason: expect.stringContaining('cannot be assumed') },
        { account: C, region: WEST, verdict: 'denied' },
      ],
    });
    expect(() => assertSynced(second)).toThrow(
      expect.objectContaining({ exitCode: 4, message: expect.stringContaining('holds 3 of 6 scopes') }),
    );
    expect(afterTrouble).toEqual({
      [`${A} ${EAST}`]: 4,
      [`${A} ${WEST}`]: 8,
      [`${B} ${EAST}`]: 6,
      [`${C} ${EAST}`]: 6,
      [`${C} ${WEST}`]: 6,
    });
    expect(third).toMatchObject({
      outcome: 'synced',
      exitCode: 0,
      residue: 0,
      loaded: null,
      removed: { artifact: 3 },
    });
    expect(await dumped(graph)).toEqual(await expectedOf(third.directory ?? ''));
  }, 120_000);

  test('publishes nothing and loads nothing where all fail', async () => {
    hold({ [`${A} ${EAST}`]: 3 });
    sandbox.play(({ operation }) => (operation === 'ListActions' ? throttled : undefined));

    const error = await sync(SIX.slice(0, 2)).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ outcome: 'partialExport', exitCode: 4 });
    expect(await graph.send('g.V().count()')).toEqual([0]);
  });
});

describe('what a scope held', () => {
  const two = [roleScope(A, EAST), roleScope(B, EAST)];

  test('is loaded again when the scope is back, where somebody removed it meanwhile, and its loss is told', async () => {
    hold({ [`${A} ${EAST}`]: 2, [`${B} ${EAST}`]: 2 });
    await sync(two);
    await graph.send(`g.V('${recordsOf({ account: B, region: EAST }).actionArn('step-0')}').drop()`);
    sandbox.play(({ operation, account }) =>
      operation === 'ListActions' && account === B ? throttled : undefined,
    );
    const partial = await sync(two, { removal: 'delete' });
    sandbox.play(() => undefined);
    const whole = await sync(two, { removal: 'delete' });

    // The action, and the edge that went with it.
    expect(partial).toMatchObject({ outcome: 'partial', lost: 2, residue: 4, removed: {} });
    expect(whole).toMatchObject({ outcome: 'synced', residue: 0 });
    expect(await dumped(graph)).toEqual(await expectedOf(whole.directory ?? ''));
  }, 60_000);

  test('stays where a kind of one scope comes back empty, though other scopes have that kind', async () => {
    hold({ [`${A} ${EAST}`]: 2, [`${B} ${EAST}`]: 2 });
    await sync(two);
    hold({ [`${A} ${EAST}`]: 2, [`${B} ${EAST}`]: 0 });
    const refused = await sync(two, { removal: 'delete' });
    const again = await sync(two, { removal: 'delete' });
    const allowed = await sync(two, { removal: 'delete', allowEmpty: ['artifact', 'action', 'edge'] });

    for (const report of [refused, again]) {
      expect(report).toMatchObject({
        ...{ outcome: 'refused', exitCode: 6, removed: {}, residue: 6 },
        refusals: [
          {
            guard: 'empty-kind',
            message: `account ${B} in ${EAST} had some of artifact, action, association before, and has none now`,
          },
        ],
      });
    }
    expect(allowed).toMatchObject({
      outcome: 'synced',
      removed: { artifact: 2, action: 2, edge: 2 },
      residue: 0,
    });
    expect(await verticesByScope()).toEqual({ [`${A} ${EAST}`]: 4 });
  }, 60_000);

  test('stays where the scope was left out of the run', async () => {
    hold({ [`${A} ${EAST}`]: 2, [`${B} ${EAST}`]: 2 });
    await sync(two);
    const without = await sync(two.slice(0, 1), { removal: 'delete' });

    expect(without).toMatchObject({ outcome: 'synced', refusals: [], removed: {}, residue: 6 });
    expect(await verticesByScope()).toEqual({ [`${A} ${EAST}`]: 4, [`${B} ${EAST}`]: 4 });
    const held = await stateStore({ s3, folder }).read();
    expect(held?.state.scopes).toMatchObject([
      { account: A, region: EAST, rows: { artifact: 2 } },
      { account: B, region: EAST, rows: { artifact: 2 } },
    ]);
  }, 60_000);

  test('is of no concern to a run of other accounts', async () => {
    hold({ [`${A} ${EAST}`]: 2, [`${B} ${EAST}`]: 2, [`${C} ${EAST}`]: 1 });
    await sync(two);

    const error = await sync([roleScope(C, EAST)]).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining(`is the state of account ${A}, ${B}, not of account ${C}`),
    });
  }, 60_000);
});

describe('lineage across accounts', () => {
  const [a, b, c] = [A, B, C].map((account) => recordsOf({ account, region: EAST })) as [
    ReturnType<typeof recordsOf>,
    ReturnType<typeof recordsOf>,
    ReturnType<typeof recordsOf>,
  ];
  const dataset = a.artifactArn('s3://lake/data');
  const model = b.artifactArn('s3://models/1');
  const endpoint = c.contextArn('serving');
  const across: readonly Held[] = [
    { account: A, region: EAST, records: [a.artifact('s3://lake/data', 'DataSet', 0)] },
    {
      ...{ account: B, region: EAST },
      records: [
        b.artifact('s3://models/1', 'Model', 1),
        b.association(dataset, model, 2),
        b.association(model, endpoint, 4),
      ],
    },
    { account: C, region: EAST, records: [c.context('serving', 3), c.association(model, endpoint, 4)] },
  ];
  const reached = async () => {
    const answer = await downstream({
      graph: neptuneGraph(gremlinClient(neptune), 'cluster'),
      start: dataset,
    });
    return answer.vertices.map(({ id, label }) => [id, label]).filter(([id]) => id !== dataset);
  };

  test('leads from a dataset in A over a model in B to an endpoint in C, also where C is exported later', async () => {
    sandbox.hold(across);
    const without = await sync([roleScope(A, EAST), roleScope(B, EAST)], { removal: 'delete' });
    const before = await reached();
    const withC = await sync([roleScope(A, EAST), roleScope(B, EAST), roleScope(C, EAST)], {
      removal: 'delete',
    });
    const after = await reached();

    expect(without.outcome).toBe('synced');
    expect(before.sort()).toEqual(
      [
        [endpoint, 'external'],
        [model, 'artifact'],
      ].sort(),
    );
    expect(withC).toMatchObject({ outcome: 'synced', changes: { context: { updated: 1, relabelled: 1 } } });
    expect(after.sort()).toEqual(
      [
        [endpoint, 'context'],
        [model, 'artifact'],
      ].sort(),
    );
    // One label, one vertex, one edge to it, though both accounts list that.
    expect(await graph.send(`g.V('${endpoint}').label()`)).toEqual(['context']);
    expect(await graph.send(`g.V('${endpoint}').inE().count()`)).toEqual([1]);
    expect(await dumped(graph)).toEqual(await expectedOf(withC.directory ?? ''));
  }, 60_000);

  test('keeps a vertex what it is while its account fails, and both accounts’ edge', async () => {
    sandbox.hold(across);
    const scopes = [roleScope(A, EAST), roleScope(B, EAST), roleScope(C, EAST)];
    await sync(scopes, { removal: 'delete' });
    sandbox.play(({ operation, account }) =>
      operation === 'ListContexts' && account === C ? throttled : undefined,
    );
    const partial = await sync(scopes, { removal: 'delete' });
    const meanwhile = await reached();
    sandbox.play(() => undefined);
    const whole = await sync(scopes, { removal: 'delete' });

    expect(partial).toMatchObject({ outcome: 'partial', replaced: 0, removed: {} });
    expect(meanwhile.sort()).toEqual(
      [
        [endpoint, 'context'],
        [model, 'artifact'],
      ].sort(),
    );
    expect(whole).toMatchObject({ outcome: 'synced', residue: 0, replaced: 0 });
    expect(await dumped(graph)).toEqual(await expectedOf(whole.directory ?? ''));
  }, 60_000);
});

describe('two deployments in one cluster', () => {
  const [mine, theirs] = [recordsOf({ account: A, region: EAST }), recordsOf({ account: B, region: EAST })];
  const shared = theirs.artifactArn('s3://shared');
  const SHARED = theirs.artifact('s3://shared', 'DataSet', 1);
  const made = [theirs.action('make', 1), SHARED, theirs.association(theirs.actionArn('make'), shared, 1)];
  const used = [mine.action('use', 1), mine.association(shared, mine.actionArn('use'), 1)];
  const besides = pairsOf({ account: A, region: EAST }, 30);
  const one = (options: Partial<SyncOptions> = {}) =>
    sync([roleScope(A, EAST)], { to: 's3://lineage/one', out: join(out, 'one'), ...options });
  const two = (options: Partial<SyncOptions> = {}) =>
    sync([roleScope(B, EAST)], { to: 's3://lineage/two', out: join(out, 'two'), ...options });
  const holds = (ofA: readonly AccountRecord[], ofB: readonly AccountRecord[]) =>
    sandbox.hold([
      { account: A, region: EAST, records: ofA },
      { account: B, region: EAST, records: ofB },
    ]);
  test.each([
    ['the one that lists it', () => two(), () => one()],
    ['the one that knows but its ARN', () => one(), () => two()],
  ])(
    'hold an entity of both as it was listed, first by %s',
    async (_, first, second) => {
      holds(used, made);
      await first();
      await second();
      const { vertices, edges } = await dumped(graph);

      expect(vertices[shared]).toMatchObject({ label: 'artifact', values: { name: ['s3://shared'] } });
      expect(Object.keys(vertices)).toHaveLength(3);
      expect(Object.keys(edges)).toHaveLength(2);
      expect(await one({ full: true })).toMatchObject({ outcome: 'synced', replaced: 0, residue: 0 });
      expect(await two({ full: true })).toMatchObject({ outcome: 'synced', replaced: 0, residue: 0 });
      expect(await dumped(graph)).toEqual({ vertices, edges });
    },
    60_000,
  );

  test.each(['delete', 'tombstone'] as const)(
    'leave each other what they list, where nothing of theirs leads there any more: %s',
    async (removal) => {
      holds([...besides, ...used], [SHARED]);
      await two();
      await one();
      holds(besides, [SHARED]);
      const removed = await one({ removal });
      const { vertices } = await dumped(graph);

      expect(removed).toMatchObject({ outcome: 'synced', residue: removal === 'delete' ? 0 : 2 });
      expect(vertices[shared]).toEqual({
        id: shared,
        label: 'artifact',
        values: expect.not.objectContaining({ deletedAt: expect.anything() }),
      });
      expect(await two({ full: true })).toMatchObject({ outcome: 'synced', loaded: null, residue: 0 });
    },
    60_000,
  );
});
