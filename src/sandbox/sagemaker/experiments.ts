import type {
  CreateExperimentRequest,
  CreateExperimentResponse,
  DeleteExperimentRequest,
  DeleteExperimentResponse,
  DescribeExperimentRequest,
  DescribeExperimentResponse,
  ExperimentSummary,
  ListExperimentsRequest,
  ListExperimentsResponse,
  UpdateExperimentRequest,
  UpdateExperimentResponse,
} from '@aws-sdk/client-sagemaker';
import type { ExperimentRecord } from '../records.ts';
import { entityArn } from './account.ts';
import type { Call } from './call.ts';
import { born, createEntity, givenTags } from './creation.ts';
import { authors, lifetime } from './entity-members.ts';
import { entityPage } from './listing.ts';
import { assertNameFree, assertNotAssociated, findEntity, removeEntity } from './lookup.ts';
import { present } from './present.ts';
import { validation } from './refusal.ts';
import type { Checked } from './wire.ts';

export function createExperiment(
  call: Call,
  request: Checked<CreateExperimentRequest>,
): CreateExperimentResponse {
  const { ExperimentName } = request;
  assertNameFree(call.account, 'experiment', ExperimentName);
  const record: ExperimentRecord = {
    kind: 'experiment',
    ExperimentArn: entityArn(call.account, 'experiment', ExperimentName),
    ExperimentName,
    DisplayName: request.DisplayName ?? ExperimentName,
    ...present({ Description: request.Description }),
    ...givenTags(request.Tags),
    ...born(call),
  };
  createEntity(call, record);
  return { ExperimentArn: record.ExperimentArn };
}

export function describeExperiment(
  { account }: Call,
  request: Checked<DescribeExperimentRequest>,
): DescribeExperimentResponse {
  const { record } = findEntity(account, 'experiment', request.ExperimentName);
  const { ExperimentSource: Source, ...summary } = experimentSummary(record);
  return { ...summary, Source, Description: record.Description, ...authors(record) };
}

export function updateExperiment(
  call: Call,
  request: Checked<UpdateExperimentRequest>,
): UpdateExperimentResponse {
  const { record } = findEntity(call.account, 'experiment', request.ExperimentName);
  Object.assign(record, present({ DisplayName: request.DisplayName, Description: request.Description }), {
    LastModifiedTime: call.now,
  });
  call.account.memo.clear();
  return { ExperimentArn: record.ExperimentArn };
}

/** All trials of the experiment must be deleted first (DeleteExperiment API page). */
export function deleteExperiment(
  { account }: Call,
  request: Checked<DeleteExperimentRequest>,
): DeleteExperimentResponse {
  const found = findEntity(account, 'experiment', request.ExperimentName);
  const { ExperimentArn, ExperimentName } = found.record;
  if (account.entities.bySource('trial', ExperimentName.toLowerCase()).length > 0) {
    throw validation(`Experiment '${ExperimentArn}' has 1 or more trials and cannot be deleted.`);
  }
  assertNotAssociated(account, found);
  removeEntity(account, found);
  return { ExperimentArn };
}

export function listExperiments(
  call: Call,
  request: Checked<ListExperimentsRequest>,
): ListExperimentsResponse {
  const { entities } = call.account;
  const { SortBy: sortBy = 'CreationTime' } = request;
  const { ids, NextToken } = entityPage(call, request, { kind: 'experiment', sortBy, inclusive: false });
  return {
    ExperimentSummaries: ids.map((id) => experimentSummary(entities.as('experiment', id))),
    NextToken,
  };
}

function experimentSummary(record: ExperimentRecord): ExperimentSummary {
  return {
    ExperimentArn: record.ExperimentArn,
    ExperimentName: record.ExperimentName,
    DisplayName: record.DisplayName,
    ExperimentSource: record.Source,
    ...lifetime(record),
  };
}
