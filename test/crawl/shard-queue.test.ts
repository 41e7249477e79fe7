import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Shard, ShardWindow } from '../../src/crawl/shard.ts';
import {
  type Claim,
  createShardQueue,
  divided,
  pagesLeft,
  type ShardQueueOptions,
} from '../../src/crawl/shard-queue.ts';

function shard(window: ShardWindow = {}, listing: Shard['listing'] = 'artifact'): Shard {
  return { listing, scope: { region: 'eu-west-1' }, window };
}

function queueOf(shards: readonly Shard[], options: Partial<ShardQueueOptions> = {}) {
  return createShardQueue({
    shards,
    newestMs: () => Promise.resolve(1_000_000),
    isThrottled: () => false,
    onError: (error) => {
      throw error;
    },
    ...options,
  });
}

async function taken(queue: ReturnType<typeof createShardQueue>): Promise<Claim> {
  const claim = await queue.take();
  if (claim === undefined) throw new Error('The queue gave no shard.');
  return claim;
}

/** Lets what was started run to where it waits. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Plays pages that come a second apart. */
async function play(claim: Claim, pages: number, fromMs = 0): Promise<void> {
  for (let page = 1; page <= pages; page += 1) {
    claim.onPage({ reachedMs: fromMs + page * 1_000, isLast: false });
    await settle();
  }
}

test('shards are given in their order, and then none, to all who ask', async () => {
  const queue = queueOf([shard({}, 'artifact'), shard({}, 'trial')]);

  const claims = [await taken(queue), await taken(queue)];
  const waiting = [queue.take(), queue.take()];
  for (const claim of claims) claim.release(undefined);

  expect(claims.map((claim) => claim.shard.listing)).toEqual(['artifact', 'trial']);
  expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  expect(await queue.take()).toBeUndefined();
});

test('an empty queue gives none', async () => {
  expect(await queueOf([]).take()).toBeUndefined();
});

test('what is left of a shard is given to who waits', async () => {
  const queue = queueOf([shard()]);
  const first = await taken(queue);
  const waiting = queue.take();

  first.release(shard({ fromMs: 7 }));

  expect((await waiting)?.shard).toEqual(shard({ fromMs: 7 }));
});

test('nobody is asked to pause while nobody is idle', async () => {
  const queue = queueOf([shard()]);
  const claim = await taken(queue);

  await play(claim, 100);

  expect(claim.isToPause()).toBe(false);
});

test('an idle crawler has a long shard divided, and takes a part of it', async () => {
  const queue = queueOf([shard()]);
  const claim = await taken(queue);
  const waiting = queue.take();

  await play(claim, 23);
  const before = claim.isToPause();
  await play(claim, 1, 23_000);
  const after = claim.isToPause();
  claim.release(shard({ fromMs: 25_000 }));
  const [mine, theirs] = [await taken(queue), await waiting];

  expect([before, after]).toEqual([false, true]);
  expect([theirs?.shard, mine.shard]).toEqual([
    shard({ fromMs: 25_000, toMs: 512_500 }),
    shard({ fromMs: 512_500 }),
  ]);
});

test('of several shards the one with the most left is divided', async () => {
  const queue = queueOf([shard({ fromMs: 0, toMs: 100_000 }, 'artifact'), shard({ fromMs: 0 }, 'trial')]);
  const [short, long] = [await taken(queue), await taken(queue)];
  await play(short, 30);
  await play(long, 30);
  void queue.take();

  await play(short, 1, 30_000);

  expect([short.isToPause(), long.isToPause()]).toEqual([false, true]);
});

test('only one shard at a time is asked to pause', async () => {
  const queue = queueOf([shard({ fromMs: 0 }, 'artifact'), shard({ fromMs: 0 }, 'trial')]);
  const claims = [await taken(queue), await taken(queue)];
  for (const claim of claims) await play(claim, 30);
  void queue.take();
  void queue.take();

  for (const claim of claims) await play(claim, 3, 30_000);

  expect(claims.filter((claim) => claim.isToPause())).toHaveLength(1);
});

test.each<[string, ShardWindow, Partial<ShardQueueOptions>]>([
  ['a throttled listing', {}, { isThrottled: () => true }],
  ['a shard whose end is near', { toMs: 35_000 }, {}],
  ['a listing that holds nothing', {}, { newestMs: () => Promise.resolve(undefined) }],
])('%s is not divided', async (_, window, options) => {
  const queue = queueOf([shard(window)], options);
  const claim = await taken(queue);
  void queue.take();

  await play(claim, 30);

  expect(claim.isToPause()).toBe(false);
});

test('the newest record of a listing is asked for once', async () => {
  const asked: string[] = [];
  const newestMs = (listing: string) => {
    asked.push(listing);
    return Promise.resolve(32_000);
  };
  const queue = queueOf([shard()], { newestMs });
  const claim = await taken(queue);
  void queue.take();

  await play(claim, 31);

  expect(asked).toEqual(['artifact']);
});

test('an error of asking for the newest record is told, and the shard goes on', async () => {
  const errors: unknown[] = [];
  const queue = queueOf([shard()], {
    newestMs: () => Promise.reject(new Error('refused')),
    onError: (error) => errors.push(error),
  });
  const claim = await taken(queue);
  const waiting = queue.take();

  await play(claim, 24);
  claim.release(undefined);

  expect([errors[0], claim.isToPause()]).toEqual([new Error('refused'), false]);
  expect(await waiting).toBeUndefined();
});

test('a shard that ends although it was to pause leaves nobody waiting', async () => {
  const queue = queueOf([shard()]);
  const claim = await taken(queue);
  const waiting = queue.take();
  await play(claim, 24);

  claim.release(undefined);

  expect([claim.isToPause(), await waiting]).toEqual([true, undefined]);
});

test('a last page has nothing divided', async () => {
  const queue = queueOf([shard()]);
  const claim = await taken(queue);
  await play(claim, 30);
  void queue.take();

  claim.onPage({ reachedMs: 31_000, isLast: true });
  await settle();

  expect(claim.isToPause()).toBe(false);
});

test.each([
  [{ pages: 10, firstMs: 0, reachedMs: 100, endMs: 300 }, 20],
  [{ pages: 10, firstMs: 0, reachedMs: 100, endMs: 100 }, 0],
  [{ pages: 10, firstMs: 0, reachedMs: 100, endMs: 50 }, 0],
  [{ pages: 10, firstMs: 100, reachedMs: 100, endMs: 300 }, 0],
  [{ pages: 10, firstMs: undefined, reachedMs: 100, endMs: 300 }, 0],
  [{ pages: 10, firstMs: 0, reachedMs: undefined, endMs: 300 }, 0],
  [{ pages: 10, firstMs: 0, reachedMs: 100, endMs: undefined }, 0],
])('%j has %d pages left', (state, expected) => {
  expect(pagesLeft(state)).toBe(expected);
});

test('a shard without a begin, or of which nobody knows the end, stays whole', () => {
  expect(divided(shard({ toMs: 100 }), 4, 100)).toEqual([shard({ toMs: 100 })]);
  expect(divided(shard({ fromMs: 0 }), 4, undefined)).toEqual([shard({ fromMs: 0 })]);
});

test('a shard is divided in equal times, the last part as open as it was', () => {
  expect(divided(shard({ fromMs: 0 }), 4, 100)).toEqual([
    shard({ fromMs: 0, toMs: 25 }),
    shard({ fromMs: 25, toMs: 50 }),
    shard({ fromMs: 50, toMs: 75 }),
    shard({ fromMs: 75 }),
  ]);
});

test('the parts of a shard adjoin, and are not empty', () => {
  const ms = fc.integer({ min: -1_000, max: 1_000 });
  fc.assert(
    fc.property(
      ms,
      fc.option(fc.nat(100), { nil: undefined }),
      fc.integer({ min: 1, max: 40 }),
      ms,
      (fromMs, length, shares, endMs) => {
        const toMs = length === undefined ? undefined : fromMs + length + 1;
        const whole = shard({ fromMs, ...(toMs === undefined ? {} : { toMs }) });

        const windows = divided(whole, shares, endMs).map(({ window }) => window);

        expect(windows.length).toBeLessThanOrEqual(shares);
        expect(windows[0]?.fromMs).toBe(fromMs);
        expect(windows.at(-1)?.toMs).toBe(toMs);
        for (const [index, window] of windows.entries()) {
          if (index > 0) expect(window.fromMs).toBe(windows[index - 1]?.toMs);
          expect(window.fromMs).toBeLessThan(window.toMs ?? Number.POSITIVE_INFINITY);
        }
      },
    ),
  );
});
