import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { breakLease, readLease, takeLease } from '../../src/runs/lease.ts';
import { planRun } from '../../src/runs/plan.ts';
import { readPlanned } from '../../src/runs/planned.ts';
import { restoreAudit } from '../../src/runs/restore.ts';
import { firstState, stateStore } from '../../src/runs/state.ts';
import { assertSynced } from '../../src/runs/sync.ts';
import type { SyncOptions } from '../../src/runs/sync-job.ts';
import { uploadSnapshot } from '../../src/runs/upload-snapshot.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import {
  artifactArn,
  artifactRecord,
  associationRecord,
  componentArn,
  componentRecord,
} from './plain-account.ts';
import { filesBelow, readJson } from './run-tree.ts';
import { records } from './sandbox-export.ts';
import { dumped, expectedOf } from './sync-dump.ts';
import { account, region, type SyncSandbox, startSyncSandbox } from './sync-sandbox.ts';

let sandbox: SyncSandbox;
let s3: SyncSandbox['s3'];
let neptune: SyncSandbox['neptune'];

beforeAll(async () => {
  sandbox = await startSyncSandbox();
  ({ s3, neptune } = sandbox);
});

afterAll(() => sandbox.close());

beforeEach(() => sandbox.clear());

const folder = { bucket: 'lineage', key: 'nightly/' };
const T = Date.UTC(2026, 0, 1);

/** So many artifacts, each read by a job of its own. */
function pairs(numbers: readonly number[]): AccountRecord[] {
  return numbers.flatMap((n) => [
    artifactRecord(n, T + n),
    componentRecord(n, T + n),
    associationRecord(n, T + n),
  ]);
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

async function graphIsAccount(directory: string | null): Promise<void> {
  expect(await dumped(sandbox)).toEqual(await expectedOf(directory ?? ''));
}

describe('a sync', () => {
  test('loads everything at first, then what changed, then nothing', async () => {
    sandbox.hold(pairs([1, 2]));
    const first = await sandbox.sync();
    await graphIsAccount(first.directory);
    sandbox.hold(pairs([1, 2, 3]));
    const second = await sandbox.sync();
    await graphIsAccount(second.directory);
    const third = await sandbox.sync();

    expect(first).toMatchObject({
      outcome: 'synced',
      full: true,
      loaded: { rows: { artifact: 2, trial_component: 2, edge: 2 } },
      verified: { rows: 6, ids: 6 },
    });
    expect(second).toMatchObject({
      outcome: 'synced',
      full: false,
      loaded: { rows: { artifact: 1, trial_component: 1, edge: 1 } },
      changes: { artifact: { before: 2, after: 3, added: 1, updated: 0, removed: 0 } },
      verified: { rows: 3, ids: 9 },
    });
    expect(third).toMatchObject({ outcome: 'unchanged', loaded: null, run: expect.any(String) });
  });

  test('of an unchanged account of 5,000 entities starts no load job, and makes 20 calls beside those of the export', async () => {
    sandbox.hold(records(5_000, 3));
    const { directory, run } = await sandbox.sync({ dryRun: true });
    const calls = sandbox.log.calls('sagemaker');
    await uploadSnapshot(directory ?? '', { bucket: 'lineage', key: `nightly/runs/${run}/` }, { s3 });
    const from = firstState({ scope: { account, region }, graph: 'cluster' });
    const verifiedAt = '2026-01-01T00:00:00Z';
    const held = await stateStore({ s3, folder }).move(from, { ...from.state, run, verifiedAt });
    sandbox.log.clear();

    const report = await sandbox.sync({ removal: 'delete' });

    expect(report).toMatchObject({ outcome: 'unchanged', loaded: null });
    expect(sandbox.log.calls('neptune-db')).toBe(0);
    // Two crawls differ by a page or two, as their shards are divided.
    expect(sandbox.log.calls('sagemaker') + sandbox.log.calls('s3')).toBeLessThanOrEqual(calls + 20);
    const moved = await stateStore({ s3, folder }).read();
    expect(moved?.state).toEqual({ ...held.state, revision: 2, verifiedAt: expect.any(String) });
    expect(Date.parse(moved?.state.verifiedAt ?? '')).toBeGreaterThan(Date.parse(verifiedAt));
  });

  test('takes away what a load cannot: a property that is empty now, and labels of a former kind', async () => {
    const orphan = associationRecord(7, T + 7);
    sandbox.hold([...pairs([1]), artifactRecord(2, T), componentRecord(7, T), orphan]);
    await sandbox.sync();
    const { ArtifactName: _, ...unnamed } = artifactRecord(2, T) as Extract<
      AccountRecord,
      { kind: 'artifact' }
    >;
    // Artifact 7, so far an end that nobody described, is listed now; job 1 is gone, and its association is not.
    sandbox.hold([
      artifactRecord(1, T + 1),
      associationRecord(1, T + 1),
      unnamed,
      artifactRecord(7, T),
      componentRecord(7, T),
      orphan,
    ]);
    await sandbox.send(`g.addV('Person').property(T.id,'me').property('name','x').iterate()
      g.V('me').addE('watches').to(__.V('${artifactArn(7)}')).property(T.id,'watch').property('since',datetime('2026-01-01T00:00:00Z')).iterate()
      g.V('${componentArn(1)}').property(single,'note','mine').iterate()`);

    const report = await sandbox.sync();

    const { vertices, edges } = await dumped(sandbox);
    const expected = await expectedOf(report.directory ?? '');
    expect(report).toMatchObject({ outcome: 'synced', replaced: 2, corrected: 1 });
    const { me, [componentArn(1)]: annotated, ...ours } = vertices;
    const { watch, ...ourEdges } = edges;
    const { [componentArn(1)]: plain, ...others } = expected.vertices;
    expect(ours).toEqual(others);
    expect(ourEdges).toEqual(expected.edges);
    expect(watch).toMatchObject({ from: 'me', to: artifactArn(7), values: { since: Date.UTC(2026, 0, 1) } });
    expect(annotated).toEqual({
      ...(plain as object),
      values: { ...(plain as { values: object }).values, note: ['mine'] },
    });
  });

  test('--full mends what somebody else changed or removed', async () => {
    sandbox.hold(pairs([1, 2, 3]));
    await sandbox.sync();
    await sandbox.send(`g.V('${artifactArn(1)}').property(single,'type','Forged').iterate()
      g.V('${artifactArn(2)}').drop().iterate()`);
    expect(await sandbox.sync()).toMatchObject({ outcome: 'unchanged' });

    const report = await sandbox.sync({ full: true });

    expect(report).toMatchObject({ outcome: 'synced', loaded: { rows: { artifact: 2, edge: 1 } } });
    await graphIsAccount(report.directory);
  });

  test('finds, by counting ids, that somebody removed an element, and mends it the next time', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    await sandbox.send(`g.V('${artifactArn(2)}').drop().iterate()`);
    sandbox.hold(pairs([1, 2, 3]));

    expect(await errorOf(sandbox.sync())).toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringContaining('2 elements of run'),
      details: { missing: expect.arrayContaining([artifactArn(2)]) },
    });
    const report = await sandbox.sync();

    expect(report).toMatchObject({ outcome: 'synced', full: true });
    await graphIsAccount(report.directory);
  });
});

describe('removal', () => {
  test('is off unless asked for; what is gone stays, is known, and goes when asked for', async () => {
    sandbox.hold(pairs([1, 2, 3]));
    await sandbox.sync();
    sandbox.hold(pairs([1, 2]));

    const kept = await sandbox.sync();
    const counted = await sandbox.send('g.V().count()');
    const removed = await sandbox.sync({ removal: 'delete' });

    expect(kept).toMatchObject({ outcome: 'synced', loaded: null, removed: {}, residue: 3 });
    expect(counted).toEqual([6]);
    expect(removed).toMatchObject({
      outcome: 'synced',
      loaded: null,
      removed: { artifact: 1, trial_component: 1, edge: 1 },
      residue: 0,
    });
    await graphIsAccount(removed.directory);
  });

  test.each([
    ['above the threshold', 240, numbered(10), {}, 'max-delete', { force: true }],
    [
      'above a threshold of one’s own',
      20,
      numbered(10),
      { maxDelete: { elements: 5 } },
      'max-delete',
      { force: true },
    ],
    [
      'of a kind that came back empty',
      6,
      [],
      {},
      'empty-kind',
      { allowEmpty: ['artifact', 'trial_component', 'edge'] as const },
    ],
  ] as const)(
    '%s is refused, exit code 6, until it is meant',
    async (_, before, after, options, guard, meant) => {
      sandbox.hold(pairs(numbered(before)));
      await sandbox.sync();
      sandbox.hold(pairs(after));
      const vertices = await sandbox.send('g.V().count()');

      const refused = await sandbox.sync({ removal: 'delete', ...options });

      expect(refused).toMatchObject({ outcome: 'refused', exitCode: 6, removed: {} });
      expect(refused.refusals.map((refusal) => refusal.guard)).toContain(guard);
      expect(() => assertSynced(refused)).toThrow(/^Nothing is removed: /);
      expect(await sandbox.send('g.V().count()')).toEqual(vertices);
      expect(await sandbox.sync({ removal: 'delete', ...options })).toMatchObject({ outcome: 'refused' });
      const done = await sandbox.sync({ removal: 'delete', ...options, ...meant });
      expect(done).toMatchObject({ outcome: 'synced', residue: 0 });
      await graphIsAccount(done.directory);
    },
  );

  test('after a run of a subset is refused', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();

    const report = await sandbox.sync({
      removal: 'delete',
      force: true,
      crawl: { subset: { kinds: ['artifact'] } },
    });

    expect(report.refusals.map(({ guard }) => guard)).toContain('subset');
    expect(await sandbox.send('g.V().count()')).toEqual([4]);
  });

  test('after a crawl that was denied a page does not come to pass: nothing is loaded or removed', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    sandbox.hold(pairs([1]));
    sandbox.play([{ service: 'sagemaker', operation: 'ListArtifacts', fault: 'denied' }]);
    sandbox.log.clear();

    const error = await errorOf(sandbox.sync({ removal: 'delete', force: true }));

    expect(error).toMatchObject({ outcome: 'accessDenied' });
    expect(sandbox.log.calls('neptune-db')).toBe(0);
  });

  test.each([
    ['loaded', `g.V('${artifactArn(3)}').property(single,'name','forged').iterate()`, 'loadFailed'],
    ['held before', `g.V('${artifactArn(1)}').drop().iterate()`, 'validationFailed'],
  ])('does not come to pass, nor does the state move, where the graph lacks what was %s', async (...row) => {
    const [, harm, outcome] = row;
    sandbox.hold(pairs([1, 2]));
    const { run } = await sandbox.sync();
    sandbox.hold(pairs([1, 3]));
    let step = '';
    const harmed = stallingClient(/./, async () => {
      if (step === 'verify') await sandbox.send(harm);
      step = '';
    });
    const onProgress = (event: { readonly step: string }) => {
      step = event.step;
    };

    const options = { removal: 'delete', force: true, neptune: harmed, onProgress } as const;
    const error = await errorOf(sandbox.sync(options));

    harmed.destroy();
    expect(error).toMatchObject({ outcome });
    expect(await sandbox.send(`g.V('${artifactArn(2)}','${componentArn(2)}').count()`)).toEqual([2]);
    expect((await stateStore({ s3, folder }).read())?.state.run).toBe(run);
    const next = await sandbox.sync({ removal: 'delete', force: true });
    await graphIsAccount(next.directory);
  });

  test('keeps a vertex that others hold on to, and says so', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    await sandbox.send(`g.addV('Person').property(T.id,'me').iterate()
      g.V('me').addE('watches').to(__.V('${artifactArn(2)}')).property(T.id,'watch').iterate()`);
    sandbox.hold(pairs([1]));

    const report = await sandbox.sync({ removal: 'delete', force: true });

    expect(report).toMatchObject({
      outcome: 'synced',
      kept: [{ id: artifactArn(2), edges: 1 }],
      removed: { artifact: 0, trial_component: 1, edge: 1 },
      residue: 1,
    });
    expect(await sandbox.send("g.E('watch').count()")).toEqual([1]);
  });

  test('can be a mark, which a comeback takes away', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    sandbox.hold(pairs([1]));

    const marked = await sandbox.sync({ removal: 'tombstone' });
    const times = await sandbox.send("g.V().has('deletedAt').count()");
    const again = await sandbox.sync({ removal: 'tombstone' });
    sandbox.hold(pairs([1, 2]));
    const back = await sandbox.sync();

    expect(marked).toMatchObject({ tombstoned: { artifact: 1, trial_component: 1, edge: 1 }, residue: 3 });
    expect(times).toEqual([2]);
    expect(again).toMatchObject({ outcome: 'unchanged', residue: 3 });
    expect(back).toMatchObject({ outcome: 'synced', corrected: 3, residue: 0 });
    await graphIsAccount(back.directory);
  });

  test('can be taken back: the graph is what it was, letter by letter and type by type', async () => {
    sandbox.hold([...pairs([1, 2, 3]), associationRecord(9, T + 9, artifactArn(2))]);
    await sandbox.sync();
    await sandbox.send(
      `g.V('${artifactArn(2)}').property(set,'tag','a').property(set,'tag','b').property(single,'weight',1.5d).property(single,'big',4294967296L).property(single,'ok',true).property(single,'text',"it's\\n😀").iterate()`,
    );
    const before = await typedDump();
    sandbox.hold(pairs([1]));
    const { audit } = await sandbox.sync({ removal: 'delete', force: true });
    expect(await typedDump()).not.toEqual(before);
    const options = { s3, neptune, to: 's3://lineage/nightly', audit: audit ?? '' };

    const report = await restoreAudit(options);
    const again = await restoreAudit(options);

    expect(report).toMatchObject({ vertices: 5, edges: 3, present: 0, loose: [] });
    expect(again).toMatchObject({ vertices: 0, edges: 0, present: 8 });
    expect(await typedDump()).toEqual(before);
    // The state knows that they are ours, so that they can go again.
    const gone = await sandbox.sync({ removal: 'delete', force: true });
    expect(gone).toMatchObject({ outcome: 'synced', residue: 0 });
    await graphIsAccount(gone.directory);
  });
});

/** With types. */
async function typedDump(): Promise<unknown> {
  const { body } = await sandbox.engine.send(
    "g.V().order().by(id).project('id','label','values').by(id).by(label).by(valueMap().order(local).by(keys))",
  );
  const edges = await sandbox.engine.send('g.E().order().by(id).elementMap()');
  return [body, edges.body].map((text) => JSON.parse(text).result);
}

describe('two syncs at once', () => {
  test('one works, the other ends at once and names the holder', async () => {
    sandbox.hold(pairs([1]));
    const lease = await takeLease({ s3, folder });

    const error = await errorOf(sandbox.sync());

    expect(error).toMatchObject({
      outcome: 'locked',
      message: expect.stringMatching(
        `^Another sync is at work: ${lease.holder} \\(process ${process.pid} on .+\\) since .+ until .+\\.$`,
      ),
      hint: expect.stringContaining(
        `or at once by \`smlineage unlock --to s3://lineage/nightly --confirm ${lease.holder}\`.`,
      ),
      details: { holder: lease.holder },
    });
    expect(sandbox.log.calls('sagemaker')).toBe(0);
    await lease.release();
    expect(await sandbox.sync()).toMatchObject({ outcome: 'synced' });
  });

  test('a holder that was killed keeps others out until its lease ends, or is taken by its name', async () => {
    sandbox.hold(pairs([1]));
    await errorOf(sandbox.sync({}, { at: 12, when: 'before' }));

    const early = (await errorOf(sandbox.sync())) as { details: { holder: string } };
    expect(early).toMatchObject({ outcome: 'locked' });
    expect(await errorOf(breakLease({ s3, folder }, 'somebody'))).toMatchObject({ outcome: 'usage' });
    expect(await breakLease({ s3, folder }, early.details.holder)).toMatchObject({
      holder: early.details.holder,
    });
    await errorOf(sandbox.sync({}, { at: 12, when: 'before' }));
    sandbox.pass(121_000);

    expect(await sandbox.sync()).toMatchObject({ outcome: 'synced' });
  });

  test('a holder that stalls past its lease can neither remove anything nor move the state', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    sandbox.hold(pairs([1]));

    // It stalls when it is about to look for what is gone; another comes, works, and ends meanwhile.
    const stalled = sandbox.sync({
      removal: 'delete',
      force: true,
      onProgress: ({ step }) => {
        if (step === 'remove') sandbox.pass(121_000);
      },
    });
    expect(await errorOf(stalled)).toMatchObject({ outcome: 'locked' });
    expect(await sandbox.send('g.V().count()')).toEqual([4]);

    expect(await sandbox.sync({ removal: 'delete', force: true })).toMatchObject({
      outcome: 'synced',
      residue: 0,
    });
    expect(await sandbox.send('g.V().count()')).toEqual([2]);
  });

  test.each([
    ['a batch of removals', pairs([1]), /\.drop\(\)/],
    ['a job of the loader', pairs([1, 2, 3]), /^s3:/],
  ])(
    'a holder that stalls between the last look at its lease and the request sends no %s',
    async (...row) => {
      const [, records, write] = row;
      sandbox.hold(pairs([1, 2]));
      await sandbox.sync();
      sandbox.hold(records);
      const asked = sandbox.queries.length;
      const loads = sandbox.log.calls('neptune-db', 'StartLoaderJob');
      let stalls = 0;
      const stalling = stallingClient(write, async () => {
        stalls += 1;
        sandbox.pass(121_000);
      });

      const error = await errorOf(sandbox.sync({ removal: 'delete', force: true, neptune: stalling }));

      stalling.destroy();
      expect(stalls).toBe(1);
      expect(error).toMatchObject({ outcome: 'locked', message: expect.stringContaining('ran out at') });
      expect(sandbox.queries.slice(asked).filter((query) => /\.drop\(\)/.test(query))).toEqual([]);
      expect(sandbox.log.calls('neptune-db', 'StartLoaderJob')).toBe(loads);
      expect(await sandbox.sync({ removal: 'delete', force: true })).toMatchObject({ outcome: 'synced' });
    },
  );

  const { ArtifactName: _, ...unnamed } = artifactRecord(1, T) as Extract<
    AccountRecord,
    { kind: 'artifact' }
  >;

  test.each<[string, string, RegExp, readonly AccountRecord[]]>([
    ['a load', 'load', /\/delta\//, [artifactRecord(1, T), ...pairs([3, 4, 5])]],
    ['a correction', 'verify', /^g\./, [unnamed, ...pairs([3, 4])]],
    ['a removal', 'remove', /\/audit\//, [artifactRecord(1, T), ...pairs([3])]],
  ])('a holder whose lease was taken away meanwhile does not come to %s', async (...row) => {
    const [, step, request, after] = row;
    sandbox.hold([artifactRecord(1, T), ...pairs([3, 4])]);
    const { run } = await sandbox.sync();
    sandbox.hold(after);
    const held = await dumped(sandbox);
    let at = '';
    const taken = async () => {
      if (at !== step) return;
      at = '';
      const holder = await readLease({ s3, folder });
      await breakLease({ s3, folder }, holder?.holder ?? '');
    };
    const [ownS3, ownNeptune] = [stallingS3(request, taken), stallingClient(request, taken)];
    const onProgress = (event: { readonly step: string }) => {
      at = event.step;
    };

    const options = { removal: 'delete', force: true, s3: ownS3, neptune: ownNeptune, onProgress } as const;
    const error = await errorOf(sandbox.sync(options));

    for (const client of [ownS3, ownNeptune]) client.destroy();
    expect(error).toMatchObject({ outcome: 'locked', message: expect.stringContaining('was taken away') });
    expect(await dumped(sandbox)).toEqual(held);
    expect((await stateStore({ s3, folder }).read())?.state.run).toBe(run);
  });

  test('what one that did not end had sent for its load is gone before the next one loads: it may only be asleep', async () => {
    sandbox.hold(pairs([1]));
    sandbox.play([{ service: 'neptune-db', operation: 'StartLoaderJob', fault: 'denied' }]);
    await errorOf(sandbox.sync());
    sandbox.play([]);
    const sent = deltas();

    const report = await sandbox.sync();

    expect(sent).toHaveLength(3);
    expect(deltas()).toHaveLength(3);
    expect(deltas().filter((key) => sent.includes(key))).toEqual([]);
    await graphIsAccount(report.directory);
  });
});

/** Files that were sent for loads. */
function deltas(): readonly string[] {
  return [...(sandbox.buckets.get('lineage')?.objects.keys() ?? [])].filter((key) => key.includes('/delta/'));
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };

/** A client whose process is stopped when it is about to send what matches, until `stall` is over. */
function stallingClient(request: RegExp, stall: () => Promise<void>): ReturnType<typeof neptuneClient> {
  const client = neptuneClient({ endpoint: sandbox.url, region, credentials });
  stallBefore(client, request, stall);
  return client;
}

function stallingS3(request: RegExp, stall: () => Promise<void>): S3Client {
  const client = new S3Client({ endpoint: sandbox.url, region, credentials, forcePathStyle: true });
  stallBefore(client, request, stall);
  return client;
}

type Stallable = {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
      options: { step: 'build'; name: string },
    ): void;
  };
};

function stallBefore(client: unknown, request: RegExp, stall: () => Promise<void>): void {
  (client as Stallable).middlewareStack.add(
    (next) => async (args: { input: { gremlinQuery?: string; source?: string; Key?: string } }) => {
      const { gremlinQuery, source, Key } = args.input;
      if (request.test(gremlinQuery ?? source ?? `/${Key}`)) await stall();
      return await next(args as never);
    },
    { step: 'build', name: 'stall' },
  );
}

test('a holder that stalls before it moves the state leaves it where it was; the next one mends and moves it', async () => {
  sandbox.hold(pairs([1]));
  const first = await sandbox.sync();
  sandbox.hold(pairs([1, 2]));

  const stalled = sandbox.sync({
    onProgress: ({ step }) => {
      if (step === 'state') sandbox.pass(121_000);
    },
  });

  expect(await errorOf(stalled)).toMatchObject({ outcome: 'locked' });
  const state = (await stateStore({ s3, folder }).read())?.state;
  expect(state).toMatchObject({ run: first.run, attempts: [{ run: expect.any(String) }] });
  const next = await sandbox.sync();
  expect(next).toMatchObject({ outcome: 'synced', full: true, loaded: null });
  await graphIsAccount(next.directory);
});

test('a sync whose time is over says so, and the next one finishes it', async () => {
  sandbox.hold(pairs([1]));
  const signal = AbortSignal.timeout(1);

  expect(await errorOf(sandbox.sync({ signal }))).toMatchObject({ outcome: 'deadline' });
  // A lease that was asked for in the last moment may be written after all.
  sandbox.pass(121_000);
  expect(await sandbox.sync()).toMatchObject({ outcome: 'synced' });
});

describe('a dry run', () => {
  test('writes nothing but its run, locally or remotely', async () => {
    sandbox.hold(pairs([1, 2]));
    const first = await sandbox.sync();
    sandbox.hold(pairs([1, 3]));
    const out = join(first.directory ?? '', '..');
    const runs = await readdir(out);
    sandbox.log.clear();

    const report = await sandbox.sync({ dryRun: true, removal: 'delete' });

    expect(report).toMatchObject({
      outcome: 'planned',
      changes: { artifact: { added: 1, removed: 1 }, edge: { added: 1, removed: 1 } },
    });
    const writes = Object.keys(sandbox.log.counts()).filter(
      (call) => !/\.(List|Get|Head|Search|Describe)/.test(call),
    );
    expect(writes).toEqual([]);
    expect((await readdir(out)).filter((name) => !runs.includes(name))).toEqual([report.run]);
    expect(await sandbox.send('g.V().count()')).toEqual([4]);
  });
});

describe('a plan', () => {
  test('is done as it stands, whatever became of the account, and only once', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    sandbox.hold(pairs([1, 3]));
    const { directory } = await sandbox.sync({ dryRun: true });
    const since = 's3://lineage/nightly/state.json';
    const { path } = await planRun({ run: directory ?? '', since, s3, delete: true });
    const planned = await readPlanned(path);
    sandbox.hold(pairs([4]));
    const request = { planned, directory: directory ?? '' };

    const report = await sandbox.sync(request);

    expect(report).toMatchObject({
      outcome: 'synced',
      loaded: { rows: { artifact: 1, trial_component: 1, edge: 1 } },
      removed: { artifact: 1, trial_component: 1, edge: 1 },
    });
    await graphIsAccount(directory);
    expect(await errorOf(sandbox.sync(request))).toMatchObject({
      outcome: 'locked',
      message: expect.stringMatching(/^The graph has moved since the plan was made: from \S+ to \S+\.$/),
      hint: 'Make the plan again.',
    });
  });

  test('is refused where its run is another by now, or where it names what is not gone', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    sandbox.hold(pairs([1]));
    const { directory } = await sandbox.sync({ dryRun: true });
    const since = 's3://lineage/nightly/state.json';
    const { path } = await planRun({ run: directory ?? '', since, s3, delete: true });
    const planned = await readPlanned(path);
    const request = { planned, directory: directory ?? '' };
    const removals = new Set([...planned.removals, `vertex ${artifactArn(1)}`]);

    const more = await errorOf(sandbox.sync({ ...request, planned: { ...planned, removals } }));
    await appendFile(join(directory ?? '', 'manifest.json'), '\n');
    const other = await errorOf(sandbox.sync(request));

    expect(more).toMatchObject({
      outcome: 'validationFailed',
      message: 'The plan removes 4 elements, of which 3 are gone from the account.',
    });
    expect(other).toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringMatching(/ is not the run \S+ that the plan was made for\.$/),
    });
    expect(await sandbox.send('g.V().count()')).toEqual([4]);
  });

  test('is refused where another sync was at work since, though nothing changed', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    sandbox.hold(pairs([1]));
    const { directory } = await sandbox.sync({ dryRun: true });
    const since = 's3://lineage/nightly/state.json';
    const { path } = await planRun({ run: directory ?? '', since, s3, delete: true });
    sandbox.hold(pairs([1, 2]));
    const { run } = await sandbox.sync();

    const error = await errorOf(
      sandbox.sync({ planned: await readPlanned(path), directory: directory ?? '' }),
    );

    expect(run).not.toBeNull();
    expect(error).toMatchObject({
      outcome: 'locked',
      message: expect.stringMatching(
        /^Another sync was at work since the plan was made, though the graph holds \S+ as it did\.$/,
      ),
      hint: 'Make the plan again.',
    });
    expect(await sandbox.send('g.V().count()')).toEqual([4]);
  });

  test('is refused where a file of it was changed', async () => {
    sandbox.hold(pairs([1, 2]));
    await sandbox.sync();
    sandbox.hold(pairs([1]));
    const { directory } = await sandbox.sync({ dryRun: true });
    const since = 's3://lineage/nightly/state.json';
    const { path } = await planRun({ run: directory ?? '', since, s3, delete: true });
    await appendFile(join(path, '..', 'remove.jsonl'), '{"element":"vertex","id":"more"}\n');

    expect(await errorOf(readPlanned(path))).toMatchObject({ outcome: 'validationFailed' });
  });
});

test.each<[string, Partial<SyncOptions>, string]>([
  ['region', { region: 'eu-central-1' }, `region ${region}, not of eu-central-1`],
  ['cluster', { graph: 'other' }, 'the graph at cluster, not of other'],
])('the state of another %s is not taken for this one’s', async (_, options, message) => {
  sandbox.hold(pairs([1]));
  await sandbox.sync();
  sandbox.log.clear();

  const error = await errorOf(sandbox.sync({ removal: 'delete', force: true, ...options }));

  expect(error).toMatchObject({
    outcome: 'usage',
    message: expect.stringContaining(`is the state of ${message}.`),
  });
  expect(sandbox.log.calls('neptune-db') + sandbox.log.calls('sagemaker')).toBe(0);
});

test('the state of another account is not taken for this one’s: nothing is loaded or removed', async () => {
  sandbox.hold(pairs([1]));
  await sandbox.sync();
  const store = stateStore({ s3, folder });
  const held = await store.read();
  if (held === undefined) throw new Error('Expected a state.');
  await store.move(held, { ...held.state, scope: { ...held.state.scope, account: '999999999999' } });
  sandbox.log.clear();

  const error = await errorOf(sandbox.sync({ removal: 'delete', force: true }));

  expect(error).toMatchObject({
    outcome: 'usage',
    message: expect.stringContaining(`is the state of account 999999999999, not of account ${account}.`),
  });
  expect(sandbox.log.calls('neptune-db')).toBe(0);
});

test('a report is written for every sync, whatever became of it', async () => {
  sandbox.hold(pairs([1]));
  sandbox.play([{ service: 'neptune-db', operation: 'StartLoaderJob', fault: 'denied' }]);

  const error = await errorOf(sandbox.sync());
  sandbox.play([]);
  const report = await sandbox.sync();

  expect(error).toMatchObject({ outcome: 'accessDenied' });
  expect(report).toMatchObject({ outcome: 'synced', state: { attempts: [expect.any(String)] } });
  const failed = join(report.directory ?? '', '..', report.state?.attempts[0] ?? '');
  expect(await readJson(join(failed, 'sync/sync-report.json'))).toMatchObject({
    outcome: 'failed',
    exitCode: 3,
    error: { outcome: 'accessDenied' },
  });
  expect(await filesBelow(report.directory ?? '')).toContain('sync/sync-report.json');
});
