import type {
  ContextSummary,
  CreateContextRequest,
  CreateContextResponse,
  DeleteContextRequest,
  DeleteContextResponse,
  DescribeContextRequest,
  DescribeContextResponse,
  ListContextsRequest,
  ListContextsResponse,
  UpdateContextRequest,
  UpdateContextResponse,
} from '@aws-sdk/client-sagemaker';
import type { ContextRecord } from '../records.ts';
import { entityArn } from './account.ts';
import type { Call } from './call.ts';
import { born, createEntity, givenTags } from './creation.ts';
import { authors, lifetime, mergedProperties } from './entity-members.ts';
import { lineageGroupArn } from './lineage-groups.ts';
import { entityPage } from './listing.ts';
import { assertNameFree, assertNotAssociated, findEntity, findReadable, removeEntity } from './lookup.ts';
import { present } from './present.ts';
import type { Checked } from './wire.ts';

export function createContext(call: Call, request: Checked<CreateContextRequest>): CreateContextResponse {
  const { ContextName, ContextType, Source } = request;
  assertNameFree(call.account, 'context', ContextName);
  const record: ContextRecord = {
    kind: 'context',
    ContextArn: entityArn(call.account, 'context', ContextName),
    ContextName,
    ContextType,
    Source: {
      SourceUri: Source.SourceUri,
      ...present({ SourceType: Source.SourceType, SourceId: Source.SourceId }),
    },
    ...present({ Description: request.Description, Properties: request.Properties }),
    ...givenTags(request.Tags),
    ...born(call),
  };
  createEntity(call, record);
  return { ContextArn: record.ContextArn };
}

export function describeContext(
  call: Call,
  request: Checked<DescribeContextRequest>,
): DescribeContextResponse {
  const { record, owner } = findReadable(call, 'context', request.ContextName);
  return {
    ...contextSummary(record),
    Description: record.Description,
    Properties: record.Properties,
    ...authors(record),
    LineageGroupArn: lineageGroupArn(owner),
  };
}

export function updateContext(call: Call, request: Checked<UpdateContextRequest>): UpdateContextResponse {
  const { record } = findEntity(call.account, 'context', request.ContextName);
  Object.assign(record, present({ Description: request.Description }), mergedProperties(record, request), {
    LastModifiedTime: call.now,
  });
  call.account.memo.clear();
  return { ContextArn: record.ContextArn };
}

export function deleteContext(
  { account }: Call,
  request: Checked<DeleteContextRequest>,
): DeleteContextResponse {
  const found = findEntity(account, 'context', request.ContextName);
  assertNotAssociated(account, found);
  removeEntity(account, found);
  return { ContextArn: found.record.ContextArn };
}

export function listContexts(call: Call, request: Checked<ListContextsRequest>): ListContextsResponse {
  const { entities } = call.account;
  const { SourceUri: uri, ContextType: type, SortBy: sortBy = 'CreationTime' } = request;
  const { ids, NextToken } = entityPage(call, request, {
    kind: 'context',
    sortBy,
    inclusive: true,
    among: uri === undefined ? undefined : { key: uri, ids: () => entities.bySource('context', uri) },
    accepts: type === undefined ? undefined : (id) => entities.as('context', id).ContextType === type,
  });
  return { ContextSummaries: ids.map((id) => contextSummary(entities.as('context', id))), NextToken };
}

function contextSummary(record: ContextRecord): ContextSummary {
  return {
    ContextArn: record.ContextArn,
    ContextName: record.ContextName,
    Source: record.Source,
    ContextType: record.ContextType,
    ...lifetime(record),
  };
}
