import { type Account, dnsSuffix } from '../account.ts';
import { type Batch, enroll, link, openBatch } from '../batch.ts';
import { addArtifact, addExperiment, addTrial, type Component } from '../entities.ts';
import { addOutput, type Channel, jobNameFrom, runJob, succeeded, timeInName } from '../jobs.ts';
import { drawFrom, share } from '../pool.ts';
import { displayName, metadataOf, type Project, pathIn, pipelineExecutionArn } from '../project.ts';
import type { Thing } from '../thing.ts';
import { releaseModel } from './release.ts';

type RunOptions = {
  /** Every job succeeds, and the model is approved and deployed to every stage. */
  readonly flawless?: boolean;
};

/**
 * One run of a project's pipeline: processing makes training, validation and test data; training makes a model;
 * evaluation judges it; then it is registered, approved and deployed. A failed job ends the run, as it does in life.
 */
export function runTrainingPipeline(
  account: Account,
  project: Project,
  { flawless }: RunOptions = {},
): Batch {
  const { random } = project;
  const execution = account.newId();
  const batch = openBatch(account, random, project.clock, {
    story: 'training-pipeline',
    project: project.name,
    ...(project.style === 'pipeline' && { metadata: metadataOf(account, project, execution) }),
  });
  const run: Run = { batch, project, execution, succeeds: flawless === true };
  const trial = openTrial(run);

  const preprocessing = preprocess(run);
  const training = preprocessing.data === undefined ? undefined : train(run, preprocessing.data);
  const model = training?.model;
  const evaluation = model === undefined ? undefined : evaluate(run, model, preprocessing.data?.test);

  const components = [preprocessing.component, training?.component, evaluation?.component];
  for (const component of components) {
    if (component === undefined || trial === undefined) continue;
    enroll(batch, trial, component);
  }
  // Someone compares this run's data with the run before, and puts the same component into that trial too.
  if (project.trial !== undefined && random.chance(0.04)) {
    enroll(batch, project.trial, preprocessing.component);
  }
  project.trial = trial;
  if (model !== undefined && (evaluation?.report !== undefined || project.style === 'script')) {
    releaseModel(batch, project, { model, report: evaluation?.report, everywhere: flawless === true });
  }
  return batch;
}

type Run = {
  readonly batch: Batch;
  readonly project: Project;
  readonly execution: string;
  readonly succeeds: boolean;
};

type Split = { readonly train: Thing; readonly validation: Thing; readonly test: Thing };

/** Pipelines file each execution as a trial of an experiment named after the pipeline; scripts seldom bother. */
function openTrial({ batch, project, execution }: Run): Thing | undefined {
  if (project.style === 'script' && (project.experiment === undefined ? batch.random.chance(0.6) : false)) {
    return undefined;
  }
  project.experiment ??= addExperiment(batch, {
    name: project.name,
    ...named(displayName(batch, `Experiment for ${project.name}`)),
  });
  return addTrial(batch, {
    name:
      project.style === 'pipeline'
        ? execution
        : `${project.name}-${timeInName(batch.now)}-${execution.slice(0, 7)}`,
    experiment: project.experiment,
    ...named(displayName(batch, `Run ${execution}`)),
    ...(project.style === 'pipeline' && {
      sourceArn: pipelineExecutionArn(batch.account, project, execution),
    }),
  });
}

function preprocess(run: Run): { component: Component; data: Split | undefined } {
  const { batch, project, execution, succeeds } = run;
  const { random, account } = batch;
  if (project.code === undefined || random.chance(0.15)) {
    project.code = addArtifact(batch, {
      type: random.chance(0.5) ? 'DataSet' : 'Code',
      uri: `${project.bucket}/code/${account.newId()}/preprocess.py`,
    });
  }
  if (random.chance(0.1)) project.image = buildImage(batch, project);
  if (project.sources.length === 0 || random.chance(0.2)) collectSource(batch, project);

  const inputs = project.sources.map((thing, index): Channel => [`input-${index + 1}`, thing]);
  const component = runJob(batch, {
    kind: 'processing',
    name: jobName(run, 'Preprocess'),
    image: project.image,
    channels: [...inputs, ['code', project.code]],
    displayName: displayName(batch, 'Preprocess'),
    tags: stepTags(run, 'Preprocess'),
    succeeds,
  });
  if (!succeeded(component)) return { component, data: undefined };

  const output = (channel: string): Thing => {
    const dataset = addOutput(batch, component, {
      channel,
      type: 'DataSet',
      uri: pathIn(batch, `${project.bucket}/${execution}/${channel}`, 'data.csv'),
    });
    const [origin] = project.sources;
    // A digest of an input is derived from it, says the developer guide; only some teams note it.
    if (origin !== undefined && random.chance(0.5)) link(batch, origin, dataset, 'DerivedFrom');
    return dataset;
  };
  const data = { train: output('train'), validation: output('validation'), test: output('test') };
  project.training = data.train;
  if (random.chance(0.05)) share(account.datasets, data.train, random);
  return { component, data };
}

function train(run: Run, data: Split): { component: Component; model: Thing | undefined } {
  const { batch, project, execution, succeeds } = run;
  const { random } = batch;
  const channels: Channel[] = [
    ['train', data.train],
    ['validation', data.validation],
    ...referenceData(batch, [data.train, data.validation, ...project.sources]),
  ];
  const name = jobName(run, 'Train');
  const component = runJob(batch, {
    kind: 'training',
    name,
    image: project.image,
    channels,
    displayName: displayName(batch, 'Train'),
    tags: stepTags(run, 'Train'),
    succeeds,
  });
  const folder = `${project.bucket}/${execution}/${name}`;
  if (random.chance(0.15)) {
    addOutput(batch, component, { channel: 'checkpoints', type: 'Checkpoint', uri: `${folder}/checkpoints` });
  }
  if (random.chance(0.1)) {
    addOutput(batch, component, {
      channel: 'tensorboard',
      type: 'TensorBoard',
      uri: `${folder}/tensorboard`,
    });
  }
  if (!succeeded(component)) return { component, model: undefined };
  const model = addOutput(batch, component, {
    channel: 'SageMaker.ModelArtifact',
    type: succeeds || random.chance(0.9) ? 'Model' : 'ModelData',
    uri: `${folder}/output/model.tar.gz`,
  });
  project.model = model;
  return { component, model };
}

function evaluate(run: Run, model: Thing, test: Thing | undefined) {
  const { batch, project, execution, succeeds } = run;
  const component = runJob(batch, {
    kind: 'processing',
    name: jobName(run, 'Evaluate'),
    image: project.image,
    channels: [['model', model], ...(test === undefined ? [] : [['test', test] as const])],
    displayName: displayName(batch, 'Evaluate'),
    tags: stepTags(run, 'Evaluate'),
    succeeds,
  });
  if (!succeeded(component)) return { component, report: undefined };
  const report = addOutput(batch, component, {
    channel: 'evaluation',
    type: 'DataSet',
    uri: `${project.bucket}/${execution}/evaluation/evaluation.json`,
  });
  return { component, report };
}

/** A few datasets of the platform's that training reads beside its own: lookups, holidays, exchange rates. */
function referenceData({ account, random, now }: Batch, except: readonly Thing[]): Channel[] {
  const drawn = drawFrom(account.datasets, { random, count: random.below(4), at: now, except });
  return drawn.map((thing, index) => [`reference-${index + 1}`, thing]);
}

/** The team finds more raw data: someone else's, or an upload of its own. */
function collectSource(batch: Batch, project: Project): void {
  const { account, random, now } = batch;
  const found = random.chance(0.5)
    ? drawFrom(account.datasets, { random, count: 1, at: now })
    : [
        addArtifact(batch, {
          type: 'DataSet',
          uri: pathIn(batch, `${project.bucket}/raw/${account.newId()}`, 'part-00000.csv'),
        }),
      ];
  const fresh = found.filter((thing) => !project.sources.includes(thing));
  project.sources = [...fresh, ...project.sources].slice(0, 5);
}

/** The team's own image, pushed by tag or pinned by digest. */
function buildImage(batch: Batch, project: Project): Thing {
  const { account, random } = batch;
  const repository = `${account.id}.dkr.ecr.${account.region}.${dnsSuffix(account)}/${project.name}`;
  const digest = Array.from({ length: 8 }, () => random.bits().toString(16).padStart(8, '0')).join('');
  const uri = random.chance(0.5) ? `${repository}:${account.newId()}` : `${repository}@sha256:${digest}`;
  const image = addArtifact(batch, { type: 'Image', uri });
  if (random.chance(0.2)) share(account.images, image, random);
  return image;
}

/** As Pipelines names its jobs, or the SageMaker Python SDK does. */
function jobName({ batch, project, execution }: Run, step: string): string {
  return project.style === 'pipeline'
    ? `pipelines-${execution}-${step}-${batch.account.newId().slice(0, 10)}`
    : jobNameFrom(batch, `${step.toLowerCase()}-${project.name}`);
}

function stepTags({ batch, project, execution }: Run, step: string): Record<string, string> | undefined {
  if (project.style === 'script') return undefined;
  return {
    'sagemaker:pipeline-execution-arn': pipelineExecutionArn(batch.account, project, execution),
    'sagemaker:pipeline-step-name': step,
  };
}

function named(displayName: string | undefined): { displayName?: string } {
  return displayName === undefined ? {} : { displayName };
}
