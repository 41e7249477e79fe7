import { resolve } from 'node:path';
import type { CrawlClients } from '../crawl/clients.ts';
import { countListing, type RecordCount } from '../crawl/count-listing.ts';
import type { Listing } from '../crawl/listings.ts';
import type { Detail } from '../graph/columns.ts';
import { type Kind, LISTED_KINDS } from '../graph/kinds.ts';
import { kindsOf } from '../graph/subset.ts';
import { previousDetails } from './previous-run.ts';
import { runId } from './run-directory.ts';

export type EstimateOptions = {
  readonly clients: CrawlClients;
  readonly region: string;
  /** The directory that holds the runs. */
  readonly out: string;
  /** See `ExportOptions`. @default 'summary' */
  readonly detail?: Detail;
  readonly tags?: boolean;
  /** See `Subset`. @default all */
  readonly kinds?: readonly Kind[] | undefined;
  /** See `ExportOptions`. @default 'sweep' */
  readonly associations?: 'sweep' | 'per-node';
  /** Entities whose associations are asked for once more, one by one. @default 0 */
  readonly verify?: number;
  /** Null where no earlier run is to be used. */
  readonly since?: string | null;
  /** @default 16 */
  readonly concurrency?: number;
  /** Requests a second of each operation, at most. @default unlimited */
  readonly maxRps?: number;
  readonly clock?: () => Date;
  readonly signal?: AbortSignal;
};

/** What an export will take, of the whole account or of some kinds. */
export type Estimate = {
  readonly detail: Detail;
  readonly tags: boolean;
  readonly listings: Readonly<Record<string, ListingEstimate>>;
  /** At least and at most: how much of what an earlier run knows was modified is found out by listing it. */
  readonly calls: { readonly least: number; readonly most: number };
  /** The same in minutes, if SageMaker throttles nothing. */
  readonly minutes: { readonly least: number; readonly most: number };
  /** Minutes for the most calls, if SageMaker bears ten calls a second of each operation: it does not publish how many. */
  readonly minutesThrottled: number;
  /** Of a call, as measured. */
  readonly latencyMs: number;
  /** The run that entities may be taken from. */
  readonly since: string | null;
  /** Calls that the estimate itself took. */
  readonly asked: number;
};

type ListingEstimate = {
  readonly records: number;
  /** `counted`: SageMaker says so, or all were seen. `sampled`: from a few pages; may be far off where records come in bursts. */
  readonly basis: 'counted' | 'sampled';
  /** Pages of List and Search. */
  readonly pages: number;
  /** Describe and ListTags calls, if nothing can be taken from an earlier run. */
  readonly described: number;
};

const LISTINGS = [
  'artifact',
  'trial_component',
  'action',
  'context',
  'experiment',
  'trial',
  'association',
] as const satisfies Listing[];

/** What AWS's own tools had to keep to, more or less. */
const THROTTLED_RPS = 10;

/**
 * What an export will take, from some forty calls: Search says how many experiments, trials and trial
 * components there are; of the other listings a few pages are read.
 *
 * @throws LineageError (accessDenied, partialExport, interrupted, deadline), see `exportLineage`
 */
export async function estimateExport(options: EstimateOptions): Promise<Estimate> {
  const { clients, region, out, detail = 'summary', tags = false, signal } = options;
  const { concurrency = 16, maxRps = Number.POSITIVE_INFINITY, clock = () => new Date() } = options;
  let asked = 0;
  const startedAt = performance.now();
  const counted: Record<string, RecordCount> = {};
  for (const listing of LISTINGS.filter((one) => isCounted(one, options))) {
    counted[listing] = await countListing(listing, clients, {
      ...(signal === undefined ? {} : { signal }),
      onCall: () => {
        asked += 1;
      },
    });
  }
  const listings = Object.fromEntries(
    Object.entries(counted).map(([listing, count]) => [
      listing,
      { ...count, ...callsOf(listing as EstimatedListing, counted, options) },
    ]),
  );
  const latencyMs = Math.round((performance.now() - startedAt) / Math.max(1, asked));
  const since = detail === 'full' ? await knownRun(out, region, clock(), options.since) : null;
  const all = Object.values(listings);
  const pages = all.reduce((sum, one) => sum + one.pages, 0);
  const described = all.reduce((sum, one) => sum + one.described, 0);
  const minutesOf = (calls: number, rps: number) => {
    const longest = Math.max(...all.map((one) => one.pages));
    const rate = Math.min(rps, maxRps, (1_000 * concurrency) / Math.max(1, latencyMs));
    return Math.ceil((longest * latencyMs) / 1_000 / 60 + calls / rate / 60);
  };
  return {
    detail,
    tags,
    listings,
    calls: { least: pages + (since === null ? described : 0), most: pages + described },
    minutes: {
      least: minutesOf(since === null ? described : 0, Number.POSITIVE_INFINITY),
      most: minutesOf(described, Number.POSITIVE_INFINITY),
    },
    minutesThrottled: minutesOf(described, THROTTLED_RPS),
    latencyMs,
    since,
    asked,
  };
}

type EstimatedListing = (typeof LISTINGS)[number];

type Extent = Pick<EstimateOptions, 'detail' | 'tags' | 'kinds' | 'associations' | 'verify'>;

/** What is read, or gives the number of pages that something else takes. */
function isCounted(listing: EstimatedListing, extent: Extent): boolean {
  return listing === 'association' || isListed(listing, extent) || membershipPages(listing, extent) > 0;
}

function isListed(kind: Kind, { kinds = LISTED_KINDS }: Extent): boolean {
  return kinds.includes(kind);
}

/**
 * How often the pages of a listing are asked for to learn of membership. With full detail of all kinds it comes with the
 * entities.
 */
function membershipPages(listing: EstimatedListing, { detail, kinds }: Extent): number {
  if (detail === 'full' && kinds === undefined) return 0;
  const held = kindsOf(kinds === undefined ? null : { kinds });
  const has = (...ends: readonly Kind[]) =>
    ends.every((kind) => held.includes(kind)) || held.includes('external');
  if (listing === 'trial') return has('experiment', 'trial') ? 1 : 0;
  return listing === 'trial_component' && has('trial', 'trial_component') ? 1 : 0;
}

function callsOf(
  listing: EstimatedListing,
  counted: Readonly<Record<string, RecordCount>>,
  extent: Extent,
): Pick<ListingEstimate, 'pages' | 'described'> {
  const { detail, tags = false } = extent;
  const pages = Math.max(1, Math.ceil((counted[listing]?.records ?? 0) / 100));
  const records = counted[listing]?.records ?? 0;
  const isFull = detail === 'full';
  if (listing === 'association') return { pages: associationPages(pages, counted, extent), described: 0 };
  const isRead = isListed(listing, extent);
  const memberships = membershipPages(listing, extent);
  const own = (times: number) => pages * ((isRead ? times : 0) + memberships);
  const described = (calls: number) => (isRead && isFull ? records * calls : 0);
  switch (listing) {
    case 'artifact':
    case 'action':
    case 'context':
      return { pages: own(1), described: described(tags ? 2 : 1) };
    // Search tells of them, a hundred at a time.
    case 'experiment':
    case 'trial':
      return { pages: own(isFull ? 2 : 1), described: 0 };
    case 'trial_component':
      return { pages: own(isFull ? 2 : 1), described: described(tags ? 1 : 0) };
  }
}

/** Asked for entity by entity, at either end: a call each, at least. */
function associationPages(
  pages: number,
  counted: Readonly<Record<string, RecordCount>>,
  { associations = 'sweep', verify = 0, ...extent }: Extent,
): number {
  const nodes = ASSOCIABLE.reduce(
    (sum, kind) => sum + (isListed(kind, extent) ? (counted[kind]?.records ?? 0) : 0),
    0,
  );
  return (associations === 'per-node' ? 2 * nodes : pages) + 2 * Math.min(verify, nodes);
}

/** What an association can have at its ends (API: AssociationEntityArn). */
const ASSOCIABLE = ['artifact', 'trial_component', 'action', 'context', 'experiment'] as const;

async function knownRun(
  out: string,
  region: string,
  now: Date,
  since: string | null | undefined,
): Promise<string | null> {
  if (since !== undefined) return since;
  try {
    const manifest = await previousDetails(resolve(out), { run: runId(now), account: null, region });
    return manifest?.run ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
