import type { ObjectStore } from '../object-store.ts';
import type { LoadGraph } from './load-graph.ts';
import { type FeedHook, runJob } from './load-job.ts';
import type { LoadRequest } from './load-request.ts';
import { hasSucceeded, isFinal, type LoadJob, type LoadStatus } from './load-status.ts';
import { NeptuneError } from './neptune-error.ts';

/** Neptune's bulk loader: one job at a time, in the background, others in a queue. */
export type Loader = {
  /** Starts or queues a job and gives its id. @throws NeptuneError as StartLoaderJob is refused. */
  start(request: LoadRequest): string;
  /** @throws NeptuneError (BulkLoadIdNotFoundException) for a job that is unknown or no longer remembered. */
  job(loadId: string): LoadJob;
  /** Ids, the queued ones first, then the latest. */
  ids(options: { readonly limit: number; readonly includeQueued: boolean }): readonly string[];
  /** @throws NeptuneError (BulkLoadIdNotFoundException) for a job that is not running and not queued. */
  cancel(loadId: string): void;
  /** Ends what runs and what waits, and resolves when nothing is written any more. */
  stop(): Promise<void>;
};

type LoaderOptions = {
  readonly store: ObjectStore;
  readonly graph: LoadGraph;
  readonly region: string;
  readonly clock: () => number;
  readonly newId: () => string;
  readonly acceptMilliseconds: boolean;
  readonly beforeFeed: FeedHook;
};

/** Neptune's limits page: queued jobs, and jobs that are remembered. */
const MAX_QUEUED = 64;
const MAX_JOBS = 1024;

export function createLoader(options: LoaderOptions): Loader {
  const { clock, newId, region, store } = options;
  const jobs = new Map<string, QueuedJob>();
  const queue: QueuedJob[] = [];
  let running:
    | { readonly job: LoadJob; readonly abort: AbortController; readonly done: Promise<void> }
    | undefined;

  function runNext(): void {
    while (running === undefined) {
      const next = queue.shift();
      if (next === undefined) return;
      if (next.dependencies.every((id) => hasSucceeded(jobs.get(id)?.job.status ?? 'LOAD_FAILED'))) run(next);
      else end(next.job, 'LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED');
    }
  }

  function run({ job, request, previous }: QueuedJob): void {
    const abort = new AbortController();
    const done = nextTurn()
      .then(() =>
        abort.signal.aborted ? undefined : runJob(job, request, { ...options, previous }, abort.signal),
      )
      .then(() => {
        if (!isFinal(job.status)) end(job, 'LOAD_CANCELLED_BY_USER');
        running = undefined;
        runNext();
      });
    running = { job, abort, done };
  }

  function end(job: LoadJob, status: LoadStatus): void {
    job.status = status;
    job.finishedAt = clock();
  }

  function find(loadId: string): QueuedJob {
    const found = jobs.get(loadId);
    if (found !== undefined) return found;
    throw new NeptuneError('BulkLoadIdNotFoundException', `Load ${loadId} does not exist`);
  }

  function remember(queued: QueuedJob): void {
    jobs.set(queued.job.loadId, queued);
    for (const [id, { job }] of jobs) {
      if (jobs.size <= MAX_JOBS) break;
      if (isFinal(job.status)) jobs.delete(id);
    }
  }

  return {
    start(request) {
      checkRegion(request, region, store);
      for (const id of request.dependencies) find(id);
      if (running !== undefined && !request.queueRequest) {
        throw new NeptuneError('BadRequestException', 'Max concurrent load limit breached. Limit is 1');
      }
      if (queue.length >= MAX_QUEUED) {
        throw new NeptuneError(
          'BadRequestException',
          `Max queued load limit breached. Limit is ${MAX_QUEUED}`,
        );
      }
      const previous = [...jobs.values()].findLast(
        ({ request: { source } }) => source === request.source,
      )?.job;
      const queued = newJob(newId(), request, previous, clock());
      remember(queued);
      queue.push(queued);
      if (running !== undefined) queued.job.status = 'LOAD_IN_QUEUE';
      runNext();
      return queued.job.loadId;
    },
    job: (loadId) => find(loadId).job,
    ids({ limit, includeQueued }) {
      const waiting = queue.map(({ job }) => job.loadId);
      const others = [...jobs.keys()].filter((id) => !waiting.includes(id)).reverse();
      return [...(includeQueued ? waiting : []), ...others].slice(0, limit);
    },
    cancel(loadId) {
      const queued = find(loadId);
      const place = queue.indexOf(queued);
      if (running?.job === queued.job) {
        running.abort.abort();
      } else if (place >= 0) {
        queue.splice(place, 1);
        end(queued.job, 'LOAD_CANCELLED_BY_USER');
      } else {
        throw new NeptuneError(
          'BulkLoadIdNotFoundException',
          `Load ${loadId} does not exist or is not active`,
        );
      }
    },
    async stop() {
      for (const { job } of queue.splice(0)) end(job, 'LOAD_CANCELLED_BY_USER');
      running?.abort.abort();
      await running?.done;
    },
  };
}

type QueuedJob = {
  readonly job: LoadJob;
  readonly request: LoadRequest;
  readonly dependencies: readonly string[];
  readonly previous: LoadJob | undefined;
};

function newJob(loadId: string, request: LoadRequest, previous: LoadJob | undefined, now: number): QueuedJob {
  const resumes = request.mode !== 'NEW' && previous !== undefined;
  const job: LoadJob = {
    loadId,
    source: request.source,
    runNumber: resumes ? previous.runNumber + 1 : 1,
    status: 'LOAD_NOT_STARTED',
    startedAt: now,
    finishedAt: undefined,
    feeds: [],
    errors: [],
  };
  return { job, request, previous, dependencies: request.dependencies };
}

/** The loader reads buckets of the cluster's own region only. */
function checkRegion({ region, bucket }: LoadRequest, clusterRegion: string, store: ObjectStore): void {
  if (region !== clusterRegion) {
    const message = `region: ${region} is not the region of this cluster, ${clusterRegion}`;
    throw new NeptuneError('InvalidParameterException', message);
  }
  const bucketRegion = store.bucketRegion(bucket);
  if (bucketRegion !== undefined && bucketRegion !== region) {
    throw new NeptuneError(
      'S3Exception',
      `The bucket ${bucket} is in ${bucketRegion}; the load asks for ${region}`,
    );
  }
}

/** A reply to StartLoaderJob leaves before the job begins. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
