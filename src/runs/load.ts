import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { type CountersVerdict, compareCounters } from '../neptune/counters.ts';
import type { LoadErrorGroup, LoadErrorRow } from '../neptune/load-report.ts';
import { errorsOf, gentler, isWithinBudget, mayRetry, retryOf } from '../neptune/load-retry.ts';
import type { Permit } from '../neptune/permit.ts';
import { gremlinClient } from '../neptune/query.ts';
import { parseS3Uri } from '../neptune/s3-uri.ts';
import { type LoadMode, type Parallelism, startLoad } from '../neptune/start-load.ts';
import { watchLoad } from '../neptune/watch-load.ts';
import { assertChecked, checkRun } from './check.ts';
import { DEFAULT_SAMPLE, type DrawnRows, drawRows, type SampleSize } from './compare-graph.ts';
import {
  diagnoseLoad,
  type EndedJob,
  type EndedLoad,
  isLoaded,
  loadError,
  statusOf,
} from './diagnose-load.ts';
import { orInterrupted } from './interrupted.ts';
import { findLoadSource, type LoadSource } from './load-source.ts';
import { type Proof, proveInGraph, unproved } from './prove-load.ts';
import { dataObjects, fileDifferenceText, type Survey } from './survey-files.ts';

export type StartRunOptions = {
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  readonly s3: S3Client;
  /** An uploaded run (`s3://…/runs/<run>/`), or any prefix of Neptune CSV files, which is loaded but not verified. */
  readonly source: string;
  /** The role of the cluster that may read the bucket. */
  readonly roleArn: string;
  /** Region of the cluster and of the bucket. */
  readonly region: string;
  /** How long the load may take, waiting for other loads included, in milliseconds. @default 12 hours */
  readonly deadlineMs?: number | undefined;
  /** @default 'MEDIUM' */
  readonly parallelism?: Parallelism | undefined;
  /** Stop at the first bad record. @default false */
  readonly failOnError?: boolean | undefined;
  /**
   * Check the files against the loader's rules first. In a run the ends of all edges must be among its vertices; of other
   * files the graph may have them already. @default true
   */
  readonly check?: boolean | undefined;
  /** So many records may be refused, by the check or by the loader. @default 0 */
  readonly maxErrors?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadRunProgress) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** Asked right before each job is started. @default any may be */
  readonly permit?: Permit | undefined;
};

export type LoadRunOptions = StartRunOptions & {
  /**
   * Compare the bytes of the files with the manifest before anything is loaded, and the graph with both afterwards.
   * @default true
   */
  readonly verify?: boolean | undefined;
  /** So many vertices, and so many edges, are compared whole with the graph, or all. @default 200 */
  readonly verifySample?: SampleSize | undefined;
  /** Draws them. @default another for each run */
  readonly verifySeed?: number | undefined;
  /** Every row of the loader's error log, once a job has ended with errors. */
  readonly onErrorRows?:
    | ((rows: readonly LoadErrorRow[], loadId: string) => void | Promise<void>)
    | undefined;
};

export type LoadRunProgress =
  | { readonly step: 'checking'; readonly readBytes: number; readonly totalBytes: number }
  /** The files are compared with the manifest, and rows are drawn from them. */
  | { readonly step: 'reading'; readonly readBytes: number; readonly totalBytes: number }
  | { readonly step: 'checked'; readonly source: string; readonly errors: number; readonly notes: number }
  /** Neptune takes no load now, and says why. */
  | { readonly step: 'waiting'; readonly source: string; readonly reason: string }
  | {
      readonly step: 'started';
      readonly loadId: string;
      readonly source: string;
      readonly mode: LoadMode;
      /** Whether that load was under way already. */
      readonly joined: boolean;
    }
  | { readonly step: 'watched'; readonly loadId: string; readonly status: string; readonly records: number }
  /** The failed files will be loaded again. */
  | { readonly step: 'failed'; readonly loadId: string; readonly status: string }
  | { readonly step: 'verifying'; readonly loadId: string };

/** One job of a load: the first loads everything, the others what failed. */
type LoadReportJob = {
  readonly loadId: string;
  readonly mode: LoadMode;
  /** `LOAD_COMPLETED` */
  readonly status: string;
};

export type LoadReport = Proof & {
  /** The last job. */
  readonly loadId: string;
  /** What the loader was given. */
  readonly source: string;
  /** `LOAD_COMPLETED` */
  readonly status: string;
  readonly jobs: readonly LoadReportJob[];
  /** Over all jobs. As the loader counts: one per label, per property value and per edge. */
  readonly records: number;
  readonly duplicates: number;
  /** In seconds: `load` as the loader says, over all jobs; `total` from the start to the end of the verification. */
  readonly durations: { readonly load: number; readonly total: number };
  /** Errors of the loader: none, but for those that `maxErrors` bears. */
  readonly errors: readonly LoadErrorGroup[];
};

const DEFAULT_DEADLINE_MS = 12 * 60 * 60_000;

/**
 * Checks the files of a prefix, loads them into Neptune, watches the job to its end, loads failed files again where that can help, and compares what
 * the loader counted, the counts in the graph, and some rows with what the graph should hold. A load of the same prefix that is under way is watched in
 * place of a new one.
 *
 * @throws LineageError (loadFailed) where the job fails, has errors, or the graph holds less than was sent, with the
 * loader's errors by code in the details; (usage) for a source that is empty or wrong; (validationFailed) where the objects
 * are not those of the manifest, or break the loader's rules; (deadline, interrupted) with the id of the job, which goes on; (accessDenied).
 */
export async function loadRun(options: LoadRunOptions): Promise<LoadReport> {
  const { neptune, verify = true, maxErrors = 0, signal, onProgress, clock = SYSTEM_CLOCK } = options;
  return await orInterrupted(loading(options), async () => {
    const startedAt = clock.now();
    const found = await findCheckedSource(options);
    const { source, manifest } = found;
    const drawn = verify ? await drawFromObjects(options, found) : undefined;
    const load = await loadToTheEnd(options, source);
    const { job, errors } = load;
    if (!isLoaded(job) && !isWithinBudget(job, errors, maxErrors)) throw loadError(load, source);
    return {
      loadId: job.loadId,
      source,
      status: statusOf(job),
      ...summary(load),
      ...(await proof()),
      durations: {
        load: sum(load.ended.map(({ job: { seconds } }) => seconds)),
        total: (clock.now() - startedAt) / 1_000,
      },
      errors,
    };

    async function proof(): Promise<Proof> {
      if (drawn === undefined) return unproved('verification was switched off');
      const { loadId } = job;
      onProgress?.({ step: 'verifying', loadId });
      return await proveInGraph(gremlinClient(neptune, clock), drawn, {
        ...{ loadId, source, manifest, signal },
        counters: countersOf(load, drawn.survey),
        missing: errorsOf(job, errors),
      });
    }
  });
}

/**
 * Reads all objects before they are loaded.
 *
 * @throws LineageError (validationFailed) where one is not what the manifest says, though its size is right.
 */
async function drawFromObjects(options: LoadRunOptions, found: LoadSource): Promise<DrawnRows> {
  const { s3, signal, onProgress, verifySample: size = DEFAULT_SAMPLE, verifySeed: seed } = options;
  const { source, manifest } = found;
  const files = await dataObjects(s3, found, signal);
  const drawn = await drawRows(files, manifest?.run ?? source, {
    ...{ size, seed, signal },
    onProgress: (readBytes, totalBytes) => onProgress?.({ step: 'reading', readBytes, totalBytes }),
  });
  const [first, ...others] = drawn.survey.differences;
  if (first === undefined) return drawn;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  throw new LineageError(
    'validationFailed',
    `The objects of ${source} are not those of its manifest: ${fileDifferenceText(first)}${more}.`,
    {
      hint: 'Upload the run again under a new prefix; nothing else should write there.',
      details: { source, files: drawn.survey.differences },
    },
  );
}

/** What the counters say of a load that is one job, which loaded everything without errors: of others they count a part. */
function countersOf({ ended, job }: EndedLoad, survey: Survey): CountersVerdict {
  const [first, ...others] = ended;
  if (first?.joined !== false || others.length > 0 || !isLoaded(job)) return { is: 'unknown' };
  return compareCounters(job, survey);
}

/**
 * Starts the load of a prefix and leaves it to the cluster: `lookAtLoad` tells how it goes.
 *
 * @throws LineageError as `loadRun` does before it watches.
 */
export async function startRun(
  options: StartRunOptions,
): Promise<{ readonly loadId: string; readonly source: string; readonly joined: boolean }> {
  return await orInterrupted(loading(options), async () => {
    const { source } = await findCheckedSource(options);
    const request = { source, mode: 'NEW', parallelism: options.parallelism } as const;
    return { source, ...(await start(options, request, deadlineOf(options))) };
  });
}

/** What is to be loaded, which Neptune will take. */
async function findCheckedSource(options: StartRunOptions): Promise<LoadSource> {
  const { s3, check = true, maxErrors = 0, signal, onProgress } = options;
  const found = await findLoadSource(s3, parseS3Uri(options.source), signal);
  if (!check) return found;
  const { source, manifest } = found;
  const report = await checkRun({
    ...{ source, s3, signal, endpoints: manifest !== undefined },
    onProgress: ({ readBytes, totalBytes }) => onProgress?.({ step: 'checking', readBytes, totalBytes }),
  });
  const { errors, notes } = report;
  if (errors > maxErrors) assertChecked(report);
  onProgress?.({ step: 'checked', source, errors, notes });
  return found;
}

/** Before each further try: what comes from a moment of the cluster or of S3 needs one to pass. */
const RETRY_PAUSE_MS = 5_000;

/** The first job loads everything. As long as another try can help, another loads what failed, more gently. */
async function loadToTheEnd(options: LoadRunOptions, source: string): Promise<EndedLoad> {
  const { onProgress, signal, clock = SYSTEM_CLOCK } = options;
  const deadline = deadlineOf(options);
  const ended: EndedJob[] = [];
  let { parallelism = 'MEDIUM' } = options;
  for (;;) {
    const mode = ended.length === 0 ? 'NEW' : 'RESUME';
    const { loadId, joined } = await start(options, { source, mode, parallelism }, deadline);
    const last = { mode, joined, ...(await watchToTheEnd(options, loadId, deadline)) } as const;
    ended.push(last);
    const { job, errors } = last;
    if (isLoaded(job) || !mayRetry(retryOf(job, errors), ended.length - 1)) return { ...last, ended };
    onProgress?.({ step: 'failed', loadId, status: statusOf(job) });
    await clock.sleep(RETRY_PAUSE_MS, signal);
    parallelism = gentler(parallelism);
  }
}

type StartedJob = {
  readonly source: string;
  readonly mode: LoadMode;
  readonly parallelism: Parallelism | undefined;
};

async function start(
  {
    neptune,
    roleArn,
    region,
    failOnError,
    signal,
    onProgress,
    permit,
    clock = SYSTEM_CLOCK,
  }: StartRunOptions,
  { source, mode, parallelism }: StartedJob,
  deadline: number,
) {
  const request = { source, roleArn, region, mode, parallelism, failOnError };
  const onWaiting = (reason: string) => onProgress?.({ step: 'waiting', source, reason });
  const { loadId, joined } = await startLoad(neptune, request, {
    ...{ clock, signal, deadline, onWaiting, permit },
  });
  onProgress?.({ step: 'started', loadId, source, mode, joined });
  return { loadId, joined };
}

async function watchToTheEnd(
  { neptune, s3, signal, onProgress, onErrorRows, clock = SYSTEM_CLOCK }: LoadRunOptions,
  loadId: string,
  deadline: number,
): Promise<Pick<EndedJob, 'job' | 'errors'>> {
  const watched = await watchLoad(neptune, loadId, {
    clock,
    signal,
    deadline,
    onProgress: ({ status = 'no status', records }) =>
      onProgress?.({ step: 'watched', loadId, status, records }),
  });
  if (isLoaded(watched)) return { job: watched, errors: [] };
  const { job, rows, errors } = await diagnoseLoad({ neptune, s3, clock, signal }, loadId);
  if (rows.length > 0) await onErrorRows?.(rows, loadId);
  return { job, errors };
}

function summary({ ended }: EndedLoad): Pick<LoadReport, 'jobs' | 'records' | 'duplicates'> {
  return {
    jobs: ended.map(({ job, mode }) => ({ loadId: job.loadId, mode, status: statusOf(job) })),
    records: sum(ended.map(({ job: { records } }) => records)),
    duplicates: sum(ended.map(({ job: { duplicates } }) => duplicates)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function deadlineOf({ clock = SYSTEM_CLOCK, deadlineMs = DEFAULT_DEADLINE_MS }: StartRunOptions): number {
  return clock.now() + deadlineMs;
}

/** What an interruption of a load is told as. */
function loading({ source, signal }: StartRunOptions) {
  const hint =
    'Load again when you are ready: a load that had begun goes on in the cluster, and loading twice does no harm.';
  return { doing: `loading ${source}`, hint, signal };
}
