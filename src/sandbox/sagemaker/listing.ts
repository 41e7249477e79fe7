import type { ListedKind } from '../../graph/kinds.ts';
import type { Account } from './account.ts';
import type { Call } from './call.ts';
import { nameOf } from './entities.ts';
import { type Page, type PageRequest, page } from './paging.ts';
import { countBefore, type Listing, listingByNumber, listingByText } from './sorted-ids.ts';

/** What all List operations take. */
export type ListRequest = PageRequest & {
  readonly CreatedAfter?: Date | undefined;
  readonly CreatedBefore?: Date | undefined;
};

export type EntityList = {
  readonly kind: ListedKind;
  readonly sortBy: 'Name' | 'CreationTime';
  /** Whether an entity made right at CreatedAfter or CreatedBefore is in the window, as the API's page words it. */
  readonly inclusive: boolean;
  /** The candidates, where a filter names them. @default all of the kind */
  readonly among?: { readonly key: string; readonly ids: () => readonly number[] } | undefined;
  readonly accepts?: ((id: number) => boolean) | undefined;
};

/** One page of entities of one kind. */
export function entityPage(call: Call, request: ListRequest, list: EntityList): Page {
  const timeOf = (id: number) => call.account.entities.record(id)?.CreationTime ?? 0;
  const listing = entityListing(call.account, list, timeOf);
  return windowedPage(call, request, {
    ...list,
    listing,
    timeOf,
    sortedByTime: list.sortBy === 'CreationTime',
  });
}

type WindowedList = {
  readonly listing: Listing;
  readonly sortBy: string;
  readonly sortedByTime: boolean;
  readonly inclusive: boolean;
  timeOf(id: number): number;
  readonly accepts?: ((id: number) => boolean) | undefined;
};

/** One page within the request's window of creation time. */
export function windowedPage(call: Call, request: ListRequest, list: WindowedList): Page {
  const after = request.CreatedAfter?.getTime() ?? Number.NEGATIVE_INFINITY;
  const before = request.CreatedBefore?.getTime() ?? Number.POSITIVE_INFINITY;
  const source = { listing: list.listing, sortedBy: list.sortBy };
  if (list.sortedByTime) {
    const range = timeRange(list.listing, after, before, list.inclusive);
    return page(call, request, { ...source, range, accepts: list.accepts });
  }
  const inWindow = (id: number) => {
    const time = list.timeOf(id);
    return list.inclusive ? time >= after && time <= before : time > after && time < before;
  };
  return page(call, request, {
    ...source,
    accepts: (id) => inWindow(id) && (list.accepts === undefined || list.accepts(id)),
  });
}

/** Where the window begins and ends in a listing by time; ids are never negative, and never infinite. */
function timeRange(listing: Listing, after: number, before: number, inclusive: boolean): [number, number] {
  const [first, last] = inclusive ? [-1, Number.POSITIVE_INFINITY] : [Number.POSITIVE_INFINITY, -1];
  return [countBefore(listing, [after, first], false), countBefore(listing, [before, last], false)];
}

function entityListing(account: Account, list: EntityList, timeOf: (id: number) => number): Listing {
  const { kind, sortBy, among } = list;
  if (among === undefined && sortBy === 'CreationTime') return account.entities.listing(kind);
  const ids = among?.ids ?? (() => account.entities.listing(kind).ids);
  return account.memo.get(JSON.stringify([kind, sortBy, among?.key]), () =>
    sortBy === 'CreationTime'
      ? listingByNumber(ids(), timeOf)
      : listingByText(ids(), (id) => lowerName(account, id)),
  );
}

function lowerName(account: Account, id: number): string {
  const record = account.entities.record(id);
  return record === undefined ? '' : (nameOf(record) ?? '').toLowerCase();
}
