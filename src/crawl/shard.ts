import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import type { CrawlClients } from './clients.ts';
import type { CompletedRows } from './details.ts';
import { createSorter } from './in-order.ts';
import { type EdgeListing, isEdgeListing, type Listing, listingRows } from './listings.ts';
import type { Created, ListingOptions, Page } from './pages.ts';
import { restarted } from './restarted.ts';

/** Creation times in epoch milliseconds, from `fromMs` on and before `toMs`; an end that is left out is open. */
export type ShardWindow = { readonly fromMs?: number; readonly toMs?: number };

/**
 * One listing of one scope over one window of creation time: plain JSON, the unit of work, of resume and of fan-out. Shards
 * of adjoining windows share no record and leave none out, however the service treats the ends of a window.
 */
export type Shard<L extends Listing = Listing> = {
  readonly listing: L;
  readonly scope: { readonly region: string };
  readonly window: ShardWindow;
};

export type RowOf<L extends Listing> = L extends EdgeListing ? EdgeRow : VertexRow;

export type ShardBatch<Row> = {
  /** In the order of a file. */
  readonly rows: readonly Row[];
  /** All of the shard that was created before this time has been given; absent where that is all of time. */
  readonly doneMs?: number;
  /** Membership edges that came with the rows, in the order of a file. */
  readonly memberships?: readonly EdgeRow[];
};

export type ShardOptions<L extends Listing> = Pick<ListingOptions, 'signal' | 'onCall' | 'onPage'> & {
  /** Asked between two pages: true ends the crawl of the shard there. */
  readonly isToPause?: () => boolean;
  /** Called with each row that is dropped for another of the same id and creation time. */
  readonly onDuplicate?: (dropped: RowOf<L>) => void;
  /**
   * Adds to vertices what their listing does not say, some rows of whole creation times at once. Where it fails the crawl of
   * the shard does, and the rows are listed anew by whoever goes on. @default they are given as listed
   */
  readonly complete?: ((rows: readonly VertexRow[]) => Promise<CompletedRows>) | undefined;
};

/**
 * Crawls one shard. Depends on nothing but its arguments. Whatever ends it, what was received up to then is given first, so
 * that nothing has to be asked for again.
 *
 * @returns what is left of the shard: undefined at its end, the rest of its window after a pause
 * @throws LineageError, see `readPages`
 */
export async function* crawlShard<L extends Listing>(
  clients: CrawlClients,
  shard: Shard<L>,
  options: ShardOptions<L> = {},
): AsyncGenerator<ShardBatch<RowOf<L>>, Shard<L> | undefined> {
  const { isToPause, onDuplicate, onPage, complete, ...listingOptions } = options;
  const { fromMs, toMs } = shard.window;
  const sorter = createSorter<RowOf<L>>(onDuplicate === undefined ? {} : { onDuplicate });
  let isLastPage = false;
  let seenMs = Number.NEGATIVE_INFINITY;
  // By the records, since not every record gives a row: most trial components belong to no trial.
  let reachedMs = fromMs ?? Number.NEGATIVE_INFINITY;
  const watching = {
    ...listingOptions,
    onPage(page: Page<Created>) {
      isLastPage = page.isLast;
      for (const { CreationTime } of page.records)
        seenMs = Math.max(seenMs, CreationTime?.getTime() ?? seenMs);
      onPage?.(page);
    },
  };
  const batches = restarted<RowOf<L>>(
    (window) =>
      listingRows(shard.listing, clients, window === undefined ? watching : { ...watching, window }),
    { ...dateOf('from', fromMs), ...dateOf('to', toMs) },
  );
  const give = complete === undefined ? asListed<RowOf<L>>() : completed<RowOf<L>>(complete);
  try {
    for await (const batch of batches) {
      yield* give(sorter.push(batch));
      reachedMs = Math.max(reachedMs, Math.min(seenMs, toMs ?? seenMs));
      // A pause that came no further would begin anew for ever.
      const isFurther = reachedMs > (fromMs ?? Number.NEGATIVE_INFINITY) && reachedMs !== toMs;
      if (isLastPage || !isFurther || isToPause?.() !== true) continue;
      yield* give(sorter.flush(reachedMs), { doneMs: reachedMs });
      return { ...shard, window: { ...shard.window, fromMs: reachedMs } };
    }
  } catch (error) {
    if (complete === undefined && Number.isFinite(reachedMs))
      yield { rows: sorter.flush(reachedMs), doneMs: reachedMs };
    throw error;
  }
  yield* give(sorter.flush(), toMs === undefined ? {} : { doneMs: toMs });
  return undefined;
}

/** Gives rows that come in order. @param end said of the last ones: what is done with them */
type Give<Row> = (
  rows: readonly Row[],
  end?: Pick<ShardBatch<Row>, 'doneMs'>,
) => AsyncGenerator<ShardBatch<Row>>;

function asListed<Row extends { readonly orderMs: number }>(): Give<Row> {
  return async function* (rows, end) {
    const last = rows.at(-1);
    if (end !== undefined) yield { rows, ...end };
    else if (last !== undefined) yield { rows, doneMs: last.orderMs + 1 };
  };
}

/** Rows that are completed at once: as many as a page of Search holds. */
const ROWS_COMPLETED = 100;

/** Rows wait until they are as many as are completed at once, so that no call is made for a few. */
function completed<Row extends { readonly orderMs: number }>(
  complete: (rows: readonly VertexRow[]) => Promise<CompletedRows>,
): Give<Row> {
  let held: readonly Row[] = [];

  async function batchOf(rows: readonly Row[], end: Pick<ShardBatch<Row>, 'doneMs'>) {
    const { rows: whole, memberships } = await complete(rows as unknown as readonly VertexRow[]);
    return { rows: whole as unknown as readonly Row[], memberships, ...end };
  }

  return async function* (rows, end) {
    held = held.length === 0 ? rows : [...held, ...rows];
    while (held.length > ROWS_COMPLETED) {
      const size = wholeTimes(held, ROWS_COMPLETED);
      if (size === held.length) break;
      const batch = held.slice(0, size);
      yield await batchOf(batch, { doneMs: (batch.at(-1)?.orderMs ?? 0) + 1 });
      held = held.slice(size);
    }
    if (end === undefined) return;
    const rest = held;
    held = [];
    yield await batchOf(rest, end);
  };
}

/** How many of the first rows, about `most`, hold all rows of their creation times. */
function wholeTimes(rows: readonly { readonly orderMs: number }[], most: number): number {
  const next = rows[most]?.orderMs;
  let size = most;
  while (size > 0 && rows[size - 1]?.orderMs === next) size -= 1;
  if (size > 0) return size;
  size = most;
  while (rows[size]?.orderMs === next && size < rows.length) size += 1;
  return size;
}

/**
 * What is left of a shard beside windows that are done.
 *
 * @param done in any order
 */
export function remaining(shard: Shard, done: readonly ShardWindow[]): Shard[] {
  const rest: Shard[] = [];
  let { fromMs } = shard.window;
  const { toMs } = shard.window;
  for (const window of done.toSorted((a, b) => startOf(a) - startOf(b))) {
    if (window.fromMs !== undefined && window.fromMs > (fromMs ?? Number.NEGATIVE_INFINITY)) {
      rest.push({ ...shard, window: windowOf(fromMs, window.fromMs) });
    }
    if (window.toMs === undefined) return rest;
    fromMs = Math.max(fromMs ?? Number.NEGATIVE_INFINITY, window.toMs);
  }
  if (fromMs === undefined || toMs === undefined || fromMs < toMs) {
    rest.push({ ...shard, window: windowOf(fromMs, toMs) });
  }
  return rest;
}

/** A window without the ends that are open. */
export function windowOf(fromMs: number | undefined, toMs: number | undefined): ShardWindow {
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
}

export function isEdgeShard(shard: Shard): shard is Shard<EdgeListing> {
  return isEdgeListing(shard.listing);
}

function startOf({ fromMs }: ShardWindow): number {
  return fromMs ?? Number.NEGATIVE_INFINITY;
}

function dateOf(end: 'from' | 'to', ms: number | undefined): { from?: Date; to?: Date } {
  return ms === undefined ? {} : { [end]: new Date(ms) };
}
