import { jointSignal } from '../crawl/joint-signal.ts';
import { LineageError } from '../errors.ts';
import { assertNothingRefused } from '../snapshot/plan.ts';
import { assertComplete } from './export.ts';
import { type ResidueEntry, saveResidue } from './holding.ts';
import { assertColumnsKept } from './kept-columns.ts';
import { type Lease, takeLease } from './lease.ts';
import type { HeldState } from './state.ts';
import { decide, obtainRun, readState } from './sync-decision.ts';
import { type Job, jobOf, type SyncOptions, timed, workOf } from './sync-job.ts';
import { load, prepareLoad, verify, type Writing } from './sync-load.ts';
import { saveReport } from './sync-outcome.ts';
import { remove } from './sync-removal.ts';
import type { SyncReport } from './sync-report.ts';

/**
 * Makes the graph equal to SageMaker: export, compare with what the graph holds, load what differs, verify, remove what is gone
 * if told to, and only then move the state. Whatever it dies of, the state says what is true, and the next sync mends the rest.
 *
 * @returns the report, also of a sync whose removals a guard refused; `assertSynced` throws for that one
 * @throws LineageError (locked) where another sync is at work; what its steps throw. The report is written all the same, to
 * the run's directory, or to `<out>/sync-report.json` where there is none.
 */
export async function syncLineage(options: SyncOptions): Promise<SyncReport> {
  const job = jobOf(options);
  try {
    return await (options.dryRun === true ? planSync(job) : syncUnderLease(job));
  } catch (cause) {
    const error = stopped(cause, job);
    job.findings.error = error;
    await saveReport(job).catch((failure: unknown) =>
      process.emitWarning(`No report of the failed sync could be written: ${String(failure)}`),
    );
    throw error;
  }
}

/** @throws LineageError (deleteGuard) where a guard refused to remove; (partialExport) where scopes are missing from the run */
export function assertSynced({ refusals, outcome, run, scopes }: SyncReport): void {
  assertNothingRefused({ refusals });
  if (outcome === 'partial' && run !== null) assertComplete({ run, complete: false, scopes });
}

/** What a step makes of the caller's signal cannot always be told from a failure. */
function stopped(error: unknown, { signal }: Job): unknown {
  const isTold =
    error instanceof LineageError && error.outcome !== 'interrupted' && error.outcome !== 'unexpected';
  if (signal?.aborted !== true || isTold) return error;
  const isLate = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  return new LineageError(
    isLate ? 'deadline' : 'interrupted',
    isLate ? 'The time for the sync is over.' : 'The sync was interrupted.',
    {
      cause: error,
      hint: 'Run it again: what it did is found and finished.',
      details: error instanceof LineageError ? error.details : {},
    },
  );
}

async function planSync(job: Job): Promise<SyncReport> {
  const { signal, findings } = job;
  const state = await readState(job, signal);
  await assertColumnsKept(job, state, signal);
  const run = await obtainRun(job, signal);
  await decide(job, state, run, signal);
  findings.outcome = 'planned';
  return await saveReport(job);
}

async function syncUnderLease(job: Job): Promise<SyncReport> {
  const { s3, folder, leaseMs, clock, encryption, expectedBucketOwner, findings } = job;
  const lease = await timed(job, 'lease', () =>
    takeLease({ s3, folder, leaseMs, clock, encryption, expectedBucketOwner, signal: job.signal }),
  );
  try {
    const signal = jointSignal(job.signal, lease.lost);
    await syncWithLease(job, lease, signal);
  } catch (error) {
    // Whatever failed because the lease was lost, that is the reason.
    throw lease.lost.aborted && lease.lost.reason instanceof LineageError ? lease.lost.reason : error;
  } finally {
    await lease.release();
  }
  if (findings.run?.manifest.complete === false) findings.outcome = 'partial';
  if (findings.refusals.length > 0) findings.outcome = 'refused';
  return await saveReport(job);
}

async function syncWithLease(job: Job, lease: Lease, signal: AbortSignal): Promise<void> {
  const { findings } = job;
  const state = await readState(job, signal);
  await assertColumnsKept(job, state, signal);
  const run = await obtainRun(job, signal);
  const decision = await decide(job, state, run, signal);
  if (decision === 'unchanged') {
    findings.outcome = 'unchanged';
    await moveState(job, lease, { from: state, next: {} }, signal);
    return;
  }
  const writing = await prepareLoad(job, { lease, state, run, decision }, signal);
  await timed(job, 'load', () => load(job, writing, signal));
  await timed(job, 'verify', () => verify(job, writing, signal));
  const residue = await timed(job, 'remove', () => remove(job, writing, signal));
  await finish(job, writing, residue, signal);
}

async function finish(
  job: Job,
  writing: Writing,
  left: readonly ResidueEntry[],
  signal: AbortSignal,
): Promise<void> {
  const { lease, run, state, scopes } = writing;
  const residue = await keepResidue(job, writing, left, signal);
  await moveState(
    job,
    lease,
    {
      from: state,
      next: { run: run.manifest.run, residue, attempts: [], ...(scopes === undefined ? {} : { scopes }) },
    },
    signal,
  );
}

/** Writes down what is left in the graph, for the state to name. */
export async function keepResidue(
  job: Job,
  { run, delta, changes, demotion, known }: Pick<Writing, 'run' | 'delta' | 'changes' | 'demotion' | 'known'>,
  left: readonly ResidueEntry[],
  signal: AbortSignal,
): Promise<HeldState['state']['residue']> {
  const { s3, folder, out, encryption, expectedBucketOwner, findings } = job;
  const places = { s3, folder, out, work: workOf(run), expectedBucketOwner, signal };
  const keptNow = new Set(delta.kept.map(({ id }) => id));
  const before = demotion === 'apply' ? [] : changes.kept.filter(({ id }) => !keptNow.has(id));
  const residue = await saveResidue([...left, ...before, ...delta.kept], { ...places, encryption }, known);
  findings.residue = residue?.rows ?? 0;
  return residue;
}

/** Says that the graph was verified to hold a run. */
export async function moveState(
  job: Job,
  lease: Lease,
  { from, next }: { readonly from: HeldState; readonly next: Partial<HeldState['state']> },
  signal: AbortSignal,
): Promise<void> {
  await timed(job, 'state', async () => {
    await lease.assertHeld(signal);
    const verifiedAt = new Date(job.clock.now()).toISOString();
    await job.store.move(from, { ...from.state, verifiedAt, ...next }, signal);
  });
}
