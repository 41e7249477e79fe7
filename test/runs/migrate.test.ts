import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MigrateOptions, migrateNotebook } from '../../src/runs/migrate.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { artifactArn, artifactRecord, componentArn, componentRecord } from './plain-account.ts';
import { temporaryDirectory } from './run-tree.ts';
import { dumped } from './sync-dump.ts';
import { type SyncSandbox, startSyncSandbox } from './sync-sandbox.ts';

let sandbox: SyncSandbox;
let s3: SyncSandbox['s3'];
let neptune: SyncSandbox['neptune'];

beforeAll(async () => {
  sandbox = await startSyncSandbox();
  ({ s3, neptune } = sandbox);
});

afterAll(() => sandbox.close());

beforeEach(() => sandbox.clear());

const T = Date.UTC(2026, 0, 1);

async function migrate(options: Partial<MigrateOptions> = {}) {
  return migrateNotebook({
    s3,
    neptune,
    to: 's3://lineage/nightly',
    out: await temporaryDirectory(),
    ...options,
  });
}

/** As the notebook loads it: default cardinality, no type but text; and what looks like it and is not. */
async function notebookGraph(): Promise<void> {
  await sandbox.send(`g.addV('artifact').property(T.id,'0').property('arn','${artifactArn(1)}').property('type','').iterate()
    g.addV('artifact').property(T.id,'1').property('arn','${artifactArn(2)}').iterate()
    g.addV('trial_component').property(T.id,'t0').property('arn','${componentArn(1)}').iterate()
    g.V('0').addE('ContributedTo').to(__.V('t0')).property(T.id,'e0').iterate()
    g.addV('Person').property(T.id,'2').property('arn','${artifactArn(3)}').iterate()
    g.addV('artifact').property(T.id,'3').property('arn','isbn:3').iterate()
    g.V('2').addE('owns').to(__.V('1')).property(T.id,'e1').iterate()`);
}

test('the notebook’s vertices and edges are found by their counters, and shown', async () => {
  await notebookGraph();
  const before = await dumped(sandbox);

  expect(await migrate()).toEqual({
    host: '127.0.0.1',
    found: { artifact: 2, trial_component: 1, action: 0, context: 0, edge: 1 },
    examples: [
      { id: '0', arn: artifactArn(1) },
      { id: '1', arn: artifactArn(2) },
      { id: 't0', arn: componentArn(1) },
    ],
    removed: null,
    kept: [],
    audit: null,
  });
  expect(await dumped(sandbox)).toEqual(before);
});

test('they are removed on confirmation, after a verified sync, but for what others hold on to', async () => {
  await notebookGraph();
  expect(await errorOf(migrate({ confirm: '127.0.0.1' }))).toMatchObject({
    outcome: 'usage',
    hint: 'Run `smlineage sync` first.',
  });
  sandbox.hold([artifactRecord(1, T), componentRecord(1, T)]);
  await sandbox.sync();
  expect(await errorOf(migrate({ confirm: 'another' }))).toMatchObject({ outcome: 'usage' });

  const report = await migrate({ confirm: '127.0.0.1' });

  expect(report).toMatchObject({
    removed: { vertices: 2, edges: 1 },
    kept: ['1'],
    audit: expect.any(String),
  });
  const { vertices, edges } = await dumped(sandbox);
  expect(Object.keys(vertices).sort()).toEqual([artifactArn(1), componentArn(1), '1', '2', '3'].sort());
  expect(Object.keys(edges)).toEqual(['e1']);
});
