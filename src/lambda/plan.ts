import { assertSameScope, decide, readState } from '../runs/sync-decision.ts';
import { nightSchema } from './contracts.ts';
import { saveFindings } from './findings.ts';
import { handlerOf } from './handler.ts';
import { openNightRun, savePlan, underLease } from './night-sync.ts';

/** Compares the run with what the graph holds, and says whether anything is to be done. */
export const handler = handlerOf(nightSchema, async (event, step) =>
  underLease(step, event, async ({ night, job, signal }) => {
    const before = await readState(job, signal);
    const run = await openNightRun(step, night, job);
    assertSameScope(job, before, run.manifest);
    const decision = await decide(job, before, run, signal);
    const is = decision === 'unchanged' ? 'unchanged' : 'changed';
    if (is === 'unchanged') job.findings.outcome = 'unchanged';
    await savePlan(step, night, before, is);
    await saveFindings(step, night, 'plan', job);
    return { run: night.run, holder: night.holder, decision: is, refusals: job.findings.refusals.length };
  }),
);
