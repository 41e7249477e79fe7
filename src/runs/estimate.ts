import { resolve } from 'node:path';
import type { CrawlClients } from '../crawl/clients.ts';
import { countListing } from '../crawl/count-listing.ts';
import type { Listing } from '../crawl/listings.ts';
import type { Detail } from '../graph/columns.ts';
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
  /** Null where no earlier run is to be used. */
  readonly since?: string | null;
  /** @default 16 */
  readonly concurrency?: number;
  /** Requests a second of each operation, at most. @default unlimited */
  readonly maxRps?: number;
  readonly clock?: () => Date;
  readonly signal?: AbortSignal;
};

/** What an export of the whole account will take. */
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
 * What an export of the whole account will take, from some forty calls: Search says how many experiments, trials and trial
 * components there are; of the other listings a few pages are read.
 *
 * @throws LineageError (accessDenied, partialExport, interrupted, deadline), see `exportLineage`
 */
export async function estimateExport(options: EstimateOptions): Promise<Estimate> {
  const { clients, region, out, detail = 'summary', tags = false, signal } = options;
  const { concurrency = 16, maxRps = Number.POSITIVE_INFINITY, clock = () => new Date() } = options;
  let asked = 0;
  const startedAt = performance.now();
  const listings: Record<string, ListingEstimate> = {};
  for (const listing of LISTINGS) {
    const count = await countListing(listing, clients, {
      ...(signal === undefined ? {} : { signal }),
      onCall: () => {
        asked += 1;
      },
    });
    listings[listing] = { ...count, ...callsOf(listing, count.records, { detail, tags }) };
  }
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

function callsOf(
  listing: (typeof LISTINGS)[number],
  records: number,
  { detail, tags }: { readonly detail: Detail; readonly tags: boolean },
): Pick<ListingEstimate, 'pages' | 'described'> {
  const pages = Math.max(1, Math.ceil(records / 100));
  const isFull = detail === 'full';
  switch (listing) {
    case 'association':
      return { pages, described: 0 };
    case 'artifact':
    case 'action':
    case 'context':
      return { pages, described: isFull ? records * (tags ? 2 : 1) : 0 };
    // Search tells of them, and of membership, a hundred at a time.
    case 'experiment':
      return { pages: isFull ? 2 * pages : pages, described: 0 };
    case 'trial':
      return { pages: 2 * pages, described: 0 };
    case 'trial_component':
      return { pages: 2 * pages, described: isFull && tags ? records : 0 };
  }
}

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
