import type { Describer } from '../crawl/describe.ts';
import { ALL_KINDS, isMembershipLabel, type Kind, LISTED_KINDS } from '../graph/kinds.ts';
import { TOOL } from '../graph/tool.ts';
import type { Manifest, ManifestScope } from '../snapshot/manifest.ts';
import type { ExportReport, ListingReport, ScopeReport } from '../snapshot/report.ts';
import { accountOf, type ScopeFindings } from './crawl-scope.ts';
import type { ExportResult } from './export.ts';
import type { JoinedRun } from './join-run.ts';
import type { JournalEntry, RunSettings } from './journal.ts';
import {
  addCounts,
  listingReport,
  NO_COUNTS,
  reportedError,
  retriesOf,
  type Tally,
} from './listing-tally.ts';
import type { RunDirectory } from './run-directory.ts';
import { kindVerdicts, rowsOfScope, scopeVerdict } from './scope-verdict.ts';

/** A scope of a run, as far as it came. */
type ExportedScope = {
  readonly settings: RunSettings;
  readonly findings: ScopeFindings;
  /** What earlier attempts have finished. */
  readonly done: readonly JournalEntry[];
  /** All finished shards of a whole scope. */
  readonly entries?: readonly JournalEntry[];
};

/** A run, as far as it came. */
export type ExportedRun = {
  readonly settings: RunSettings;
  readonly scopes: readonly ExportedScope[];
  readonly finishedAt: Date;
  readonly describer?: Describer;
  readonly joined?: JoinedRun;
  readonly suspicious: readonly Kind[];
  readonly manifest?: Manifest;
  readonly error?: unknown;
};

/** What a finished run says of itself. */
export function runManifest({
  settings: { run, startedAt, subset, detail, tags },
  scopes,
  finishedAt,
  joined,
}: ExportedRun & { readonly joined: JoinedRun }): Manifest {
  const verdicts = scopes.map(({ findings }) => scopeVerdict(findings)?.verdict);
  return {
    format: 1,
    run,
    tool: TOOL,
    startedAt,
    finishedAt: finishedAt.toISOString(),
    complete: verdicts.every((verdict) => verdict === 'complete' || verdict === 'unsupported'),
    scopes: scopes.map((scope) => manifestScope(scope, scopes.length > 1)),
    subset,
    detail,
    tags,
    promoted: joined.promoted.map(({ column, type }) => ({ column, type })),
    vertices: joined.vertices,
    edges: joined.edges,
    files: joined.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function manifestScope(
  { settings, findings, entries = [] }: ExportedScope,
  isOneOfSeveral: boolean,
): ManifestScope {
  const scope = { account: findings.account, region: settings.region };
  if (!isOneOfSeveral) return scope;
  const verdicts = Object.entries(kindVerdicts(findings, settings));
  return {
    ...scope,
    ...(scopeVerdict(findings) ?? { verdict: 'failed' }),
    kinds: Object.fromEntries(verdicts.map(([kind, { verdict }]) => [kind, verdict])) as NonNullable<
      ManifestScope['kinds']
    >,
    rows: rowsOfScope(entries),
  };
}

/** What happened in an export. */
export function exportReport(run: ExportedRun): ExportReport {
  const { settings, scopes, finishedAt, describer, joined, suspicious, manifest, error } = run;
  const { region, startedAt, subset, detail } = settings;
  const verified = scopes.flatMap(({ findings }) => findings.verified ?? []);
  return {
    format: 1,
    run: settings.run,
    tool: TOOL,
    region,
    startedAt,
    finishedAt: finishedAt.toISOString(),
    complete: manifest?.complete ?? false,
    subset,
    detail,
    promotionConflicts: joined?.promotionConflicts ?? [],
    associations: scopes.some(({ findings }) => findings.associations === 'per-node') ? 'per-node' : 'sweep',
    scopes: scopes.map((scope) => scopeReport(scope, scopes.length > 1)),
    suspicious,
    described: describer?.counts ?? {},
    missingActions: describer?.denials.map(({ action }) => action) ?? [],
    verified:
      verified.length === 0
        ? null
        : { nodes: sum(verified.map(({ nodes }) => nodes)), edges: sum(verified.map(({ edges }) => edges)) },
    edgesOutside: joined?.edgesOutside ?? 0,
    ...(settings.linkTwins === true ? { linkedTwins: joined?.linkedTwins ?? 0 } : {}),
    listings: listingsOf(scopes.flatMap(({ findings }) => findings.crawl?.tallies ?? [])),
    rows: manifest === undefined ? {} : { ...manifest.vertices, edge: sum(Object.values(manifest.edges)) },
    ...(error === undefined ? {} : { error: reportedError(error) }),
  };
}

function scopeReport(scope: ExportedScope, isOneOfSeveral: boolean): ScopeReport {
  const { settings, findings, done } = scope;
  const { crawl, error, associations, verified, suspicious } = findings;
  const account = accountOf(crawl?.entries ?? done) ?? findings.account;
  const report = { account, region: settings.region, kinds: kindVerdicts(findings, settings) };
  if (!isOneOfSeveral) return report;
  return {
    ...manifestScope(scope, true),
    ...report,
    associations,
    suspicious,
    verified: verified ?? null,
    listings: listingsOf(crawl?.tallies ?? []),
    ...(error === undefined ? {} : { error: reportedError(error) }),
  };
}

/** The reports of listings; of one listing in several scopes, all together with the worst verdict. */
function listingsOf(tallies: readonly Tally[]): Readonly<Record<string, ListingReport>> {
  const names = [...new Set(tallies.map(({ listing }) => listing))];
  return Object.fromEntries(
    names.map((name) => {
      const all = tallies.filter(({ listing }) => listing === name);
      return [name, listingReport(all.length === 1 ? (all[0] as Tally) : together(all))];
    }),
  );
}

const WORST_FIRST: readonly Tally['verdict'][] = ['denied', 'failed', 'stopped', 'complete'];

function together(tallies: readonly Tally[]): Tally {
  const [worst] = tallies.toSorted((a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict));
  const begun = tallies.map(({ startedMs }) => startedMs).filter((ms) => ms > 0);
  return {
    ...(worst as Tally),
    counts: tallies.reduce((total, { counts }) => addCounts(total, counts), NO_COUNTS),
    startedMs: begun.length === 0 ? 0 : Math.min(...begun),
    finishedMs: Math.max(...tallies.map(({ finishedMs }) => finishedMs)),
  };
}

/** What an export gives to its caller. */
export function exportResult(
  { run, path }: RunDirectory,
  { complete, scopes, subset, detail, promoted, vertices, edges, files }: Manifest,
  tallies: readonly Tally[],
): ExportResult {
  const pagesOf = (listing: string) =>
    sum(tallies.filter((tally) => tally.listing === listing).map(({ counts }) => counts.pages));
  const edgePages = pagesOf('association') + pagesOf('HasTrial') + pagesOf('HasTrialComponent');
  const memberships = sum(Object.keys(edges).map((label) => (isMembershipLabel(label) ? edges[label] : 0)));
  const total = sum(Object.values(edges));
  return {
    run,
    directory: path,
    complete,
    account: scopes[0]?.account ?? null,
    region: scopes[0]?.region ?? '',
    scopes,
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
