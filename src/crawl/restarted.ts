import { isTokenRefused, isTokenRepeated } from './errors.ts';
import type { TimeWindow } from './pages.ts';

/**
 * A listing, oldest first, that begins anew when SageMaker refuses its page token, or gives one for the second time: from the
 * creation time that it had come to, so that of what it gave already only the records of that millisecond come again.
 *
 * @param read the listing over a window of creation time
 * @throws what `read` throws; the error of the token where a listing that was begun anew came no further
 */
export async function* restarted<Row extends { readonly orderMs: number }>(
  read: (window: TimeWindow | undefined) => AsyncIterable<readonly Row[]>,
  window: TimeWindow | undefined,
): AsyncGenerator<readonly Row[]> {
  let begun = window;
  for (;;) {
    let reached = begun?.from?.getTime() ?? Number.NEGATIVE_INFINITY;
    const before = reached;
    try {
      for await (const batch of read(begun)) {
        for (const { orderMs } of batch) reached = Math.max(reached, orderMs);
        yield batch;
      }
      return;
    } catch (error) {
      const isOfToken = isTokenRefused(error) || isTokenRepeated(error);
      if (!isOfToken || reached === before) throw error;
      begun = { ...window, from: new Date(reached) };
    }
  }
}
