import { jointSignal } from './joint-signal.ts';

export type ConcurrentlyOptions = {
  /** Tasks under way at once. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * What a task gives for each item, as it comes, with so many tasks under way; each is at most one result ahead of the
 * reader. The first error ends all: the signal that tasks get then aborts, and what they answer to that is not looked at.
 */
export async function* concurrently<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { concurrency, signal }: ConcurrentlyOptions,
  task: (item: Item, signal: AbortSignal) => AsyncIterable<Result>,
): AsyncGenerator<Result> {
  const ended = new AbortController();
  const stop = jointSignal(signal, ended.signal);
  const source = each(items);
  const underWay = new Map<AsyncIterator<Result>, Promise<Step<Result>>>();
  const advance = (results: AsyncIterator<Result>) => underWay.set(results, stepOf(results));
  try {
    for (let isOpen = true; ; ) {
      while (isOpen && underWay.size < concurrency) {
        const next = await source.next();
        if (next.done === true) isOpen = false;
        else advance(task(next.value, stop)[Symbol.asyncIterator]());
      }
      if (underWay.size === 0) return;
      const step = await Promise.race(underWay.values());
      if ('error' in step) throw step.error;
      if (step.result.done === true) {
        underWay.delete(step.results);
        continue;
      }
      advance(step.results);
      yield step.result.value;
    }
  } finally {
    ended.abort();
    await Promise.all(underWay.values());
    await source.return(undefined);
  }
}

type Step<Result> =
  | { readonly results: AsyncIterator<Result>; readonly result: IteratorResult<Result> }
  | { readonly error: unknown };

/** An error is a value here, since nobody may be waiting for it yet. */
async function stepOf<Result>(results: AsyncIterator<Result>): Promise<Step<Result>> {
  try {
    return { results, result: await results.next() };
  } catch (error) {
    return { error };
  }
}

async function* each<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
