import type { TrialComponentParameterValue, TrialComponentStatus } from '@aws-sdk/client-sagemaker';
import { arnOf, HOUR } from './account.ts';
import { type Batch, link, pass } from './batch.ts';
import { addArtifact, addTrialComponent, type Component, nameInArn } from './entities.ts';
import {
  AWKWARD_NUMBERS,
  AWKWARD_TEXTS,
  COMPLETED_MESSAGES,
  FAILURES,
  INSTANCE_TYPES,
  STOP_MESSAGES,
} from './texts.ts';
import type { Thing } from './thing.ts';

/*
 * A SageMaker job as lineage tracking sees it: a trial component named after the job, one artifact for its image, for
 * each input and each output, and the associations between them (developer guide, "SageMaker-Created Tracking Entities").
 */

type JobKind = 'training' | 'processing' | 'transform';

const SOURCE_TYPES = {
  training: 'SageMakerTrainingJob',
  processing: 'SageMakerProcessingJob',
  transform: 'SageMakerTransformJob',
} as const;

/** An input by the name of its channel. */
export type Channel = readonly [name: string, thing: Thing];

type JobSpec = {
  readonly kind: JobKind;
  readonly name: string;
  readonly image?: Thing | undefined;
  readonly channels: readonly Channel[];
  readonly displayName?: string | undefined;
  readonly tags?: Record<string, string> | undefined;
  /** The first run of a showpiece project never fails. */
  readonly succeeds?: boolean | undefined;
};

/** Runs a job: its component, associated with image and inputs, and the time that it took. */
export function runJob(batch: Batch, spec: JobSpec): Component {
  const { kind, name, image, channels } = spec;
  const { random } = batch;
  const status = statusOf(batch, spec);
  const component = addTrialComponent(batch, {
    name: `${name}-aws-${kind}-job`,
    source: {
      SourceArn: arnOf(batch.account, `${kind}-job/${nameInArn(batch, name)}`),
      SourceType: SOURCE_TYPES[kind],
    },
    status,
    parameters: parametersOf(batch, kind),
    ...(spec.displayName !== undefined && { displayName: spec.displayName }),
    ...(spec.tags !== undefined && { tags: spec.tags }),
  });
  const { record } = component;
  record.InputArtifacts = {};
  if (image !== undefined) {
    record.InputArtifacts['SageMaker.ImageUri'] = { Value: image.uri };
    link(batch, image, component, 'ContributedTo');
  }
  for (const [channel, thing] of channels) {
    record.InputArtifacts[channel] = {
      ...(thing.uri.endsWith('.csv') && { MediaType: 'text/csv' }),
      Value: thing.uri,
    };
    link(batch, thing, component, 'ContributedTo');
  }
  record.StartTime = batch.now;
  pass(batch, random.pick([HOUR / 10, HOUR / 4, HOUR]));
  if (status.PrimaryStatus !== 'InProgress' && status.PrimaryStatus !== 'Stopping')
    record.EndTime = batch.now;
  record.LastModifiedTime = Math.max(record.LastModifiedTime, batch.now);
  if (kind === 'training' && succeeded(component))
    record.Metrics = metricsOf(batch, record.Source?.SourceArn);
  return component;
}

export function succeeded({ record }: Component): boolean {
  return record.Status?.PrimaryStatus === 'Completed';
}

type OutputSpec = {
  readonly channel: string;
  readonly type: string;
  readonly uri: string;
  readonly name?: string;
};

/** An artifact that a job made. */
export function addOutput(batch: Batch, component: Component, { channel, ...spec }: OutputSpec): Thing {
  const output = addArtifact(batch, spec);
  component.record.OutputArtifacts = { ...component.record.OutputArtifacts, [channel]: { Value: spec.uri } };
  link(batch, component, output, 'Produced');
  return output;
}

/** A job name as the SageMaker Python SDK makes one: cut to the API's 63 characters, the time, and an id. */
export function jobNameFrom({ account, now }: Batch, base: string): string {
  return `${base.slice(0, 31).replace(/-$/, '')}-${timeInName(now)}-${account.newId().slice(0, 7)}`;
}

/** `2020-12-18-18-56-45-812` */
export function timeInName(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[T:.]/g, '-').slice(0, -1);
}

function statusOf({ random, account }: Batch, { kind, succeeds }: JobSpec): TrialComponentStatus {
  const draw = random.below(1000);
  if (succeeds || draw < 900) return { PrimaryStatus: 'Completed', Message: COMPLETED_MESSAGES[kind] };
  if (draw < 955) {
    return {
      PrimaryStatus: 'Failed',
      Message: `Status: Failed, secondary status: Failed, failure reason: ${account.deal('failure', FAILURES)}`,
    };
  }
  if (draw < 980) return { PrimaryStatus: 'Stopped', Message: random.pick(STOP_MESSAGES) };
  if (draw < 990) return { PrimaryStatus: 'InProgress' };
  return { PrimaryStatus: 'Stopping', Message: '' };
}

function parametersOf(
  { random, account }: Batch,
  kind: JobKind,
): Record<string, TrialComponentParameterValue> {
  const parameters: Record<string, TrialComponentParameterValue> = {
    'SageMaker.InstanceType': { StringValue: random.pick(INSTANCE_TYPES) },
    'SageMaker.InstanceCount': { NumberValue: random.between(1, 4) },
  };
  if (kind === 'training') {
    parameters.eta = { NumberValue: random.between(1, 400) / 1000 };
    parameters.max_depth = { NumberValue: random.between(2, 12) };
    parameters.epochs = { StringValue: `${random.between(1, 90)}` };
  }
  if (random.chance(0.04)) parameters.note = { StringValue: account.deal('parameter value', AWKWARD_TEXTS) };
  if (random.chance(0.04))
    parameters[account.deal('parameter key', AWKWARD_TEXTS)] = {
      NumberValue: account.deal('parameter number', AWKWARD_NUMBERS),
    };
  return parameters;
}

function metricsOf({ account, random, now }: Batch, job: string | undefined) {
  const count = random.between(1, 50);
  const min = random.between(1, 500) / 1000;
  const max = min + random.between(0, 500) / 1000;
  return ['train:loss', 'validation:auc'].map((MetricName) => ({
    MetricName,
    ...(job !== undefined && { SourceArn: job }),
    TimeStamp: new Date(now),
    Max: max,
    Min: min,
    Last: random.chance(0.5) ? min : max,
    Count: count,
    Avg: (min + max) / 2,
    StdDev: random.chance(0.02) ? account.deal('deviation', AWKWARD_NUMBERS) : (max - min) / 4,
  }));
}
