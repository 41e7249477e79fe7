import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { orphans } from '../../src/lineage/orphans.ts';
import { path } from '../../src/lineage/path.ts';
import { pipelineOf } from '../../src/lineage/pipeline-of.ts';
import { connected, downstream, upstream } from '../../src/lineage/questions.ts';
import { reproduce } from '../../src/lineage/reproduce.ts';
import { artifacts, table } from '../../src/lineage/tables.ts';
import { trialsOf } from '../../src/lineage/trials-of.ts';
import { type ExportOptions, exportLineage } from '../../src/runs/export.ts';
import { openRun } from '../../src/runs/open-run.ts';
import type { ActionRecord } from '../../src/sandbox/records.ts';
import { account, region, serveAccount } from '../runs/sandbox-export.ts';
import { plannedAccount } from './planned-account.ts';

/*
 * Every helper of the SDK's sagemaker.lineage and every question of the developer guide ("Querying Lineage Entities"), on a
 * generated account; what is expected comes from the generator's plan.
 */

const planned = plannedAccount({ entities: 700, seed: 7, account, region });
const { behind, ahead, only, flagship } = planned;
const made = (role: keyof (typeof flagship.stories)[number]['made']) =>
  flagship.stories.flatMap((story) => story.made[role]);

const ENDPOINT = flagship.endpoints.at(-1)?.arn ?? '';
const [MODEL = ''] = only(behind(ENDPOINT), 'artifact', 'Model').filter((arn) => made('model').includes(arn));
const [DATASET = ''] = only(behind(MODEL), 'artifact', 'DataSet').filter((arn) =>
  made('dataset').includes(arn),
);
const [IMAGE = ''] = only(behind(MODEL), 'artifact', 'Image');
const [TRAINING = ''] = made('trainingJob').filter((arn) => behind(MODEL).includes(arn));
const [APPROVAL = ''] = only(behind(ENDPOINT), 'action', 'Approval');
const [DEPLOYMENT = ''] = only(behind(ENDPOINT), 'action', 'ModelDeployment');
const [GROUP = ''] = made('modelGroup');

let full: LineageGraph;
let summary: LineageGraph;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-questions-'));
  const { clients, close } = await serveAccount([...planned.records()]);
  const exportOf = async (options: Partial<ExportOptions>) => {
    const { directory } = await exportLineage({ clients, region, out: folder, ...options });
    return openRun({ directory });
  };
  summary = await exportOf({});
  full = await exportOf({ detail: 'full', tags: true });
  await close();
});

afterAll(() => rm(folder, { recursive: true }));

function idsOf({ vertices }: { readonly vertices: readonly { readonly id: string }[] }): readonly string[] {
  return vertices.map(({ id }) => id).sort();
}

test('the account has what the questions are about', () => {
  for (const arn of [ENDPOINT, MODEL, DATASET, IMAGE, TRAINING, APPROVAL, DEPLOYMENT, GROUP]) {
    expect(planned.entities.has(arn)).toBe(true);
  }
});

type Asked = { readonly graph: LineageGraph };
type Question = readonly [
  question: string,
  ask: (
    asked: Asked,
  ) => Promise<{ readonly complete: boolean; readonly vertices: readonly { readonly id: string }[] }>,
  expected: () => readonly string[],
];

describe('developer guide', () => {
  test.each<Question>([
    [
      'the datasets of a model',
      (asked) => datasetsOf({ ...asked, start: MODEL }),
      () => only(behind(MODEL), 'artifact', 'DataSet'),
    ],
    [
      'the training jobs of an endpoint',
      (asked) => jobsOf({ ...asked, start: ENDPOINT, jobs: ['TrainingJob'] }),
      () => only(behind(ENDPOINT), 'trial_component', 'SageMakerTrainingJob'),
    ],
    [
      'the models that use a dataset',
      (asked) => modelsOf({ ...asked, start: DATASET }),
      () => only(ahead(DATASET), 'artifact', 'Model'),
    ],
    [
      'the endpoints that use a model',
      (asked) => endpointsOf({ ...asked, start: MODEL }),
      () => only(ahead(MODEL), 'context', 'Endpoint'),
    ],
    [
      'the endpoints derived from a dataset',
      (asked) => endpointsOf({ ...asked, start: DATASET }),
      () => only(ahead(DATASET), 'context', 'Endpoint'),
    ],
    [
      'the trials upstream of a model',
      (asked) => trialsOf({ ...asked, start: MODEL }),
      () => planned.trialsOf(only(behind(MODEL), 'trial_component')),
    ],
    [
      'the trials downstream of a dataset',
      (asked) => trialsOf({ ...asked, start: DATASET, direction: 'downstream' }),
      () => planned.trialsOf(only(ahead(DATASET), 'trial_component')),
    ],
    [
      'the datasets upstream of a dataset',
      (asked) => datasetsOf({ ...asked, start: DATASET }),
      () => only(behind(DATASET), 'artifact', 'DataSet'),
    ],
    [
      'the datasets downstream of a dataset',
      (asked) => datasetsOf({ ...asked, start: DATASET, direction: 'downstream' }),
      () => only(ahead(DATASET), 'artifact', 'DataSet'),
    ],
    [
      'the datasets downstream of an image',
      (asked) => datasetsOf({ ...asked, start: IMAGE, direction: 'downstream' }),
      () => only(ahead(IMAGE), 'artifact', 'DataSet'),
    ],
    [
      'the datasets upstream of an image',
      (asked) => datasetsOf({ ...asked, start: IMAGE }),
      () => only(behind(IMAGE), 'artifact', 'DataSet'),
    ],
    [
      'the actions of a context',
      (asked) => upstream({ ...asked, start: ENDPOINT, kinds: ['action'] }),
      () => only(behind(ENDPOINT), 'action'),
    ],
    [
      'the processing jobs of an endpoint',
      (asked) => jobsOf({ ...asked, start: ENDPOINT, jobs: ['ProcessingJob'] }),
      () => only(behind(ENDPOINT), 'trial_component', 'SageMakerProcessingJob'),
    ],
    [
      'the transform jobs of an endpoint',
      (asked) => jobsOf({ ...asked, start: ENDPOINT, jobs: ['TransformJob'] }),
      () => only(behind(ENDPOINT), 'trial_component', 'SageMakerTransformJob'),
    ],
    [
      'the transform jobs of a model',
      (asked) => jobsOf({ ...asked, start: MODEL, jobs: ['TransformJob'], direction: 'downstream' }),
      () => only(ahead(MODEL), 'trial_component', 'SageMakerTransformJob'),
    ],
    [
      'the trial components of an endpoint',
      (asked) => jobsOf({ ...asked, start: ENDPOINT }),
      () => only(behind(ENDPOINT), 'trial_component'),
    ],
    [
      'the artifacts upstream of an action',
      (asked) => upstream({ ...asked, start: DEPLOYMENT, kinds: ['artifact'] }),
      () => only(behind(DEPLOYMENT), 'artifact'),
    ],
    [
      'the datasets of an approval',
      (asked) => datasetsOf({ ...asked, start: APPROVAL }),
      () => only(behind(APPROVAL), 'artifact', 'DataSet'),
    ],
    [
      'the endpoints of an approval',
      (asked) => endpointsOf({ ...asked, start: APPROVAL }),
      () => only(ahead(APPROVAL), 'context', 'Endpoint'),
    ],
    [
      'the datasets of a trial component',
      (asked) => datasetsOf({ ...asked, start: TRAINING }),
      () => only(behind(TRAINING), 'artifact', 'DataSet'),
    ],
    [
      'the models of a trial component',
      (asked) => modelsOf({ ...asked, start: TRAINING }),
      () => only(ahead(TRAINING), 'artifact', 'Model'),
    ],
    [
      'the models of an endpoint, where the SDK finds none',
      (asked) => modelsOf({ ...asked, start: ENDPOINT }),
      () => only(behind(ENDPOINT), 'artifact', 'Model'),
    ],
    [
      'all that an endpoint was made from',
      (asked) => upstream({ ...asked, start: ENDPOINT }),
      () => behind(ENDPOINT),
    ],
    [
      'all that a dataset went into',
      (asked) => downstream({ ...asked, start: DATASET }),
      () => ahead(DATASET),
    ],
  ])('%s', async (_, ask, expected) => {
    const answer = await ask({ graph: summary });

    expect(answer.complete).toBe(true);
    expect(idsOf(answer)).toEqual(expected());
  });

  test('the artifacts of a source URI', async () => {
    const { Source, ArtifactName, ArtifactType } = planned.artifact(DATASET);

    expect(await artifacts({ graph: summary, sourceUri: Source.SourceUri })).toMatchObject({
      complete: true,
      rows: [
        {
          ArtifactArn: DATASET,
          ArtifactName: ArtifactName ?? null,
          ArtifactType,
          ArtifactSourceUri: Source.SourceUri,
        },
      ],
    });
  });

  test('the artifacts of an action, whichever way associations point', async () => {
    const answer = await connected({ graph: summary, start: DEPLOYMENT, kinds: ['artifact'], maxDepth: 1 });

    const joined = planned.told.associations.filter(({ DestinationArn }) => DestinationArn === DEPLOYMENT);
    expect(idsOf(answer)).toEqual(only(joined.map(({ SourceArn }) => SourceArn).sort(), 'artifact'));
  });

  test('the model package of an approval, its decision, and who made it', async () => {
    const { Source, Properties, Status, CreatedBy } = planned.entities.get(APPROVAL) as ActionRecord;

    expect((await approvals({ graph: full, start: APPROVAL })).rows[0]).toMatchObject({
      approval: APPROVAL,
      modelpackage: Source.SourceUri,
      decision: Properties?.ModelApprovalStatus,
      by: CreatedBy?.UserProfileName ?? null,
      status: Status,
      depth: 0,
    });
  });

  const executionsOf = (components: readonly string[]) =>
    [
      ...new Set(
        components.flatMap((arn) => planned.component(arn).Tags?.['sagemaker:pipeline-execution-arn'] ?? []),
      ),
    ].sort();

  test.each([
    ['an endpoint', ENDPOINT],
    ['a model', MODEL],
    ['a model group', GROUP],
  ])('the pipeline executions of %s', async (_, start) => {
    const answer = await pipelineOf({ graph: full, start });

    expect(answer.complete).toBe(true);
    expect(answer.rows.length).toBeGreaterThan(0);
    expect(answer.rows.map(({ execution }) => execution).sort()).toEqual(
      executionsOf(only(behind(start), 'trial_component')),
    );
  });

  test('the pipeline execution of a trial component is its own before those of what it used', async () => {
    const { rows } = await pipelineOf({ graph: full, start: TRAINING });

    expect(rows[0]).toMatchObject({ execution: executionsOf([TRAINING])[0], depth: 0 });
    expect(rows[0]?.entities[0]).toBe(TRAINING);
  });

  test('the visualizer shows what is directly joined, in its own columns, in before out, the newest first', async () => {
    const answer = await table({ graph: summary, subject: 'action', of: DEPLOYMENT });

    const sources = planned.told.associations.filter(({ DestinationArn }) => DestinationArn === DEPLOYMENT);
    const destinations = planned.told.associations.filter(({ SourceArn }) => SourceArn === DEPLOYMENT);
    expect(answer.complete).toBe(true);
    expect(answer.columns).toEqual(['Name/Source', 'Direction', 'Type', 'Association Type', 'Lineage Type']);
    expect(answer.rows.map(({ Direction }) => Direction)).toEqual([
      ...sources.map(() => 'Input'),
      ...destinations.map(() => 'Output'),
    ]);
    expect(answer.rows.at(-1)).toEqual({
      'Name/Source': destinations[0]?.DestinationArn.split('/')[1],
      Direction: 'Output',
      Type: 'Endpoint',
      'Association Type': 'AssociatedWith',
      'Lineage Type': 'context',
    });
  });
});

describe('further questions', () => {
  test('the impact of a dataset is every artifact and context downstream of it', async () => {
    expect(idsOf(await impact({ graph: summary, start: DATASET }))).toEqual(
      ahead(DATASET).filter((arn) => only([arn], 'artifact').length + only([arn], 'context').length > 0),
    );
  });

  test('the provenance of an endpoint is all upstream of it, by every association between', async () => {
    const answer = await provenance({ graph: summary, start: ENDPOINT });

    const inside = new Set([ENDPOINT, ...behind(ENDPOINT)]);
    const between = planned.told.associations.filter(
      ({ SourceArn, DestinationArn }) => inside.has(SourceArn) && inside.has(DestinationArn),
    );
    expect(idsOf(answer)).toEqual(behind(ENDPOINT));
    expect(answer.edges).toHaveLength(between.length);
  });

  test('a path leads from one to the other by associations of the plan', async () => {
    const answer = await path({ graph: summary, start: DATASET, end: ENDPOINT });

    const planned_ = new Set(planned.told.associations.map((a) => `${a.SourceArn} ${a.DestinationArn}`));
    expect(answer.edges[0]?.from).toBe(DATASET);
    expect(answer.edges.at(-1)?.to).toBe(ENDPOINT);
    expect(answer.edges.every(({ from, to }) => planned_.has(`${from} ${to}`))).toBe(true);
    expect(answer.vertices.map(({ id, depth }) => [id, depth])).toEqual(
      answer.edges.map(({ to }, index) => [to, index + 1]),
    );
    expect((await path({ graph: summary, start: ENDPOINT, end: DATASET })).direction).toBe('upstream');
  });

  test('orphans are the entities that no association of the plan names', async () => {
    const joined = new Set(planned.told.associations.flatMap((a) => [a.SourceArn, a.DestinationArn]));
    const sources = new Set(planned.told.associations.map(({ SourceArn }) => SourceArn));
    const local = [...planned.entities].filter(([, { kind }]) => kind !== 'trial').map(([arn]) => arn);

    const answer = await orphans({ graph: summary });
    const unused = await orphans({ graph: summary, unused: true });

    expect(answer.rows.map(({ arn }) => arn).sort()).toEqual(local.filter((arn) => !joined.has(arn)).sort());
    expect(unused.rows.map(({ arn }) => arn).sort()).toEqual(local.filter((arn) => !sources.has(arn)).sort());
  });

  test('what most endpoints share is counted over the deployments that serve', async () => {
    const { rows, complete } = await shared({ graph: summary, types: ['DataSet'] });

    const serving = planned.plans
      .flatMap(({ endpoints }) => endpoints)
      .map(({ arn }) => {
        const into = planned.told.associations.filter(({ DestinationArn }) => DestinationArn === arn);
        const deployments = into
          .map(({ SourceArn }) => planned.entities.get(SourceArn) as ActionRecord)
          .filter(({ ActionType, Status }) => ActionType === 'ModelDeployment' && Status !== 'Failed')
          .sort((a, b) => b.CreationTime - a.CreationTime || (a.ActionArn < b.ActionArn ? -1 : 1));
        return deployments[0]?.ActionArn ?? '';
      });
    const counts = new Map<string, number>();
    for (const deployment of serving) {
      for (const arn of only(behind(deployment), 'artifact', 'DataSet'))
        counts.set(arn, (counts.get(arn) ?? 0) + 1);
    }
    expect(complete).toBe(true);
    expect(Object.fromEntries(rows.map(({ arn, endpoints }) => [arn, endpoints]))).toEqual(
      Object.fromEntries(counts),
    );
    expect(rows.map(({ endpoints }) => endpoints)).toEqual([...counts.values()].sort((a, b) => b - a));
  });

  test('a comparison tells what each of two models has of its own', async () => {
    const [first = '', second = ''] = made('model');
    const { rows, complete } = await compare({ graph: full, start: first, other: second });

    const [one, two] = [behind(first), behind(second)];
    const side = (wanted: string) =>
      rows
        .filter((row) => row.what === 'entity' && row.side === wanted)
        .map(({ arn }) => arn)
        .sort();
    expect(complete).toBe(true);
    expect(side('first')).toEqual(one.filter((arn) => !two.includes(arn)));
    expect(side('second')).toEqual(two.filter((arn) => !one.includes(arn)));
    expect(side('both')).toEqual(one.filter((arn) => two.includes(arn)));
    expect(rows.filter(({ name }) => name === 'eta').map(({ side: of }) => of)).toEqual([
      expect.stringMatching(/both|differs/),
    ]);
  });

  test('a recipe has every job, its image, inputs and parameters', async () => {
    const { rows, complete } = await reproduce({ graph: full, start: MODEL });

    const jobs = only(behind(MODEL), 'trial_component');
    expect(complete).toBe(true);
    expect(
      rows
        .filter(({ what }) => what === 'job')
        .map(({ value }) => value)
        .sort(),
    ).toEqual(jobs.map((arn) => planned.component(arn).Source?.SourceArn).sort());
    const { TrialComponentName, Parameters = {}, MetadataProperties } = planned.component(TRAINING);
    const ofTraining = rows.filter(({ job }) => job === TrialComponentName);
    const values = (what: string) => ofTraining.filter((row) => row.what === what);
    expect(values('image').map(({ value }) => value)).toEqual([planned.artifact(IMAGE).Source.SourceUri]);
    expect(
      values('parameter')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(Parameters).sort());
    expect(values('commit').map(({ value }) => value)).toEqual([MetadataProperties?.CommitId]);
    expect(values('input').map(({ name }) => name)).toEqual(expect.arrayContaining(['train', 'validation']));
  });

  test.each<
    [string, (graph: LineageGraph) => Promise<{ complete: boolean; incompleteReason?: string }>, string]
  >([
    [
      'pipeline executions',
      (graph) => pipelineOf({ graph, start: ENDPOINT }),
      'the graph holds no pipeline executions of jobs (export with `--detail full --tags`)',
    ],
    [
      'decisions',
      (graph) => approvals({ graph, start: ENDPOINT }),
      'the graph holds no decisions of approvals (export with `--detail full`)',
    ],
    [
      'parameters',
      (graph) => reproduce({ graph, start: MODEL }),
      'the graph holds no parameters of jobs (export with `--detail full`)',
    ],
    [
      'parameters to compare',
      (graph) => compare({ graph, start: MODEL, other: ENDPOINT }),
      'the graph holds no parameters of jobs (export with `--detail full`)',
    ],
    [
      'properties to filter by',
      (graph) => upstream({ graph, start: ENDPOINT, properties: { stage: 'prod' } }),
      "the graph holds no entity's own properties, by which to filter (export with `--detail full`)",
    ],
  ])('a run without %s says that it lacks them', async (_, ask, reason) => {
    expect(await ask(summary)).toMatchObject({ complete: false, incompleteReason: reason });
    expect(await ask(full)).toMatchObject({ complete: true });
  });
});
