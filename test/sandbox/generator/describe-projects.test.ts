import { expect, test } from 'vitest';
import {
  describeProjects,
  endpointsByDataset,
  exampleDataset,
  exampleEndpoint,
} from '../../../src/sandbox/generator/describe-projects.ts';
import { ancestorsOf, arnOfEntity, nameOfEntity, ofKind, tell } from './told.ts';

const ACCOUNTS = [
  { entities: 40, seed: 1 },
  { entities: 150, seed: 2 },
  { entities: 2000, seed: 7 },
  { entities: 6000, seed: 5, account: '000000000042', region: 'eu-west-1' },
];

test.each(ACCOUNTS)('the plan of %o makes every entity once and adds every association once', (options) => {
  const told = tell(options);

  const stories = [...describeProjects(options)].flatMap((plan) => plan.stories);

  expect(stories.flatMap(({ made }) => Object.values(made).flat()).sort()).toEqual(
    told.entities.map(arnOfEntity).sort(),
  );
  expect(stories.flatMap(({ associations }) => associations)).toEqual(
    told.associations.map(({ SourceArn, DestinationArn, AssociationType }) => ({
      source: SourceArn,
      destination: DestinationArn,
      type: AssociationType,
    })),
  );
});

test.each(ACCOUNTS)(
  'what %o states behind each endpoint is what a search of all records finds',
  (options) => {
    const told = tell(options);
    const ancestors = ancestorsOf(
      told.associations.map(({ SourceArn, DestinationArn }) => ({ from: SourceArn, to: DestinationArn })),
    );
    const local = new Set(told.entities.map(arnOfEntity));
    const arnsOf = (type: string) =>
      new Set(
        ofKind(told, 'artifact')
          .filter((a) => a.ArtifactType === type)
          .map(arnOfEntity),
      );
    const [datasets, models] = [arnsOf('DataSet'), arnsOf('Model')];

    const endpoints = [...describeProjects(options)].flatMap((plan) => plan.endpoints);

    expect(endpoints.map(({ arn }) => arn)).toEqual(
      ofKind(told, 'context')
        .filter(({ ContextType }) => ContextType === 'Endpoint')
        .map(arnOfEntity),
    );
    for (const { arn, behind, foreignBehind } of endpoints) {
      const found = [...ancestors(arn).keys()];
      expect([...Object.values(behind).flat(), ...foreignBehind].sort()).toEqual(found.sort());
      expect(behind.dataset.toSorted()).toEqual(found.filter((other) => datasets.has(other)));
      expect([...behind.model, ...behind.package].sort()).toEqual(found.filter((other) => models.has(other)));
      expect(foreignBehind.toSorted()).toEqual(found.filter((other) => !local.has(other)));
    }
  },
);

test('endpoints by dataset are the endpoints that have the dataset behind them', () => {
  const plans = [...describeProjects({ entities: 2000, seed: 7 })];
  const endpoints = plans.flatMap((plan) => plan.endpoints);

  const byDataset = endpointsByDataset(plans);

  expect(byDataset.size).toBeGreaterThan(50);
  for (const [dataset, reached] of byDataset) {
    expect(reached).toEqual(
      endpoints.filter(({ behind }) => behind.dataset.includes(dataset)).map(({ arn }) => arn),
    );
  }
});

test('the example endpoint has several datasets behind it, over several hops, whatever the seed', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const options = { entities: 100, seed };
    const { associations } = tell(options);
    const endpoint = exampleEndpoint(options) ?? '';
    const depths = ancestorsOf(
      associations.map(({ SourceArn, DestinationArn }) => ({ from: SourceArn, to: DestinationArn })),
    )(endpoint);
    const plan = [...describeProjects(options)]
      .flatMap(({ endpoints }) => endpoints)
      .find(({ arn }) => arn === endpoint);
    const hops = (plan?.behind.dataset ?? []).map((dataset) => depths.get(dataset) ?? 0);

    expect(hops.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...hops)).toBeGreaterThanOrEqual(5);
  }
});

test('the example dataset reaches several endpoints, whatever the seed', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const options = { entities: 100, seed };

    const reached = endpointsByDataset(describeProjects(options)).get(exampleDataset(options) ?? '') ?? [];

    expect(reached.length).toBeGreaterThanOrEqual(2);
    expect(reached).toContain(exampleEndpoint(options));
  }
});

test('an account too small for an endpoint has no examples', () => {
  expect([exampleEndpoint({ entities: 10, seed: 7 }), exampleDataset({ entities: 10, seed: 7 })]).toEqual([
    undefined,
    undefined,
  ]);
});

test('a project that trains, registers, approves and deploys says so story by story', () => {
  const told = tell({ entities: 2000, seed: 7 });
  const names = new Map(told.entities.map((entity) => [arnOfEntity(entity), nameOfEntity(entity)]));

  const flagship = [...describeProjects({ entities: 2000, seed: 7 })].find(
    (plan) => plan.endpoints.length > 1,
  );
  const [first] = flagship?.stories ?? [];

  expect(flagship?.stories.slice(0, 5).map(({ story }) => story)).toEqual([
    'training-pipeline',
    'batch-transform',
    'write-back',
    'training-pipeline',
    'tuning',
  ]);
  const shape = Object.entries(first?.made ?? {}).map(([role, arns]) => [role, arns.length]);
  expect(Object.fromEntries(shape)).toMatchObject({
    trainingJob: 1,
    processingJob: 2,
    model: 1,
    package: 1,
    approval: 1,
    deployment: 2,
    endpoint: 2,
    modelGroup: 1,
    experiment: 1,
    trial: 1,
  });
  expect(first?.made.processingJob.map((arn) => names.get(arn))).toEqual([
    expect.stringMatching(/^pipelines-[a-z0-9]{12}-Preprocess-[a-z0-9]{10}-aws-processing-job$/),
    expect.stringMatching(/^pipelines-[a-z0-9]{12}-Evaluate-[a-z0-9]{10}-aws-processing-job$/),
  ]);
});
