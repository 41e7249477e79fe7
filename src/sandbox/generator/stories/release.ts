import { arnOf, DAY, HOUR } from '../account.ts';
import { type Batch, link, pass } from '../batch.ts';
import { addAction, addArtifact, addContext } from '../entities.ts';
import type { Project, Release } from '../project.ts';
import { AWKWARD_TEXTS, DEPLOYMENT_STATUSES } from '../texts.ts';
import type { Thing } from '../thing.ts';

type Candidate = {
  readonly model: Thing;
  readonly report: Thing | undefined;
  /** Approved, and deployed to every stage, whatever the dice say. */
  readonly everywhere: boolean;
};

/**
 * A model's way into service: a package in the project's model group, a person's approval, a deployment to an endpoint
 * (developer guide, "Tracking Entities for Model Packages" and "… for Endpoints").
 */
export function releaseModel(batch: Batch, project: Project, { model, report, everywhere }: Candidate): void {
  const { random } = batch;
  if (!everywhere && random.chance(0.35)) return;
  pass(batch, HOUR);
  const version = register(batch, project, model, report);
  if (!everywhere && random.chance(0.2)) return;
  pass(batch, DAY);
  const release = { ...version, approval: decide(batch, project, version, everywhere) };
  if (release.approval === undefined) return;

  const former = project.release;
  for (const stage of ['staging', 'prod']) {
    if (!everywhere && random.chance(stage === 'staging' ? 0.3 : 0.5)) continue;
    pass(batch, HOUR);
    deploy(batch, project, { release, former, stage });
    project.release = release;
  }
}

type Version = Omit<Release, 'approval'>;

function register(batch: Batch, project: Project, model: Thing, report: Thing | undefined): Version {
  const groupArn = arnOf(batch.account, `model-package-group/${project.name}`);
  project.group ??= addContext(batch, {
    type: 'ModelGroup',
    name: `${project.name}-aws-model-group`,
    uri: groupArn,
    sourceType: 'ARN',
    properties: { ModelPackageGroupName: project.name },
  });
  project.version += 1;
  const uri = arnOf(batch.account, `model-package/${project.name}/${project.version}`);
  const { image } = project;
  const creation = addAction(batch, {
    type: 'Action',
    name: `${project.name}-${project.version}-aws-model-package`,
    uri,
    status: 'Completed',
  });
  const artifact = addArtifact(batch, {
    type: 'Model',
    uri,
    properties: { ModelPackageGroupName: project.name, ModelPackageVersion: `${project.version}` },
  });
  link(batch, model, artifact, 'ContributedTo');
  link(batch, image, artifact, 'ContributedTo');
  link(batch, creation, artifact, 'Produced');
  if (report !== undefined) link(batch, report, creation, 'ContributedTo');
  link(batch, artifact, project.group, 'AssociatedWith');
  return { version: project.version, artifact, model, image };
}

/** The approval, or nothing where the model was turned down (the action is there all the same). */
function decide(batch: Batch, project: Project, version: Version, surely: boolean): Thing | undefined {
  const { random } = batch;
  const approved = surely || random.chance(0.75);
  const approval = addAction(batch, {
    type: 'Approval',
    name: `${project.name}-${version.version}-aws-model-package-approval`,
    uri: version.artifact.uri,
    sourceType: 'ARN',
    status: 'Completed',
    properties: {
      ModelApprovalStatus: approved ? 'Approved' : 'Rejected',
      ...(random.chance(0.3) && { ApprovalDescription: batch.account.deal('property', AWKWARD_TEXTS) }),
    },
  });
  link(batch, version.artifact, approval, 'ContributedTo');
  return approved ? approval : undefined;
}

type Deployment = {
  readonly release: Release;
  /** The release that served until then. */
  readonly former: Release | undefined;
  readonly stage: string;
};

function deploy(batch: Batch, project: Project, { release, former, stage }: Deployment): void {
  const { random } = batch;
  const endpointName = `${project.name}-${stage}`;
  const endpointArn = arnOf(batch.account, `endpoint/${endpointName}`);
  const name = `${endpointName}-${Math.floor(batch.now / 1000)}`;
  const status = statusOf(batch);
  const deployment = addAction(batch, {
    type: 'ModelDeployment',
    name: `${name}-v${release.version}-aws-endpoint`,
    uri: endpointArn,
    sourceType: 'ARN',
    ...(status !== undefined && { status }),
  });
  const known = project.endpoints.get(stage);
  const endpoint = known ?? {
    name: endpointName,
    context: addContext(batch, {
      type: 'Endpoint',
      name: `${name}-aws-endpoint`,
      uri: endpointArn,
      sourceType: 'ARN',
      sourceId: endpointName,
      ...(random.chance(0.5) && {
        properties: { stage, team: random.pick(['core', 'growth', 'a; b, "c"']) },
      }),
    }),
  };
  project.endpoints.set(stage, endpoint);

  link(batch, release.model, deployment, 'ContributedTo');
  link(batch, release.image, deployment, 'ContributedTo');
  link(batch, release.artifact, deployment, 'ContributedTo');
  if (release.approval !== undefined) link(batch, release.approval, deployment, 'AssociatedWith');
  link(batch, deployment, endpoint.context, 'AssociatedWith');
  if (known !== undefined && former !== undefined && random.chance(0.5)) {
    noteReplacement(batch, former, endpoint.context, `${name}-v${release.version}`);
  }
}

/** The model that made room: SageMaker's enums know the action type, the guide does not draw it. */
function noteReplacement(batch: Batch, old: Release, endpoint: Thing, name: string): void {
  const replaced = addAction(batch, {
    type: 'ModelReplaced',
    name: `${name}-aws-model-replaced`,
    uri: endpoint.uri,
    status: 'Completed',
  });
  link(batch, old.model, replaced, 'ContributedTo');
  link(batch, replaced, endpoint, 'AssociatedWith');
}

function statusOf({ account, random }: Batch): string | undefined {
  return random.chance(0.8) ? 'Completed' : account.deal('deployment status', DEPLOYMENT_STATUSES);
}
