import { LISTING_OPERATIONS, type Listing } from '../crawl/listings.ts';
import { LineageError } from '../errors.ts';
import type { ListingReport, ReportedError } from '../snapshot/report.ts';
import type { Counts } from './journal.ts';

/** The running counts of one listing. */
export type Tally = {
  readonly listing: Listing;
  readonly operation: string;
  counts: Counts;
  startedMs: number;
  finishedMs: number;
  verdict: ListingReport['verdict'];
  error: unknown;
};

export const NO_COUNTS: Counts = {
  pages: 0,
  records: 0,
  calls: 0,
  throttles: 0,
  alteredTexts: 0,
  duplicates: 0,
  filtered: 0,
  described: 0,
  cached: 0,
  undescribed: 0,
};

/**
 * A tally that nothing was counted in yet, but by earlier attempts at the same run: a listing that never starts is reported
 * as stopped.
 */
export function createTally(listing: Listing, counts: Counts = NO_COUNTS): Tally {
  return {
    listing,
    operation: LISTING_OPERATIONS[listing],
    counts,
    startedMs: 0,
    finishedMs: 0,
    verdict: 'stopped',
    error: undefined,
  };
}

export function addCounts(a: Counts, b: Partial<Counts>): Counts {
  return {
    pages: a.pages + (b.pages ?? 0),
    records: a.records + (b.records ?? 0),
    calls: a.calls + (b.calls ?? 0),
    throttles: a.throttles + (b.throttles ?? 0),
    alteredTexts: a.alteredTexts + (b.alteredTexts ?? 0),
    duplicates: a.duplicates + (b.duplicates ?? 0),
    filtered: a.filtered + (b.filtered ?? 0),
    described: a.described + (b.described ?? 0),
    cached: a.cached + (b.cached ?? 0),
    undescribed: a.undescribed + (b.undescribed ?? 0),
  };
}

export function listingReport(tally: Tally): ListingReport {
  const { verdict, operation, counts, error } = tally;
  const { pages, records, calls, throttles, alteredTexts, duplicates, filtered } = counts;
  const { described, cached, undescribed } = counts;
  return {
    verdict,
    operation,
    pages,
    records,
    calls,
    throttles,
    retries: retriesOf(tally),
    seconds: (tally.finishedMs - tally.startedMs) / 1_000,
    alteredTexts,
    duplicates,
    filtered,
    ...(described + cached > 0 ? { described, cached, undescribed } : {}),
    // A stopped listing is no cause: what stopped it stands in the report itself.
    ...(verdict === 'denied' || verdict === 'failed' ? { error: reportedError(error) } : {}),
  };
}

/** Every page and every description takes one call; all others were repetitions, but for the one that failed for good. */
export function retriesOf({ counts: { calls, pages, described }, verdict }: Tally): number {
  return Math.max(0, calls - pages - described - (verdict === 'complete' ? 0 : 1));
}

export function reportedError(error: unknown): ReportedError {
  if (!(error instanceof LineageError)) return { outcome: 'unexpected', message: String(error), details: {} };
  const { outcome, message, hint, details } = error;
  return { outcome, message, ...(hint === undefined ? {} : { hint }), details };
}
