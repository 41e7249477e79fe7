import type { CrawlClients } from '../crawl/clients.ts';
import { createIdSet } from '../crawl/id-set.ts';
import { ALL_KINDS, isMembershipLabel, type Kind, LISTED_KINDS } from '../graph/kinds.ts';
import { TOOL } from '../graph/tool.ts';
import { type Manifest, type ManifestFile, writeManifest } from '../snapshot/manifest.ts';
import { type ExportReport, writeReport } from '../snapshot/report.ts';
import { type CrawlOutcome, crawlAccount, type ListingEvent } from './crawl-account.ts';
import { listingReport, reportedError, retriesOf, type Tally } from './listing-tally.ts';
import {
  createRunDirectory,
  fileSystemError,
  indexFile,
  publishRun,
  type RunDirectory,
} from './run-directory.ts';
import { type SettledEdges, settleEdges } from './settle-edges.ts';

export type ExportOptions = {
  /** See `crawlClients`. */
  readonly clients: CrawlClients;
  /** The region that the clients ask, for the manifest. */
  readonly region: string;
  /** The directory that holds the runs; made where it is missing. */
  readonly out: string;
  /** Gives the run its id and times. @default the system's clock */
  readonly clock?: () => Date;
  /** Listings read at the same time. @default 8 */
  readonly concurrency?: number;
  /** Compress the files under `data/`. @default false */
  readonly gzip?: boolean;
  /** Stops the export within a page. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ExportEvent) => void;
};

/** What an export does at the moment: it reads listings, then writes edges. */
export type ExportEvent =
  | { readonly type: 'run-started'; readonly run: string; readonly directory: string }
  | ListingEvent
  | { readonly type: 'edges'; readonly edges: number }
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
  /** Texts that Neptune cannot hold as they were (U+0000, lone surrogates). */
  readonly alteredTexts: number;
  readonly duplicates: number;
  readonly files: readonly ManifestFile[];
};

/**
 * Copies the lineage of one account and region into a new run directory under `out`, all of it or nothing: a run that is
 * not complete keeps the name `<run>.partial` and holds a report of what went wrong.
 *
 * @throws LineageError (accessDenied) where SageMaker refuses a listing; (partialExport) where one fails for good;
 * (interrupted, deadline) where the signal stops it; (usage, unexpected) where the directory or the disk refuses.
 */
export async function exportLineage(options: ExportOptions): Promise<ExportResult> {
  const { clients, region, out, signal, onProgress = () => undefined } = options;
  const { clock = () => new Date(), concurrency = 8, gzip = false } = options;
  const job = { clients, region, clock, concurrency, gzip, signal, onProgress };
  const startedAt = clock();
  const directory = await createRunDirectory(out, startedAt);
  const { run, partial, path } = directory;
  const progress = { startedAt, tallies: [] as readonly Tally[] };
  onProgress({ type: 'run-started', run, directory: partial });
  try {
    const listed = createIdSet();
    const crawl = await crawlAccount({ ...job, directory: partial, listed });
    progress.tallies = crawl.tallies;
    if (crawl.error !== undefined) throw crawl.error;
    const edges = await settleEdges({
      directory: partial,
      gzip,
      listed,
      signal,
      onEdges: (count) => onProgress({ type: 'edges', edges: count }),
    });
    const manifest = runManifest(directory, job, { startedAt, crawl, edges });
    await writeReport(partial, runReport(directory, job, progress, { manifest }));
    await writeManifest(partial, manifest);
    await publishRun(directory);
    onProgress({ type: 'run-finished', run, directory: path });
    return exportResult(directory, manifest, crawl.tallies);
  } catch (cause) {
    const error = fileSystemError(cause, partial);
    await reportFailure(partial, runReport(directory, job, progress, { error }));
    throw error;
  }
}

type Run = Required<Pick<ExportOptions, 'region' | 'clock'>>;

function runManifest(
  { run }: RunDirectory,
  { region, clock }: Run,
  { startedAt, crawl, edges }: { startedAt: Date; crawl: CrawlOutcome; edges: SettledEdges },
): Manifest {
  const files = [...crawl.files, ...edges.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const rowsOf = (of: Kind) => files.find(({ path }) => path === indexFile(of))?.rows ?? 0;
  return {
    format: 1,
    run,
    tool: TOOL,
    startedAt: startedAt.toISOString(),
    finishedAt: clock().toISOString(),
    complete: true,
    scopes: [{ account: crawl.account, region }],
    vertices: byKind(rowsOf),
    edges: edges.byLabel,
    files,
  };
}

function runReport(
  { run }: RunDirectory,
  { region, clock }: Run,
  { startedAt, tallies }: { startedAt: Date; tallies: readonly Tally[] },
  { manifest, error }: { manifest?: Manifest; error?: unknown },
): ExportReport {
  return {
    format: 1,
    run,
    tool: TOOL,
    region,
    startedAt: startedAt.toISOString(),
    finishedAt: clock().toISOString(),
    complete: manifest !== undefined,
    listings: Object.fromEntries(tallies.map((tally) => [tally.listing, listingReport(tally)])),
    rows: manifest === undefined ? {} : { ...manifest.vertices, edge: sum(Object.values(manifest.edges)) },
    ...(error === undefined ? {} : { error: reportedError(error) }),
  };
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
  { complete, scopes, vertices, edges, files }: Manifest,
  tallies: readonly Tally[],
): ExportResult {
  const pagesOf = (listing: string) => tallies.find((tally) => tally.listing === listing)?.pages ?? 0;
  const edgePages = pagesOf('association') + pagesOf('HasTrial') + pagesOf('HasTrialComponent');
  const memberships = sum(Object.keys(edges).map((label) => (isMembershipLabel(label) ? edges[label] : 0)));
  const total = sum(Object.values(edges));
  return {
    run,
    directory: path,
    complete,
    account: scopes[0]?.account ?? null,
    region: scopes[0]?.region ?? '',
    kinds: {
      ...byKind((kind) => ({ rows: vertices[kind] ?? 0, pages: pagesOf(kind) })),
      edge: { rows: total, pages: edgePages },
    },
    entities: sum(LISTED_KINDS.map((kind) => vertices[kind])),
    associations: total - memberships,
    memberships,
    pages: sum(tallies.map(({ pages }) => pages)),
    calls: sum(tallies.map(({ calls }) => calls)),
    throttles: sum(tallies.map(({ throttles }) => throttles)),
    retries: sum(tallies.map(retriesOf)),
    alteredTexts: sum(tallies.map(({ alteredTexts }) => alteredTexts)),
    duplicates: sum(tallies.map(({ duplicates }) => duplicates)),
    files,
  };
}

function byKind<T>(of: (kind: Kind) => T): Record<Kind, T> {
  return Object.fromEntries(ALL_KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, T>;
}

function sum(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number = 0) => total + number, 0);
}
