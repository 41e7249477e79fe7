import { join, relative } from 'node:path';
import type { CrawlClients } from '../crawl/clients.ts';
import type { Detailer } from '../crawl/details.ts';
import { isSweepRefused, stopError } from '../crawl/errors.ts';
import { jointSignal } from '../crawl/joint-signal.ts';
import { LISTING_OPERATIONS, type Listing } from '../crawl/listings.ts';
import { newestCreationMs } from '../crawl/newest.ts';
import {
  crawlShard,
  isEdgeShard,
  remaining,
  type Shard,
  type ShardBatch,
  type ShardOptions,
  type ShardWindow,
  windowOf,
} from '../crawl/shard.ts';
import { type Claim, createShardQueue } from '../crawl/shard-queue.ts';
import { type Storable, storableEdge, storableVertex } from '../crawl/storable-row.ts';
import type { Layout } from '../csv/encode.ts';
import { LineageError } from '../errors.ts';
import { addPromotedCounts, countPromoted, type PromotedCounts } from '../graph/promotion.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import { isInSubset, type Subset } from '../graph/subset.ts';
import type { Counts, Journal, JournalEntry } from './journal.ts';
import { addCounts, createTally, NO_COUNTS, type Tally } from './listing-tally.ts';
import { createPartFile, type PartFile, type PartWriter } from './part-file.ts';
import { edgeBlock, vertexBlock } from './row-block.ts';
import { fileSystemError, partFile } from './run-directory.ts';

/** Where one listing stands. */
export type ListingEvent = {
  readonly type: 'listing-started' | 'page' | 'listing-finished';
  readonly listing: Listing;
  readonly operation: string;
  readonly pages: number;
  readonly records: number;
  readonly calls: number;
  readonly throttles: number;
  /** With full detail: entities described so far, and those taken from an earlier run. */
  readonly described?: number;
  readonly cached?: number;
  /** Of a finished listing. */
  readonly verdict?: Tally['verdict'];
};

export type CrawlJob = {
  readonly clients: CrawlClients;
  /** The directory that the run grows in. */
  readonly directory: string;
  readonly region: string;
  /** The windows to crawl, by listing: all of time, unless the run is of a subset. */
  readonly windows: ReadonlyMap<Listing, ShardWindow>;
  /** What earlier attempts at the run have finished. */
  readonly done: readonly JournalEntry[];
  readonly journal: Journal;
  readonly subset: Subset | null;
  readonly layout: Layout;
  /** Completes vertices; undefined where a run holds what the listings give. */
  readonly detailer?: Detailer | undefined;
  /** Whether the membership edges that a detailer gives are kept: they may have listings of their own. */
  readonly keepsMemberships: boolean;
  readonly concurrency: number;
  /** What holds shards back, where it is shared with other accounts. @default nothing but the concurrency */
  readonly limit?: (<T>(crawl: () => Promise<T>) => Promise<T>) | undefined;
  readonly clock: () => Date;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (event: ListingEvent) => void;
};

/** One tally per listing, whatever became of it, and all finished shards. */
export type CrawlOutcome = {
  readonly tallies: readonly Tally[];
  /** The tally of a listing, a new one where it was not crawled. */
  tallyOf(listing: Listing): Tally;
  readonly entries: readonly JournalEntry[];
  /** Whether SageMaker lists associations by node only; they are not among the entries then. */
  readonly isSweepRefused: boolean;
  /** Why the crawl is not complete; undefined where every listing ended by itself. */
  readonly error: unknown;
};

/**
 * Crawls what is left of all listings, several shards at a time, each to part files of its own, and journals what is
 * finished. The first shard that fails for good stops the others; what they received is kept.
 */
export async function crawlAccount(job: CrawlJob): Promise<CrawlOutcome> {
  const { limit = (crawl) => crawl() } = job;
  const failed = new AbortController();
  const signal = jointSignal(job.signal, failed.signal);
  const states = [...job.windows].map(([listing, window]) => createListingState(listing, window, job));
  const stateOf = (listing: Listing) => states.find(({ tally }) => tally.listing === listing);
  const queue = createShardQueue({
    shards: states.flatMap(({ left }) => left()),
    isThrottled: (listing) =>
      states.some(
        ({ tally: { operation, counts } }) =>
          operation === LISTING_OPERATIONS[listing] && counts.throttles > 0,
      ),
    newestMs: (listing) =>
      newestCreationMs(listing, job.clients, {
        signal,
        onCall: ({ throttled }) => stateOf(listing)?.count({ calls: 1, throttles: throttled ? 1 : 0 }),
        onPage: () => stateOf(listing)?.count({ pages: 1 }),
      }),
    onError: (error) => failed.abort(error),
  });
  const entries = [...job.done];
  await Promise.all(
    Array.from({ length: job.concurrency }, async () => {
      for (let claim = await queue.take(); claim !== undefined; claim = await queue.take()) {
        const state = stateOf(claim.shard.listing);
        let rest: Shard | undefined;
        try {
          rest = await limit(() => {
            state?.start();
            if (signal.aborted) throw stopError(signal.reason);
            return crawlClaim(
              claim,
              { ...job, signal },
              (counts) => state?.count(counts),
              (entry) => {
                entries.push(entry);
                state?.finishWindow(entry.shard.window);
              },
            );
          });
        } catch (error) {
          if (isSweepRefused(error)) state?.refuse();
          else failed.abort(state?.fail(error, signal));
        }
        claim.release(rest);
      }
    }),
  );
  for (const state of states) state.end();
  const tallies = states.map(({ tally }) => tally);
  const isRefused = stateOf('association')?.isRefused === true;
  return {
    tallies,
    tallyOf(listing) {
      const known = tallies.find((tally) => tally.listing === listing);
      if (known !== undefined) return known;
      const tally = createTally(listing);
      tallies.push(tally);
      return tally;
    },
    entries: isRefused ? entries.filter(({ shard }) => shard.listing !== 'association') : entries,
    isSweepRefused: isRefused,
    error: ['denied', 'failed', 'stopped']
      .flatMap((verdict) => tallies.filter((tally) => tally.verdict === verdict))
      .map(({ error }) => error)
      .find((error) => error !== undefined),
  };
}

/** What is known of a listing while its shards are crawled. */
type ListingState = {
  readonly tally: Tally;
  /** The shards that are not finished. */
  left(): readonly Shard[];
  start(): void;
  count(counts: Partial<Counts>): void;
  finishWindow(window: ShardWindow): void;
  /** Notes why the listing is not complete. @returns the error with the listing's name */
  fail(error: unknown, signal: AbortSignal): unknown;
  /** Notes that the listing cannot be had as a whole; others go on. */
  refuse(): void;
  readonly isRefused: boolean;
  /** Notes that nothing more is crawled. */
  end(): void;
};

function createListingState(
  listing: Listing,
  window: ShardWindow,
  { done, region, directory, clock, onProgress }: CrawlJob,
): ListingState {
  const earlier = done.filter(({ shard }) => shard.listing === listing);
  const tally = createTally(
    listing,
    earlier.reduce((total, { counts }) => addCounts(total, counts), NO_COUNTS),
  );
  const finished = earlier.map(({ shard }) => shard.window);
  const left = () => remaining({ listing, scope: { region }, window }, finished);
  const emit = (type: ListingEvent['type']) => onProgress(listingEvent(type, tally));
  let isEnded = false;
  let isRefused = false;

  function end(): void {
    if (isEnded || isRefused) return;
    isEnded = true;
    if (tally.startedMs === 0) tally.startedMs = clock().getTime();
    tally.finishedMs = clock().getTime();
    emit('listing-finished');
  }

  function finishIfDone(): void {
    if (tally.error !== undefined || left().length > 0) return;
    tally.verdict = 'complete';
    end();
  }

  return {
    tally,
    left,
    start() {
      if (tally.startedMs !== 0) return;
      tally.startedMs = clock().getTime();
      emit('listing-started');
    },
    count(counts) {
      tally.counts = addCounts(tally.counts, counts);
      if (counts.pages !== undefined || counts.described !== undefined) emit('page');
    },
    finishWindow(finishedWindow) {
      finished.push(finishedWindow);
      finishIfDone();
    },
    fail(error, signal) {
      const named = ofListing(listing, fileSystemError(error, directory));
      if (tally.error === undefined) noteFailure(tally, named, signal);
      return named;
    },
    refuse() {
      isRefused = true;
    },
    get isRefused() {
      return isRefused;
    },
    end() {
      finishIfDone();
      end();
    },
  };
}

/** Batches between two entries in the journal: what a kill -9 can cost a shard. A batch is a page, or a hundred described. */
const BATCHES_PER_ENTRY = { summary: 100, full: 5 } as const;

/** Rows per block, where one may have hundreds of parameters. */
const FULL_BLOCK_ROWS = 100;

/** Crawls a shard to part files. @returns what is left of it */
async function crawlClaim(
  claim: Claim,
  job: CrawlJob & { readonly signal: AbortSignal },
  onCount: (counts: Partial<Counts>) => void,
  onEntry: (entry: JournalEntry) => void,
): Promise<Shard | undefined> {
  const { shard } = claim;
  let counts = NO_COUNTS;
  const count = (more: Partial<Counts>) => {
    counts = addCounts(counts, more);
    onCount(more);
  };
  const takeCounts = () => {
    const taken = counts;
    counts = NO_COUNTS;
    return taken;
  };
  let reachedMs: number | undefined;
  const options: ShardOptions<Listing> = {
    signal: job.signal,
    isToPause: claim.isToPause,
    onDuplicate: () => count({ duplicates: 1 }),
    onCall: ({ throttled }) => count({ calls: 1, throttles: throttled ? 1 : 0 }),
    onPage({ records, isLast }) {
      count({ pages: 1, records: records.length });
      reachedMs = records.at(-1)?.CreationTime?.getTime() ?? reachedMs;
      claim.onPage({ reachedMs, isLast });
    },
  };
  const writing = { job, count, takeCounts, onEntry };
  if (isEdgeShard(shard)) {
    const batches = crawlShard(job.clients, shard, options) as Batches<EdgeRow>;
    return writeShard(batches, shard, { ...EDGES, ...writing });
  }
  const complete = completion(job, options, count);
  const batches = crawlShard(job.clients, shard, { ...options, complete }) as Batches<VertexRow>;
  return writeShard(batches, shard, { ...verticesOf(job), ...writing });
}

/** Completes those vertices that the subset holds. */
function completion(
  { detailer, subset, keepsMemberships }: CrawlJob,
  { onCall }: ShardOptions<Listing>,
  count: (counts: Partial<Counts>) => void,
): ShardOptions<Listing>['complete'] {
  if (detailer === undefined) return undefined;
  const watch = { onCount: count, ...(onCall === undefined ? {} : { onCall }) };
  return async (rows) => {
    const wanted = rows.filter((row) => isInSubset(row, subset));
    if (wanted.length < rows.length) count({ filtered: rows.length - wanted.length });
    const completed = await detailer.complete(wanted, watch);
    return keepsMemberships ? completed : { rows: completed.rows, memberships: [] };
  };
}

type Batches<Row> = AsyncGenerator<ShardBatch<Row>, Shard | undefined>;

type Writing<Row> = {
  readonly storable: (row: Row) => Storable<Row>;
  readonly isWanted: (row: Row) => boolean;
  readonly toBlock: (rows: readonly Row[]) => Buffer;
  readonly accountOf: (row: Row) => string | undefined;
  readonly promotedIn: (rows: readonly Row[]) => PromotedCounts | undefined;
  readonly job: CrawlJob;
  readonly count: (counts: Partial<Counts>) => void;
  readonly takeCounts: () => Counts;
  readonly onEntry: (entry: JournalEntry) => void;
};

const EDGES = {
  storable: storableEdge,
  isWanted: () => true,
  toBlock: edgeBlock,
  accountOf: () => undefined,
  promotedIn: () => undefined,
};

function verticesOf({ subset, layout, detailer }: CrawlJob) {
  const { promotions } = layout;
  return {
    storable: storableVertex<VertexRow>,
    // A completed row may have changed since it was listed: what decides is the listing.
    isWanted: (row: VertexRow) => detailer !== undefined || isInSubset(row, subset),
    toBlock: (rows: readonly VertexRow[]) => vertexBlock(rows, layout),
    accountOf: ({ cells }: VertexRow) => cells.account,
    promotedIn: (rows: readonly VertexRow[]) =>
      promotions.length === 0 ? undefined : countPromoted(rows, promotions),
  };
}

/** Writes what a shard gives to parts, and an entry of the journal for each. */
async function writeShard<Row extends VertexRow | EdgeRow>(
  batches: Batches<Row>,
  shard: Shard,
  { storable, isWanted, toBlock, accountOf, promotedIn, job, count, takeCounts, onEntry }: Writing<Row>,
): Promise<Shard | undefined> {
  let part: PartWriter<Row> | undefined;
  let members: PartWriter<EdgeRow> | undefined;
  let promoted: PromotedCounts | undefined;
  let account: string | undefined;
  let { fromMs } = shard.window;
  let done: { readonly toMs: number | undefined } | undefined;
  let batchesTaken = 0;

  function settled<R>({ row, altered }: Storable<R>): R {
    if (altered > 0) count({ alteredTexts: altered });
    return row;
  }

  async function journal(): Promise<void> {
    if (done === undefined || (part === undefined && done.toMs !== undefined && done.toMs === fromMs)) return;
    const closed = await part?.close();
    part = undefined;
    const closedMembers = await members?.close();
    members = undefined;
    const entry: JournalEntry = {
      shard: { ...shard, window: windowOf(fromMs, done.toMs) },
      parts: closed === undefined ? [] : [fromRun(closed, job)],
      ...(closedMembers === undefined ? {} : { memberships: fromRun(closedMembers, job) }),
      ...(promoted === undefined ? {} : { promoted }),
      counts: takeCounts(),
      account: account ?? null,
    };
    await job.journal.append(entry);
    fromMs = done.toMs;
    done = undefined;
    account = undefined;
    promoted = undefined;
    batchesTaken = 0;
    onEntry(entry);
  }

  try {
    for (;;) {
      const { done: isEnd, value } = await next(batches, journal);
      if (isEnd === true) {
        await journal();
        return value;
      }
      batchesTaken += 1;
      const rows = value.rows.filter(isWanted).map((row) => settled(storable(row)));
      if (rows.length < value.rows.length) count({ filtered: value.rows.length - rows.length });
      const [first] = rows;
      if (first !== undefined) {
        account ??= accountOf(first);
        const blockRows = job.detailer === undefined ? undefined : FULL_BLOCK_ROWS;
        part ??= await createPartFile(partPath(job.directory, shard, fromMs), toBlock, blockRows);
        await part.write(rows);
        const sorts = promotedIn(rows);
        if (sorts !== undefined) promoted = addPromotedCounts([promoted, sorts]);
      }
      const { memberships = [] } = value;
      if (memberships.length > 0) {
        members ??= await createPartFile(partPath(job.directory, shard, fromMs, '-members'), edgeBlock);
        await members.write(memberships.map((edge) => settled(storableEdge(edge))));
      }
      done = { toMs: value.doneMs };
      if (batchesTaken >= BATCHES_PER_ENTRY[job.layout.detail]) await journal();
    }
  } finally {
    await part?.abandon();
    await members?.abandon();
  }
}

function fromRun(part: PartFile, { directory }: CrawlJob): PartFile {
  return { ...part, path: relative(directory, part.path) };
}

/** The next batch. Where there is none for an error, what came before it is journalled. */
async function next<Row>(batches: Batches<Row>, journal: () => Promise<void>) {
  try {
    return await batches.next();
  } catch (error) {
    await journal();
    throw error;
  }
}

/** No two shards of a listing begin at the same time, but one that gave nothing before. */
function partPath(directory: string, { listing }: Shard, fromMs: number | undefined, of = ''): string {
  return join(directory, partFile(`${listing}${of}-${fromMs ?? 'first'}.part`));
}

/** Notes in the tally why its listing is not complete. */
export function noteFailure(tally: Tally, error: unknown, signal: AbortSignal | undefined): void {
  tally.error = error;
  tally.verdict = verdictOn(error, signal);
}

/** An error under a signal that is aborted already is a consequence of the abort. */
function verdictOn(error: unknown, signal: AbortSignal | undefined): Tally['verdict'] {
  if (signal?.aborted === true) return 'stopped';
  return error instanceof LineageError && error.outcome === 'accessDenied' ? 'denied' : 'failed';
}

/** Adds which listing it was: Search serves two. */
function ofListing(listing: Listing, error: unknown): unknown {
  if (!(error instanceof LineageError) || error.details.listing !== undefined) return error;
  const { outcome, message, hint, details, cause } = error;
  return new LineageError(outcome, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
    details: { listing, ...details },
  });
}

/** What is told of a listing. */
export function listingEvent(type: ListingEvent['type'], tally: Tally): ListingEvent {
  const { listing, operation, verdict } = tally;
  const { pages, records, calls, throttles } = tally.counts;
  const { described, cached } = tally.counts;
  const details = described + cached === 0 ? {} : { described, cached };
  const event = { type, listing, operation, pages, records, calls, throttles, ...details };
  return type === 'listing-finished' ? { ...event, verdict } : event;
}
