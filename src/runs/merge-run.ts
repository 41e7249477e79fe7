import type { CrawlClients } from '../crawl/clients.ts';
import { createDescriber } from '../crawl/describe.ts';
import type { Scope } from '../graph/scope.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import type { ExportReport } from '../snapshot/report.ts';
import { layoutOf, scopeFindings } from './crawl-scope.ts';
import { type ExportedRun, exportReport, runManifest } from './export-report.ts';
import { joinRun } from './join-run.ts';
import type { JournalEntry, RunSettings } from './journal.ts';
import type { RunFiles } from './run-files.ts';
import { describerOfScopes } from './scope-describer.ts';

/** What became of one scope that others crawled. */
export type CrawledScope = {
  readonly scope: Scope;
  readonly clients: CrawlClients;
  readonly account: string | null;
  /** Its finished shards, where it is whole. Paths of parts are from the folder that `MergeJob.parts` stands for. */
  readonly entries?: readonly JournalEntry[] | undefined;
  /** Why it is not. */
  readonly error?: unknown;
};

export type MergeJob = {
  readonly settings: RunSettings;
  readonly scopes: readonly CrawledScope[];
  /** Where the parts are. */
  readonly parts: RunFiles;
  /** Where the files of the run go. */
  readonly files: RunFiles;
  /** Calls at the same time, for ends of edges that no listing gave. */
  readonly concurrency: number;
  readonly clock: () => Date;
  readonly signal?: AbortSignal | undefined;
};

/** Joins what was crawled of scopes to the files of one run. The manifest is the caller's to write, last. */
export async function mergeRun(
  job: MergeJob,
): Promise<{ readonly manifest: Manifest; readonly report: ExportReport }> {
  const { settings, parts, files, clock, concurrency, signal } = job;
  const whole = job.scopes.filter(({ entries }) => entries !== undefined);
  const describer = describerOfScopes(
    whole.map(({ clients, account, scope: { region } }) => ({
      account,
      region,
      describer: createDescriber(clients, {
        ...(account === null ? {} : { home: { account, region } }),
        ...{ detail: settings.detail, concurrency, signal },
      }),
    })),
  );
  const joined = await joinRun({
    files: { ...files, nameOf: parts.nameOf, open: parts.open },
    scopes: whole.map(({ entries = [] }) => entries),
    gzip: settings.gzip,
    subset: settings.subset,
    layout: layoutOf(settings),
    describer,
    signal,
    onEdges: () => undefined,
    onDuplicate: () => undefined,
  });
  const scopes = job.scopes.map(({ scope, account, entries, error }) => ({
    settings: { ...settings, region: scope.region },
    findings: { ...scopeFindings(scope, settings), account, ...(error === undefined ? {} : { error }) },
    done: entries ?? [],
    ...(entries === undefined ? {} : { entries }),
  }));
  const run: ExportedRun = { settings, scopes, finishedAt: clock(), describer, suspicious: [] };
  const manifest = runManifest({ ...run, joined });
  return { manifest, report: exportReport({ ...run, joined, manifest }) };
}
