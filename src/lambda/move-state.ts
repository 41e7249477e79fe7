import { z } from 'zod';
import { heldScopesSchema, residueSchema } from '../runs/state.ts';
import { moveState } from '../runs/sync.ts';
import { nightSchema } from './contracts.ts';
import { handlerOf } from './handler.ts';
import { savedJson } from './night.ts';
import { plannedFor, underLease } from './night-sync.ts';
import { openLoad } from './saved-load.ts';

const eventSchema = nightSchema.extend({ decision: z.enum(['unchanged', 'changed']).exactOptional() });
const residueFileSchema = z.strictObject({ residue: residueSchema, scopes: heldScopesSchema });

/** Says that the graph holds the run, or, where nothing changed, that it still holds what it held. */
export const handler = handlerOf(eventSchema, async (event, step) =>
  underLease(step, event, async ({ night, job, lease, signal }) => {
    const before = await plannedFor(step, night, job);
    const done = { run: night.run, holder: night.holder };
    if (event.decision === 'unchanged') {
      const now = (await job.store.read(signal)) ?? before;
      await moveState(
        job,
        lease,
        { from: now.state.run === before.state.run ? now : before, next: {} },
        signal,
      );
      return done;
    }
    const now = await job.store.read(signal);
    // An earlier call did it, and its reply was lost.
    if (now?.state.run === night.run && now.state.attempts.length === 0) return done;
    const { state } = await openLoad(step, night);
    const { residue, scopes } = await savedJson(step, night, 'residue.json', residueFileSchema);
    await moveState(
      job,
      lease,
      {
        from: state,
        next: { run: night.run, residue, attempts: [], ...(scopes === undefined ? {} : { scopes }) },
      },
      signal,
    );
    return done;
  }),
);
