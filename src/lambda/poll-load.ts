import { z } from 'zod';
import { lookAfterLoad } from '../runs/look-after-load.ts';
import { nightSchema } from './contracts.ts';
import { gatherFindings, saveFindings } from './findings.ts';
import { handlerOf } from './handler.ts';
import { underLease } from './night-sync.ts';

const eventSchema = nightSchema.extend({
  load: z.strictObject({
    source: z.string(),
    loadId: z.string(),
    mode: z.enum(['NEW', 'RESUME']),
    parallelism: z.enum(['LOW', 'MEDIUM', 'HIGH', 'OVERSUBSCRIBE']),
    ended: z.array(z.string()).readonly(),
  }),
});

/** Looks at the load once: the state machine waits between two looks. Failed files are loaded again where that can help. */
export const handler = handlerOf(eventSchema, async (event, step) =>
  underLease(step, event, async ({ night, job, lease, signal }) => {
    const { neptune, s3, roleArn, region, clock } = job;
    const options = { neptune, s3, roleArn, region, clock, signal, permit: lease.permit };
    const look = await lookAfterLoad(options, event.load);
    if (look.is === 'loaded') {
      await gatherFindings(step, night, job);
      const { loaded } = job.findings;
      const loadIds = [...look.load.ended, look.load.loadId];
      if (loaded !== null) job.findings.loaded = { ...loaded, loadIds, records: look.records };
      job.findings.seconds = {};
      await saveFindings(step, night, 'poll-load', job);
    }
    const { load, status, records } = look;
    return { run: night.run, holder: night.holder, load, isDone: look.is === 'loaded', status, records };
  }),
);
