import { type ResourceType, SearchCommand } from '@aws-sdk/client-sagemaker';
import type { ListedKind } from '../graph/kinds.ts';
import type { CrawlClients } from './clients.ts';
import { crawlError } from './errors.ts';
import { type Listing, listingRows } from './listings.ts';
import { newestCreationMs } from './newest.ts';
import { type Created, type ListingOptions, type Page, watched } from './pages.ts';

export type CountOptions = Pick<ListingOptions, 'signal' | 'onCall'>;

/** How many records a listing holds, and how that is known. */
export type RecordCount = {
  readonly records: number;
  /** `counted`: SageMaker says so, or all were seen. `sampled`: from pages at several times, which may be far off where records come in bursts. */
  readonly basis: 'counted' | 'sampled';
};

const SEARCHABLE: Readonly<Partial<Record<Listing, ResourceType>>> = {
  experiment: 'Experiment',
  trial: 'ExperimentTrial',
  trial_component: 'ExperimentTrialComponent',
} satisfies Partial<Record<ListedKind, ResourceType>>;

/** Pages that are looked at between the oldest and the newest record. */
const SAMPLES = 6;

/**
 * How many records a listing holds, in eight calls at most. Search tells it; List operations do not, so of a listing of more
 * than a page some are read, at creation times that lie evenly between its ends.
 *
 * @throws LineageError, see `readPages`
 */
export async function countListing(
  listing: Listing,
  clients: CrawlClients,
  options: CountOptions = {},
): Promise<RecordCount> {
  const resource = SEARCHABLE[listing];
  const hits = resource && (await totalHits(resource, clients, options));
  if (hits !== undefined) return { records: hits, basis: 'counted' };
  const first = await pageFrom(undefined, listing, clients, options);
  const oldestMs = timeOf(first?.records[0]);
  if (first === undefined || first.isLast || oldestMs === undefined) {
    return { records: first?.records.length ?? 0, basis: 'counted' };
  }
  const newestMs =
    (await newestCreationMs(listing, clients, { ...options, onPage: () => undefined })) ?? oldestMs;
  const looks = [looked(first, oldestMs, newestMs)];
  const step = (newestMs - oldestMs) / (SAMPLES + 1);
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    // Never where a page before has been.
    const fromMs = Math.max(Math.round(oldestMs + sample * step), (looks.at(-1)?.toMs ?? 0) + 1);
    if (fromMs > newestMs) break;
    const page = await pageFrom(fromMs, listing, clients, options);
    if (page !== undefined) looks.push(looked(page, fromMs, newestMs));
  }
  return estimated(looks, newestMs - oldestMs);
}

/** The records of a page, and the time that they were made in. */
type Look = { readonly records: number; readonly fromMs: number; readonly toMs: number };

/** Where nobody looked, as many records as where somebody did. */
function estimated(looks: readonly Look[], ms: number): RecordCount {
  const seen = looks.reduce((sum, look) => sum + look.records, 0);
  const seenMs = looks.reduce((sum, look) => sum + look.toMs - look.fromMs + 1, 0);
  if (seenMs > ms) return { records: seen, basis: 'counted' };
  return { records: seen + Math.round(((ms + 1 - seenMs) * seen) / seenMs), basis: 'sampled' };
}

function looked({ records, isLast }: Page<Created>, fromMs: number, newestMs: number): Look {
  const within = records.filter((record) => (timeOf(record) ?? 0) >= fromMs);
  return { records: within.length, fromMs, toMs: isLast ? newestMs : (timeOf(within.at(-1)) ?? fromMs) };
}

async function pageFrom(
  fromMs: number | undefined,
  listing: Listing,
  clients: CrawlClients,
  options: CountOptions,
): Promise<Page<Created> | undefined> {
  let first: Page<Created> | undefined;
  const batches = listingRows(listing, clients, {
    ...options,
    ...(fromMs === undefined ? {} : { window: { from: new Date(fromMs) } }),
    onPage: (page) => {
      first ??= page;
    },
  });
  for await (const _ of batches) if (first !== undefined) break;
  return first;
}

/** Undefined where Search gives a bound only. */
async function totalHits(
  Resource: ResourceType,
  { Search }: CrawlClients,
  { signal, onCall }: CountOptions,
): Promise<number | undefined> {
  try {
    signal?.throwIfAborted();
    const Filters = [
      { Name: 'CreationTime', Operator: 'GreaterThanOrEqualTo', Value: '2010-01-01T00:00:00.000Z' } as const,
    ];
    const command = new SearchCommand({ Resource, SearchExpression: { Filters }, MaxResults: 1 });
    const sendOptions = signal === undefined ? {} : { abortSignal: signal };
    const { TotalHits } = await Search.send(watched(command, onCall), sendOptions);
    return TotalHits?.Relation === 'EqualTo' ? TotalHits.Value : undefined;
  } catch (error) {
    throw crawlError(error, { operation: 'Search', page: 1, ...(signal === undefined ? {} : { signal }) });
  }
}

function timeOf(record: Created | undefined): number | undefined {
  return record?.CreationTime?.getTime();
}
