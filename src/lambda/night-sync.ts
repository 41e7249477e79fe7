import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { jointSignal } from '../crawl/joint-signal.ts';
import { LineageError } from '../errors.ts';
import { neptuneClient, neptuneEndpoint } from '../neptune/clients.ts';
import { formatS3Uri, under } from '../neptune/s3-uri.ts';
import { getText } from '../neptune/upload.ts';
import { type Lease, takeLease } from '../runs/lease.ts';
import { objectFiles } from '../runs/object-files.ts';
import { type HeldState, heldStateSchema } from '../runs/state.ts';
import { type Decision, decide } from '../runs/sync-decision.ts';
import { type Job, jobOf, type Run } from '../runs/sync-job.ts';
import { MANIFEST_FILE, parseManifest } from '../snapshot/manifest.ts';
import type { NightName } from './contracts.ts';
import { accessOf, variable } from './deployment.ts';
import type { Step } from './handler.ts';
import { findJson, type Night, openNight, runFolder, savedJson, saveJson } from './night.ts';

/** A sync that goes on in this function. */
export type NightSync = {
  readonly night: Night;
  readonly job: Job;
  readonly lease: Lease;
  /** Aborts with the function's time, and where the lease is lost. */
  readonly signal: AbortSignal;
};

/** Lets a step write for its execution: it holds the lease meanwhile, and leaves it to the next step. */
export async function underLease<T>(
  step: Step,
  name: NightName,
  act: (sync: NightSync) => Promise<T>,
  time: AbortSignal = step.signal,
): Promise<T> {
  const night = await openNight(step, name);
  const job = await jobOfNight(step, night);
  const lease = await takeLease({
    ...leaseOptions(step, night),
    relay: { holder: night.holder, is: 'resume' },
  });
  try {
    return await act({ night, job, lease, signal: jointSignal(time, lease.lost) });
  } catch (error) {
    // Whatever failed because the lease was lost, that is the reason.
    throw lease.lost.aborted && lease.lost.reason instanceof LineageError ? lease.lost.reason : error;
  } finally {
    await lease.handOn();
    destroy(job);
  }
}

export function leaseOptions({ deployment: { s3, folder }, signal }: Step, { input }: Pick<Night, 'input'>) {
  return { s3, folder, leaseMs: input.leaseMinutes * 60_000, signal };
}

/** The night as a sync, as `smlineage sync` would be called. */
export async function jobOfNight({ deployment, signal }: Step, night: Night): Promise<Job> {
  const { s3, to, region } = deployment;
  const endpoint = variable(process.env, 'SMLINEAGE_ENDPOINT');
  const { removal, force, allowEmpty, full, parallelism, maxDelete } = night.input;
  const { detail, tags, promote, allowFewerColumns } = night.input;
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const job = jobOf({
    s3,
    neptune: neptuneClient({ endpoint, region, credentials: defaultProvider() }),
    graph: neptuneEndpoint(endpoint),
    region,
    roleArn: variable(process.env, 'SMLINEAGE_LOAD_ROLE'),
    to,
    out: join(tmpdir(), 'smlineage'),
    ...{ removal, force, allowEmpty, full, parallelism, maxDelete, allowFewerColumns, signal },
    crawl: { detail, tags, promote },
  });
  return { ...job, startedAt: night.startedAt };
}

export function destroy({ neptune }: Job): void {
  neptune.destroy();
}

/** The run of the night, in S3. @throws LineageError (usage) where it is not there yet */
export async function openNightRun(step: Step, night: NightName, job: Job): Promise<Run> {
  const run = await findNightRun(step, night, job);
  if (run !== undefined) return run;
  const uri = formatS3Uri(runFolder(step, night));
  throw new LineageError('usage', `${uri} holds no run: its scopes are not merged.`, {
    hint: 'Start the state machine, which runs its steps in their order.',
    details: { uri, run: night.run },
  });
}

export async function findNightRun(step: Step, night: NightName, job: Job): Promise<Run | undefined> {
  const { s3, ...access } = accessOf(step.deployment, step.signal);
  const folder = runFolder(step, night);
  const at = under(folder, MANIFEST_FILE);
  const text = await getText(s3, at, access);
  if (text === undefined) return undefined;
  const run = {
    directory: join(job.out, night.run),
    manifest: parseManifest(text, formatS3Uri(at)),
    files: objectFiles(folder, { s3, ...access }),
    isInS3: true,
  };
  job.findings.run = run;
  return run;
}

const planFileSchema = z.strictObject({ before: heldStateSchema, is: z.enum(['unchanged', 'changed']) });
const PLAN_FILE = 'plan.json';

export async function savePlan(
  step: Step,
  night: NightName,
  before: HeldState,
  is: 'unchanged' | 'changed',
): Promise<void> {
  await saveJson(step, night, PLAN_FILE, { before, is });
}

/** The state that the night was planned for. */
export async function plannedFor(step: Step, night: NightName, job: Job): Promise<HeldState> {
  const { before } = await savedJson(step, night, PLAN_FILE, planFileSchema);
  job.findings.state = before;
  return before;
}

/** The same, of a night that may have ended before it was planned. */
export async function findPlanned(step: Step, night: NightName): Promise<HeldState | undefined> {
  return (await findJson(step, night, PLAN_FILE, planFileSchema))?.before;
}

/** What has to be done: decided anew from what the night was planned for, which gives the same. */
export async function decideAgain(
  step: Step,
  { night, job, signal }: NightSync,
  run: Run,
): Promise<{ readonly before: HeldState; readonly decision: Decision }> {
  const before = await plannedFor(step, night, job);
  const decision = await decide(job, before, run, signal);
  if (decision !== 'unchanged') return { before, decision };
  throw new LineageError(
    'validationFailed',
    `Run ${night.run} was planned for, and now nothing is to be done.`,
    {
      hint: 'Something wrote to the prefix meanwhile. Start the state machine again.',
      details: { run: night.run },
    },
  );
}
