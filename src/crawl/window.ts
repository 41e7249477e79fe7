import type { TimeWindow } from './pages.ts';

/**
 * How far a window is widened when it is asked for. The API pages say "on or after" for some operations and "after" for
 * others, and none says to which fraction of a second; what comes in excess is cut by the record's own time.
 */
const PADDING_MS = 1_000;

/** The CreatedAfter and CreatedBefore that surely include every record of the window. */
export function createdBetween(window: TimeWindow | undefined): {
  CreatedAfter?: Date;
  CreatedBefore?: Date;
} {
  return {
    ...(window?.from === undefined ? {} : { CreatedAfter: new Date(window.from.getTime() - PADDING_MS) }),
    ...(window?.to === undefined ? {} : { CreatedBefore: new Date(window.to.getTime() + PADDING_MS) }),
  };
}

/** The rows whose creation time lies in the window: each record belongs to exactly one of adjoining windows. */
export function within<Row extends { readonly orderMs: number }>(
  rows: readonly Row[],
  window: TimeWindow | undefined,
): readonly Row[] {
  if (window === undefined) return rows;
  const from = window.from?.getTime() ?? Number.NEGATIVE_INFINITY;
  const to = window.to?.getTime() ?? Number.POSITIVE_INFINITY;
  return rows.filter(({ orderMs }) => orderMs >= from && orderMs < to);
}
