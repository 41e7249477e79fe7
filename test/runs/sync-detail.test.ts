import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { gremlinClient } from '../../src/neptune/query.ts';
import { writeDelta } from '../../src/runs/delta.ts';
import { planRun } from '../../src/runs/plan.ts';
import { diskFiles } from '../../src/runs/run-files.ts';
import type { SyncReport } from '../../src/runs/sync-report.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { readManifest } from '../../src/snapshot/manifest.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { detailedAccount, detailedArn } from './detailed-account.ts';
import { temporaryDirectory } from './run-tree.ts';
import { type SyncSandbox, startSyncSandbox } from './sync-sandbox.ts';

/* Nights that copy everything that SageMaker knows, and nights that copy less than the graph holds. */

let sandbox: SyncSandbox;

beforeAll(async () => {
  sandbox = await startSyncSandbox();
});

afterAll(async () => {
  await sandbox.close();
});

beforeEach(() => sandbox.clear());

const ACCOUNT = detailedAccount({
  ...{ artifact: 12, action: 4, context: 4, trial_component: 8, trial: 3, experiment: 2 },
});
const PROMOTED = ['properties.team', 'properties.rows', 'parameters.lr'];
const FULL = { detail: 'full', tags: true, promote: PROMOTED } as const;

type Artifact = Extract<AccountRecord, { kind: 'artifact' }>;

/** The account after somebody wrote these properties to its first artifact. */
function written(properties: NonNullable<Artifact['Properties']>): readonly AccountRecord[] {
  return ACCOUNT.map((record) =>
    record.kind === 'artifact' && record.ArtifactArn === detailedArn('artifact', 0)
      ? { ...record, Properties: properties, LastModifiedTime: Number(record.CreationTime) + 60_000 }
      : record,
  );
}

/** Every row, property by property: nothing is missing from the graph, other, or more. */
async function graphIsRun({ directory }: SyncReport): Promise<void> {
  const manifest = await readManifest(directory ?? '');
  const { rows, replaced } = await writeDelta({
    ...{ manifest, candidates: 'all', send: gremlinClient(sandbox.neptune) },
    files: diskFiles(directory ?? ''),
    to: diskFiles(await temporaryDirectory()),
  });
  expect({ rows, replaced }).toEqual({ rows: {}, replaced: { vertices: [], edges: [] } });
}

test('a plan for a run with fewer columns is refused, too, until it is meant; then it says what goes', async () => {
  sandbox.hold(ACCOUNT);
  const [summary, full] = [
    await sandbox.sync({ dryRun: true }),
    await sandbox.sync({ dryRun: true, crawl: FULL }),
  ];
  const out = `${await temporaryDirectory()}/plan`;
  const request = { run: summary.directory ?? '', since: full.directory ?? '', out };

  const refused = await errorOf(planRun(request));
  const { plan: less } = await planRun({ ...request, allowFewerColumns: true });
  const { plan: more } = await planRun({ run: full.directory ?? '', since: summary.directory ?? '', out });

  const note = expect.stringContaining('every vertex differs and is loaded again');
  expect(refused).toMatchObject({
    outcome: 'usage',
    message: expect.stringContaining(' holds what --detail full '),
  });
  expect(less).toMatchObject({
    load: 'delta',
    corrections: { blank: 33, relabel: 0, ends: 0 },
    notes: [note],
  });
  expect(more).toMatchObject({
    load: 'delta',
    corrections: { blank: 0, relabel: 0, ends: 0 },
    notes: [note],
  });
});

function described(): number {
  return Object.keys(sandbox.log.counts())
    .filter((name) => /\.(Describe|ListTags)/.test(name))
    .reduce((sum, name) => sum + sandbox.log.calls(...(name.split('.') as [string, string])), 0);
}

test('a night of full detail describes what was modified since the last, and loads that', async () => {
  sandbox.hold(ACCOUNT);
  const first = await sandbox.sync({ crawl: FULL });
  await graphIsRun(first);
  sandbox.log.clear();
  const second = await sandbox.sync({ crawl: FULL });
  const seldom = described();
  sandbox.hold(written({ team: 'other', rows: '7' }));
  sandbox.log.clear();

  const third = await sandbox.sync({ crawl: FULL });

  expect(second).toMatchObject({ outcome: 'unchanged', loaded: null });
  // DescribeArtifact, and ListTags.
  expect({ seldom, now: described() }).toEqual({ seldom: 0, now: 2 });
  expect(third).toMatchObject({ outcome: 'synced', full: false, loaded: { rows: { artifact: 1 } } });
  await graphIsRun(third);
});

test('a promoted column whose values have another type in common is another column in all of the graph', async () => {
  sandbox.hold(ACCOUNT);
  await sandbox.sync({ crawl: FULL });
  const rows = `g.V('${detailedArn('artifact', 1)}').values('properties.rows')`;
  const before = await sandbox.send(rows);
  sandbox.hold(written({ team: 'team-0', rows: 'unknown' }));

  const report = await sandbox.sync({ crawl: FULL });

  expect(before).toEqual([1_000]);
  expect(report).toMatchObject({ outcome: 'synced', full: true });
  expect(await sandbox.send(rows)).toEqual(['1000']);
  await graphIsRun(report);
});

test('more detail is loaded; less is refused before anything is asked of SageMaker, until it is meant', async () => {
  sandbox.hold(ACCOUNT);
  await graphIsRun(await sandbox.sync());
  const full = await sandbox.sync({ crawl: FULL });
  await graphIsRun(full);
  const held = await sandbox.send('g.V().properties().count()');
  sandbox.log.clear();

  const summary = await errorOf(sandbox.sync({ removal: 'delete', force: true }));
  const untagged = await errorOf(
    sandbox.sync({ crawl: { ...FULL, tags: false, promote: PROMOTED.slice(1) } }),
  );
  const asked = sandbox.log.calls('sagemaker') + sandbox.log.calls('neptune-db');
  const kept = await sandbox.send('g.V().properties().count()');
  const less = await sandbox.sync({ allowFewerColumns: true });

  expect(full).toMatchObject({ changes: { artifact: { added: 0, updated: 12, removed: 0 } } });
  expect(summary).toMatchObject({
    outcome: 'usage',
    message:
      'The graph of s3://lineage/nightly/state.json holds what --detail full --tags --promote properties.team,properties.rows,parameters.lr gave, and a run without would take these values from every vertex.',
    hint: expect.stringMatching(/^Pass --detail full --tags .+ as before; .+ --allow-fewer-columns once\.$/),
  });
  expect(untagged).toMatchObject({ details: { lost: ['--tags', '--promote properties.team'] } });
  expect({ asked, kept }).toEqual({ asked: 0, kept: held });
  expect(less).toMatchObject({ outcome: 'synced' });
  await graphIsRun(less);
  expect(await sandbox.sync()).toMatchObject({ outcome: 'unchanged' });
  await graphIsRun(await sandbox.sync({ crawl: FULL }));
});
