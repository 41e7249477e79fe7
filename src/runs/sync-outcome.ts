import { join } from 'node:path';
import { EXIT_CODES } from '../errors.ts';
import { TOOL } from '../graph/tool.ts';
import { under } from '../neptune/s3-uri.ts';
import { putText } from '../neptune/upload.ts';
import { reportedError } from './listing-tally.ts';
import { type Job, NAMED_IDS, workOf } from './sync-job.ts';
import { SYNC_REPORT_FILE, type SyncReport, syncReportText, writeSyncReport } from './sync-report.ts';

/** Writes the report beside the run, or, where there is none, beside the runs; and to S3 once the run is there. */
export async function saveReport(job: Job): Promise<SyncReport> {
  const { findings, out, dryRun = false, s3, folder, encryption, expectedBucketOwner } = job;
  const report = reportOf(job);
  job.onReport?.(report);
  const { run } = findings;
  await writeSyncReport(join(run === undefined ? out : workOf(run), SYNC_REPORT_FILE), report);
  if (run !== undefined && !dryRun && findings.error === undefined) {
    const at = under(folder, `reports/${run.manifest.run}.json`);
    // What was synced is synced, whether it can be told there or not.
    await putText(s3, syncReportText(report), at, { encryption, expectedBucketOwner }).catch(
      (error: unknown) => process.emitWarning(`The report could not be written to S3: ${String(error)}`),
    );
  }
  return report;
}

/** What is known of a sync, as its report. */
export function reportOf({ findings, store, clock, startedAt }: Job): SyncReport {
  const { run, state, changes, error, isFull, outcome, kept, ...rest } = findings;
  const failed = error === undefined ? undefined : reportedError(error);
  const done = rest.refusals.length > 0 && outcome !== 'planned' ? 'deleteGuard' : partialOr(outcome);
  return {
    ...rest,
    format: 1,
    tool: TOOL,
    outcome: failed === undefined ? outcome : 'failed',
    exitCode: EXIT_CODES[failed?.outcome ?? done],
    startedAt: startedAt.toISOString(),
    finishedAt: new Date(clock.now()).toISOString(),
    run: run?.manifest.run ?? null,
    directory: run?.directory ?? null,
    scopes: (run?.manifest.scopes ?? []).map(({ rows: _rows, kinds: _kinds, ...scope }) => scope),
    state:
      state === undefined
        ? null
        : {
            uri: store.uri,
            run: state.state.run,
            verifiedAt: state.state.verifiedAt,
            attempts: state.state.attempts.map((attempt) => attempt.run),
          },
    full: isFull,
    changes: changes?.counts ?? null,
    kept: kept.slice(0, NAMED_IDS),
    error: failed ?? null,
  };
}

function partialOr(outcome: SyncReport['outcome']): 'partialExport' | 'ok' {
  return outcome === 'partial' ? 'partialExport' : 'ok';
}
