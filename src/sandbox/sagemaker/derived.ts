import type {
  DescribeEndpointInput,
  DescribeEndpointOutput,
  DescribeModelPackageInput,
  DescribeModelPackageOutput,
  ListModelPackagesInput,
  ListModelPackagesOutput,
  ListPipelineExecutionStepsRequest,
  ListPipelineExecutionStepsResponse,
  ModelPackageSummary,
  PipelineExecutionStep,
} from '@aws-sdk/client-sagemaker';
import { arnKey, parseArn } from '../../graph/arn.ts';
import type { ArtifactRecord, TrialComponentRecord } from '../records.ts';
import { type Account, sageMakerArn } from './account.ts';
import type { Call } from './call.ts';
import { lifetime } from './entity-members.ts';
import { page } from './paging.ts';
import { validation } from './refusal.ts';
import { type Listing, listingByNumber, listingByText } from './sorted-ids.ts';
import type { Checked } from './wire.ts';

/*
 * Resources that are no lineage entities, as far as lineage tells of them: enough for the SDK's lineage helpers and the
 * notebooks that start from an endpoint, a model package or a pipeline execution.
 */

/** The endpoint that a context stands for. */
export function describeEndpoint(
  { account }: Call,
  request: Checked<DescribeEndpointInput>,
): DescribeEndpointOutput {
  const arn = sageMakerArn(account, `endpoint/${request.EndpointName}`);
  const { entities } = account;
  const [id] = [arn, arnKey(arn)].flatMap((uri) => entities.bySource('context', uri));
  if (id === undefined) throw validation(`Could not find endpoint "${arn}".`);
  const context = entities.as('context', id);
  return {
    EndpointName: request.EndpointName,
    EndpointArn: context.Source.SourceUri,
    EndpointConfigName: request.EndpointName,
    EndpointStatus: 'InService',
    ...lifetime(context),
  };
}

/** The model packages that artifacts stand for: versions of a group where one is named, else those without a group. */
export function listModelPackages(
  call: Call,
  request: Checked<ListModelPackagesInput>,
): ListModelPackagesOutput {
  const { account } = call;
  const { SortBy: sortBy = 'CreationTime', SortOrder: order } = request;
  const after = request.CreationTimeAfter?.getTime() ?? Number.NEGATIVE_INFINITY;
  const before = request.CreationTimeBefore?.getTime() ?? Number.POSITIVE_INFINITY;
  const { ids, NextToken } = page(call, request, {
    listing: modelPackages(account, sortBy),
    sortedBy: sortBy,
    defaultOrder: order ?? 'Ascending',
    accepts: (id) => {
      const artifact = account.entities.as('artifact', id);
      const time = artifact.CreationTime;
      return time > after && time < before && isWanted(account, artifact, request);
    },
  });
  const summaries = ids.map((id) => modelPackageSummary(account, account.entities.as('artifact', id)));
  return { ModelPackageSummaryList: summaries, NextToken };
}

export function describeModelPackage(
  { account }: Call,
  request: Checked<DescribeModelPackageInput>,
): DescribeModelPackageOutput {
  const { ModelPackageName: nameOrArn } = request;
  const arn = nameOrArn.startsWith('arn:') ? nameOrArn : sageMakerArn(account, `model-package/${nameOrArn}`);
  const [id] = [arn, arnKey(arn)].flatMap((uri) => account.entities.bySource('artifact', uri));
  if (id === undefined) throw validation(`ModelPackage ${arn} does not exist.`);
  const summary = modelPackageSummary(account, account.entities.as('artifact', id));
  return {
    ...summary,
    ModelPackageName: summary.ModelPackageName ?? summary.ModelPackageGroupName,
    ModelPackageStatusDetails: { ValidationStatuses: [] },
  };
}

/** Steps are trial components that carry the execution's tag, which SageMaker puts on every job of a pipeline. */
export function listPipelineExecutionSteps(
  call: Call,
  request: Checked<ListPipelineExecutionStepsRequest>,
): ListPipelineExecutionStepsResponse {
  const { account } = call;
  const execution = request.PipelineExecutionArn ?? '';
  const { entities } = account;
  const listing = account.memo.get(JSON.stringify(['steps', execution]), () =>
    listingByNumber(
      entities.listing('trial_component').ids.filter((id) => {
        const tag = entities.as('trial_component', id).Tags?.[EXECUTION_TAG];
        return tag !== undefined && arnKey(tag) === arnKey(execution);
      }),
      (id) => entities.as('trial_component', id).CreationTime,
    ),
  );
  const { ids, NextToken } = page(call, request, { listing, sortedBy: 'CreatedTime' });
  return { PipelineExecutionSteps: ids.map((id) => step(entities.as('trial_component', id))), NextToken };
}

const EXECUTION_TAG = 'sagemaker:pipeline-execution-arn';
const STEP_TAG = 'sagemaker:pipeline-step-name';

type Package = { readonly group?: string; readonly version?: number; readonly name?: string };

/** A package's ARN ends in `model-package/<group>/<version>`, or in `model-package/<name>` where it has no group. */
function packageOf(uri: string): Package | undefined {
  const arn = parseArn(uri);
  if (arn?.resourceType !== 'model-package') return undefined;
  const [group = '', version] = arn.resourceId.split('/');
  return version === undefined ? { name: group } : { group, version: Number(version) };
}

function modelPackages(account: Account, sortBy: 'Name' | 'CreationTime'): Listing {
  const { entities } = account;
  return account.memo.get(JSON.stringify(['model packages', sortBy]), () => {
    const uriOf = (id: number) => entities.as('artifact', id).Source.SourceUri;
    const ids = entities.listing('artifact').ids.filter((id) => packageOf(uriOf(id)) !== undefined);
    return sortBy === 'Name'
      ? listingByText(ids, uriOf)
      : listingByNumber(ids, (id) => entities.as('artifact', id).CreationTime);
  });
}

function isWanted(
  account: Account,
  artifact: ArtifactRecord,
  request: Checked<ListModelPackagesInput>,
): boolean {
  const { ModelPackageGroupName, ModelPackageType, NameContains, ModelApprovalStatus } = request;
  const { group, name = '' } = packageOf(artifact.Source.SourceUri) ?? {};
  const wantedGroup = ModelPackageGroupName?.split('/').at(-1)?.toLowerCase();
  if (wantedGroup !== undefined && group?.toLowerCase() !== wantedGroup) return false;
  const type = ModelPackageType ?? (wantedGroup === undefined ? 'Unversioned' : 'Versioned');
  if (type !== 'Both' && (type === 'Versioned') !== (group !== undefined)) return false;
  if (NameContains !== undefined && !(group ?? name).includes(NameContains)) return false;
  return ModelApprovalStatus === undefined || approval(account, artifact) === ModelApprovalStatus;
}

function modelPackageSummary(account: Account, artifact: ArtifactRecord): ModelPackageSummary {
  const { group, version, name } = packageOf(artifact.Source.SourceUri) ?? {};
  return {
    ModelPackageName: name,
    ModelPackageGroupName: group,
    ModelPackageVersion: version,
    ModelPackageArn: artifact.Source.SourceUri,
    CreationTime: new Date(artifact.CreationTime),
    ModelPackageStatus: 'Completed',
    ModelApprovalStatus: approval(account, artifact),
  };
}

const APPROVALS = ['Approved', 'Rejected', 'PendingManualApproval'] as const;

/** What the last approval action of the package says. */
function approval(account: Account, artifact: ArtifactRecord): ModelPackageSummary['ModelApprovalStatus'] {
  const { entities } = account;
  const actions = entities.bySource('action', artifact.Source.SourceUri);
  const said = [...actions.map((id) => entities.as('action', id)), artifact]
    .sort((a, b) => b.CreationTime - a.CreationTime)
    .map(({ Properties }) => Properties?.ModelApprovalStatus)
    .find((status) => status !== undefined);
  return APPROVALS.find((status) => status === said);
}

const JOB_METADATA: Readonly<Record<string, 'TrainingJob' | 'ProcessingJob' | 'TransformJob' | undefined>> = {
  SageMakerTrainingJob: 'TrainingJob',
  SageMakerProcessingJob: 'ProcessingJob',
  SageMakerTransformJob: 'TransformJob',
};

const STEP_STATUSES: Readonly<Record<string, PipelineExecutionStep['StepStatus']>> = {
  InProgress: 'Executing',
  Completed: 'Succeeded',
  Failed: 'Failed',
  Stopping: 'Stopping',
  Stopped: 'Stopped',
};

function step(component: TrialComponentRecord): PipelineExecutionStep {
  const { Source, StartTime = component.CreationTime, EndTime } = component;
  const job = JOB_METADATA[Source?.SourceType ?? ''];
  return {
    StepName: component.Tags?.[STEP_TAG] ?? component.DisplayName ?? component.TrialComponentName,
    StartTime: new Date(StartTime),
    EndTime: EndTime === undefined ? undefined : new Date(EndTime),
    StepStatus: STEP_STATUSES[component.Status?.PrimaryStatus ?? ''],
    Metadata: job === undefined || Source === undefined ? {} : { [job]: { Arn: Source.SourceArn } },
  };
}
