import { under } from '../neptune/s3-uri.ts';
import { putText } from '../neptune/upload.ts';
import { endRelay } from '../runs/lease.ts';
import { runId } from '../runs/run-directory.ts';
import { emfLines } from '../runs/sync-metrics.ts';
import { reportOf } from '../runs/sync-outcome.ts';
import { syncReportText } from '../runs/sync-report.ts';
import { beginEvent, errorSchema, inputSchema } from './contracts.ts';
import { accessOf } from './deployment.ts';
import { executionError } from './execution-error.ts';
import { gatherFindings } from './findings.ts';
import { handlerOf } from './handler.ts';
import { crawledCalls } from './merge.ts';
import { findNight } from './night.ts';
import { destroy, findNightRun, findPlanned, jobOfNight } from './night-sync.ts';

const eventSchema = beginEvent.extend({
  /** What the execution ended with, where it failed. */
  error: errorSchema.exactOptional(),
});

/**
 * Writes what became of the night to `reports/`, and as metrics to the log, and gives the lease back. What it replies is what people
 * are told.
 */
export const handler = handlerOf(eventSchema, async ({ execution, startedAt, input, error }, step) => {
  const { s3, folder, to, region } = step.deployment;
  const time = new Date(startedAt);
  const given = inputSchema.safeParse(input);
  const run = (given.success ? given.data.resume : undefined) ?? runId(time);
  const name = { run, holder: execution };
  const night = (await findNight(step, name)) ?? { ...name, startedAt: time, input: NO_INPUT };
  const job = await jobOfNight(step, night);
  try {
    const found = await findNightRun(step, night, job);
    const before = await findPlanned(step, night);
    if (before !== undefined) job.findings.state = before;
    await gatherFindings(step, night, job);
    job.findings.calls = await crawledCalls(step, night);
    if (error !== undefined) job.findings.error = executionError(error);
    else if (job.findings.refusals.length > 0) job.findings.outcome = 'refused';
    else if (found?.manifest.complete === false) job.findings.outcome = 'partial';
    const report = reportOf(job);
    for (const line of emfLines(report, { to, region })) process.stdout.write(`${line}\n`);
    const at = under(folder, `reports/${run}.json`);
    const { s3: _, ...access } = accessOf(step.deployment, step.signal);
    await putText(s3, syncReportText(report), at, access);
    const complete = found?.manifest.complete ?? false;
    const { outcome, exitCode } = report;
    return {
      run,
      outcome,
      exitCode,
      complete,
      subject: subjectOf(report.outcome),
      message: messageOf(report),
    };
  } finally {
    await endRelay({ s3, folder, signal: step.signal }, execution);
    destroy(job);
  }
});

const NO_INPUT = inputSchema.parse({});

type Report = ReturnType<typeof reportOf>;

function subjectOf(outcome: Report['outcome']): string {
  if (outcome === 'failed') return 'SageMaker lineage: the night failed';
  if (outcome === 'refused') return 'SageMaker lineage: a guard refused to remove';
  return outcome === 'partial' ? 'SageMaker lineage: the night is partial' : `SageMaker lineage: ${outcome}`;
}

/** What to know and to do, as a person reads it in a mail. */
function messageOf({ run, outcome, error, refusals }: Report): string {
  const lines = [
    `${run ?? 'No run'}: ${outcome}`,
    ...(error === null ? [] : [error.message, ...(error.hint === undefined ? [] : [error.hint])]),
    ...refusals.map(({ message, hint }) => `Nothing was removed: ${message} ${hint}`),
  ];
  return lines.join('\n');
}
