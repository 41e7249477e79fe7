import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pLimit, { type LimitFunction } from 'p-limit';
import type { CrawlClients } from '../crawl/clients.ts';
import { createDescriber, type Describer } from '../crawl/describe.ts';
import { LineageError } from '../errors.ts';
import type { Detail } from '../graph/columns.ts';
import { type Kind, LISTED_KINDS } from '../graph/kinds.ts';
import { type PromotionConflict, parsePromotion } from '../graph/promotion.ts';
import { type Scope, scopeKey, scopeName } from '../graph/scope.ts';
import type { Subset } from '../graph/subset.ts';
import { TOOL } from '../graph/tool.ts';
import {
  isMissingScope,
  type Manifest,
  type ManifestFile,
  readManifest,
  writeManifest,
} from '../snapshot/manifest.ts';
import { type ExportReport, writeReport } from '../snapshot/report.ts';
import {
  accountOf,
  crawlScope,
  layoutOf,
  type ScopeEvent,
  type ScopeFindings,
  scopeFindings,
} from './crawl-scope.ts';
import { type ExportedRun, exportReport, exportResult, runManifest } from './export-report.ts';
import { type JoinedRun, joinRun } from './join-run.ts';
import {
  createJournal,
  type Journal,
  type JournalEntry,
  type RunSettings,
  reopenJournal,
} from './journal.ts';
import { addCounts } from './listing-tally.ts';
import { previousScope } from './previous-run.ts';
import {
  createRunDirectory,
  fileSystemError,
  findRunDirectory,
  JOURNAL_FILE,
  makeScopeFolder,
  publishRun,
  type RunDirectory,
  scopeFolder,
  tidyRun,
} from './run-directory.ts';
import { diskFiles } from './run-files.ts';
import { lockRun } from './run-lock.ts';
import type { ScopeAccess } from './scope-access.ts';
import { describerOfScopes } from './scope-describer.ts';
import { rowsOfScope, scopeVerdict } from './scope-verdict.ts';

/** Where lineage is copied from: the account and Region that some clients ask, or several. */
export type ExportSource =
  | {
      /** See `crawlClients`. */
      readonly clients: CrawlClients;
      /** The region that the clients ask, for the manifest. */
      readonly region: string;
    }
  | {
      /** At least one, no two of the same account and Region. */
      readonly scopes: readonly Scope[];
      /** Reaches a scope, with clients of its own; called once for each. They are destroyed at the end. See `scopeAccess`. */
      readonly connect: (scope: Scope) => ScopeAccess;
    };

export type ExportOptions = ExportSource & {
  /** The directory that holds the runs; made where it is missing. */
  readonly out: string;
  /** A run to go on with: its id, or the path of its directory. It keeps the settings that it was started with. */
  readonly resume?: string;
  /** Gives the run its id and times. @default the system's clock */
  readonly clock?: () => Date;
  /** Shards crawled at the same time, of all scopes together; and as many entities described. @default 16 */
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
  /** With several scopes: join artifacts that two accounts have in common, see docs/accounts.md. @default false */
  readonly linkTwins?: boolean;
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
  /** Of one scope of several: `scope` names it. */
  | (ScopeEvent & { readonly scope?: string })
  /** In a run of several: one of them is not in it. */
  | {
      readonly type: 'scope-failed';
      readonly scope: string;
      readonly verdict: 'denied' | 'failed' | 'unsupported';
      readonly reason: string;
    }
  /** Values of a promoted column have no type in common but text. */
  | { readonly type: 'promotion-conflict'; readonly conflict: PromotionConflict }
  | { readonly type: 'edges'; readonly edges: number }
  | {
      readonly type: 'suspicious';
      readonly kinds: readonly Kind[];
      readonly previous: string;
      readonly scope?: string;
    }
  | { readonly type: 'run-finished'; readonly run: string; readonly directory: string };

export type ExportResult = {
  readonly run: string;
  /** Absolute path of the run. */
  readonly directory: string;
  /** Whether every listing of every scope ended by itself. An export of one scope that is not complete throws. */
  readonly complete: boolean;
  /** Of the first scope: twelve digits, or null where the account holds no lineage. */
  readonly account: string | null;
  /** Of the first scope. */
  readonly region: string;
  /** As the manifest has them. */
  readonly scopes: Manifest['scopes'];
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
 * Copies the lineage of an account and Region, or of several, into a run directory under `out`. Of each scope all of it or
 * nothing; a run that holds nothing keeps the name `<run>.partial`, holds a report of what went wrong, and can be resumed.
 * Where some scopes are complete the run is published with those: `complete` is false then, see `assertComplete`.
 *
 * @throws LineageError (accessDenied) where SageMaker refuses a listing; (partialExport) where one fails for good;
 * (interrupted, deadline) where the signal stops it; (locked) where another process writes the run; (usage,
 * validationFailed, unexpected) where the directory, the disk or the run to be resumed refuses.
 */
export async function exportLineage(options: ExportOptions): Promise<ExportResult> {
  const { onProgress = () => undefined, clock = () => new Date() } = options;
  assertDetailOptions(options);
  const sources = sourcesOf(options);
  const job: ExportJob = { ...options, sources, onProgress, clock, concurrency: options.concurrency ?? 16 };
  try {
    return await exportSources(job);
  } finally {
    if ('scopes' in options) for (const { access } of sources) access.clients.destroy();
  }
}

/** @throws LineageError (partialExport) where scopes are missing from the run, or all of it was there and one was not: exit code 4 */
export function assertComplete({
  complete,
  run,
  scopes,
}: Pick<ExportResult, 'complete' | 'run' | 'scopes'>): void {
  if (complete) return;
  const missing = scopes.filter(isMissingScope);
  const [first] = missing;
  const name = first === undefined ? 'a scope' : scopeName(first);
  const more = missing.length > 1 ? `, and ${missing.length - 1} more` : '';
  throw new LineageError(
    'partialExport',
    `Run ${run} holds ${scopes.length - missing.length} of ${scopes.length} scopes: ${name} is missing${more}: ${first?.reason ?? ''}`,
    {
      hint: 'What is missing was neither loaded nor removed. Mend it and run it again; report.json of the run says why, scope by scope.',
      details: { run, scopes: missing.map(({ account, region, verdict }) => ({ account, region, verdict })) },
    },
  );
}

/** A scope, and what it is reached by. */
type Source = { readonly scope: Scope; readonly access: ScopeAccess };

/** @throws LineageError (usage) for no scope, and for one that is there twice */
function sourcesOf(options: ExportSource): readonly Source[] {
  if ('clients' in options)
    return [{ scope: { region: options.region }, access: { clients: options.clients } }];
  const { scopes, connect } = options;
  const keys = scopes.map(scopeKey);
  const twice = scopes.find((scope, at) => keys.indexOf(scopeKey(scope)) !== at);
  if (twice === undefined && scopes.length > 0)
    return scopes.map((scope) => ({ scope, access: connect(scope) }));
  const what = twice === undefined ? 'No scope is given.' : `The scope ${scopeKey(twice)} is given twice.`;
  throw new LineageError('usage', what, { hint: 'Name each account and Region once.' });
}

async function exportSources(job: ExportJob): Promise<ExportResult> {
  if (job.resume !== undefined) {
    const found = await findRunDirectory(job.out, job.resume);
    if (found.isFinished) {
      await tidyRun(found.path);
      return exportResult(found, await readManifest(found.path), []);
    }
    return withLock(found, () => resumeRun(job, found));
  }
  const startedAt = job.clock();
  const directory = await createRunDirectory(job.out, startedAt);
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

type ExportJob = Omit<ExportOptions, 'clients' | 'region' | 'scopes' | 'connect'> &
  Required<Pick<ExportOptions, 'onProgress' | 'clock' | 'concurrency'>> & {
    readonly sources: readonly Source[];
  };

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
    region: job.sources[0]?.scope.region ?? '',
    gzip: job.gzip ?? false,
    associations: job.associations ?? 'sweep',
    subset: job.subset ?? null,
    detail: job.detail ?? 'summary',
    tags: job.tags ?? false,
    promote: job.promote ?? [],
    ...(job.linkTwins === true ? { linkTwins: true as const } : {}),
    ...scopesSetting(job),
  };
  const journal = await createJournal(join(directory.partial, JOURNAL_FILE), settings);
  return writeRun(job, await openRun(job, { directory, settings, journal, entries: [] }));
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
  return writeRun(job, await openRun(job, { directory, settings, journal, entries }));
}

/** What a resume has to find again; who a role's external id is known to is no matter of the disk. */
function scopesSetting({ sources }: ExportJob): Pick<RunSettings, 'scopes'> {
  if (sources.length === 1) return {};
  return {
    scopes: sources.map(({ scope: { account, region, role } }) => ({
      ...(account === undefined ? {} : { account }),
      region,
      ...(role === undefined ? {} : { role: role.arn }),
    })),
  };
}

/** A run under way. */
type Run = {
  readonly directory: RunDirectory;
  readonly settings: RunSettings;
  readonly scopes: readonly ScopeRun[];
};

/** One scope of it. */
type ScopeRun = Source & {
  /** Where its parts and its journal are, from the run's directory; empty for the only one. */
  readonly folder: string;
  readonly settings: RunSettings;
  readonly journal: Journal;
  /** What earlier attempts have finished. */
  readonly done: readonly JournalEntry[];
  readonly findings: ScopeFindings;
  /** All finished shards, once the scope is whole. Paths are from the run's directory. */
  entries?: readonly JournalEntry[];
};

type OpenedJournal = {
  readonly directory: RunDirectory;
  readonly settings: RunSettings;
  readonly journal: Journal;
  readonly entries: readonly JournalEntry[];
};

/** The only scope has the run's own journal, each of several one in its folder. */
async function openRun(job: ExportJob, opened: OpenedJournal): Promise<Run> {
  const { directory, settings, journal, entries } = opened;
  if (job.sources.length === 1) {
    const scopes = job.sources.map((source) => ({
      ...{ ...source, folder: '', settings, journal, done: entries },
      findings: scopeFindings(source.scope, settings),
    }));
    return { directory, settings, scopes };
  }
  await journal.close();
  const scopes: ScopeRun[] = [];
  for (const source of job.sources) {
    const key = scopeKey(source.scope);
    const { scopes: _, ...common } = settings;
    const own = { ...common, region: source.scope.region };
    const path = join(await makeScopeFolder(directory.partial, key), JOURNAL_FILE);
    const { journal: ownJournal, entries: done } = await openScopeJournal(path, own);
    const findings = scopeFindings(source.scope, own);
    scopes.push({ ...source, folder: scopeFolder(key), settings: own, journal: ownJournal, done, findings });
  }
  return { directory, settings, scopes };
}

/** The journal of a scope; a new one where there is none, or nothing in it: its scope was not begun. */
async function openScopeJournal(
  path: string,
  settings: RunSettings,
): Promise<Pick<OpenedJournal, 'journal' | 'entries'>> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > 0) return await reopenJournal(path);
  await rm(path, { force: true });
  return { journal: await createJournal(path, settings), entries: [] };
}

/** What is known of a run so far: all of it goes into the report, whatever happens next. */
type Findings = {
  describer?: Describer;
  joined?: JoinedRun;
  suspicious: readonly Kind[];
  manifest?: Manifest;
  error?: unknown;
};

async function writeRun(job: ExportJob, run: Run): Promise<ExportResult> {
  const { directory } = run;
  const { partial, path } = directory;
  const findings: Findings = { suspicious: [] };
  job.onProgress({ type: 'run-started', run: directory.run, directory: partial });
  try {
    await crawlScopes(job, run);
    const joined = await joinParts(job, run, findings);
    await compareWithPrevious(job, run, joined, findings);
    const manifest = runManifest({ ...exportedRun(job, run, findings), joined });
    findings.manifest = manifest;
    await writeReport(partial, exportReport(exportedRun(job, run, findings)));
    await writeManifest(partial, manifest);
    await publishRun(directory);
    job.onProgress({ type: 'run-finished', run: directory.run, directory: path });
    return exportResult(directory, manifest, talliesOf(run));
  } catch (cause) {
    const error = explained(fileSystemError(cause, partial), job, run);
    findings.error = error;
    await reportFailure(partial, () => exportReport(exportedRun(job, run, findings)));
    throw error;
  } finally {
    for (const { journal } of run.scopes) await journal.close();
  }
}

function exportedRun({ clock }: ExportJob, { settings, scopes }: Run, findings: Findings): ExportedRun {
  return { ...findings, settings, scopes, finishedAt: clock() };
}

function talliesOf({ scopes }: Run) {
  return scopes.flatMap(({ findings: { crawl } }) => crawl?.tallies ?? []);
}

/**
 * Crawls all scopes side by side. What is wrong with one stops no other, unless none is left.
 *
 * @throws LineageError of the only scope; (accessDenied, partialExport) where none of several is complete; of whatever is no
 * scope's own, as an interruption or a full disk
 */
async function crawlScopes(job: ExportJob, run: Run): Promise<void> {
  const { concurrency } = job;
  const limits =
    run.scopes.length === 1 ? undefined : { shards: pLimit(concurrency), details: pLimit(concurrency) };
  await Promise.all(run.scopes.map((scope) => crawlOne(job, run, scope, limits)));
  const errors = run.scopes.flatMap(({ findings: { error } }) => (error === undefined ? [] : [error]));
  const fatal = run.scopes.find(({ findings }) => scopeVerdict(findings) === undefined)?.findings.error;
  if (fatal !== undefined) throw fatal;
  if (errors.length < run.scopes.length) return;
  throw run.scopes.length === 1 ? errors[0] : noScopeError(run.scopes);
}

async function crawlOne(
  job: ExportJob,
  { directory: { partial } }: Run,
  scope: ScopeRun,
  limits: { readonly shards: LimitFunction; readonly details: LimitFunction } | undefined,
): Promise<void> {
  const { out, since, verify, concurrency, clock, signal, onProgress } = job;
  const { settings, journal, done, folder, findings, access } = scope;
  const name = limits === undefined ? {} : { scope: nameOf(scope) };
  try {
    const entries = await crawlScope(
      {
        ...{ scope: scope.scope, access, settings, journal, done },
        directory: join(partial, folder),
        ...{ out, since, verify, concurrency, limits, clock, signal },
        onProgress: (event) => onProgress({ ...event, ...name }),
      },
      findings,
    );
    scope.entries = folder === '' ? entries : entries.map((entry) => inFolder(entry, folder));
  } catch (error) {
    findings.account = accountOf(findings.crawl?.entries ?? done) ?? findings.account;
    findings.error = fileSystemError(error, partial);
    const failed = scopeVerdict(findings);
    if (limits === undefined || failed === undefined || failed.verdict === 'complete') return;
    const { verdict, reason = '' } = failed;
    onProgress({ type: 'scope-failed', scope: nameOf(scope), verdict, reason });
  }
}

function nameOf({ scope: { region }, findings: { account } }: Pick<ScopeRun, 'scope' | 'findings'>): string {
  return scopeName({ account, region });
}

function inFolder(entry: JournalEntry, folder: string): JournalEntry {
  const moved = <Part extends { readonly path: string }>(part: Part) => ({
    ...part,
    path: `${folder}/${part.path}`,
  });
  const { parts, memberships } = entry;
  return {
    ...entry,
    parts: parts.map(moved),
    ...(memberships === undefined ? {} : { memberships: moved(memberships) }),
  };
}

function noScopeError(scopes: readonly ScopeRun[]): LineageError {
  const failed = scopes.map((scope) => ({ scope: nameOf(scope), ...scopeVerdict(scope.findings) }));
  const isDenied = failed.every(({ verdict }) => verdict === 'denied');
  const [first] = failed;
  return new LineageError(
    isDenied ? 'accessDenied' : 'partialExport',
    `None of ${scopes.length} scopes could be exported; ${first?.scope}: ${first?.reason}`,
    {
      hint: 'report.json says why, scope by scope.',
      details: { scopes: failed },
      cause: scopes[0]?.findings.error,
    },
  );
}

async function joinParts(
  { concurrency, signal, onProgress }: ExportJob,
  { directory, settings, scopes }: Run,
  findings: Findings,
): Promise<JoinedRun> {
  const whole = scopes.filter(({ entries }) => entries !== undefined);
  findings.describer = describerOfScopes(
    whole.map(({ access, findings: { account }, settings: { region, detail } }) => ({
      account,
      region,
      describer: createDescriber(access.clients, {
        ...(account === null ? {} : { home: { account, region } }),
        ...{ detail, concurrency, signal },
      }),
    })),
  );
  findings.joined = await joinRun({
    files: diskFiles(directory.partial),
    scopes: whole.map(({ entries = [] }) => entries),
    gzip: settings.gzip,
    subset: settings.subset,
    layout: layoutOf(settings),
    linkTwins: settings.linkTwins,
    describer: findings.describer,
    signal,
    onEdges: (edges) => onProgress({ type: 'edges', edges }),
    onDuplicate(listing) {
      const tally = whole[0]?.findings.crawl?.tallyOf(listing);
      if (tally !== undefined) tally.counts = addCounts(tally.counts, { duplicates: 1 });
    },
  });
  for (const conflict of findings.joined.promotionConflicts)
    onProgress({ type: 'promotion-conflict', conflict });
  return findings.joined;
}

/** Looks for kinds that came back empty and were not, scope by scope. */
async function compareWithPrevious(
  { onProgress }: ExportJob,
  { directory: { run, path }, settings: { subset }, scopes }: Run,
  joined: JoinedRun,
  findings: Findings,
): Promise<void> {
  if (subset !== null) return;
  const all = new Set<Kind>();
  for (const scope of scopes) {
    const { entries, findings: own } = scope;
    if (entries === undefined) continue;
    const { account, region } = { account: own.account, region: scope.settings.region };
    const previous = await previousScope(dirname(path), { run, account, region });
    const rows: Readonly<Record<string, number>> =
      scopes.length === 1 ? joined.vertices : rowsOfScope(entries);
    const kinds = LISTED_KINDS.filter((kind) => rows[kind] === 0 && (previous?.rows[kind] ?? 0) > 0);
    if (previous === undefined || kinds.length === 0) continue;
    for (const kind of kinds) all.add(kind);
    own.suspicious = kinds;
    const name = scopes.length === 1 ? {} : { scope: nameOf(scope) };
    onProgress({ type: 'suspicious', kinds, previous: previous.run, ...name });
  }
  findings.suspicious = LISTED_KINDS.filter((kind) => all.has(kind));
}

/** A run keeps the settings that it was started with: its parts were written by them. */
function assertSameSettings(job: ExportJob, settings: RunSettings): void {
  const given = {
    region: job.sources[0]?.scope.region,
    gzip: job.gzip,
    associations: job.associations,
    subset: job.subset,
    detail: job.detail,
    tags: job.tags,
    promote: job.promote,
    linkTwins: job.linkTwins === true ? true : undefined,
  };
  for (const [name, value] of Object.entries(given)) {
    const kept = settings[name as keyof typeof given];
    if (value === undefined || isDeepStrictEqual(value, kept)) continue;
    throw otherSetting(settings.run, name, { kept, value });
  }
  const { scopes } = scopesSetting(job);
  if (isDeepStrictEqual(scopes, settings.scopes)) return;
  throw otherSetting(settings.run, 'scopes', { kept: settings.scopes, value: scopes });
}

function otherSetting(
  run: string,
  setting: string,
  { kept, value }: { readonly kept: unknown; readonly value: unknown },
): LineageError {
  const text = (given: unknown) => (given === undefined ? 'one scope' : JSON.stringify(given));
  return new LineageError(
    'usage',
    `Run ${run} was started with ${setting} ${text(kept)}, not ${text(value)}.`,
    {
      hint: 'Resume it with the settings that it was started with, or start a new export.',
      details: { run, setting, expected: kept, found: value },
    },
  );
}

/** The error with the run that it is of and, unless what was received is not to be used, what goes on where it ended. */
function explained(
  error: unknown,
  { out }: ExportJob,
  { directory: { run, partial }, scopes }: Run,
): unknown {
  if (!(error instanceof LineageError)) return error;
  const { outcome, message, hint, details, cause } = error;
  const command = `smlineage export --resume ${run} --out ${out}`;
  const isRefuted = scopes.length === 1 && scopes.some(({ findings }) => findings.isRefuted);
  const resume = isRefuted ? undefined : `What was received is kept: go on with \`${command}\`.`;
  return new LineageError(outcome, message, {
    hint: [hint, resume].filter(Boolean).join(' '),
    details: { ...details, run, directory: partial },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The report explains the error; where not even it can be written, the error itself still says all. */
async function reportFailure(partial: string, report: () => ExportReport): Promise<void> {
  try {
    await writeReport(partial, report());
  } catch (error) {
    process.emitWarning(`No report of the failed export could be written to ${partial}: ${String(error)}`);
  }
}
