import type {
  AddAssociationRequest,
  AddAssociationResponse,
  AssociationSummary,
  DeleteAssociationRequest,
  DeleteAssociationResponse,
  ListAssociationsRequest,
  ListAssociationsResponse,
} from '@aws-sdk/client-sagemaker';
import { arnKey, kindOfArn } from '../../graph/arn.ts';
import type { AssociationRecord } from '../records.ts';
import { type Account, associationType, insertAssociation } from './account.ts';
import type { Call } from './call.ts';
import { assertWithinQuota } from './creation.ts';
import { nameOf } from './entities.ts';
import { windowedPage } from './listing.ts';
import { missing, TITLES } from './lookup.ts';
import { present } from './present.ts';
import { notFound, validation } from './refusal.ts';
import { type Listing, listingByNumber, listingByText } from './sorted-ids.ts';
import type { Checked } from './wire.ts';

export function addAssociation(call: Call, request: Checked<AddAssociationRequest>): AddAssociationResponse {
  const { account } = call;
  const source = knownEnd(call, request.SourceArn);
  const destination = knownEnd(call, request.DestinationArn);
  if ([source, destination].every(({ kind }) => EXPERIMENT_KINDS.has(kind))) {
    throw validation('An association cannot be created between two experiment entities.');
  }
  if (account.associations.between(source.id, destination.id) !== undefined) {
    throw validation(
      `Association between '${request.SourceArn}' and '${request.DestinationArn}' already exists.`,
    );
  }
  assertWithinQuota(account, 'association');
  const record: AssociationRecord = {
    kind: 'association',
    SourceArn: request.SourceArn,
    DestinationArn: request.DestinationArn,
    CreationTime: call.now,
    ...present({ AssociationType: request.AssociationType }),
  };
  account.manual.association.add(insertAssociation(account, record));
  return { SourceArn: account.entities.arn(source.id), DestinationArn: account.entities.arn(destination.id) };
}

export function deleteAssociation(
  { account }: Call,
  request: Checked<DeleteAssociationRequest>,
): DeleteAssociationResponse {
  const { SourceArn, DestinationArn } = request;
  const source = account.entities.find(SourceArn);
  const destination = account.entities.find(DestinationArn);
  const id =
    source === undefined || destination === undefined
      ? undefined
      : account.associations.between(source, destination);
  if (id === undefined) {
    throw notFound(`Association between '${SourceArn}' and '${DestinationArn}' does not exist.`);
  }
  account.associationsByTime.remove(id);
  account.associations.remove(id);
  account.associationExtras.delete(id);
  account.manual.association.delete(id);
  account.memo.clear();
  return { SourceArn, DestinationArn };
}

export function listAssociations(
  call: Call,
  request: Checked<ListAssociationsRequest>,
): ListAssociationsResponse {
  const { account } = call;
  const { SortBy: sortBy = 'CreationTime' } = request;
  const isSweep = request.SourceArn === undefined && request.DestinationArn === undefined;
  if (isSweep && call.pageFault === 'refused-sweep') {
    throw validation('At least one of SourceArn and DestinationArn must be specified.');
  }
  const { ids, NextToken } = windowedPage(call, request, {
    listing: associationListing(account, request, sortBy),
    sortBy,
    sortedByTime: sortBy === 'CreationTime',
    inclusive: true,
    timeOf: account.associations.time,
    accepts: associationFilter(account, request, isSweep && call.pageFault === 'short-sweep'),
  });
  return { AssociationSummaries: ids.map((id) => associationSummary(account, id)), NextToken };
}

const EXPERIMENT_KINDS: ReadonlySet<string> = new Set(['experiment', 'trial', 'trial_component']);

/** An end of a new association must be there, or in an account that shares its lineage. */
function knownEnd({ account, lenderOf }: Call, arn: string) {
  const kind = kindOfArn(arn) ?? 'artifact';
  const owner = lenderOf(arn) ?? account;
  const id = owner.entities.find(arn);
  if (id === undefined || owner.entities.record(id) === undefined) {
    throw missing(account, arn, TITLES[kind]);
  }
  return { id: account.entities.idOf(arn), kind };
}

type Filters = Checked<ListAssociationsRequest>;
type SortBy = NonNullable<Filters['SortBy']>;

/** All associations, or those at one end where a filter names it, sorted as asked. */
function associationListing(account: Account, filters: Filters, sortBy: SortBy): Listing {
  const { associations, associationsByTime, entities } = account;
  const { SourceArn, DestinationArn } = filters;
  const end = SourceArn ?? DestinationArn;
  if (end === undefined && sortBy === 'CreationTime') return associationsByTime.listing();

  const node = end === undefined ? undefined : entities.find(end);
  const side = SourceArn === undefined ? 'reaching' : 'leaving';
  return account.memo.get(JSON.stringify(['associations', sortBy, side, end?.toLowerCase()]), () => {
    const atNode = node === undefined ? [] : associations[side](node);
    const ids = end === undefined ? associationsByTime.listing().ids : atNode;
    return sortBy === 'CreationTime'
      ? listingByNumber(ids, associations.time)
      : listingByText(ids, (id) => sortText(account, id, sortBy));
  });
}

function sortText(account: Account, id: number, sortBy: Exclude<SortBy, 'CreationTime'>): string {
  const { associations, entities } = account;
  switch (sortBy) {
    case 'SourceArn':
      return arnKey(entities.arn(associations.from(id)));
    case 'DestinationArn':
      return arnKey(entities.arn(associations.to(id)));
    case 'SourceType':
      return sourceType(account, id) ?? '';
    case 'DestinationType':
      return destinationType(account, id) ?? '';
  }
}

/** The filters that the listing does not see to already. */
function associationFilter(
  account: Account,
  filters: Filters,
  isShort: boolean,
): ((id: number) => boolean) | undefined {
  const { SourceType, DestinationType, AssociationType, SourceArn, DestinationArn } = filters;
  const checks: ((id: number) => boolean)[] = [];
  if (isShort) checks.push((id) => id % 10 !== 0);
  if (SourceType !== undefined) checks.push((id) => sourceType(account, id) === SourceType);
  if (DestinationType !== undefined) checks.push((id) => destinationType(account, id) === DestinationType);
  if (AssociationType !== undefined) checks.push((id) => associationType(account, id) === AssociationType);
  if (SourceArn !== undefined && DestinationArn !== undefined) {
    const destination = account.entities.find(DestinationArn);
    checks.push((id) => account.associations.to(id) === destination);
  }
  return checks.length === 0 ? undefined : (id) => checks.every((check) => check(id));
}

function associationSummary(account: Account, id: number): AssociationSummary {
  const { associations, entities, associationExtras } = account;
  const extras = associationExtras.get(id);
  const [from, to] = [associations.from(id), associations.to(id)];
  return {
    SourceArn: entities.arn(from),
    DestinationArn: entities.arn(to),
    SourceType: sourceType(account, id),
    DestinationType: destinationType(account, id),
    AssociationType: associationType(account, id),
    SourceName: extras?.SourceName ?? endName(account, from),
    DestinationName: extras?.DestinationName ?? endName(account, to),
    CreationTime: new Date(associations.time(id)),
    CreatedBy: extras?.CreatedBy ?? {},
  };
}

function sourceType(account: Account, id: number): string | undefined {
  const given = account.associationExtras.get(id)?.SourceType;
  return given === undefined ? endType(account, account.associations.from(id)) : (given ?? undefined);
}

function destinationType(account: Account, id: number): string | undefined {
  const given = account.associationExtras.get(id)?.DestinationType;
  return given === undefined ? endType(account, account.associations.to(id)) : (given ?? undefined);
}

/** The entity's own type, not its kind; for trial components, what made them (SDK: lineage/artifact.py). */
function endType(account: Account, node: number): string | undefined {
  const record = account.entities.record(node);
  switch (record?.kind) {
    case 'artifact':
      return record.ArtifactType;
    case 'action':
      return record.ActionType;
    case 'context':
      return record.ContextType;
    case 'trial_component':
      return record.Source === undefined ? 'SageMakerExperimentTrialComponent' : record.Source.SourceType;
    default:
      return undefined;
  }
}

function endName(account: Account, node: number): string | undefined {
  const record = account.entities.record(node);
  return record === undefined ? undefined : nameOf(record);
}
