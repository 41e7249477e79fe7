import type {
  CreateTrialRequest,
  CreateTrialResponse,
  DeleteTrialRequest,
  DeleteTrialResponse,
  DescribeTrialRequest,
  DescribeTrialResponse,
  ListTrialsRequest,
  ListTrialsResponse,
  TrialSummary,
  UpdateTrialRequest,
  UpdateTrialResponse,
} from '@aws-sdk/client-sagemaker';
import type { TrialRecord } from '../records.ts';
import { entityArn } from './account.ts';
import type { Call } from './call.ts';
import { born, createEntity, givenTags } from './creation.ts';
import { authors, lifetime } from './entity-members.ts';
import { entityPage } from './listing.ts';
import { assertNameFree, findEntity, removeEntity } from './lookup.ts';
import { trialsOfComponent } from './memberships.ts';
import { present } from './present.ts';
import { validation } from './refusal.ts';
import type { Checked } from './wire.ts';

export function createTrial(call: Call, request: Checked<CreateTrialRequest>): CreateTrialResponse {
  const { TrialName } = request;
  const { record: experiment } = findEntity(call.account, 'experiment', request.ExperimentName);
  assertNameFree(call.account, 'trial', TrialName);
  const record: TrialRecord = {
    kind: 'trial',
    TrialArn: entityArn(call.account, 'trial', TrialName),
    TrialName,
    ExperimentName: experiment.ExperimentName,
    DisplayName: request.DisplayName ?? TrialName,
    ...present({ MetadataProperties: request.MetadataProperties }),
    ...givenTags(request.Tags),
    ...born(call),
  };
  createEntity(call, record);
  return { TrialArn: record.TrialArn };
}

export function describeTrial(
  { account }: Call,
  request: Checked<DescribeTrialRequest>,
): DescribeTrialResponse {
  const { record } = findEntity(account, 'trial', request.TrialName);
  const { TrialSource: Source, ...summary } = trialSummary(record);
  return {
    ...summary,
    Source,
    ExperimentName: record.ExperimentName,
    MetadataProperties: record.MetadataProperties,
    ...authors(record),
  };
}

export function updateTrial(call: Call, request: Checked<UpdateTrialRequest>): UpdateTrialResponse {
  const { record } = findEntity(call.account, 'trial', request.TrialName);
  Object.assign(record, present({ DisplayName: request.DisplayName }), { LastModifiedTime: call.now });
  call.account.memo.clear();
  return { TrialArn: record.TrialArn };
}

/** All components of the trial must be gone from it first (DeleteTrial API page). */
export function deleteTrial({ account }: Call, request: Checked<DeleteTrialRequest>): DeleteTrialResponse {
  const found = findEntity(account, 'trial', request.TrialName);
  const { TrialArn } = found.record;
  if (account.memberships.touches(found.id)) {
    throw validation(`Trial '${TrialArn}' is linked to 1 or more trial components and cannot be deleted.`);
  }
  removeEntity(account, found);
  return { TrialArn };
}

export function listTrials(call: Call, request: Checked<ListTrialsRequest>): ListTrialsResponse {
  const { account } = call;
  const { SortBy: sortBy = 'CreationTime' } = request;
  const { ids, NextToken } = entityPage(call, request, {
    kind: 'trial',
    sortBy,
    inclusive: false,
    among: candidates(call, request),
  });
  return { TrialSummaries: ids.map((id) => trialSummary(account.entities.as('trial', id))), NextToken };
}

/** The trials that the filters name: of an experiment, of a component, or of both. */
function candidates({ account }: Call, request: Checked<ListTrialsRequest>) {
  const { ExperimentName, TrialComponentName } = request;
  if (ExperimentName === undefined && TrialComponentName === undefined) return undefined;
  const experiment =
    ExperimentName && findEntity(account, 'experiment', ExperimentName).record.ExperimentName.toLowerCase();
  const component =
    TrialComponentName === undefined
      ? undefined
      : findEntity(account, 'trial_component', TrialComponentName).id;
  return {
    key: JSON.stringify([experiment, component]),
    ids: () => {
      const ofExperiment =
        experiment === undefined ? undefined : account.entities.bySource('trial', experiment);
      const ofComponent = component === undefined ? undefined : trialsOfComponent(account, component);
      if (ofExperiment === undefined) return ofComponent ?? [];
      return ofComponent === undefined ? ofExperiment : ofComponent.filter((id) => ofExperiment.includes(id));
    },
  };
}

function trialSummary(record: TrialRecord): TrialSummary {
  return {
    TrialArn: record.TrialArn,
    TrialName: record.TrialName,
    DisplayName: record.DisplayName,
    TrialSource: record.Source,
    ...lifetime(record),
  };
}
