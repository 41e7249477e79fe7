import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../errors.ts';
import type { Detail } from '../graph/columns.ts';
import type { PromotionConflict } from '../graph/promotion.ts';
import type { Subset } from '../graph/subset.ts';
import type { ManifestScope } from './manifest.ts';

/** How one listing went. */
export type ListingReport = {
  /**
   * `complete`: it ended by itself. `denied`: SageMaker refused the caller. `failed`: for the `error` it names.
   * `stopped`: cut short because of another listing or the caller.
   */
  readonly verdict: 'complete' | 'denied' | 'failed' | 'stopped';
  readonly operation: string;
  readonly pages: number;
  readonly records: number;
  /** HTTP requests, repeated ones included. */
  readonly calls: number;
  /** Calls that SageMaker turned away as too fast. */
  readonly throttles: number;
  /** Calls that repeated another: calls without pages. */
  readonly retries: number;
  readonly seconds: number;
  /** Texts that hold what Neptune cannot: U+0000 or lone surrogates, now U+FFFD. */
  readonly alteredTexts: number;
  /** Rows dropped because another of the same id was there. */
  readonly duplicates: number;
  /** Records left out because they are not of the subset. */
  readonly filtered: number;
  /** With `--detail full`: Describe and ListTags calls that were answered. */
  readonly described?: number;
  /** Entities taken from an earlier run, since they were not modified. */
  readonly cached?: number;
  /** Entities that were deleted after SageMaker had listed them: they have what the listing says. */
  readonly undescribed?: number;
  readonly error?: ReportedError;
};

export type ReportedError = {
  readonly outcome: Outcome;
  readonly message: string;
  readonly hint?: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** What happened in an export, written whether it succeeded or not. */
export type ExportReport = {
  readonly format: 1;
  readonly run: string;
  readonly tool: string;
  readonly region: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly complete: boolean;
  /** Of all scopes together. */
  readonly listings: Readonly<Record<string, ListingReport>>;
  /** What the run was limited to; null for the whole. */
  readonly subset: Subset | null;
  /** How much of each entity was asked for. */
  readonly detail: Detail;
  /** Promoted columns whose values have no type in common but text, and how many of each sort they hold. */
  readonly promotionConflicts: readonly PromotionConflict[];
  /** How associations were asked for: all at once, or node by node. */
  readonly associations: 'sweep' | 'per-node';
  /** Whether the run holds all of each kind in each scope, and if not, why. */
  readonly scopes: readonly ScopeReport[];
  /** Kinds that came back empty though the latest finished run of the same scope had some. */
  readonly suspicious: readonly string[];
  /** What became of ends of edges that no listing gave; empty where the crawl did not get so far. */
  readonly described: Readonly<Record<string, number>>;
  /** Actions that the caller lacks to describe them. */
  readonly missingActions: readonly string[];
  /** What `--verify` found; null where it was not asked for or not come to. */
  readonly verified: { readonly nodes: number; readonly edges: number } | null;
  /** Edges left out because they lead out of the subset. */
  readonly edgesOutside: number;
  /** With `--link-twins`: edges between artifacts that two accounts have in common, which SageMaker does not have. */
  readonly linkedTwins?: number;
  /** Rows written, per kind and for `edge`. */
  readonly rows: Readonly<Record<string, number>>;
  readonly error?: ReportedError;
};

export type ScopeReport = {
  readonly account: string | null;
  readonly region: string;
  readonly kinds: Readonly<Record<string, KindVerdict>>;
} & Partial<{
  /** Of a run of several scopes, as the manifest has them. */
  readonly verdict: NonNullable<ManifestScope['verdict']>;
  readonly reason: string;
  readonly rows: NonNullable<ManifestScope['rows']>;
  readonly associations: 'sweep' | 'per-node';
  readonly listings: Readonly<Record<string, ListingReport>>;
  readonly verified: ExportReport['verified'];
  readonly suspicious: readonly string[];
  readonly error: ReportedError;
}>;

export type KindVerdict = {
  readonly verdict: 'complete' | 'partial' | 'denied' | 'unsupported';
  readonly reason?: string;
  /** The IAM action that is missing. */
  readonly action?: string;
};

export const REPORT_FILE = 'report.json';

export async function writeReport(directory: string, report: ExportReport): Promise<void> {
  const path = join(directory, REPORT_FILE);
  await writeFile(`${path}.partial`, `${JSON.stringify(report, null, 2)}\n`);
  await rename(`${path}.partial`, path);
}
