import type { EntityRecord } from '../records.ts';
import type { GeneratorOptions } from './account.ts';
import type { Batch, StoryName } from './batch.ts';
import { createReach, type Reach } from './reach.ts';
import { tellAccount } from './tell-account.ts';

/** What an entity is in its story. */
type Role =
  | 'dataset'
  | 'image'
  | 'model'
  | 'package'
  | 'otherArtifact'
  | 'processingJob'
  | 'trainingJob'
  | 'transformJob'
  | 'otherComponent'
  | 'approval'
  | 'deployment'
  | 'otherAction'
  | 'endpoint'
  | 'modelGroup'
  | 'otherContext'
  | 'experiment'
  | 'trial';

/** ARNs of this account's entities by role, each list in the order of the telling. */
type ByRole = Readonly<Record<Role, readonly string[]>>;

type PlannedAssociation = {
  readonly source: string;
  readonly destination: string;
  /** Undefined where the association has no type. */
  readonly type: string | undefined;
};

/** One telling of a story: what it made, and every association that it added. */
type StoryPlan = {
  readonly story: StoryName;
  readonly made: ByRole;
  readonly associations: readonly PlannedAssociation[];
};

/** An endpoint's context and all that stands behind it, over any number of associations. */
type EndpointPlan = {
  readonly arn: string;
  readonly behind: ByRole;
  /** ARNs behind it that are another account's. */
  readonly foreignBehind: readonly string[];
};

/** One project, or one telling of a team that belongs to none. */
export type ProjectPlan = {
  readonly name: string;
  readonly stories: readonly StoryPlan[];
  readonly endpoints: readonly EndpointPlan[];
};

/**
 * What the generator means by the records of `generateLineage` with the same options: who made what, and what is behind
 * each endpoint, noted while the stories are told. Later projects never add to what is behind an earlier endpoint, so
 * that a plan is final when it comes. Memory grows with the account: meant for some ten thousand entities.
 */
export function* describeProjects(options: GeneratorOptions): Generator<ProjectPlan, void> {
  const roles = new Map<string, Role>();
  const reach = createReach();
  let name: string | undefined;
  let stories: StoryPlan[] = [];
  for (const batch of tellAccount(options)) {
    if (name !== undefined && batch.project !== name) {
      yield projectPlan(name, stories, roles, reach);
      stories = [];
    }
    name = batch.project;
    stories.push(storyPlan(batch, roles, reach));
  }
  if (name !== undefined) yield projectPlan(name, stories, roles, reach);
}

/** Endpoint contexts downstream of each dataset, over the whole account: the same statement, read from the other end. */
export function endpointsByDataset(plans: Iterable<ProjectPlan>): ReadonlyMap<string, readonly string[]> {
  const endpoints = new Map<string, string[]>();
  for (const { arn, behind } of [...plans].flatMap((plan) => plan.endpoints)) {
    for (const dataset of behind.dataset) endpoints.set(dataset, [...(endpoints.get(dataset) ?? []), arn]);
  }
  return endpoints;
}

/**
 * An endpoint worth asking about: several datasets stand behind it, over several hops. Undefined in an account too
 * small for one (some 60 entities).
 */
export function exampleEndpoint(options: GeneratorOptions): string | undefined {
  return exampleProject(options)?.endpoints.at(-1)?.arn;
}

/** A dataset worth asking about: the example's endpoints are all downstream of it. Undefined as `exampleEndpoint` is. */
export function exampleDataset(options: GeneratorOptions): string | undefined {
  const plan = exampleProject(options);
  return plan === undefined ? undefined : busiest(endpointsByDataset([plan]));
}

function exampleProject(options: GeneratorOptions): ProjectPlan | undefined {
  for (const plan of describeProjects(options)) {
    if (plan.endpoints.length > 1 && plan.endpoints.every(({ behind }) => behind.dataset.length > 2))
      return plan;
  }
  return undefined;
}

function busiest(endpoints: ReadonlyMap<string, readonly string[]>): string | undefined {
  const [first] = [...endpoints].sort(([, a], [, b]) => b.length - a.length);
  return first?.[0];
}

function storyPlan(batch: Batch, roles: Map<string, Role>, reach: Reach): StoryPlan {
  const made: string[] = [];
  for (const entity of batch.entities) {
    const [arn, role] = roleOf(entity);
    roles.set(arn, role);
    made.push(arn);
  }
  const associations = batch.associations.map(({ SourceArn, DestinationArn, AssociationType }) => {
    reach.link(SourceArn, DestinationArn);
    return { source: SourceArn, destination: DestinationArn, type: AssociationType };
  });
  return { story: batch.story, made: byRole(made, roles), associations };
}

function projectPlan(
  name: string,
  stories: readonly StoryPlan[],
  roles: ReadonlyMap<string, Role>,
  reach: Reach,
): ProjectPlan {
  const endpoints = stories
    .flatMap(({ made }) => made.endpoint)
    .map((arn) => {
      const behind = [...reach.behind(arn)];
      return {
        arn,
        behind: byRole(behind, roles),
        foreignBehind: behind.filter((other) => !roles.has(other)),
      };
    });
  return { name, stories, endpoints };
}

function byRole(arns: readonly string[], roles: ReadonlyMap<string, Role>): ByRole {
  const sorted: Record<Role, string[]> = {
    dataset: [],
    image: [],
    model: [],
    package: [],
    otherArtifact: [],
    processingJob: [],
    trainingJob: [],
    transformJob: [],
    otherComponent: [],
    approval: [],
    deployment: [],
    otherAction: [],
    endpoint: [],
    modelGroup: [],
    otherContext: [],
    experiment: [],
    trial: [],
  };
  for (const arn of arns) {
    const role = roles.get(arn);
    if (role !== undefined) sorted[role].push(arn);
  }
  return sorted;
}

const ARTIFACT_ROLES: ReadonlyMap<string, Role> = new Map([
  ['DataSet', 'dataset'],
  ['Image', 'image'],
  ['Model', 'model'],
]);
const JOB_ROLES: ReadonlyMap<string | undefined, Role> = new Map([
  ['SageMakerProcessingJob', 'processingJob'],
  ['SageMakerTrainingJob', 'trainingJob'],
  ['SageMakerTransformJob', 'transformJob'],
]);
const ACTION_ROLES: ReadonlyMap<string, Role> = new Map([
  ['Approval', 'approval'],
  ['ModelDeployment', 'deployment'],
]);
const CONTEXT_ROLES: ReadonlyMap<string, Role> = new Map([
  ['Endpoint', 'endpoint'],
  ['ModelGroup', 'modelGroup'],
]);

function roleOf(entity: EntityRecord): readonly [arn: string, role: Role] {
  switch (entity.kind) {
    case 'artifact': {
      // A package is a Model too; its source is the ARN of a model package instead of an archive in S3.
      const isPackage = entity.Source.SourceUri.includes(':model-package/');
      const role = ARTIFACT_ROLES.get(entity.ArtifactType) ?? 'otherArtifact';
      return [entity.ArtifactArn, isPackage ? 'package' : role];
    }
    case 'trial_component':
      return [entity.TrialComponentArn, JOB_ROLES.get(entity.Source?.SourceType) ?? 'otherComponent'];
    case 'action':
      return [entity.ActionArn, ACTION_ROLES.get(entity.ActionType) ?? 'otherAction'];
    case 'context':
      return [entity.ContextArn, CONTEXT_ROLES.get(entity.ContextType) ?? 'otherContext'];
    case 'experiment':
      return [entity.ExperimentArn, 'experiment'];
    case 'trial':
      return [entity.TrialArn, 'trial'];
  }
}
