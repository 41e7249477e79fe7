import type {
  ArtifactSourceType,
  TrialComponentParameterValue,
  TrialComponentStatus,
  UserContext,
} from '@aws-sdk/client-sagemaker';
import { artifactId } from '../artifact-id.ts';
import type {
  ActionRecord,
  ArtifactRecord,
  ContextRecord,
  ExperimentRecord,
  TrialComponentRecord,
  TrialRecord,
} from '../records.ts';
import { arnOf, DAY, HOUR } from './account.ts';
import type { Batch } from './batch.ts';
import { AWKWARD_TEXTS } from './texts.ts';
import type { Thing } from './thing.ts';

/** Until then SageMaker kept the case of names in ARNs, since then it lowers it (aws/sagemaker-experiments PR 172). */
const ARNS_LOWERED_AT = Date.UTC(2022, 10, 15);

type ArtifactSpec = {
  readonly type: string;
  readonly uri: string;
  /** Only people name artifacts; SageMaker's own have none. */
  readonly name?: string;
  readonly sourceTypes?: ArtifactSourceType[];
  readonly properties?: Record<string, string>;
};

export function addArtifact(batch: Batch, { type, uri, name, sourceTypes, properties }: ArtifactSpec): Thing {
  const record: ArtifactRecord = {
    kind: 'artifact',
    ArtifactArn: arnOf(batch.account, `artifact/${artifactId(uri)}`),
    ArtifactType: type,
    Source: { SourceUri: uri, SourceTypes: sourceTypes ?? [] },
    ...lifetime(batch),
  };
  if (name !== undefined) record.ArtifactName = name;
  if (properties !== undefined) record.Properties = properties;
  if (batch.metadata !== undefined) record.MetadataProperties = batch.metadata;
  batch.entities.push(record);
  return { arn: record.ArtifactArn, uri, createdAt: batch.now };
}

type SourcedSpec = {
  readonly type: string;
  readonly name: string;
  readonly uri: string;
  readonly sourceType?: string;
  readonly sourceId?: string;
  readonly properties?: Record<string, string>;
};

export function addAction(batch: Batch, spec: SourcedSpec & { readonly status?: string }): Thing {
  const record: ActionRecord = {
    kind: 'action',
    ActionArn: arnOf(batch.account, `action/${nameInArn(batch, spec.name)}`),
    ActionName: spec.name,
    ActionType: spec.type,
    Source: sourceOf(spec),
    ...lifetime(batch),
  };
  if (spec.status !== undefined) record.Status = spec.status;
  if (spec.properties !== undefined) record.Properties = spec.properties;
  if (batch.metadata !== undefined) record.MetadataProperties = batch.metadata;
  if (batch.random.chance(0.05)) record.Description = describe(batch);
  batch.entities.push(record);
  return { arn: record.ActionArn, uri: spec.uri, createdAt: batch.now };
}

export function addContext(batch: Batch, spec: SourcedSpec): Thing {
  const record: ContextRecord = {
    kind: 'context',
    ContextArn: arnOf(batch.account, `context/${nameInArn(batch, spec.name)}`),
    ContextName: spec.name,
    ContextType: spec.type,
    Source: sourceOf(spec),
    ...lifetime(batch),
  };
  if (spec.properties !== undefined) record.Properties = spec.properties;
  if (batch.random.chance(0.1)) record.Description = describe(batch);
  batch.entities.push(record);
  return { arn: record.ContextArn, uri: spec.uri, createdAt: batch.now };
}

type ExperimentSpec = { readonly name: string; readonly displayName?: string; readonly sourceArn?: string };

/** @returns the experiment; `uri` is its name. */
export function addExperiment(batch: Batch, { name, displayName, sourceArn }: ExperimentSpec): Thing {
  const record: ExperimentRecord = {
    kind: 'experiment',
    ExperimentArn: arnOf(batch.account, `experiment/${nameInArn(batch, name)}`),
    ExperimentName: name,
    ...lifetime(batch),
  };
  if (displayName !== undefined) record.DisplayName = displayName;
  if (sourceArn !== undefined) record.Source = { SourceArn: sourceArn, SourceType: 'SageMakerPipeline' };
  if (batch.random.chance(0.3)) record.Description = describe(batch);
  batch.entities.push(record);
  return { arn: record.ExperimentArn, uri: name, createdAt: batch.now };
}

type TrialSpec = ExperimentSpec & { readonly experiment: Thing };

/** @returns the trial; `uri` is its name. */
export function addTrial(batch: Batch, { name, displayName, sourceArn, experiment }: TrialSpec): Thing {
  const record: TrialRecord = {
    kind: 'trial',
    TrialArn: arnOf(batch.account, `experiment-trial/${nameInArn(batch, name)}`),
    TrialName: name,
    ExperimentName: experiment.uri,
    ...lifetime(batch),
  };
  if (displayName !== undefined) record.DisplayName = displayName;
  if (sourceArn !== undefined) record.Source = { SourceArn: sourceArn };
  if (batch.metadata !== undefined) record.MetadataProperties = batch.metadata;
  batch.entities.push(record);
  return { arn: record.TrialArn, uri: name, createdAt: batch.now };
}

type TrialComponentSpec = {
  readonly name: string;
  readonly displayName?: string;
  readonly source?: { SourceArn: string; SourceType?: string };
  readonly status?: TrialComponentStatus;
  readonly parameters?: Record<string, TrialComponentParameterValue>;
  readonly tags?: Record<string, string>;
};

/** A trial component that its job can still add to. `uri` is its name. */
export type Component = Thing & { readonly record: TrialComponentRecord };

export function addTrialComponent(batch: Batch, spec: TrialComponentSpec): Component {
  const record: TrialComponentRecord = {
    kind: 'trial_component',
    TrialComponentArn: arnOf(batch.account, `experiment-trial-component/${nameInArn(batch, spec.name)}`),
    TrialComponentName: spec.name,
    ...lifetime(batch),
  };
  if (spec.displayName !== undefined) record.DisplayName = spec.displayName;
  if (spec.source !== undefined) record.Source = spec.source;
  if (spec.status !== undefined) record.Status = spec.status;
  if (spec.parameters !== undefined) record.Parameters = spec.parameters;
  if (spec.tags !== undefined) record.Tags = spec.tags;
  if (batch.metadata !== undefined) record.MetadataProperties = batch.metadata;
  batch.entities.push(record);
  return { arn: record.TrialComponentArn, uri: spec.name, createdAt: batch.now, record };
}

/** A name as the ARN has it. */
export function nameInArn({ now }: Pick<Batch, 'now'>, name: string): string {
  return now < ARNS_LOWERED_AT ? name : name.toLowerCase();
}

type Lifetime = {
  CreationTime: number;
  LastModifiedTime: number;
  CreatedBy?: UserContext;
  LastModifiedBy?: UserContext;
};

/** Most entities are never touched again; some a moment later, some days later. */
function lifetime({ account, random, author, now }: Batch): Lifetime {
  const times: Lifetime = { CreationTime: now, LastModifiedTime: now };
  if (author !== undefined) times.CreatedBy = author;
  if (random.chance(0.2)) {
    const later = random.chance(0.7) ? random.below(HOUR) : random.below(30 * DAY);
    times.LastModifiedTime = Math.min(now + later, account.endsAt);
    if (author !== undefined) times.LastModifiedBy = author;
  }
  return times;
}

function describe({ account }: Batch): string {
  return account.deal('description', AWKWARD_TEXTS);
}

function sourceOf({ uri, sourceType, sourceId }: SourcedSpec): ActionRecord['Source'] {
  return {
    SourceUri: uri,
    ...(sourceType !== undefined && { SourceType: sourceType }),
    ...(sourceId !== undefined && { SourceId: sourceId }),
  };
}
