import { AssociationEdgeType } from '@aws-sdk/client-sagemaker';
import { arnKey } from '../../graph/arn.ts';
import { KINDS, type ListedKind } from '../../graph/kinds.ts';
import type { AccountRecord, AssociationRecord, EntityRecord } from '../records.ts';
import { arnOf, createEntities, type Entities, nameOf } from './entities.ts';
import { createLinks, type Links } from './links.ts';
import { createMemo, type Memo } from './memo.ts';
import { present } from './present.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** How many entities an account may create by itself; SageMaker's own are not counted (Developer Guide, lineage-tracking-manual-creation). */
export type Quotas = {
  readonly artifact: number;
  readonly action: number;
  readonly context: number;
  readonly association: number;
};

const DEFAULT_QUOTAS: Quotas = { artifact: 6000, action: 3000, context: 500, association: 6000 };

export type AccountOptions = {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** @default the partition that the region belongs to */
  readonly partition?: string;
  /** @default DEFAULT_QUOTAS */
  readonly quotas?: Partial<Quotas>;
  /** The resource policy of the default lineage group: JSON. @default none, as long as the group is shared with nobody */
  readonly lineageGroupPolicy?: string;
};

/** What an association has besides its ends, type and time: seldom anything. */
type AssociationExtras = Pick<AssociationRecord, (typeof EXTRAS)[number]>;

/** One account in one region. */
export type Account = {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly quotas: Quotas;
  readonly lineageGroupPolicy: string | undefined;
  readonly entities: Entities;
  readonly associations: Links;
  readonly associationsByTime: Timeline;
  readonly associationExtras: Map<number, AssociationExtras>;
  /** Trial to trial component. */
  readonly memberships: Links;
  /** Ids that callers created, rather than SageMaker: what the quotas count. */
  readonly manual: { readonly [Counted in keyof Quotas]: Set<number> };
  /** Tags of resources that are no lineage entities (jobs, endpoints), by ARN key. */
  readonly otherTags: Map<string, Map<string, string>>;
  /** Derived listings; cleared by every change. */
  readonly memo: Memo;
  /** When the default lineage group was made: with the first lineage entity. Epoch milliseconds. */
  lineageGroupTime: number | undefined;
  /** Adds records in bulk, in any order. They are trusted, and do not count against the quotas. */
  load(records: Iterable<AccountRecord>): void;
};

/** An account that holds nothing yet. */
export function createAccount(options: AccountOptions): Account {
  const associations = createLinks();
  const account: Account = {
    account: options.account,
    region: options.region,
    partition: options.partition ?? partitionOf(options.region),
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    lineageGroupPolicy: options.lineageGroupPolicy,
    entities: createEntities(),
    associations,
    associationsByTime: createTimeline(associations.time),
    associationExtras: new Map(),
    memberships: createLinks(),
    manual: { artifact: new Set(), action: new Set(), context: new Set(), association: new Set() },
    otherTags: new Map(),
    memo: createMemo(),
    lineageGroupTime: undefined,
    load(records) {
      for (const record of records) loadRecord(account, record);
      account.memo.clear();
    },
  };
  return account;
}

function loadRecord(account: Account, record: AccountRecord): void {
  if (record.kind === 'association') {
    insertAssociation(account, record);
  } else if (record.kind === 'membership') {
    const trial = account.entities.idOf(entityArn(account, 'trial', record.TrialName));
    const component = account.entities.idOf(entityArn(account, 'trial_component', record.TrialComponentName));
    account.memberships.add(trial, component, 0, 0);
  } else {
    assertArnHoldsName(account, record);
    insertEntity(account, record);
  }
}

/** Adds an entity and gives its id. */
export function insertEntity(account: Account, record: EntityRecord): number {
  if (record.kind !== 'experiment' && record.kind !== 'trial') {
    account.lineageGroupTime = Math.min(account.lineageGroupTime ?? record.CreationTime, record.CreationTime);
  }
  account.memo.clear();
  return account.entities.add(record);
}

/** Adds an association and gives its id. */
export function insertAssociation(account: Account, record: AssociationRecord): number {
  const source = account.entities.idOf(record.SourceArn);
  const destination = account.entities.idOf(record.DestinationArn);
  const type = record.AssociationType;
  const tag = type === undefined ? 0 : ASSOCIATION_TYPES.indexOf(type) + 1;
  const id = account.associations.add(source, destination, record.CreationTime, tag);
  account.associationsByTime.add(id);
  if (EXTRAS.some((name) => saysSomething(record[name]))) {
    const { CreatedBy, SourceType, DestinationType, SourceName, DestinationName } = record;
    const extras = present({ CreatedBy, SourceType, DestinationType, SourceName, DestinationName });
    account.associationExtras.set(id, extras);
  }
  account.memo.clear();
  return id;
}

const EXTRAS = ['CreatedBy', 'SourceType', 'DestinationType', 'SourceName', 'DestinationName'] as const;

/** An empty CreatedBy, which most associations have, is what replies give where there is none. */
function saysSomething(extra: AssociationRecord[(typeof EXTRAS)[number]]): boolean {
  return typeof extra === 'object' && extra !== null ? Object.keys(extra).length > 0 : extra !== undefined;
}

const ASSOCIATION_TYPES = Object.values(AssociationEdgeType);

export function associationType(account: Account, id: number): AssociationEdgeType | undefined {
  return ASSOCIATION_TYPES[account.associations.tag(id) - 1];
}

/** The ARN that SageMaker gives an entity: names do not count case, and stand in lower case there. */
export function entityArn(account: Account, kind: ListedKind, name: string): string {
  return sageMakerArn(account, `${KINDS[kind].resourceType}/${name.toLowerCase()}`);
}

export function sageMakerArn(account: Account, resource: string): string {
  return `arn:${account.partition}:sagemaker:${account.region}:${account.account}:${resource}`;
}

/** Names are looked up through ARNs, so a record whose ARN says otherwise could never be found. */
function assertArnHoldsName(account: Account, record: EntityRecord): void {
  const name = nameOf(record);
  if (record.kind === 'artifact' || name === undefined) return;
  const expected = entityArn(account, record.kind, name);
  if (arnKey(arnOf(record)) !== arnKey(expected)) {
    throw new TypeError(`Expected the ARN of ${record.kind} ${name} to be ${expected}, got ${arnOf(record)}`);
  }
}

const PARTITIONS: readonly (readonly [regionPrefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-isob-', 'aws-iso-b'],
  ['us-iso-', 'aws-iso'],
];

function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}
