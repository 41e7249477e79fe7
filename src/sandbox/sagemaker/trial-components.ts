import type {
  CreateTrialComponentRequest,
  CreateTrialComponentResponse,
  DeleteTrialComponentRequest,
  DeleteTrialComponentResponse,
  DescribeTrialComponentRequest,
  DescribeTrialComponentResponse,
  ListTrialComponentsRequest,
  ListTrialComponentsResponse,
  TrialComponentSummary,
  UpdateTrialComponentRequest,
  UpdateTrialComponentResponse,
} from '@aws-sdk/client-sagemaker';
import type { TrialComponentRecord } from '../records.ts';
import { entityArn } from './account.ts';
import type { Call } from './call.ts';
import { born, createEntity, givenTags } from './creation.ts';
import { authors, lifetime, without } from './entity-members.ts';
import { lineageGroupArn } from './lineage-groups.ts';
import { entityPage } from './listing.ts';
import { assertNameFree, assertNotAssociated, findEntity, findReadable, removeEntity } from './lookup.ts';
import { componentsOfTrial } from './memberships.ts';
import { present } from './present.ts';
import { validation } from './refusal.ts';
import type { Checked } from './wire.ts';

export function createTrialComponent(
  call: Call,
  request: Checked<CreateTrialComponentRequest>,
): CreateTrialComponentResponse {
  const { TrialComponentName } = request;
  assertNameFree(call.account, 'trial_component', TrialComponentName);
  const record: TrialComponentRecord = {
    kind: 'trial_component',
    TrialComponentArn: entityArn(call.account, 'trial_component', TrialComponentName),
    TrialComponentName,
    DisplayName: request.DisplayName ?? TrialComponentName,
    ...present({
      ...givenState(request),
      Parameters: request.Parameters,
      InputArtifacts: request.InputArtifacts,
      OutputArtifacts: request.OutputArtifacts,
      MetadataProperties: request.MetadataProperties,
    }),
    ...givenTags(request.Tags),
    ...born(call),
  };
  createEntity(call, record);
  return { TrialComponentArn: record.TrialComponentArn };
}

export function describeTrialComponent(
  call: Call,
  request: Checked<DescribeTrialComponentRequest>,
): DescribeTrialComponentResponse {
  const { record, owner } = findReadable(call, 'trial_component', request.TrialComponentName);
  return {
    ...trialComponentDetail(record),
    Sources: record.Sources,
    LineageGroupArn: lineageGroupArn(owner),
  };
}

/** What DescribeTrialComponent and Search both give. */
export function trialComponentDetail(record: TrialComponentRecord) {
  return {
    ...basics(record),
    Source: record.Source,
    Parameters: record.Parameters,
    InputArtifacts: record.InputArtifacts,
    OutputArtifacts: record.OutputArtifacts,
    MetadataProperties: record.MetadataProperties,
    Metrics: record.Metrics,
  };
}

/** Given parameters and artifacts are put in among those that are there; named ones then go. */
export function updateTrialComponent(
  call: Call,
  request: Checked<UpdateTrialComponentRequest>,
): UpdateTrialComponentResponse {
  const { record } = findEntity(call.account, 'trial_component', request.TrialComponentName);
  Object.assign(
    record,
    present({ DisplayName: request.DisplayName, ...givenState(request) }),
    present({
      Parameters: merged(record.Parameters, request.Parameters, request.ParametersToRemove),
      InputArtifacts: merged(record.InputArtifacts, request.InputArtifacts, request.InputArtifactsToRemove),
      OutputArtifacts: merged(
        record.OutputArtifacts,
        request.OutputArtifacts,
        request.OutputArtifactsToRemove,
      ),
    }),
    { LastModifiedTime: call.now },
  );
  call.account.memo.clear();
  return { TrialComponentArn: record.TrialComponentArn };
}

/** A component must be out of all trials first (DeleteTrialComponent API page; the message is AWS's own). */
export function deleteTrialComponent(
  { account }: Call,
  request: Checked<DeleteTrialComponentRequest>,
): DeleteTrialComponentResponse {
  const found = findEntity(account, 'trial_component', request.TrialComponentName);
  const { TrialComponentArn } = found.record;
  if (account.memberships.touches(found.id)) {
    throw validation(
      `TrialComponent '${TrialComponentArn}' is linked to 1 or more trials and cannot be deleted.`,
    );
  }
  assertNotAssociated(account, found);
  removeEntity(account, found);
  return { TrialComponentArn };
}

export function listTrialComponents(
  call: Call,
  request: Checked<ListTrialComponentsRequest>,
): ListTrialComponentsResponse {
  const { entities } = call.account;
  const { SortBy: sortBy = 'CreationTime' } = request;
  const { ids, NextToken } = entityPage(call, request, {
    kind: 'trial_component',
    sortBy,
    inclusive: false,
    among: candidates(call, request),
  });
  return {
    TrialComponentSummaries: ids.map((id) => trialComponentSummary(entities.as('trial_component', id))),
    NextToken,
  };
}

/** The components that a filter names; only one of the three may be given (ListTrialComponents API page). */
function candidates({ account }: Call, request: Checked<ListTrialComponentsRequest>) {
  const { ExperimentName, TrialName, SourceArn } = request;
  const given = [ExperimentName, TrialName, SourceArn].filter((filter) => filter !== undefined);
  if (given.length > 1) {
    throw validation('You can specify only one of ExperimentName, TrialName and SourceArn.');
  }
  if (SourceArn !== undefined) {
    const source = SourceArn.toLowerCase();
    return { key: `source ${source}`, ids: () => account.entities.bySource('trial_component', source) };
  }
  if (TrialName !== undefined) {
    const { id } = findEntity(account, 'trial', TrialName);
    return { key: `trial ${id}`, ids: () => componentsOfTrial(account, id) };
  }
  if (ExperimentName === undefined) return undefined;
  const experiment = findEntity(account, 'experiment', ExperimentName).record.ExperimentName.toLowerCase();
  return {
    key: `experiment ${experiment}`,
    ids: () => {
      const trials = account.entities.bySource('trial', experiment);
      return [...new Set(trials.flatMap((trial) => componentsOfTrial(account, trial)))];
    },
  };
}

function trialComponentSummary(record: TrialComponentRecord): TrialComponentSummary {
  return { ...basics(record), TrialComponentSource: record.Source };
}

/** What summary and detail both have, under the same names. */
function basics(record: TrialComponentRecord) {
  return {
    TrialComponentName: record.TrialComponentName,
    TrialComponentArn: record.TrialComponentArn,
    DisplayName: record.DisplayName,
    Status: record.Status,
    StartTime: time(record.StartTime),
    EndTime: time(record.EndTime),
    ...lifetime(record),
    ...authors(record),
  };
}

function time(milliseconds: number | undefined): Date | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds);
}

function givenState(request: Checked<Pick<CreateTrialComponentRequest, 'Status' | 'StartTime' | 'EndTime'>>) {
  return {
    Status: request.Status,
    StartTime: request.StartTime?.getTime(),
    EndTime: request.EndTime?.getTime(),
  };
}

function merged<Value>(
  current: Readonly<Record<string, Value>> | undefined,
  given: Readonly<Record<string, Value>> | undefined,
  removed: readonly string[] | undefined,
): Record<string, Value> | undefined {
  if (given === undefined && removed === undefined) return undefined;
  return without({ ...current, ...given }, removed);
}
