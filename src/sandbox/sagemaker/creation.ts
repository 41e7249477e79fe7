import type { Tag } from '@aws-sdk/client-sagemaker';
import type { EntityRecord } from '../records.ts';
import { type Account, insertEntity, type Quotas } from './account.ts';
import type { Call } from './call.ts';
import { present } from './present.ts';
import { limitExceeded } from './refusal.ts';

/** Adds an entity that a caller created. @throws Refusal where the account's quota is used up */
export function createEntity(call: Call, record: EntityRecord): void {
  const { account } = call;
  if (record.kind !== 'artifact' && record.kind !== 'action' && record.kind !== 'context') {
    insertEntity(account, record);
    return;
  }
  assertWithinQuota(account, record.kind);
  account.manual[record.kind].add(insertEntity(account, record));
}

/** @throws Refusal where callers have created as many as the quota allows */
export function assertWithinQuota(account: Account, counted: keyof Quotas): void {
  const quota = account.quotas[counted];
  const used = account.manual[counted].size;
  if (used < quota) return;
  throw limitExceeded(
    `The account-level service limit 'Total number of ${counted}s' is ${quota}, with current utilization of ${used} and a request delta of 1. Delete some, or ask AWS Support for more.`,
  );
}

/** Times of an entity made now, by a caller outside Studio: nobody in particular. */
export function born(call: Call) {
  return { CreationTime: call.now, LastModifiedTime: call.now };
}

/** A list of tags as the records keep it; the last of two with one key counts. */
export function tagRecord(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Tags of a create request, where it has any. */
export function givenTags(tags: readonly Tag[] | undefined) {
  return present({ Tags: tags === undefined ? undefined : tagRecord(tags) });
}
