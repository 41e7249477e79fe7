import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, ListAnswer } from '../../src/graph/answer.ts';
import { approvals } from '../../src/lineage/approvals.ts';
import { compare } from '../../src/lineage/compare.ts';
import {
  datasetsOf,
  endpointsOf,
  impact,
  jobsOf,
  modelsOf,
  provenance,
} from '../../src/lineage/entities-of.ts';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { shared } from '../../src/lineage/most-used.ts';
import { neptuneGraph } from '../../src/lineage/neptune-graph.ts';
import { orphans } from '../../src/lineage/orphans.ts';
import { path } from '../../src/lineage/path.ts';
import { pipelineOf } from '../../src/lineage/pipeline-of.ts';
import { connected, downstream, upstream } from '../../src/lineage/questions.ts';
import { reproduce } from '../../src/lineage/reproduce.ts';
import { artifacts, table } from '../../src/lineage/tables.ts';
import { trialsOf } from '../../src/lineage/trials-of.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { exportLineage } from '../../src/runs/export.ts';
import { openRun } from '../../src/runs/open-run.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { account, region, serveAccount } from '../runs/sandbox-export.ts';
import { bucketStore, load, serveNeptune } from '../sandbox/neptune/served-neptune.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';
import { plannedAccount } from './planned-account.ts';

/*
 * Every question to one generated account, in a run directory and in a real engine that was loaded from it. What the
 * answers of a run must be, sdk-questions.test.ts works out from the generator's plan.
 */

const planned = plannedAccount({ entities: 400, seed: 7, account, region });
const { behind, only, flagship } = planned;
const made = (role: keyof (typeof flagship.stories)[number]['made']) =>
  flagship.stories.flatMap((story) => story.made[role]);

const ENDPOINT = flagship.endpoints.at(-1)?.arn ?? '';
const [MODEL = '', OTHER = ''] = made('model');
const [DATASET = ''] = only(behind(MODEL), 'artifact', 'DataSet').filter((arn) =>
  made('dataset').includes(arn),
);
const [IMAGE = ''] = only(behind(MODEL), 'artifact', 'Image');
const [TRAINING = ''] = made('trainingJob').filter((arn) => behind(MODEL).includes(arn));
const [APPROVAL = ''] = only(behind(ENDPOINT), 'action', 'Approval');
const [DEPLOYMENT = ''] = only(behind(ENDPOINT), 'action', 'ModelDeployment');
const [GROUP = ''] = made('modelGroup');

/** The dataset as another account tracks it, and what that account made of it: reached only against `SameAs`. */
const TWIN = DATASET.replace(account, '999999999999');
const MADE_OF_TWIN = `arn:aws:sagemaker:${region}:${account}:artifact/${'7'.repeat(32)}`;
const crossAccount: readonly AccountRecord[] = [
  associated(TWIN, 'SameAs', DATASET),
  {
    kind: 'artifact',
    ArtifactArn: MADE_OF_TWIN,
    ArtifactType: 'DataSet',
    Source: { SourceUri: 's3://elsewhere/made-of-twin', SourceTypes: [] },
    CreationTime: flagship.stories.length,
    LastModifiedTime: flagship.stories.length,
  },
  associated(TWIN, 'DerivedFrom', MADE_OF_TWIN),
];

function associated(SourceArn: string, AssociationType: 'SameAs' | 'DerivedFrom', DestinationArn: string) {
  return {
    kind: 'association' as const,
    ...{ SourceArn, SourceType: 'DataSet', DestinationArn, AssociationType, CreationTime: 1 },
  };
}

let folder: string;
let engine: GremlinEngine;
let neptune: Awaited<ReturnType<typeof serveNeptune>>;
let run: LineageGraph;
let cluster: LineageGraph;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-both-'));
  const { clients, close } = await serveAccount([...planned.records(), ...crossAccount]);
  const { directory } = await exportLineage({ clients, region, out: folder, detail: 'full', tags: true });
  await close();
  const bucket = bucketStore();
  for (const part of ['data/nodes', 'data/edges']) {
    for (const name of await readdir(join(directory, part)))
      bucket.put(`run/${part}/${name}`, await readFile(join(directory, part, name)));
  }
  engine = await startedEngine();
  neptune = await serveNeptune({ store: bucket.store, engine, region: 'us-east-1', clock: Date.now });
  const { overallStatus } = await load(neptune.client, { updateSingleCardinalityProperties: true });
  expect(overallStatus.status).toBe('LOAD_COMPLETED');
  run = await openRun({ directory });
  cluster = neptuneGraph(gremlinClient(neptune.client), 'the cluster');
}, 120_000);

afterAll(async () => {
  await neptune?.close();
  await engine?.close();
  await rm(folder, { recursive: true });
});

type Ask = (graph: LineageGraph) => Promise<Answer | ListAnswer>;

async function fromBoth(ask: Ask): Promise<Answer | ListAnswer> {
  const [fromRun, fromCluster] = await Promise.all([ask(run), ask(cluster)]);
  expect({ ...fromCluster, source: fromRun.source }).toEqual(fromRun);
  return fromRun;
}

describe('a question to a run and to a cluster gets one answer', () => {
  test.each<[string, Ask]>([
    ['upstream', (graph) => upstream({ graph, start: ENDPOINT })],
    ['downstream', (graph) => downstream({ graph, start: DATASET })],
    ['connected', (graph) => connected({ graph, start: MODEL })],
    ['impact', (graph) => impact({ graph, start: DATASET })],
    ['provenance', (graph) => provenance({ graph, start: ENDPOINT })],
    ['path', (graph) => path({ graph, start: DATASET, end: ENDPOINT })],
    ['datasets-of', (graph) => datasetsOf({ graph, start: ENDPOINT })],
    ['models-of', (graph) => modelsOf({ graph, start: DATASET })],
    ['endpoints-of', (graph) => endpointsOf({ graph, start: IMAGE })],
    ['jobs-of', (graph) => jobsOf({ graph, start: ENDPOINT, jobs: ['TrainingJob'] })],
    ['trials-of', (graph) => trialsOf({ graph, start: MODEL })],
    ['pipeline-of an endpoint', (graph) => pipelineOf({ graph, start: ENDPOINT })],
    ['pipeline-of a model group', (graph) => pipelineOf({ graph, start: GROUP })],
    ['approvals', (graph) => approvals({ graph, start: ENDPOINT })],
    ['approvals of an approval', (graph) => approvals({ graph, start: APPROVAL })],
    ['orphans', (graph) => orphans({ graph, unused: true })],
    ['shared', (graph) => shared({ graph, kinds: ['artifact'] })],
    ['compare', (graph) => compare({ graph, start: MODEL, other: OTHER })],
    ['reproduce', (graph) => reproduce({ graph, start: MODEL })],
    ['table', (graph) => table({ graph, subject: 'context', of: ENDPOINT })],
    ['artifacts', (graph) => artifacts({ graph, type: 'DataSet' })],
  ])('%s', async (_, ask) => {
    const answer = await fromBoth(ask);

    expect(answer.complete).toBe(true);
    expect(('rows' in answer ? answer.rows : answer.vertices).length).toBeGreaterThan(0);
  });
});

test.each([1, 2, 3])('the artifacts of an action, %i hops around it', async (maxDepth) => {
  const answer = await fromBoth((graph) =>
    connected({ graph, start: DEPLOYMENT, kinds: ['artifact'], maxDepth }),
  );

  const around = new Set([DEPLOYMENT]);
  const links = [...planned.told.associations, ...crossAccount.filter(isAssociation)];
  for (let hop = 0; hop < maxDepth; hop += 1) {
    const known = new Set(around);
    for (const { SourceArn, DestinationArn } of links) {
      if (known.has(SourceArn)) around.add(DestinationArn);
      if (known.has(DestinationArn)) around.add(SourceArn);
    }
  }
  around.delete(DEPLOYMENT);
  expect('vertices' in answer && answer.vertices.map(({ id }) => id).toSorted()).toEqual(
    only([...around].sort(), 'artifact'),
  );
});

type Association = Extract<AccountRecord, { readonly kind: 'association' }>;

function isAssociation(record: AccountRecord): record is Association {
  return record.kind === 'association';
}

test.each([
  [true, [MADE_OF_TWIN]],
  [false, []],
])('what was made of a twin is reached where twins are one: %s', async (collapse, expected) => {
  const answer = await fromBoth((graph) => downstream({ graph, start: DATASET, collapse }));

  expect(
    'vertices' in answer && answer.vertices.map(({ id }) => id).filter((id) => id === MADE_OF_TWIN),
  ).toEqual(expected);
});

test('the pipeline executions of a model group are those of all jobs behind its versions', async () => {
  const answer = await fromBoth((graph) => pipelineOf({ graph, start: GROUP }));

  const jobs = only(behind(GROUP), 'trial_component');
  const executions = new Set(
    jobs.flatMap((arn) => planned.component(arn).Tags?.['sagemaker:pipeline-execution-arn'] ?? []),
  );
  expect('rows' in answer && answer.rows.map(({ execution }) => execution).toSorted()).toEqual(
    [...executions].sort(),
  );
});

test('the entities that the questions start from are in the plan', () => {
  for (const arn of [ENDPOINT, MODEL, OTHER, DATASET, IMAGE, TRAINING, APPROVAL, DEPLOYMENT, GROUP])
    expect(planned.entities.has(arn)).toBe(true);
});
