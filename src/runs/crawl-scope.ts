import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LimitFunction } from 'p-limit';
import { assertSameEdges, crossCheck } from '../crawl/cross-check.ts';
import { createDetailer, type Detailer } from '../crawl/details.ts';
import { isEdgeListing, LISTING_OPERATIONS, type Listing } from '../crawl/listings.ts';
import { createSample } from '../crawl/sample.ts';
import { type ShardWindow, windowOf } from '../crawl/shard.ts';
import type { Layout } from '../csv/encode.ts';
import { LineageError } from '../errors.ts';
import { VERTEX_COLUMNS } from '../graph/columns.ts';
import { isMembershipLabel, type Kind, LISTED_KINDS } from '../graph/kinds.ts';
import { parsePromotion } from '../graph/promotion.ts';
import { accountOfScope, type Scope } from '../graph/scope.ts';
import { kindsOf } from '../graph/subset.ts';
import {
  type CrawlOutcome,
  crawlAccount,
  type ListingEvent,
  listingEvent,
  noteFailure,
} from './crawl-account.ts';
import { crawlPerNode } from './crawl-per-node.ts';
import { createDetailCache } from './detail-cache.ts';
import { listedIds, listedVertices, sweptEdges } from './join-run.ts';
import type { Journal, JournalEntry, RunSettings } from './journal.ts';
import { addCounts } from './listing-tally.ts';
import { JOURNAL_FILE } from './run-directory.ts';
import { diskFiles } from './run-files.ts';
import type { ScopeAccess } from './scope-access.ts';

/** What one scope is crawled by. */
export type ScopeJob = {
  readonly scope: Scope;
  readonly access: ScopeAccess;
  /** The directory that holds the runs. */
  readonly out: string;
  /** The directory that the scope's parts and journal are in. */
  readonly directory: string;
  readonly settings: RunSettings;
  readonly journal: Journal;
  /** What earlier attempts at the run have finished. */
  readonly done: readonly JournalEntry[];
  /** See `ExportOptions`. */
  readonly since?: string | null | undefined;
  /** Entities whose associations are asked for a second time. @default 0 */
  readonly verify?: number | undefined;
  /** Shards of this scope at the same time. */
  readonly concurrency: number;
  /** What all scopes of a run share: shards, and Describe calls, under way. @default each has its own */
  readonly limits?: { readonly shards: LimitFunction; readonly details: LimitFunction } | undefined;
  readonly clock: () => Date;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (event: ScopeEvent) => void;
};

/** What happens while a scope is crawled. */
export type ScopeEvent =
  | ListingEvent
  /** Entities that were not modified since this run are taken from it. */
  | { readonly type: 'details-kept'; readonly run: string }
  /** A file of that run cannot be used, so its entities are described. */
  | { readonly type: 'details-refused'; readonly run: string; readonly reason: string }
  /** SageMaker does not list the associations of the whole account: they are asked for node by node. */
  | { readonly type: 'sweep-refused' }
  | { readonly type: 'verified'; readonly nodes: number; readonly edges: number };

/** What is known of a scope so far: all of it goes into the report, whatever happens next. */
export type ScopeFindings = {
  account: string | null;
  /** Whether STS said that the account is the expected one. */
  isIdentified: boolean;
  crawl?: CrawlOutcome;
  associations: RunSettings['associations'];
  verified?: { readonly nodes: number; readonly edges: number };
  /** Whether the verification found a difference. */
  isRefuted: boolean;
  /** Kinds that came back empty though an earlier run had some. */
  suspicious: readonly Kind[];
  error?: unknown;
};

export function scopeFindings(
  scope: Scope,
  { associations }: Pick<RunSettings, 'associations'>,
): ScopeFindings {
  return {
    account: accountOfScope(scope) ?? null,
    isIdentified: false,
    associations,
    isRefuted: false,
    suspicious: [],
  };
}

/**
 * Crawls what is left of one scope, to parts in its directory. Depends on nothing but its arguments.
 *
 * @returns all finished shards: those of earlier attempts, and what was left
 * @throws LineageError, see `exportLineage`; what was found out until then is in `findings`
 */
export async function crawlScope(job: ScopeJob, findings: ScopeFindings): Promise<readonly JournalEntry[]> {
  try {
    await identify(job, findings);
    const entries = await crawl(job, findings);
    await job.journal.close();
    assertAccount(job.scope, accountOf(entries));
    findings.account = accountOf(entries) ?? findings.account;
    if ((job.verify ?? 0) > 0) await verify(job, entries, findings);
    return entries;
  } finally {
    await job.journal.close();
  }
}

/** Who may have another account's lineage in its graph has to know it before the first page. */
async function identify({ scope, access, signal }: ScopeJob, findings: ScopeFindings): Promise<void> {
  if (accountOfScope(scope) === undefined || access.callerAccount === undefined) return;
  assertAccount(scope, await access.callerAccount(signal));
  findings.isIdentified = true;
}

/** @throws LineageError (usage) where the scope turns out to be of another account than was said */
export function assertAccount(scope: Scope, found: string | null): void {
  const expected = accountOfScope(scope);
  if (expected === undefined || found === null || found === expected) return;
  throw new LineageError(
    'usage',
    `The scope ${expected} in ${scope.region} turns out to be account ${found}.`,
    {
      hint: 'Correct its account, or the role or the credentials that it is reached by.',
      details: {
        expected,
        found,
        region: scope.region,
        ...(scope.role === undefined ? {} : { role: scope.role.arn }),
      },
    },
  );
}

async function crawl(job: ScopeJob, findings: ScopeFindings): Promise<readonly JournalEntry[]> {
  const { access, directory, settings, journal, done, concurrency, limits, clock, signal, onProgress } = job;
  const { region, subset } = settings;
  const windows = windowsOf(settings);
  const isPerNode = settings.associations === 'per-node' && windows.delete('association');
  const details = createDetails(job);
  let crawled: CrawlOutcome;
  try {
    crawled = await crawlAccount({
      clients: access.clients,
      directory,
      region,
      windows,
      done,
      journal,
      subset,
      layout: layoutOf(settings),
      detailer: details?.detailer,
      keepsMemberships: hasMembershipsOfDetails(settings),
      concurrency,
      limit: limits?.shards,
      clock,
      signal,
      onProgress,
    });
  } finally {
    await details?.close();
  }
  findings.crawl = crawled;
  if (crawled.error !== undefined) throw crawled.error;
  if (!isPerNode && !crawled.isSweepRefused) return crawled.entries;
  findings.associations = 'per-node';
  if (crawled.isSweepRefused) onProgress({ type: 'sweep-refused' });
  return associationsPerNode(job, crawled);
}

/** What the vertex files of a run look like. */
export function layoutOf({ detail, promote }: Pick<RunSettings, 'detail' | 'promote'>): Layout {
  return { detail, promotions: promote.map(parsePromotion) };
}

/** What completes the entities of a run; undefined where its listings say enough. */
function createDetails({
  access,
  concurrency,
  limits,
  since,
  signal,
  out,
  directory,
  settings,
  onProgress,
}: ScopeJob): { readonly detailer: Detailer; close(): Promise<void> } | undefined {
  if (settings.detail === 'summary') return undefined;
  const cache =
    since === null
      ? undefined
      : createDetailCache({
          out,
          run: settings.run,
          partial: directory,
          region: settings.region,
          since,
          onFound: (found) => onProgress({ type: 'details-kept', run: found }),
          onRefused: (found, reason) => onProgress({ type: 'details-refused', run: found, reason }),
        });
  return {
    detailer: createDetailer(access.clients, {
      ...{ tags: settings.tags, concurrency, limit: limits?.details, cache, signal },
    }),
    close: async () => cache?.close(),
  };
}

/** Search gives entities and their membership at once; a subset may hold edges of entities that it does not. */
export function hasMembershipsOfDetails({ detail, subset }: Pick<RunSettings, 'detail' | 'subset'>): boolean {
  return detail === 'full' && subset === null;
}

async function associationsPerNode(
  { access, directory, settings, journal, concurrency, clock, signal, onProgress }: ScopeJob,
  crawled: CrawlOutcome,
): Promise<readonly JournalEntry[]> {
  const { entries } = crawled;
  if (entries.some(({ shard }) => shard.listing === 'association')) return entries;
  const tally = crawled.tallyOf('association');
  const emit = (type: ListingEvent['type']) => onProgress(listingEvent(type, tally));
  const parts = { files: diskFiles(directory), entries, layout: layoutOf(settings) };
  tally.startedMs = clock().getTime();
  emit('listing-started');
  try {
    const entry = await crawlPerNode({
      clients: access.clients,
      directory,
      region: settings.region,
      nodes: idsOf(listedVertices(parts)),
      listed: await listedIds(parts),
      concurrency,
      signal,
      onCount(more) {
        tally.counts = addCounts(tally.counts, more);
        if (more.pages !== undefined) emit('page');
      },
    });
    const journalled = { ...entry, counts: tally.counts };
    await journal.append(journalled);
    tally.verdict = 'complete';
    return [...entries, journalled];
  } catch (error) {
    noteFailure(tally, error, signal);
    throw error;
  } finally {
    tally.finishedMs = clock().getTime();
    emit('listing-finished');
  }
}

async function* idsOf(rows: AsyncIterable<{ readonly id: string }>): AsyncGenerator<string> {
  for await (const { id } of rows) yield id;
}

/** What a run lists, and over which creation times. */
export function windowsOf(settings: Pick<RunSettings, 'detail' | 'subset'>): Map<Listing, ShardWindow> {
  const { subset } = settings;
  const kinds = kindsOf(subset);
  const has = (...wanted: readonly Kind[]) => wanted.every((kind) => kinds.includes(kind));
  const window = windowOf(timeOf(subset?.createdAfter), timeOf(subset?.createdBefore));
  const isListed = (listing: Listing): boolean => {
    if (listing === 'association') return true;
    if (isMembershipLabel(listing) && hasMembershipsOfDetails(settings)) return false;
    if (listing === 'HasTrial') return has('experiment', 'trial') || has('external');
    if (listing === 'HasTrialComponent') return has('trial', 'trial_component') || has('external');
    return has(listing) && (subset?.sourceUriPrefix === undefined || 'sourceuri' in VERTEX_COLUMNS[listing]);
  };
  const listings = (Object.keys(LISTING_OPERATIONS) as Listing[]).filter(isListed);
  return new Map(listings.map((listing) => [listing, isEdgeListing(listing) ? {} : window]));
}

function timeOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

/** The account that the listed ARNs name. */
export function accountOf(entries: readonly JournalEntry[]): string | null {
  for (const kind of LISTED_KINDS) {
    const found = entries.find(({ shard, account }) => shard.listing === kind && account !== null);
    if (found !== undefined) return found.account;
  }
  return null;
}

async function verify(
  { access, directory, settings, verify: size = 0, concurrency, signal, onProgress }: ScopeJob,
  entries: readonly JournalEntry[],
  findings: ScopeFindings,
): Promise<void> {
  const parts = { files: diskFiles(directory), entries, layout: layoutOf(settings) };
  // By the run's own start, so that whoever resumes it looks at the same entities.
  const sample = createSample(size, Date.parse(settings.startedAt));
  for await (const { id } of listedVertices(parts)) sample.add(id);
  const check = await crossCheck({
    clients: access.clients,
    nodes: sample.ids(),
    sweepEdges: () => sweptEdges(parts),
    sweepStartedAt: new Date(settings.startedAt),
    concurrency,
    signal,
  });
  try {
    assertSameEdges(check);
  } catch (error) {
    // Its listings are finished: a resume would ask for none of them again, and without --verify publish what is not true.
    findings.isRefuted = true;
    await rm(join(directory, JOURNAL_FILE), { force: true });
    throw error;
  }
  findings.verified = { nodes: check.nodes, edges: check.edges };
  onProgress({ type: 'verified', ...findings.verified });
}
