import type { Listing } from './listings.ts';
import { type Shard, type ShardWindow, windowOf } from './shard.ts';

/** A shard as its crawler sees it. */
export type Claim = {
  readonly shard: Shard;
  /** Whether to stop after this page, so that others may help with the rest. */
  isToPause(): boolean;
  /** To be called with each page of the shard. */
  onPage(page: { readonly reachedMs: number | undefined; readonly isLast: boolean }): void;
  /** To be called when the crawl of the shard ended, whatever ended it. @param rest what is left of it */
  release(rest: Shard | undefined): void;
};

export type ShardQueueOptions = {
  readonly shards: readonly Shard[];
  /** The creation time of the newest record of a listing; undefined where it holds none. */
  readonly newestMs: (listing: Listing) => Promise<number | undefined>;
  /** Whether more calls of this listing at a time would only be turned away. */
  readonly isThrottled: (listing: Listing) => boolean;
  /** Called where `newestMs` fails: the crawl cannot be trusted to end then. */
  readonly onError: (error: unknown) => void;
};

/** Shards that wait to be crawled, shared out among crawlers. */
export type ShardQueue = {
  /** The next shard; undefined when none is left and none is under way that could be divided. */
  take(): Promise<Claim | undefined>;
};

/** Each of the shards that one is divided into should hold this many pages at least. */
const PAGES_PER_SHARD = 6;

/** Pages of a shard that have to be seen before what is left of it can be estimated. */
const PAGES_OF_SHARD = 4;

/**
 * Pages of a listing that have to come, one by one and unthrottled, before it is divided: a listing that is throttled gains
 * nothing by more crawlers, and SageMaker lets the first ten calls or so pass before it says so.
 */
const PAGES_OF_LISTING = 24;

/**
 * Shares shards out. A crawler that finds none waiting asks for the one with the most work left to be divided: its crawler
 * pauses at its next page, and the rest of its window becomes a shard for each idle crawler.
 */
export function createShardQueue({ shards, newestMs, isThrottled, onError }: ShardQueueOptions): ShardQueue {
  const waiting = [...shards];
  const underWay = new Set<UnderWay>();
  const idle: ((claim: Claim | undefined) => void)[] = [];
  const newest = new Map<Listing, Promise<number | undefined>>();
  const pagesOf = new Map<Listing, number>();
  let isDividing = false;

  function claim(shard: Shard): Claim {
    const state: UnderWay = { shard, pages: 0, firstMs: undefined, reachedMs: undefined, isToPause: false };
    underWay.add(state);
    return {
      shard,
      isToPause: () => state.isToPause,
      onPage({ reachedMs, isLast }) {
        state.pages += 1;
        pagesOf.set(shard.listing, (pagesOf.get(shard.listing) ?? 0) + 1);
        state.firstMs ??= shard.window.fromMs ?? reachedMs;
        state.reachedMs = reachedMs;
        if (!isLast && idle.length > 0 && waiting.length === 0) void divideLargest();
      },
      release(rest) {
        underWay.delete(state);
        if (rest !== undefined) {
          const share = state.isToPause ? idle.length + 1 : 1;
          waiting.unshift(...divided(rest, Math.min(share, state.shares ?? 1), state.endMs));
        }
        shareOut();
      },
    };
  }

  function shareOut(): void {
    for (;;) {
      const next = idle.length === 0 ? undefined : waiting.shift();
      if (next === undefined) break;
      idle.shift()?.(claim(next));
    }
    if (underWay.size > 0 || waiting.length > 0) return;
    for (const give of idle.splice(0)) give(undefined);
  }

  async function divideLargest(): Promise<void> {
    if (isDividing || [...underWay].some(({ isToPause }) => isToPause)) return;
    isDividing = true;
    try {
      const candidates = [...underWay].filter(
        ({ shard: { listing }, pages }) =>
          pages >= PAGES_OF_SHARD && (pagesOf.get(listing) ?? 0) >= PAGES_OF_LISTING && !isThrottled(listing),
      );
      for (const state of candidates) state.endMs ??= await endOf(state.shard);
      const [largest] = candidates
        .filter((state) => underWay.has(state))
        .map((state) => ({ state, pages: pagesLeft(state) }))
        .sort((a, b) => b.pages - a.pages);
      const shares = Math.floor((largest?.pages ?? 0) / PAGES_PER_SHARD);
      if (largest === undefined || shares < 2) return;
      largest.state.shares = shares;
      largest.state.isToPause = true;
    } catch (error) {
      onError(error);
    } finally {
      isDividing = false;
    }
  }

  /** Where the records of a shard end: its window does, or the listing. */
  async function endOf({ listing, window }: Shard): Promise<number | undefined> {
    if (window.toMs !== undefined) return window.toMs;
    const asked = newest.get(listing) ?? newestMs(listing);
    newest.set(listing, asked);
    return asked;
  }

  return {
    take() {
      const next = waiting.shift();
      if (next !== undefined) return Promise.resolve(claim(next));
      if (underWay.size === 0) return Promise.resolve(undefined);
      return new Promise((give) => idle.push(give));
    },
  };
}

type UnderWay = {
  readonly shard: Shard;
  pages: number;
  firstMs: number | undefined;
  reachedMs: number | undefined;
  isToPause: boolean;
  endMs?: number | undefined;
  shares?: number;
};

/** How many pages a shard still has, if its records go on as densely as they came so far. */
export function pagesLeft({
  pages,
  firstMs,
  reachedMs,
  endMs,
}: Pick<UnderWay, 'pages' | 'firstMs' | 'reachedMs' | 'endMs'>): number {
  if (firstMs === undefined || reachedMs === undefined || endMs === undefined || reachedMs <= firstMs)
    return 0;
  return (pages * Math.max(0, endMs - reachedMs)) / (reachedMs - firstMs);
}

/** A shard in so many of equal time, the last one as open as it was. */
export function divided(shard: Shard, shares: number, endMs: number | undefined): Shard[] {
  const { fromMs, toMs } = shard.window;
  if (fromMs === undefined || endMs === undefined) return [shard];
  const step = (endMs - fromMs) / shares;
  const borders = Array.from({ length: shares - 1 }, (_, index) => Math.round(fromMs + step * (index + 1)));
  const inside = [...new Set(borders)].filter((ms) => ms > fromMs && (toMs === undefined || ms < toMs));
  const starts = [fromMs, ...inside];
  return starts.map((start, index): Shard => {
    const window: ShardWindow = windowOf(start, inside[index] ?? toMs);
    return { ...shard, window };
  });
}
