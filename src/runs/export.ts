import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { CrawlClients } from '../crawl/clients.ts';
import { assertSameEdges, crossCheck } from '../crawl/cross-check.ts';
import { createDescriber, type Describer } from '../crawl/describe.ts';
import { createDetailer, type Detailer } from '../crawl/details.ts';
import { isEdgeListing, LISTING_OPERATIONS, type Listing } from '../crawl/listings.ts';
import { createSample } from '../crawl/sample.ts';
import { type ShardWindow, windowOf } from '../crawl/shard.ts';
import type { Layout } from '../csv/encode.ts';
import { LineageError } from '../errors.ts';
import { type Detail, VERTEX_COLUMNS } from '../graph/columns.ts';
import { ALL_KINDS, isMembershipLabel, type Kind, LISTED_KINDS } from '../graph/kinds.ts';
import { type PromotionConflict, parsePromotion } from '../graph/promotion.ts';
import { kindsOf, type Subset } from '../graph/subset.ts';
import { TOOL } from '../graph/tool.ts';
import { type Manifest, type ManifestFile, readManifest, writeManifest } from '../snapshot/manifest.ts';
import { type ExportReport, type KindVerdict, writeReport } from '../snapshot/report.ts';
import {
  type CrawlOutcome,
  crawlAccount,
  type ListingEvent,
  listingEvent,
  noteFailure,
} from './crawl-account.ts';
import { crawlPerNode } from './crawl-per-node.ts';
import { createDetailCache } from './detail-cache.ts';
import { type JoinedRun, joinRun, listedIds, listedVertices, sweptEdges } from './join-run.ts';
import {
  createJournal,
  type Journal,
  type JournalEntry,
  type RunSettings,
  reopenJournal,
} from './journal.ts';
import { addCounts, listingReport, reportedError, retriesOf, type Tally } from './listing-tally.ts';
import { previousRun } from './previous-run.ts';
import {
  createRunDirectory,
  fileSystemError,
  findRunDirectory,
  JOURNAL_FILE,
  publishRun,
  type RunDirectory,
  tidyRun,
} from './run-directory.ts';
import { diskFiles } from './run-files.ts';
import { lockRun } from './run-lock.ts';

export type ExportOptions = {
  /** See `crawlClients`. */
  readonly clients: CrawlClients;
  /** The region that the clients ask, for the manifest. */
  readonly region: string;
  /** The directory that holds the runs; made where it is missing. */
  readonly out: string;
  /** A run to go on with: its id, or the path of its directory. It keeps the settings that it was started with. */
  readonly resume?: string;
  /** Gives the run its id and times. @default the system's clock */
  readonly clock?: () => Date;
  /** Shards crawled at the same time. @default 16 */
  readonly concurrency?: number;
  /** Compress the files under `data/`. @default false */
  readonly gzip?: boolean;
  /** What to copy. @default the whole */
  readonly subset?: Subset;
  /**
   * How to ask for associations: for all of the account at once, or for those of each entity, which takes a hundred times
   * the calls. Where SageMaker refuses the first way, the second is gone. @default 'sweep'
   */
  readonly associations?: 'sweep' | 'per-node';
  /**
   * How much of each entity: what the listings give, or all that SageMaker knows of it. The second takes a call for each
   * artifact, action and context that was modified since the last run of full detail. @default 'summary'
   */
  readonly detail?: Detail;
  /**
   * With full detail: ask for tags, too, of artifacts, actions, contexts, and the jobs behind trial components. Those of
   * trial components, trials and experiments come anyway. @default false
   */
  readonly tags?: boolean;
  /** With full detail: keys of maps that get a column of their own, such as `properties.team`. @default none */
  readonly promote?: readonly string[];
  /**
   * With full detail: the run of full detail to take entities from that were not modified since, by id or directory; null
   * for none. @default the latest one of the same scope under `out`
   */
  readonly since?: string | null;
  /** Entities whose associations are asked for a second time, one by one, and compared. @default 0 */
  readonly verify?: number;
  /** Stops the export within a page. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ExportEvent) => void;
};

/** What an export does at the moment: it reads listings, then writes edges. */
export type ExportEvent =
  | { readonly type: 'run-started'; readonly run: string; readonly directory: string }
  | ListingEvent
  /** Entities that were not modified since this run are taken from it. */
  | { readonly type: 'details-kept'; readonly run: string }
  /** A file of that run cannot be used, so its entities are described. */
  | { readonly type: 'details-refused'; readonly run: string; readonly reason: string }
  /** Values of a promoted column have no type in common but text. */
  | { readonly type: 'promotion-conflict'; readonly conflict: PromotionConflict }
  /** SageMaker does not list the associations of the whole account: they are asked for node by node. */
  | { readonly type: 'sweep-refused' }
  | { readonly type: 'edges'; readonly edges: number }
  | { readonly type: 'verified'; readonly nodes: number; readonly edges: number }
  | { readonly type: 'suspicious'; readonly kinds: readonly Kind[]; readonly previous: string }
  | { readonly type: 'run-finished'; readonly run: string; readonly directory: string };

export type ExportResult = {
  readonly run: string;
  /** Absolute path of the run. */
  readonly directory: string;
  /** Whether every listing ended by itself. Always so here: an export that is not complete throws. */
  readonly complete: boolean;
  /** Twelve digits, or null where the account holds no lineage. */
  readonly account: string | null;
  readonly region: string;
  /** What the run was limited to; null for the whole. */
  readonly subset: Subset | null;
  readonly detail: Detail;
  /** Columns that `promote` gave, with the types that their values have. */
  readonly promoted: Manifest['promoted'];
  /** Rows written and pages read; the pages of `edge` are those of the associations and of both memberships. */
  readonly kinds: Readonly<Record<Kind | 'edge', { readonly rows: number; readonly pages: number }>>;
  /** Vertices that SageMaker lists. */
  readonly entities: number;
  /** Edges that are associations. */
  readonly associations: number;
  /** Edges that say which experiment or trial something belongs to. */
  readonly memberships: number;
  readonly pages: number;
  /** HTTP requests, repeated ones included. */
  readonly calls: number;
  readonly throttles: number;
  readonly retries: number;
  /** With full detail: Describe and ListTags calls that were answered. */
  readonly described: number;
  /** Entities taken from an earlier run of full detail. */
  readonly cached: number;
  /** Texts that Neptune cannot hold as they were (U+0000, lone surrogates). */
  readonly alteredTexts: number;
  readonly duplicates: number;
  readonly files: readonly ManifestFile[];
};

/**
 * Copies the lineage of one account and region into a run directory under `out`, all of it or nothing: a run that is not
 * complete keeps the name `<run>.partial`, holds a report of what went wrong, and can be resumed.
 *
 * @throws LineageError (accessDenied) where SageMaker refuses a listing; (partialExport) where one fails for good;
 * (interrupted, deadline) where the signal stops it; (locked) where another process writes the run; (usage,
 * validationFailed, unexpected) where the directory, the disk or the run to be resumed refuses.
 */
export async function exportLineage(options: ExportOptions): Promise<ExportResult> {
  const { onProgress = () => undefined, clock = () => new Date() } = options;
  const job: ExportJob = { ...options, onProgress, clock, concurrency: options.concurrency ?? 16 };
  assertDetailOptions(options);
  if (options.resume !== undefined) {
    const found = await findRunDirectory(options.out, options.resume);
    if (found.isFinished) {
      await tidyRun(found.path);
      return exportResult(found, await readManifest(found.path), []);
    }
    return withLock(found, () => resumeRun(job, found));
  }
  const startedAt = clock();
  const directory = await createRunDirectory(options.out, startedAt);
  return withLock(directory, () => startRun(job, directory, startedAt));
}

/** @throws LineageError (usage) for options that mean something with full detail only, and for keys that cannot be promoted */
function assertDetailOptions({ detail, tags, promote = [], since, resume }: ExportOptions): void {
  for (const column of promote) parsePromotion(column);
  if (detail === 'full' || (detail === undefined && resume !== undefined)) return;
  const given = Object.entries({
    tags: tags === true,
    promote: promote.length > 0,
    since: since !== undefined,
  });
  const [option] = given.find(([, isGiven]) => isGiven) ?? [];
  if (option === undefined) return;
  throw new LineageError('usage', `--${option} says nothing of a run of summaries.`, {
    hint: `Add --detail full, or leave --${option} out.`,
  });
}

type ExportJob = ExportOptions & Required<Pick<ExportOptions, 'onProgress' | 'clock' | 'concurrency'>>;

async function withLock<T>(directory: RunDirectory, write: () => Promise<T>): Promise<T> {
  const unlock = await lockRun(directory.path);
  try {
    return await write();
  } finally {
    await unlock();
  }
}

async function startRun(job: ExportJob, directory: RunDirectory, startedAt: Date): Promise<ExportResult> {
  const settings: RunSettings = {
    journal: 1,
    run: directory.run,
    tool: TOOL,
    startedAt: startedAt.toISOString(),
    region: job.region,
    gzip: job.gzip ?? false,
    associations: job.associations ?? 'sweep',
    subset: job.subset ?? null,
    detail: job.detail ?? 'summary',
    tags: job.tags ?? false,
    promote: job.promote ?? [],
  };
  const journal = await createJournal(join(directory.partial, JOURNAL_FILE), settings);
  return writeRun(job, { directory, settings, journal, done: [] });
}

async function resumeRun(job: ExportJob, directory: RunDirectory): Promise<ExportResult> {
  const path = join(directory.partial, JOURNAL_FILE);
  const { settings, entries, journal } = await reopenJournal(path);
  try {
    assertSameSettings(job, settings);
  } catch (error) {
    await journal.close();
    throw error;
  }
  return writeRun(job, { directory, settings, journal, done: entries });
}

/** A run under way. */
type Run = {
  readonly directory: RunDirectory;
  readonly settings: RunSettings;
  readonly journal: Journal;
  /** What earlier attempts have finished. */
  readonly done: readonly JournalEntry[];
};

/** What is known of a run so far: all of it goes into the report, whatever happens next. */
type Findings = {
  crawl?: CrawlOutcome;
  associations: RunSettings['associations'];
  describer?: Describer;
  joined?: JoinedRun;
  verified?: { readonly nodes: number; readonly edges: number };
  /** Whether the verification found a difference. */
  isRefuted?: boolean;
  suspicious: readonly Kind[];
  manifest?: Manifest;
  error?: unknown;
};

async function writeRun(job: ExportJob, run: Run): Promise<ExportResult> {
  const { directory, settings, journal } = run;
  const { partial, path } = directory;
  const findings: Findings = { associations: settings.associations, suspicious: [] };
  job.onProgress({ type: 'run-started', run: directory.run, directory: partial });
  try {
    const entries = await crawl(job, run, findings);
    await journal.close();
    const joined = await joinParts(job, run, entries, findings);
    if ((job.verify ?? 0) > 0) await verify(job, run, entries, findings);
    const account = accountOf(entries);
    await compareWithPrevious(job, run, { account, joined }, findings);
    const manifest = runManifest(job, run, { account, joined });
    findings.manifest = manifest;
    await writeReport(partial, runReport(job, run, findings));
    await writeManifest(partial, manifest);
    await publishRun(directory);
    job.onProgress({ type: 'run-finished', run: directory.run, directory: path });
    return exportResult(directory, manifest, findings.crawl?.tallies ?? []);
  } catch (cause) {
    await journal.close();
    const error = explained(fileSystemError(cause, partial), job, directory, findings);
    findings.error = error;
    await reportFailure(partial, runReport(job, run, findings));
    throw error;
  }
}
/** All finished shards of the run: those of earlier attempts, and what was left. */
async function crawl(
  job: ExportJob,
  { directory, settings, journal, done }: Run,
  findings: Findings,
): Promise<readonly JournalEntry[]> {
  const { clients, concurrency, clock, signal, onProgress } = job;
  const { region, subset } = settings;
  const windows = windowsOf(settings);
  const isPerNode = settings.associations === 'per-node' && windows.delete('association');
  const details = createDetails(job, { directory, settings });
  let crawled: CrawlOutcome;
  try {
    crawled = await crawlAccount({
      clients,
      directory: directory.partial,
      region,
      windows,
      done,
      journal,
      subset,
      layout: layoutOf(settings),
      detailer: details?.detailer,
      keepsMemberships: hasMembershipsOfDetails(settings),
      concurrency,
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
  return associationsPerNode(job, { directory, settings, journal }, crawled);
}

function layoutOf({ detail, promote }: RunSettings): Layout {
  return { detail, promotions: promote.map(parsePromotion) };
}

/** What completes the entities of a run; undefined where its listings say enough. */
function createDetails(
  { clients, concurrency, since, signal, out, onProgress }: ExportJob,
  { directory: { run, partial }, settings }: Pick<Run, 'directory' | 'settings'>,
): { readonly detailer: Detailer; close(): Promise<void> } | undefined {
  if (settings.detail === 'summary') return undefined;
  const cache =
    since === null
      ? undefined
      : createDetailCache({
          out,
          run,
          partial,
          region: settings.region,
          since,
          onFound: (found) => onProgress({ type: 'details-kept', run: found }),
          onRefused: (found, reason) => onProgress({ type: 'details-refused', run: found, reason }),
        });
  return {
    detailer: createDetailer(clients, { tags: settings.tags, concurrency, cache, signal }),
    close: async () => cache?.close(),
  };
}

/** Search gives entities and their membership at once; a subset may hold edges of entities that it does not. */
function hasMembershipsOfDetails({ detail, subset }: RunSettings): boolean {
  return detail === 'full' && subset === null;
}

async function associationsPerNode(
  { clients, concurrency, clock, signal, onProgress }: ExportJob,
  { directory, settings, journal }: Pick<Run, 'directory' | 'settings' | 'journal'>,
  crawled: CrawlOutcome,
): Promise<readonly JournalEntry[]> {
  const { entries } = crawled;
  if (entries.some(({ shard }) => shard.listing === 'association')) return entries;
  const tally = crawled.tallyOf('association');
  const emit = (type: ListingEvent['type']) => onProgress(listingEvent(type, tally));
  const job = { files: diskFiles(directory.partial), entries, layout: layoutOf(settings) };
  tally.startedMs = clock().getTime();
  emit('listing-started');
  try {
    const entry = await crawlPerNode({
      clients,
      directory: directory.partial,
      region: settings.region,
      nodes: idsOf(listedVertices(job)),
      listed: await listedIds(job),
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
function windowsOf(settings: RunSettings): Map<Listing, ShardWindow> {
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

async function joinParts(
  { clients, concurrency, signal, onProgress }: ExportJob,
  { directory, settings }: Run,
  entries: readonly JournalEntry[],
  findings: Findings,
): Promise<JoinedRun> {
  const account = accountOf(entries);
  findings.describer = createDescriber(clients, {
    ...(account === null ? {} : { home: { account, region: settings.region } }),
    detail: settings.detail,
    concurrency,
    signal,
  });
  findings.joined = await joinRun({
    files: diskFiles(directory.partial),
    entries,
    gzip: settings.gzip,
    subset: settings.subset,
    layout: layoutOf(settings),
    describer: findings.describer,
    signal,
    onEdges: (edges) => onProgress({ type: 'edges', edges }),
    onDuplicate(listing) {
      const tally = findings.crawl?.tallyOf(listing);
      if (tally !== undefined) tally.counts = addCounts(tally.counts, { duplicates: 1 });
    },
  });
  for (const conflict of findings.joined.promotionConflicts)
    onProgress({ type: 'promotion-conflict', conflict });
  return findings.joined;
}

/** The account that the listed ARNs name. */
function accountOf(entries: readonly JournalEntry[]): string | null {
  for (const kind of LISTED_KINDS) {
    const found = entries.find(({ shard, account }) => shard.listing === kind && account !== null);
    if (found !== undefined) return found.account;
  }
  return null;
}

async function verify(
  { clients, concurrency, signal, verify: size = 0, onProgress }: ExportJob,
  { directory, settings }: Run,
  entries: readonly JournalEntry[],
  findings: Findings,
): Promise<void> {
  const job = { files: diskFiles(directory.partial), entries, layout: layoutOf(settings) };
  // By the run's own start, so that whoever resumes it looks at the same entities.
  const sample = createSample(size, Date.parse(settings.startedAt));
  for await (const { id } of listedVertices(job)) sample.add(id);
  const check = await crossCheck({
    clients,
    nodes: sample.ids(),
    sweepEdges: () => sweptEdges(job),
    sweepStartedAt: new Date(settings.startedAt),
    concurrency,
    signal,
  });
  try {
    assertSameEdges(check);
  } catch (error) {
    // Its listings are finished: a resume would ask for none of them again, and without --verify publish what is not true.
    findings.isRefuted = true;
    await rm(join(directory.partial, JOURNAL_FILE), { force: true });
    throw error;
  }
  findings.verified = { nodes: check.nodes, edges: check.edges };
  onProgress({ type: 'verified', ...findings.verified });
}

async function compareWithPrevious(
  { onProgress }: ExportJob,
  { directory: { run, path }, settings: { region, subset } }: Run,
  { account, joined }: { readonly account: string | null; readonly joined: JoinedRun },
  findings: Findings,
): Promise<void> {
  if (subset !== null) return;
  const previous = await previousRun(dirname(path), { run, account, region });
  if (previous === undefined) return;
  findings.suspicious = LISTED_KINDS.filter(
    (kind) => joined.vertices[kind] === 0 && (previous.vertices[kind] ?? 0) > 0,
  );
  if (findings.suspicious.length === 0) return;
  onProgress({ type: 'suspicious', kinds: findings.suspicious, previous: previous.run });
}

function runManifest(
  { clock }: ExportJob,
  { settings: { run, region, startedAt, subset, detail, tags } }: Run,
  { account, joined }: { readonly account: string | null; readonly joined: JoinedRun },
): Manifest {
  return {
    format: 1,
    run,
    tool: TOOL,
    startedAt,
    finishedAt: clock().toISOString(),
    complete: true,
    scopes: [{ account, region }],
    subset,
    detail,
    tags,
    promoted: joined.promoted.map(({ column, type }) => ({ column, type })),
    vertices: joined.vertices,
    edges: joined.edges,
    files: joined.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function runReport({ clock }: ExportJob, { settings, done }: Run, findings: Findings): ExportReport {
  const { crawl: crawled, associations, describer, joined, verified, suspicious, manifest, error } = findings;
  const { run, region, startedAt, subset, detail } = settings;
  const tallies = crawled?.tallies ?? [];
  return {
    format: 1,
    run,
    tool: TOOL,
    region,
    startedAt,
    finishedAt: clock().toISOString(),
    complete: manifest !== undefined,
    subset,
    detail,
    promotionConflicts: joined?.promotionConflicts ?? [],
    associations,
    scopes: [
      {
        account: accountOf(crawled?.entries ?? done),
        region,
        kinds: Object.fromEntries(
          [...LISTED_KINDS, 'edge' as const].map((kind) => [kind, kindVerdict(kind, tallies, settings)]),
        ),
      },
    ],
    suspicious,
    described: describer?.counts ?? {},
    missingActions: describer?.denials.map(({ action }) => action) ?? [],
    verified: verified ?? null,
    edgesOutside: joined?.edgesOutside ?? 0,
    listings: Object.fromEntries(tallies.map((tally) => [tally.listing, listingReport(tally)])),
    rows: manifest === undefined ? {} : { ...manifest.vertices, edge: sum(Object.values(manifest.edges)) },
    ...(error === undefined ? {} : { error: reportedError(error) }),
  };
}

/** The worst of the listings that a kind comes from; a kind that the run leaves out is partial. */
function kindVerdict(kind: Kind | 'edge', tallies: readonly Tally[], settings: RunSettings): KindVerdict {
  const givesEdges = (listing: Listing) =>
    isEdgeListing(listing) ||
    (hasMembershipsOfDetails(settings) && (listing === 'trial' || listing === 'trial_component'));
  const own = tallies.filter(({ listing }) => (kind === 'edge' ? givesEdges(listing) : listing === kind));
  if (own.length === 0) return { verdict: 'partial', reason: 'not asked for' };
  const worst =
    own.find(({ verdict }) => verdict === 'denied') ?? own.find(({ verdict }) => verdict !== 'complete');
  if (worst === undefined) return { verdict: 'complete' };
  const { message, details } = reportedError(worst.error ?? 'the crawl ended before it');
  return {
    verdict: worst.verdict === 'denied' ? 'denied' : 'partial',
    reason: message,
    ...(worst.verdict === 'denied' && typeof details.action === 'string' ? { action: details.action } : {}),
  };
}

/** A run keeps the settings that it was started with: its parts were written by them. */
function assertSameSettings(job: ExportJob, settings: RunSettings): void {
  const given = {
    region: job.region,
    gzip: job.gzip,
    associations: job.associations,
    subset: job.subset,
    detail: job.detail,
    tags: job.tags,
    promote: job.promote,
  };
  for (const [name, value] of Object.entries(given)) {
    const kept = settings[name as keyof typeof given];
    if (value === undefined || isDeepStrictEqual(value, kept)) continue;
    throw new LineageError(
      'usage',
      `Run ${settings.run} was started with ${name} ${JSON.stringify(kept)}, not ${JSON.stringify(value)}.`,
      {
        hint: 'Resume it with the settings that it was started with, or start a new export.',
        details: { run: settings.run, setting: name, expected: kept, found: value },
      },
    );
  }
}

/** The error with the run that it is of and, unless what was received is not to be used, what goes on where it ended. */
function explained(
  error: unknown,
  { out }: ExportJob,
  { run, partial }: RunDirectory,
  { isRefuted = false }: Findings,
): unknown {
  if (!(error instanceof LineageError)) return error;
  const { outcome, message, hint, details, cause } = error;
  const command = `smlineage export --resume ${run} --out ${out}`;
  const resume = isRefuted ? undefined : `What was received is kept: go on with \`${command}\`.`;
  return new LineageError(outcome, message, {
    hint: [hint, resume].filter(Boolean).join(' '),
    details: { ...details, run, directory: partial },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The report explains the error; where not even it can be written, the error itself still says all. */
async function reportFailure(partial: string, report: ExportReport): Promise<void> {
  try {
    await writeReport(partial, report);
  } catch (error) {
    process.emitWarning(`No report of the failed export could be written to ${partial}: ${String(error)}`);
  }
}

function exportResult(
  { run, path }: RunDirectory,
  { complete, scopes, subset, detail, promoted, vertices, edges, files }: Manifest,
  tallies: readonly Tally[],
): ExportResult {
  const pagesOf = (listing: string) => tallies.find((tally) => tally.listing === listing)?.counts.pages ?? 0;
  const edgePages = pagesOf('association') + pagesOf('HasTrial') + pagesOf('HasTrialComponent');
  const memberships = sum(Object.keys(edges).map((label) => (isMembershipLabel(label) ? edges[label] : 0)));
  const total = sum(Object.values(edges));
  return {
    run,
    directory: path,
    complete,
    account: scopes[0]?.account ?? null,
    region: scopes[0]?.region ?? '',
    subset,
    detail,
    promoted,
    kinds: {
      ...byKind((kind) => ({ rows: vertices[kind] ?? 0, pages: pagesOf(kind) })),
      edge: { rows: total, pages: edgePages },
    },
    entities: sum(LISTED_KINDS.map((kind) => vertices[kind])),
    associations: total - memberships,
    memberships,
    pages: sum(tallies.map(({ counts }) => counts.pages)),
    calls: sum(tallies.map(({ counts }) => counts.calls)),
    throttles: sum(tallies.map(({ counts }) => counts.throttles)),
    retries: sum(tallies.map(retriesOf)),
    described: sum(tallies.map(({ counts }) => counts.described)),
    cached: sum(tallies.map(({ counts }) => counts.cached)),
    alteredTexts: sum(tallies.map(({ counts }) => counts.alteredTexts)),
    duplicates: sum(tallies.map(({ counts }) => counts.duplicates)),
    files,
  };
}

function byKind<T>(of: (kind: Kind) => T): Record<Kind, T> {
  return Object.fromEntries(ALL_KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, T>;
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number = 0) => total + number, 0);
}
