import type { Operation } from '../crawl/clients.ts';
import type { Listing } from '../crawl/listings.ts';
import { LineageError } from '../errors.ts';
import type { ListingReport, ReportedError } from '../snapshot/report.ts';

/** The running counts of one listing. */
export type Tally = {
  readonly listing: Listing;
  readonly operation: Operation;
  pages: number;
  records: number;
  calls: number;
  throttles: number;
  alteredTexts: number;
  duplicates: number;
  startedMs: number;
  finishedMs: number;
  verdict: ListingReport['verdict'];
  error: unknown;
};

/** A tally that nothing was counted in yet: a listing that never starts is reported as stopped. */
export function createTally(listing: Listing, operation: Operation): Tally {
  return {
    listing,
    operation,
    pages: 0,
    records: 0,
    calls: 0,
    throttles: 0,
    alteredTexts: 0,
    duplicates: 0,
    startedMs: 0,
    finishedMs: 0,
    verdict: 'stopped',
    error: undefined,
  };
}

export function listingReport(tally: Tally): ListingReport {
  const { verdict, operation, pages, records, calls, throttles, alteredTexts, duplicates, error } = tally;
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
    // A stopped listing is no cause: what stopped it stands in the report itself.
    ...(verdict === 'denied' || verdict === 'failed' ? { error: reportedError(error) } : {}),
  };
}

/** Every page takes one call; all others were repetitions, but for the one that failed for good. */
export function retriesOf({ calls, pages, verdict }: Tally): number {
  return Math.max(0, calls - pages - (verdict === 'complete' ? 0 : 1));
}

export function reportedError(error: unknown): ReportedError {
  if (!(error instanceof LineageError)) return { outcome: 'unexpected', message: String(error), details: {} };
  const { outcome, message, hint, details } = error;
  return { outcome, message, ...(hint === undefined ? {} : { hint }), details };
}
