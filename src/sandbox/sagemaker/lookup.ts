import { parseArn } from '../../graph/arn.ts';
import type { ListedKind } from '../../graph/kinds.ts';
import type { EntityRecord } from '../records.ts';
import { type Account, entityArn } from './account.ts';
import type { Call } from './call.ts';
import { arnOf, type RecordOf } from './entities.ts';
import { accessDenied, notFound, type Refusal, validation } from './refusal.ts';

/** What the API calls a kind in its messages. */
export const TITLES: Readonly<Record<ListedKind, string>> = {
  artifact: 'Artifact',
  action: 'Action',
  context: 'Context',
  experiment: 'Experiment',
  trial: 'Trial',
  trial_component: 'TrialComponent',
};

export type Found<R extends EntityRecord = EntityRecord> = { readonly id: number; readonly record: R };

/**
 * The entity of a kind by its name or ARN, whatever the case.
 * @throws Refusal: ResourceNotFound; AccessDeniedException for another account's entity
 */
export function findEntity<K extends ListedKind>(
  account: Account,
  kind: K,
  nameOrArn: string,
): Found<RecordOf<K>> {
  const arn = nameOrArn.startsWith('arn:') ? nameOrArn : entityArn(account, kind, nameOrArn);
  const id = account.entities.find(arn);
  const record = id === undefined ? undefined : account.entities.record(id);
  if (id !== undefined && record?.kind === kind) return { id, record: record as RecordOf<K> };
  throw missing(account, nameOrArn, TITLES[kind]);
}

/**
 * The entity of a kind, also one that another account shares with the caller, and whose it is.
 *
 * @throws Refusal, see `findEntity`
 */
export function findReadable<K extends ListedKind>(
  { account, lenderOf }: Call,
  kind: K,
  nameOrArn: string,
): Found<RecordOf<K>> & { readonly owner: Account } {
  const owner = lenderOf(nameOrArn) ?? account;
  return { ...findEntity(owner, kind, nameOrArn), owner };
}

/** Why an entity cannot be had. */
export function missing(account: Account, nameOrArn: string, title: string): Refusal {
  const arn = parseArn(nameOrArn);
  const foreign = arn !== undefined && (arn.account !== account.account || arn.region !== account.region);
  return foreign
    ? accessDenied(`Not authorized to access ${nameOrArn}: no resource-based policy allows it`)
    : notFound(`${title} '${nameOrArn}' does not exist.`);
}

/** @throws Refusal where the entity's name is taken, in the words that AWS's Python SDK looks for ("already exists") */
export function assertNameFree(account: Account, kind: ListedKind, name: string): void {
  const id = account.entities.find(entityArn(account, kind, name));
  if (id === undefined || account.entities.record(id) === undefined) return;
  const title = TITLES[kind];
  throw validation(
    `${title} names must be unique within an AWS account and region. ${title} with name (${name}) already exists.`,
  );
}

/** @throws Refusal where the entity is an end of an association */
export function assertNotAssociated(account: Account, { id, record }: Found): void {
  if (!account.associations.touches(id)) return;
  throw validation(
    `${TITLES[record.kind]} '${arnOf(record)}' has 1 or more associations and cannot be deleted.`,
  );
}

/** Takes the entity away, and frees its place in the quota if it had one. */
export function removeEntity(account: Account, { id, record }: Found): void {
  account.entities.remove(id);
  if (record.kind === 'artifact' || record.kind === 'action' || record.kind === 'context') {
    account.manual[record.kind].delete(id);
  }
  account.memo.clear();
}
