import { z } from 'zod';
import type { Job } from '../runs/sync-job.ts';
import type { NightName } from './contracts.ts';
import type { Step } from './handler.ts';
import { findJson, saveJson } from './night.ts';

type Findings = Job['findings'];

/** What each step finds out, for the report. */
const STEP_FINDINGS = {
  plan: ['isFull', 'changes', 'refusals', 'residue', 'outcome'],
  'start-load': ['isFull', 'replaced', 'loaded'],
  'poll-load': ['loaded'],
  verify: ['corrected', 'verified'],
  remove: ['removed', 'tombstoned', 'kept', 'audit', 'residue', 'lost'],
} as const satisfies Readonly<Record<string, readonly (keyof Findings)[]>>;

type StepName = keyof typeof STEP_FINDINGS;

const findingsFile = (name: StepName) => `findings/${name}.json`;

/** Keeps what a step found out, and how long it took. Of changes, only their counts can be kept. */
export async function saveFindings(
  step: Step,
  night: NightName,
  name: StepName,
  { findings }: Job,
): Promise<void> {
  const kept = Object.fromEntries(
    STEP_FINDINGS[name].map((member) => [
      member,
      member === 'changes' ? { counts: findings.changes?.counts } : findings[member],
    ]),
  );
  await saveJson(step, night, findingsFile(name), { ...kept, seconds: findings.seconds });
}

/** Puts together what all steps found out. It is the package's own file, written by the same version. */
export async function gatherFindings(step: Step, night: NightName, { findings }: Job): Promise<void> {
  for (const name of Object.keys(STEP_FINDINGS) as StepName[]) {
    const found = await findJson(step, night, findingsFile(name), z.record(z.string(), z.unknown()));
    if (found === undefined) continue;
    const { seconds, ...members } = found as Partial<Findings>;
    Object.assign(findings, members);
    for (const [of, more] of Object.entries(seconds ?? {}))
      findings.seconds[of] = (findings.seconds[of] ?? 0) + more;
  }
}
