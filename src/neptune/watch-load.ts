import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { getLoad, isPassing, isUnknownLoad } from './load-job.ts';
import type { LoadJob } from './load-report.ts';
import { neptuneError } from './loader-errors.ts';
import { verdict } from './verdict.ts';

type WatchOptions = {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** When to give up, epoch milliseconds. @default never */
  readonly deadline?: number | undefined;
  readonly onProgress?: ((job: LoadJob) => void) | undefined;
};

const FIRST_INTERVAL_MS = 250;
const INTERVAL_GROWTH = 1.5;
/** A load of hours needs no closer look than this. */
const LONGEST_INTERVAL_MS = 15_000;

/** How long the cluster may stay away while a load is watched: an engine that restarts takes a couple of minutes. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Looks at a load job until it has ended, well or not: the status is the caller's to judge. Passing failures of the looks
 * themselves are borne; an unknown status counts as under way until the deadline. The job itself goes on when this stops.
 *
 * @throws LineageError (deadline) with the last status; (interrupted) when the signal fires; (loadFailed) where the cluster
 * stays away.
 */
export async function watchLoad(
  client: NeptunedataClient,
  loadId: string,
  { clock, signal, deadline = Number.POSITIVE_INFINITY, onProgress }: WatchOptions,
): Promise<LoadJob> {
  let lastStatus = 'unknown';
  let answeredAt = clock.now();
  let looks = 0;
  for (
    let interval = FIRST_INTERVAL_MS;
    ;
    interval = Math.min(interval * INTERVAL_GROWTH, LONGEST_INTERVAL_MS)
  ) {
    looks += 1;
    try {
      const job = await getLoad(client, loadId, { signal });
      answeredAt = clock.now();
      lastStatus = job.status ?? 'no status';
      onProgress?.(job);
      const { state } = verdict(job.status);
      if (state === 'loaded' || state === 'failed') return job;
    } catch (error) {
      if (signal?.aborted) throw interruptedError(loadId, signal);
      const bearable = isPassing(error) || (looks <= LOOKS_BEFORE_KNOWN && isUnknownLoad(error));
      if (!bearable && isUnknownLoad(error)) throw forgottenError(loadId, error);
      if (!bearable || clock.now() - answeredAt > PATIENCE_MS) {
        throw await neptuneError(error, client, {
          doing: `watch load ${loadId}, which may still be under way`,
          outcome: 'loadFailed',
          details: { loadId, lastStatus },
        });
      }
    }
    const left = deadline - clock.now();
    if (left <= 0) throw deadlineError(loadId, lastStatus);
    await clock.sleep(Math.min(interval, left), signal).catch((error: unknown) => {
      if (signal?.aborted) throw interruptedError(loadId, signal);
      throw error;
    });
  }
}

/** A job that has just begun may not be known yet: the newer SDKs repeat such a look, too. */
const LOOKS_BEFORE_KNOWN = 5;

function forgottenError(loadId: string, cause: unknown): LineageError {
  return new LineageError('loadFailed', `The cluster does not know load ${loadId}, which it accepted.`, {
    cause,
    hint: 'A fast reset forgets all loads, and only the last 1,024 are kept: load again.',
    details: { loadId },
  });
}

function deadlineError(loadId: string, lastStatus: string): LineageError {
  const known = verdict(lastStatus).state !== 'unknown';
  return new LineageError(
    'deadline',
    `The deadline passed while load ${loadId} was ${known ? '' : 'in a state that Neptune does not document: '}${lastStatus}.`,
    {
      hint: 'The load goes on in the cluster. Give it more time, and load again when it is over.',
      details: { loadId, status: lastStatus },
    },
  );
}

function interruptedError(loadId: string, signal: AbortSignal): LineageError {
  return new LineageError('interrupted', `Stopped watching load ${loadId}; it goes on in the cluster.`, {
    cause: signal.reason,
    hint: 'Its data stays in the graph; load again to have it verified.',
    details: { loadId },
  });
}
