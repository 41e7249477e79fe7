import type { Clock } from '../neptune/clock.ts';
import { getLoad, isPassing } from '../neptune/load-job.ts';
import { gentler, mayRetry, retryOf } from '../neptune/load-retry.ts';
import { neptuneError } from '../neptune/loader-errors.ts';
import type { Permit } from '../neptune/permit.ts';
import { type LoadMode, type Parallelism, startLoad } from '../neptune/start-load.ts';
import { verdict } from '../neptune/verdict.ts';
import { diagnoseLoad, isLoaded, loadError } from './diagnose-load.ts';
import type { StartRunOptions } from './load.ts';

/** A load that nobody waits for: plain JSON. */
export type LoadUnderWay = {
  readonly source: string;
  readonly loadId: string;
  readonly mode: LoadMode;
  readonly parallelism: Parallelism;
  /** Jobs of the same load that ended before. */
  readonly ended: readonly string[];
};

type Look =
  /** Look again later. */
  | { readonly is: 'pending'; readonly load: LoadUnderWay; readonly status: string; readonly records: number }
  | { readonly is: 'loaded'; readonly load: LoadUnderWay; readonly status: string; readonly records: number };

type LookOptions = Pick<StartRunOptions, 'neptune' | 's3' | 'roleArn' | 'region' | 'signal'> & {
  readonly clock: Clock;
  readonly permit: Permit;
};

/**
 * Looks at a load once. Where it ended in a failure that another try can help, the failed files are loaded again, more gently.
 *
 * @throws LineageError (loadFailed) where it has failed for good
 */
export async function lookAfterLoad(options: LookOptions, load: LoadUnderWay): Promise<Look> {
  const { neptune, signal } = options;
  const { loadId } = load;
  const look = await getLoad(neptune, loadId, { signal }).catch(async (error: unknown) => {
    // It is looked at again soon enough.
    if (isPassing(error)) return undefined;
    throw await neptuneError(error, neptune, {
      doing: `look at load ${loadId}, which may still be under way`,
      outcome: 'loadFailed',
      details: { loadId },
    });
  });
  const status = look?.status ?? 'no status';
  const records = look?.records ?? 0;
  const { state } = verdict(look?.status);
  if (look === undefined || (state !== 'loaded' && state !== 'failed'))
    return { is: 'pending', load, status, records };
  if (isLoaded(look)) return { is: 'loaded', load, status, records };
  const { job, errors } = await diagnoseLoad(options, loadId);
  if (!mayRetry(retryOf(job, errors), load.ended.length)) throw loadError({ job, errors }, load.source);
  return { is: 'pending', load: await loadAgain(options, load), status, records };
}

async function loadAgain(
  { neptune, roleArn, region, clock, signal, permit }: LookOptions,
  { source, loadId, parallelism, ended }: LoadUnderWay,
): Promise<LoadUnderWay> {
  const next = { source, mode: 'RESUME', parallelism: gentler(parallelism) } as const;
  const started = await startLoad(neptune, { ...next, roleArn, region }, { clock, signal, permit });
  return { ...next, loadId: started.loadId, ended: [...ended, loadId] };
}
