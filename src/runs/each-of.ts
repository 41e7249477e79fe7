import pLimit from 'p-limit';
import { jointSignal } from '../crawl/joint-signal.ts';

type EachOfOptions = {
  /** Items under way at a time. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * What `act` gives for each item, in the order of the items. The first failure aborts the signal that the others were given,
 * and is thrown once all of them have ended, so that nothing goes on behind the caller's back.
 */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  { concurrency, signal }: EachOfOptions,
  act: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<readonly Result[]> {
  const failure = new AbortController();
  const stop = jointSignal(signal, failure.signal);
  const failures: unknown[] = [];
  const limit = pLimit(concurrency);
  const results = await Promise.all(
    items.map((item) =>
      limit(async () => {
        if (failures.length > 0) return [];
        try {
          return [await act(item, stop)];
        } catch (error) {
          failures.push(error);
          failure.abort();
          return [];
        }
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return results.flat();
}
