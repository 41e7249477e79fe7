import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../errors.ts';

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
  readonly listings: Readonly<Record<string, ListingReport>>;
  /** Rows written, per kind and for `edge`. */
  readonly rows: Readonly<Record<string, number>>;
  readonly error?: ReportedError;
};

export const REPORT_FILE = 'report.json';

export async function writeReport(directory: string, report: ExportReport): Promise<void> {
  const path = join(directory, REPORT_FILE);
  await writeFile(`${path}.partial`, `${JSON.stringify(report, null, 2)}\n`);
  await rename(`${path}.partial`, path);
}
