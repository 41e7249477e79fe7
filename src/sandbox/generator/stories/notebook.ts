import { type Account, DAY, HOUR } from '../account.ts';
import { type Batch, enroll, link, openBatch, pass } from '../batch.ts';
import {
  addAction,
  addArtifact,
  addContext,
  addExperiment,
  addTrial,
  addTrialComponent,
} from '../entities.ts';
import { drawFrom } from '../pool.ts';
import { displayName } from '../project.ts';
import type { Random } from '../random.ts';
import { AWKWARD_NUMBERS, AWKWARD_PATHS, AWKWARD_TEXTS } from '../texts.ts';
import type { Thing } from '../thing.ts';

type NotebookOptions = { readonly random: Random; readonly startsAt: number };

/**
 * Someone tracks a model by hand from a notebook: named artifacts with types of their own, sources that are no S3 URI,
 * associations without a type, trial components that no job made. AWS's own lineage notebook is one of these.
 */
export function trackByHand(account: Account, { random, startsAt }: NotebookOptions): Batch {
  const batch = openBatch(account, random, startsAt + random.below(DAY), {
    story: 'notebook',
    project: 'notebooks',
  });
  const id = account.newId();
  const workflow = addContext(batch, {
    type: 'MLWorkflow',
    name: `machine-learning-workflow-${id}`,
    uri: id,
    properties: {
      example: 'true',
      [account.deal('property key', AWKWARD_TEXTS)]: account.deal('property', AWKWARD_TEXTS),
      empty: '',
    },
  });
  const build = addAction(batch, {
    type: 'ModelBuild',
    name: `model-build-step-${id}`,
    uri: id,
    properties: { Example: 'Metadata', owner: account.deal('property', AWKWARD_TEXTS) },
  });
  const inputs = ['images', 'labels'].map((what) => testData(batch, what, id));
  const model = addArtifact(batch, {
    type: 'Model',
    name: `mnist-model-${id}`,
    uri: `s3://notebooks-${account.id}/${account.deal('uri', AWKWARD_PATHS)}/${id}/model.tar.gz`,
    sourceTypes: [{ SourceIdType: 'Custom', Value: id }],
  });
  pass(batch, HOUR);
  link(batch, workflow, build, 'AssociatedWith');
  for (const input of inputs) link(batch, input, build, undefined);
  link(batch, build, model, undefined);
  for (const shared of drawFrom(account.datasets, { random, count: random.below(3), at: batch.now })) {
    link(batch, shared, build, random.chance(0.5) ? undefined : 'ContributedTo');
  }
  keepNotes(batch, model, id);
  return batch;
}

function testData(batch: Batch, what: string, id: string): Thing {
  const { account, random } = batch;
  return addArtifact(batch, {
    type: what === 'images' ? 'TestData' : 'TestLabels',
    name: `mnist-test-${what}-${id}`,
    uri: `https://sagemaker-sample-files.s3.amazonaws.com/datasets/image/MNIST/t10k-${what}-${id}?a=1&b=${encodeURIComponent(account.deal('query', AWKWARD_PATHS))}`,
    sourceTypes: [
      { SourceIdType: 'Custom', Value: id },
      { SourceIdType: 'S3ETag', Value: `"${id}"` },
      { SourceIdType: 'MD5Hash', Value: random.bits().toString(16) },
    ],
    properties: { note: account.deal('property', AWKWARD_TEXTS) },
  });
}

/** An experiment kept by hand: components without a source, or with one of no stated type. */
function keepNotes(batch: Batch, model: Thing, id: string): void {
  const { account, random } = batch;
  const experiment = addExperiment(batch, {
    name: `notes-${id}`,
    displayName: account.deal('display name', AWKWARD_TEXTS),
  });
  const trials = ['first', 'second'].map((which) =>
    addTrial(batch, {
      name: `notes-${id}-${which}-try`,
      experiment,
      displayName: account.deal('display name', AWKWARD_TEXTS),
    }),
  );
  for (const source of ['none', 'untyped'] as const) {
    pass(batch, 5_000);
    const name = `TrialComponent-${id}-${source}`;
    const shown = displayName(batch, 'my run');
    const component = addTrialComponent(batch, {
      name,
      ...(shown !== undefined && { displayName: shown }),
      ...(source === 'untyped' && {
        source: { SourceArn: `${model.arn.split(':artifact/')[0]}:training-job/gone-${id}` },
      }),
      parameters: {
        [account.deal('parameter key', AWKWARD_TEXTS)]: {
          StringValue: account.deal('parameter value', AWKWARD_TEXTS),
        },
        learning_rate: { NumberValue: account.deal('parameter number', AWKWARD_NUMBERS) },
      },
    });
    link(batch, model, component, random.chance(0.5) ? undefined : 'ContributedTo');
    for (const trial of trials) enroll(batch, trial, component);
  }
  link(batch, model, experiment, 'AssociatedWith');
}
