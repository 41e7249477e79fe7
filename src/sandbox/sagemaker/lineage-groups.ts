import type {
  DescribeLineageGroupRequest,
  DescribeLineageGroupResponse,
  GetLineageGroupPolicyRequest,
  GetLineageGroupPolicyResponse,
  LineageGroupSummary,
  ListLineageGroupsRequest,
  ListLineageGroupsResponse,
} from '@aws-sdk/client-sagemaker';
import { arnKey } from '../../graph/arn.ts';
import { type Account, sageMakerArn } from './account.ts';
import type { Call } from './call.ts';
import { page } from './paging.ts';
import { notFound } from './refusal.ts';
import { listingByNumber } from './sorted-ids.ts';
import type { Checked } from './wire.ts';

/** The one group of an account, which all its lineage entities belong to (Developer Guide, xaccount-lineage-tracking). */
const DEFAULT_GROUP = 'sagemaker-default-lineage-group';

export function lineageGroupArn(account: Account): string {
  return sageMakerArn(account, `lineage-group/${DEFAULT_GROUP}`);
}

/** At most the default group: it is there as soon as the account has had a lineage entity. */
export function listLineageGroups(
  call: Call,
  request: Checked<ListLineageGroupsRequest>,
): ListLineageGroupsResponse {
  const { account } = call;
  const made = account.lineageGroupTime;
  const after = request.CreatedAfter?.getTime() ?? Number.NEGATIVE_INFINITY;
  const before = request.CreatedBefore?.getTime() ?? Number.POSITIVE_INFINITY;
  const listed = made !== undefined && made > after && made < before ? [0] : [];
  const { ids, NextToken } = page(call, request, {
    listing: listingByNumber(listed, () => made ?? 0),
    sortedBy: request.SortBy ?? 'CreationTime',
    defaultOrder: 'Ascending',
  });
  return { LineageGroupSummaries: ids.map(() => groupSummary(account)), NextToken };
}

export function describeLineageGroup(
  { account }: Call,
  request: Checked<DescribeLineageGroupRequest>,
): DescribeLineageGroupResponse {
  assertGroup(account, request.LineageGroupName);
  return { ...groupSummary(account), CreatedBy: {}, LastModifiedBy: {} };
}

/** @throws Refusal where the group has no policy: it is shared with nobody */
export function getLineageGroupPolicy(
  { account, sharedWith }: Call,
  request: Checked<GetLineageGroupPolicyRequest>,
): GetLineageGroupPolicyResponse {
  assertGroup(account, request.LineageGroupName);
  const arn = lineageGroupArn(account);
  const principals = sharedWith(arn);
  const policy =
    account.lineageGroupPolicy ?? (principals.length === 0 ? undefined : sharingPolicy(account, principals));
  if (policy === undefined) throw notFound(`Resource policy of LineageGroup '${arn}' does not exist.`);
  return { LineageGroupArn: arn, ResourcePolicy: policy };
}

/** The only policy that a group may have (Developer Guide, xaccount-lineage-tracking). */
const SHARED_ACTIONS = [
  'DescribeAction',
  'DescribeArtifact',
  'DescribeContext',
  'DescribeTrialComponent',
  'AddAssociation',
  'DeleteAssociation',
  'QueryLineage',
].map((action) => `sagemaker:${action}`);

function sharingPolicy(account: Account, principals: readonly string[]): string {
  const Statement = [
    {
      Sid: 'FullLineageAccess',
      Effect: 'Allow',
      Principal: { AWS: principals },
      Action: SHARED_ACTIONS,
      Resource: lineageGroupArn(account),
    },
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

function assertGroup(account: Account, nameOrArn: string): void {
  const known = [DEFAULT_GROUP, arnKey(lineageGroupArn(account))].includes(nameOrArn.toLowerCase());
  if (!known || account.lineageGroupTime === undefined) {
    throw notFound(`LineageGroup '${nameOrArn}' does not exist.`);
  }
}

function groupSummary(account: Account): LineageGroupSummary {
  const made = new Date(account.lineageGroupTime ?? 0);
  return {
    LineageGroupArn: lineageGroupArn(account),
    LineageGroupName: DEFAULT_GROUP,
    DisplayName: DEFAULT_GROUP,
    CreationTime: made,
    LastModifiedTime: made,
  };
}
