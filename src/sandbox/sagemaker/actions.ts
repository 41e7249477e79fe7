import type {
  ActionSummary,
  CreateActionRequest,
  CreateActionResponse,
  DeleteActionRequest,
  DeleteActionResponse,
  DescribeActionRequest,
  DescribeActionResponse,
  ListActionsRequest,
  ListActionsResponse,
  UpdateActionRequest,
  UpdateActionResponse,
} from '@aws-sdk/client-sagemaker';
import type { ActionRecord } from '../records.ts';
import { entityArn } from './account.ts';
import type { Call } from './call.ts';
import { born, createEntity, givenTags } from './creation.ts';
import { authors, lifetime, mergedProperties } from './entity-members.ts';
import { lineageGroupArn } from './lineage-groups.ts';
import { entityPage } from './listing.ts';
import { assertNameFree, assertNotAssociated, findEntity, findReadable, removeEntity } from './lookup.ts';
import { present } from './present.ts';
import type { Checked } from './wire.ts';

export function createAction(call: Call, request: Checked<CreateActionRequest>): CreateActionResponse {
  const { ActionName, ActionType, Source } = request;
  assertNameFree(call.account, 'action', ActionName);
  const record: ActionRecord = {
    kind: 'action',
    ActionArn: entityArn(call.account, 'action', ActionName),
    ActionName,
    ActionType,
    Source: {
      SourceUri: Source.SourceUri,
      ...present({ SourceType: Source.SourceType, SourceId: Source.SourceId }),
    },
    ...present({
      Description: request.Description,
      Status: request.Status,
      Properties: request.Properties,
      MetadataProperties: request.MetadataProperties,
    }),
    ...givenTags(request.Tags),
    ...born(call),
  };
  createEntity(call, record);
  return { ActionArn: record.ActionArn };
}

export function describeAction(call: Call, request: Checked<DescribeActionRequest>): DescribeActionResponse {
  const { record, owner } = findReadable(call, 'action', request.ActionName);
  return {
    ...actionSummary(record),
    Description: record.Description,
    Properties: record.Properties,
    MetadataProperties: record.MetadataProperties,
    ...authors(record),
    LineageGroupArn: lineageGroupArn(owner),
  };
}

export function updateAction(call: Call, request: Checked<UpdateActionRequest>): UpdateActionResponse {
  const { record } = findEntity(call.account, 'action', request.ActionName);
  Object.assign(
    record,
    present({ Description: request.Description, Status: request.Status }),
    mergedProperties(record, request),
    { LastModifiedTime: call.now },
  );
  call.account.memo.clear();
  return { ActionArn: record.ActionArn };
}

export function deleteAction({ account }: Call, request: Checked<DeleteActionRequest>): DeleteActionResponse {
  const found = findEntity(account, 'action', request.ActionName);
  assertNotAssociated(account, found);
  removeEntity(account, found);
  return { ActionArn: found.record.ActionArn };
}

export function listActions(call: Call, request: Checked<ListActionsRequest>): ListActionsResponse {
  const { entities } = call.account;
  const { SourceUri: uri, ActionType: type, SortBy: sortBy = 'CreationTime' } = request;
  const { ids, NextToken } = entityPage(call, request, {
    kind: 'action',
    sortBy,
    inclusive: true,
    among: uri === undefined ? undefined : { key: uri, ids: () => entities.bySource('action', uri) },
    accepts: type === undefined ? undefined : (id) => entities.as('action', id).ActionType === type,
  });
  return { ActionSummaries: ids.map((id) => actionSummary(entities.as('action', id))), NextToken };
}

function actionSummary(record: ActionRecord): ActionSummary {
  return {
    ActionArn: record.ActionArn,
    ActionName: record.ActionName,
    Source: record.Source,
    ActionType: record.ActionType,
    Status: record.Status as ActionSummary['Status'],
    ...lifetime(record),
  };
}
