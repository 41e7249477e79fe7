import { z } from 'zod';
import { auditedBefore, putBack, toolsOf, type VerifiedSoFar, verify } from '../runs/sync-load.ts';
import { nightSchema } from './contracts.ts';
import { saveFindings } from './findings.ts';
import { handlerOf } from './handler.ts';
import { openNightRun, plannedFor, underLease } from './night-sync.ts';
import { openLoad } from './saved-load.ts';

const count = z.int().nonnegative();
const eventSchema = nightSchema.extend({
  /** What an earlier turn verified. */
  from: z.strictObject({ rows: count, equal: count, corrected: count, ids: count }).exactOptional(),
});

/**
 * Puts back what others had written to elements that were made anew, then compares what was loaded with the graph, as much as
 * there is time for: where `isDone` is false, the next call, given what this one replied, goes on.
 */
export const handler = handlerOf(eventSchema, async (event, step) =>
  underLease(
    step,
    event,
    async ({ night, job, lease, signal }) => {
      await plannedFor(step, night, job);
      const run = await openNightRun(step, night, job);
      const { delta, deltaFiles, state } = await openLoad(step, night);
      const tools = toolsOf(job, { lease, run }, signal);
      let sofar: VerifiedSoFar | undefined = event.from;
      if (sofar === undefined) await putBack(await auditedBefore(job, state, signal), tools);
      try {
        await verify(job, { delta, deltaFiles, run, lease, tools }, signal, {
          from: event.from,
          onVerified: (verified) => {
            sofar = verified;
          },
        });
      } catch (error) {
        if (!step.timeUp.aborted || sofar === undefined || sofar === event.from) throw error;
        return { run: night.run, holder: night.holder, from: sofar, isDone: false };
      }
      await saveFindings(step, night, 'verify', job);
      return { run: night.run, holder: night.holder, isDone: true };
    },
    step.timeUp,
  ),
);
