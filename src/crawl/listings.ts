import { isMembershipLabel, type ListedKind, type MembershipLabel } from '../graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import { actionRow, getActions } from './actions.ts';
import { artifactRow, getArtifacts } from './artifacts.ts';
import { associationRow, getAssociations } from './associations.ts';
import { type Origin, pageRows } from './cells.ts';
import type { CrawlClients, Operation } from './clients.ts';
import { contextRow, getContexts } from './contexts.ts';
import { experimentRow, getExperiments } from './experiments.ts';
import {
  getTrialComponentMemberships,
  getTrialMemberships,
  trialComponentMembershipRows,
  trialMembershipRows,
} from './membership.ts';
import type { ListingOptions, Page } from './pages.ts';
import { getTrialComponents, trialComponentRow } from './trial-components.ts';
import { getTrials, trialRow } from './trials.ts';
import { within } from './window.ts';

/** A listing that gives edges: the associations, or one half of the membership. */
export type EdgeListing = 'association' | MembershipLabel;

/** All that is listed of an account, by the kind of the rows that it gives. */
export type Listing = ListedKind | EdgeListing;

/** The operation behind each listing; those that tend to be longest first, since they decide when a crawl ends. */
export const LISTING_OPERATIONS = {
  association: 'ListAssociations',
  trial_component: 'ListTrialComponents',
  HasTrialComponent: 'Search',
  artifact: 'ListArtifacts',
  action: 'ListActions',
  context: 'ListContexts',
  trial: 'ListTrials',
  HasTrial: 'Search',
  experiment: 'ListExperiments',
} as const satisfies Record<Listing, Operation>;

export function isEdgeListing(listing: Listing): listing is EdgeListing {
  return listing === 'association' || isMembershipLabel(listing);
}

/** The rows of one listing, see {@link vertexRows} and {@link edgeRows}. */
export function listingRows<L extends Listing>(
  listing: L,
  clients: CrawlClients,
  options: ListingOptions = {},
): AsyncGenerator<readonly (L extends EdgeListing ? EdgeRow : VertexRow)[]> {
  const batches = isEdgeListing(listing)
    ? edgeRows(listing, clients, options)
    : vertexRows(listing as ListedKind, clients, options);
  return batches as AsyncGenerator<readonly (L extends EdgeListing ? EdgeRow : VertexRow)[]>;
}

/** The vertices of one listing, a page at a time, in the order of the listing. @throws LineageError, see `readPages` */
export function vertexRows(
  kind: ListedKind,
  clients: CrawlClients,
  options: ListingOptions = {},
): AsyncGenerator<readonly VertexRow[]> {
  switch (kind) {
    case 'artifact':
      return rows(getArtifacts(clients.ListArtifacts, options), artifactRow, options);
    case 'action':
      return rows(getActions(clients.ListActions, options), actionRow, options);
    case 'context':
      return rows(getContexts(clients.ListContexts, options), contextRow, options);
    case 'trial_component':
      return rows(getTrialComponents(clients.ListTrialComponents, options), trialComponentRow, options);
    case 'experiment':
      return rows(getExperiments(clients.ListExperiments, options), experimentRow, options);
    case 'trial':
      return rows(getTrials(clients.ListTrials, options), trialRow, options);
  }
}

/**
 * The edges of one listing, a page at a time, in the order of the listing, their ends not yet settled (see
 * `createEndpoints`). @throws LineageError, see `readPages`
 */
export function edgeRows(
  listing: EdgeListing,
  clients: CrawlClients,
  options: ListingOptions = {},
): AsyncGenerator<readonly EdgeRow[]> {
  switch (listing) {
    case 'association':
      return rows(getAssociations(clients.ListAssociations, options), associationRow, options);
    case 'HasTrial':
      return rows(getTrialMemberships(clients.Search, options), trialMembershipRows, options);
    case 'HasTrialComponent':
      return rows(
        getTrialComponentMemberships(clients.Search, options),
        trialComponentMembershipRows,
        options,
      );
  }
}

async function* rows<Item, Row extends { readonly orderMs: number }>(
  pages: AsyncIterable<Page<Item>>,
  toRows: (item: Item, origin: Origin) => Row | readonly Row[],
  { window }: ListingOptions,
): AsyncGenerator<readonly Row[]> {
  for await (const page of pages) yield within(pageRows(page, toRows).flat() as Row[], window);
}
