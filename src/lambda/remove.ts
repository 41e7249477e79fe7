import { keepResidue } from '../runs/sync.ts';
import { toolsOf } from '../runs/sync-load.ts';
import { remove } from '../runs/sync-removal.ts';
import { nightSchema } from './contracts.ts';
import { saveFindings } from './findings.ts';
import { handlerOf } from './handler.ts';
import { saveJson } from './night.ts';
import { decideAgain, openNightRun, underLease } from './night-sync.ts';
import { openLoad } from './saved-load.ts';

/**
 * Removes what is gone from SageMaker, where that was asked for and allowed, as much as there is time for; the next call finds
 * what is left of it.
 */
export const handler = handlerOf(nightSchema, async (event, step) =>
  underLease(
    step,
    event,
    async (sync) => {
      const { night, job, lease, signal } = sync;
      const run = await openNightRun(step, night, job);
      const { decision } = await decideAgain(step, sync, run);
      const { delta } = await openLoad(step, night);
      const tools = toolsOf(job, { lease, run }, signal);
      try {
        const left = await remove(job, { ...decision, tools }, signal);
        const residue = await keepResidue(job, { ...decision, run, delta }, left, signal);
        await saveJson(step, night, 'residue.json', { residue, scopes: decision.scopes });
      } catch (error) {
        if (!step.timeUp.aborted) throw error;
        return { run: night.run, holder: night.holder, isDone: false };
      }
      await saveFindings(step, night, 'remove', job);
      return { run: night.run, holder: night.holder, isDone: true };
    },
    step.timeUp,
  ),
);
