import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { countByLabel, type GraphCounts } from '../neptune/counts.ts';
import { type Engine, engineAt, fastReset } from '../neptune/fast-reset.ts';
import { cancelLoad, loadsUnderWay } from '../neptune/load-job.ts';
import type { LoadJob } from '../neptune/load-report.ts';
import { gremlinClient } from '../neptune/query.ts';
import { assertConfirmed, clusterHost } from './confirm.ts';

export type SurveyClusterOptions = {
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
};

/** What a reset would meet and delete. */
export type ClusterSurvey = {
  readonly host: string;
  readonly engine: Engine;
  /** By label; null where counting took longer than the cluster allows. */
  readonly counts: GraphCounts | null;
  /** Load jobs that are under way or queued; null where the caller may not list them. */
  readonly loads: readonly LoadJob[] | null;
};

/**
 * Looks at what a reset would delete, and deletes nothing.
 *
 * @throws LineageError (accessDenied, unexpected) where the cluster cannot be asked; (usage) at a reader
 */
export async function surveyCluster({
  neptune,
  signal,
  clock = SYSTEM_CLOCK,
}: SurveyClusterOptions): Promise<ClusterSurvey> {
  const host = await clusterHost(neptune);
  const engine = await engineAt(neptune, signal);
  assertWriter(engine, host);
  const send = gremlinClient(neptune, clock);
  const counts = await countByLabel(send, { signal }).catch(unless(isTooMuch));
  const loads = await loadsUnderWay(neptune, signal).catch(
    unless(({ outcome }) => outcome === 'accessDenied'),
  );
  return { host, engine, counts, loads };
}

function assertWriter({ role }: Engine, host: string): void {
  if (role !== 'reader') return;
  throw new LineageError('usage', `${host} is a reader of its cluster: only the writer can be reset.`, {
    hint: 'Pass the writer endpoint, which is the one called "cluster endpoint".',
    details: { host },
  });
}

function isTooMuch({ outcome, details }: LineageError): boolean {
  return outcome === 'deadline' || details.error === 'MemoryLimitExceededException';
}

/** Null for an error that is expected. @throws every other */
function unless(isExpected: (error: LineageError) => boolean): (error: unknown) => null {
  return (error) => {
    if (error instanceof LineageError && isExpected(error)) return null;
    throw error;
  };
}

export type ResetGraphOptions = SurveyClusterOptions & {
  /** The host of the cluster: says that it is this one that is meant. */
  readonly confirm: string | undefined;
  /** Cancel loads that are under way or queued. Without it they keep the cluster from being reset. @default false */
  readonly cancelLoads?: boolean | undefined;
  /** How long the cluster may take to come back, in milliseconds. @default 15 minutes */
  readonly deadlineMs?: number | undefined;
  readonly onProgress?: ((progress: ResetProgress) => void) | undefined;
};

export type ResetProgress =
  | { readonly step: 'surveyed'; readonly survey: ClusterSurvey }
  | { readonly step: 'cancelled'; readonly loadId: string }
  | { readonly step: 'waiting'; readonly reason: string };

export type ResetReport = {
  readonly host: string;
  /** What is gone, by label; null where it could not be counted. */
  readonly lost: GraphCounts | null;
  readonly cancelledLoads: readonly string[];
  /** From the request until the graph was empty. */
  readonly seconds: number;
  readonly notes: readonly string[];
};

/**
 * Deletes everything in the cluster by a fast reset, and waits until it is back, and empty.
 *
 * @throws LineageError (usage) where `confirm` is not the host, before anything is asked; (locked) while loads are under
 * way; (accessDenied, unexpected) where Neptune refuses; (deadline, interrupted) where it is not back in time
 */
export async function resetGraph(options: ResetGraphOptions): Promise<ResetReport> {
  const {
    neptune,
    confirm,
    cancelLoads = false,
    deadlineMs,
    signal,
    clock = SYSTEM_CLOCK,
    onProgress,
  } = options;
  assertConfirmed(await clusterHost(neptune), confirm, 'everything');
  const survey = await surveyCluster(options);
  const { host, engine, counts, loads } = survey;
  onProgress?.({ step: 'surveyed', survey });
  if (!cancelLoads) assertIdle(host, loads ?? []);
  for (const { loadId } of loads ?? []) {
    await cancelLoad(neptune, loadId, signal);
    onProgress?.({ step: 'cancelled', loadId });
  }
  const { seconds, refilled } = await fastReset(neptune, gremlinClient(neptune, clock), engine, {
    ...{ signal, clock, deadlineMs },
    onWaiting: (reason) => onProgress?.({ step: 'waiting', reason }),
  });
  const notes = refilled
    ? ['Something wrote to the graph before it was seen empty: look for a job that loads it.']
    : [];
  return { host, lost: counts, cancelledLoads: (loads ?? []).map(({ loadId }) => loadId), seconds, notes };
}

function assertIdle(host: string, loads: readonly LoadJob[]): void {
  const [first] = loads;
  if (first === undefined) return;
  const more = loads.length === 1 ? '' : ` and ${loads.length - 1} more`;
  throw new LineageError('locked', `Load ${first.loadId}${more} is under way at ${host}.`, {
    hint: 'Wait for it, or pass --cancel-loads to cancel what is under way and queued.',
    details: { loadId: first.loadId, source: first.uri },
  });
}
