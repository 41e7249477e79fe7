import { LineageError } from '../errors.ts';
import { startRun } from '../runs/load.ts';
import { prepareLoad, sendDelta } from '../runs/sync-load.ts';
import { nightSchema } from './contracts.ts';
import { saveFindings } from './findings.ts';
import { handlerOf } from './handler.ts';
import { decideAgain, openNightRun, underLease } from './night-sync.ts';
import { saveLoad } from './saved-load.ts';

/**
 * Writes the rows to be loaded, says in the state that the graph is about to be written to, removes what a load would only add
 * to, and starts the load: `load` is null where there is nothing to load.
 */
export const handler = handlerOf(nightSchema, async (event, step) =>
  underLease(step, event, async (sync) => {
    const { night, job, lease, signal } = sync;
    const run = await openNightRun(step, night, job);
    const { before, decision } = await decideAgain(step, sync, run);
    const now = (await job.store.read(signal)) ?? before;
    const isAgain = now.state.attempts.some(
      (attempt) => attempt.run === night.run && attempt.holder === night.holder,
    );
    if (!isAgain && now.state.revision !== before.state.revision) throw moved(job.store.uri, night.run);
    // An earlier try may have removed what a list of changes does not name.
    if (isAgain) job.findings.isFull = true;
    const writing = await prepareLoad(job, { lease, state: now, run, decision }, signal);
    const { source, bytes } = await sendDelta(job, writing, signal);
    const { delta, state } = writing;
    await saveLoad(step, night, { delta, state, place: source ?? run.files.nameOf('delta/') });
    const { roleArn, region, parallelism = 'MEDIUM', s3, neptune, clock } = job;
    if (source !== undefined) job.findings.loaded = { rows: delta.rows, bytes, loadIds: [], records: 0 };
    await saveFindings(step, night, 'start-load', job);
    if (source === undefined) return { run: night.run, holder: night.holder, load: null };
    const { loadId } = await startRun({
      ...{ s3, neptune, roleArn, region, parallelism, clock, signal, source, check: false },
      permit: lease.permit,
    });
    const load = { source, loadId, mode: 'NEW', parallelism, ended: [] } as const;
    return { run: night.run, holder: night.holder, load };
  }),
);

function moved(uri: string, run: string): LineageError {
  return new LineageError('locked', `${uri} was moved by another sync while this one worked.`, {
    hint: 'Nothing is lost: start the state machine again.',
    details: { uri, run },
  });
}
