import type {
  AddTagsInput,
  AddTagsOutput,
  DeleteTagsInput,
  DeleteTagsOutput,
  ListTagsInput,
  ListTagsOutput,
  Tag,
} from '@aws-sdk/client-sagemaker';
import { arnKey, kindOfArn } from '../../graph/arn.ts';
import type { EntityRecord } from '../records.ts';
import type { Account } from './account.ts';
import type { Call } from './call.ts';
import { tagRecord } from './creation.ts';
import { without } from './entity-members.ts';
import { missing, TITLES } from './lookup.ts';
import { page } from './paging.ts';
import { validation } from './refusal.ts';
import { listingByText } from './sorted-ids.ts';
import type { Checked } from './wire.ts';

/** A resource has at most so many tags (AddTags API page); a page of ListTags has at least as many. */
const MAX_TAGS = 50;

export function addTags({ account }: Call, request: Checked<AddTagsInput>): AddTagsOutput {
  const tags = { ...tagsOf(account, request.ResourceArn), ...tagRecord(request.Tags) };
  const count = Object.keys(tags).length;
  if (count > MAX_TAGS) {
    throw validation(
      `Resource '${request.ResourceArn}' would have ${count} tags: at most ${MAX_TAGS} are allowed.`,
    );
  }
  setTags(account, request.ResourceArn, tags);
  return { Tags: tagList(tags) };
}

export function deleteTags({ account }: Call, request: Checked<DeleteTagsInput>): DeleteTagsOutput {
  setTags(account, request.ResourceArn, without(tagsOf(account, request.ResourceArn), request.TagKeys));
  return {};
}

export function listTags(call: Call, request: Checked<ListTagsInput>): ListTagsOutput {
  const tags = tagList(tagsOf(call.account, request.ResourceArn));
  const { ids, NextToken } = page(call, request, {
    listing: listingByText([...tags.keys()], (id) => tags[id]?.Key ?? ''),
    sortedBy: 'Key',
    defaultOrder: 'Ascending',
    defaultSize: MAX_TAGS,
  });
  return { Tags: ids.flatMap((id) => tags[id] ?? []), NextToken };
}

/** As replies hold them. */
export function tagList(tags: Readonly<Record<string, string>> | undefined): Tag[] {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags of any SageMaker resource. A job that nobody tagged by itself has the tags of its trial component. */
export function tagsOf(account: Account, arn: string): Readonly<Record<string, string>> {
  const entity = taggedEntity(account, arn);
  if (entity !== undefined) return entity.Tags ?? {};
  const own = account.otherTags.get(arnKey(arn));
  if (own !== undefined) return Object.fromEntries(own);
  const [component] = account.entities.bySource('trial_component', arnKey(arn));
  return component === undefined ? {} : (account.entities.as('trial_component', component).Tags ?? {});
}

function setTags(account: Account, arn: string, tags: Record<string, string>): void {
  const entity = taggedEntity(account, arn);
  if (entity === undefined) account.otherTags.set(arnKey(arn), new Map(Object.entries(tags)));
  else entity.Tags = tags;
  account.memo.clear();
}

/** @throws Refusal for the ARN of a lineage entity that is not there */
function taggedEntity(account: Account, arn: string): EntityRecord | undefined {
  const kind = kindOfArn(arn);
  if (kind === undefined) return undefined;
  const id = account.entities.find(arn);
  const record = id === undefined ? undefined : account.entities.record(id);
  if (record === undefined) throw missing(account, arn, TITLES[kind]);
  return record;
}
