import { join } from 'node:path';
import pLimit from 'p-limit';
import type { CrawlClients } from '../crawl/clients.ts';
import type { IdSet } from '../crawl/id-set.ts';
import { inOrder } from '../crawl/in-order.ts';
import {
  type EdgeListing,
  edgeRows,
  LISTING_OPERATIONS,
  type Listing,
  vertexRows,
} from '../crawl/listings.ts';
import type { ListingOptions } from '../crawl/pages.ts';
import { type Storable, storableEdge, storableVertex } from '../crawl/storable-row.ts';
import { LineageError } from '../errors.ts';
import { isMembershipLabel, type ListedKind } from '../graph/kinds.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import { writeSpool } from './edge-spool.ts';
import { createTally, type Tally } from './listing-tally.ts';
import { createVertexFiles } from './row-files.ts';
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
  /** Of a finished listing. */
  readonly verdict?: Tally['verdict'];
};

export type CrawlJob = {
  readonly clients: CrawlClients;
  /** The directory that the run grows in. */
  readonly directory: string;
  readonly gzip: boolean;
  readonly concurrency: number;
  readonly clock: () => Date;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (event: ListingEvent) => void;
  /** Takes up the ids of all listed vertices. */
  readonly listed: IdSet;
};

/** One tally per listing, whatever became of it, and what the crawl gave where every listing ended by itself. */
export type CrawlOutcome = {
  readonly tallies: readonly Tally[];
  readonly files: readonly ManifestFile[];
  /** The account that the listed ARNs name; null where nothing is listed. */
  readonly account: string | null;
  /** Why the crawl is not complete. */
  readonly error: unknown;
};

/**
 * Reads all listings of an account, several at a time. Vertices go to their files, edges to spools (their ends can only be
 * settled when all vertices are known). The first listing that fails for good stops the others.
 */
export async function crawlAccount(job: CrawlJob): Promise<CrawlOutcome> {
  const failed = new AbortController();
  const signal = job.signal === undefined ? failed.signal : AbortSignal.any([job.signal, failed.signal]);
  const limit = pLimit(job.concurrency);
  const listings = Object.keys(LISTING_OPERATIONS) as Listing[];
  const results = await Promise.all(
    listings.map((listing) => limit(() => crawlListing(listing, { ...job, signal }, failed))),
  );
  const tallies = results.map(({ tally }) => tally);
  return {
    tallies,
    files: results.flatMap(({ files }) => files),
    account: results.find(({ account }) => account !== undefined)?.account ?? null,
    error: ['denied', 'failed', 'stopped']
      .map((verdict) => tallies.find((tally) => tally.verdict === verdict)?.error)
      .find((error) => error !== undefined),
  };
}

/** The spool of a listing of edges. */
export function spoolFile(directory: string, listing: EdgeListing): string {
  return join(directory, partFile(`${listing}.jsonl`));
}

type ListingJob = CrawlJob & { readonly signal: AbortSignal };

type ListingResult = { files: readonly ManifestFile[]; account: string | undefined };

async function crawlListing(
  listing: Listing,
  job: ListingJob,
  failed: AbortController,
): Promise<ListingResult & { tally: Tally }> {
  const tally = createTally(listing, LISTING_OPERATIONS[listing]);
  const emit = (type: ListingEvent['type']) => job.onProgress(listingEvent(type, tally));
  const options: ListingOptions = {
    signal: job.signal,
    onCall({ throttled }) {
      tally.calls += 1;
      if (throttled) tally.throttles += 1;
    },
    onPage({ records }) {
      tally.pages += 1;
      tally.records += records.length;
      emit('page');
    },
  };
  tally.startedMs = job.clock().getTime();
  let result: ListingResult = { files: [], account: undefined };
  try {
    emit('listing-started');
    result = isEdgeListing(listing)
      ? await spoolEdges(listing, job, options, tally)
      : await writeVertices(listing, job, options, tally);
    tally.verdict = 'complete';
  } catch (error) {
    tally.verdict = verdictOn(error, job.signal);
    tally.error = ofListing(listing, fileSystemError(error, job.directory));
    failed.abort(tally.error);
  }
  tally.finishedMs = job.clock().getTime();
  emit('listing-finished');
  return { ...result, tally };
}

async function writeVertices(
  kind: ListedKind,
  { clients, directory, gzip, listed }: ListingJob,
  options: ListingOptions,
  tally: Tally,
): Promise<ListingResult> {
  const files = createVertexFiles(directory, kind, gzip);
  let account: string | undefined;
  try {
    const rows = storable(vertexRows(kind, clients, options), storableVertex, tally);
    for await (const batch of inOrder(rows, { onDuplicate: () => countDuplicates(tally, 1) })) {
      // An entity deleted and created anew while it was listed comes twice, with two creation times.
      const fresh = batch.filter(({ id }) => listed.add(id));
      countDuplicates(tally, batch.length - fresh.length);
      account ??= fresh[0]?.cells.account;
      await files.write(fresh);
    }
    return { files: await files.close(), account };
  } catch (error) {
    await files.abandon();
    throw error;
  }
}

async function spoolEdges(
  listing: EdgeListing,
  { clients, directory }: ListingJob,
  options: ListingOptions,
  tally: Tally,
): Promise<ListingResult> {
  const rows = storable(edgeRows(listing, clients, options), storableEdge, tally);
  const ordered = inOrder(rows, { onDuplicate: () => countDuplicates(tally, 1) });
  await writeSpool(spoolFile(directory, listing), ordered);
  return { files: [], account: undefined };
}

async function* storable<Row>(
  batches: AsyncIterable<readonly Row[]>,
  toStorable: (row: Row) => Storable<Row>,
  tally: Tally,
): AsyncGenerator<readonly Row[]> {
  for await (const batch of batches) {
    yield batch.map((given) => {
      const { row, altered } = toStorable(given);
      tally.alteredTexts += altered;
      return row;
    });
  }
}

function countDuplicates(tally: Tally, count: number): void {
  tally.duplicates += count;
}

function isEdgeListing(listing: Listing): listing is EdgeListing {
  return listing === 'association' || isMembershipLabel(listing);
}

/** An error under a signal that is aborted already is a consequence of the abort. */
function verdictOn(error: unknown, signal: AbortSignal): Tally['verdict'] {
  if (signal.aborted) return 'stopped';
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

function listingEvent(type: ListingEvent['type'], tally: Tally): ListingEvent {
  const { listing, operation, pages, records, calls, throttles, verdict } = tally;
  const counts = { type, listing, operation, pages, records, calls, throttles };
  return type === 'listing-finished' ? { ...counts, verdict } : counts;
}
