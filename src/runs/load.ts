import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { type Comparison, compareCounts, countByLabel, type LabelCount } from '../neptune/counts.ts';
import { getLoadErrors, type Parallelism, startLoad, watchLoad } from '../neptune/load-job.ts';
import { errorCount, groupErrors, type LoadErrorGroup, type LoadJob } from '../neptune/load-report.ts';
import { gremlinClient } from '../neptune/query.ts';
import { parseS3Uri } from '../neptune/s3-uri.ts';
import { verdict } from '../neptune/verdict.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import { findLoadSource } from './load-source.ts';

export type LoadRunOptions = {
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  readonly s3: S3Client;
  /** An uploaded run (`s3://…/runs/<run>/`), or any prefix of Neptune CSV files, which is loaded but not verified. */
  readonly source: string;
  /** The role of the cluster that may read the bucket. */
  readonly roleArn: string;
  /** Region of the cluster and of the bucket. */
  readonly region: string;
  /** How long the load may take, in milliseconds. @default 12 hours */
  readonly deadlineMs?: number | undefined;
  /** @default 'MEDIUM' */
  readonly parallelism?: Parallelism | undefined;
  /** Stop at the first bad record. @default false */
  readonly failOnError?: boolean | undefined;
  /** Compare the counts in the graph with the manifest. @default true */
  readonly verify?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadRunProgress) => void) | undefined;
  readonly clock?: Clock | undefined;
};

export type LoadRunProgress =
  | { readonly step: 'started'; readonly loadId: string; readonly source: string }
  | { readonly step: 'watched'; readonly loadId: string; readonly status: string; readonly records: number }
  | { readonly step: 'verifying'; readonly loadId: string };

export type LoadReport = {
  readonly loadId: string;
  /** What the loader was given. */
  readonly source: string;
  /** `LOAD_COMPLETED` */
  readonly status: string;
  /** As the loader counts: one per label, per property value and per edge. */
  readonly records: number;
  readonly duplicates: number;
  /** In seconds: `load` as the loader says, `total` from the start of the job to the end of the verification. */
  readonly durations: { readonly load: number; readonly total: number };
  /** Whether the graph holds exactly what the manifest says, label by label. */
  readonly verified: boolean;
  /** Empty where nothing was compared. */
  readonly byLabel: {
    readonly vertices: Readonly<Record<string, LabelCount>>;
    readonly edges: Readonly<Record<string, LabelCount>>;
  };
  /** Why it is not verified, in sentences. */
  readonly notes: readonly string[];
  /** Errors of the loader: none, as a load with errors is a failed one. */
  readonly errors: readonly LoadErrorGroup[];
};

const DEFAULT_DEADLINE_MS = 12 * 60 * 60_000;

/**
 * Loads a prefix into Neptune, watches the job to its end, and compares the counts in the graph with the manifest.
 *
 * @throws LineageError (loadFailed) where the job fails, has errors, or the graph holds less than was sent, with the
 * loader's errors by code in the details; (usage) for a source that is empty or wrong; (validationFailed) where the objects
 * are not those of the manifest; (deadline, interrupted) with the id of the job, which goes on; (accessDenied).
 */
export async function loadRun(options: LoadRunOptions): Promise<LoadReport> {
  const { neptune, s3, roleArn, region, parallelism, failOnError, signal, onProgress } = options;
  const { clock = SYSTEM_CLOCK, deadlineMs = DEFAULT_DEADLINE_MS, verify = true } = options;
  try {
    const { source, manifest } = await findLoadSource(s3, parseS3Uri(options.source), signal);
    const startedAt = clock.now();
    const loadId = await startLoad(
      neptune,
      { source, roleArn, region, parallelism, failOnError },
      { clock, signal },
    );
    onProgress?.({ step: 'started', loadId, source });
    const job = await watchLoad(neptune, loadId, {
      clock,
      signal,
      deadline: startedAt + deadlineMs,
      onProgress: ({ status = 'no status', records }) =>
        onProgress?.({ step: 'watched', loadId, status, records }),
    });
    await assertLoaded(neptune, job, source, signal);
    if (verify && manifest !== undefined) onProgress?.({ step: 'verifying', loadId });
    const proof =
      verify && manifest !== undefined
        ? await proveInGraph(neptune, manifest, job, signal)
        : unproved(verify);
    return {
      loadId,
      source,
      status: job.status ?? 'no status',
      records: job.records,
      duplicates: job.duplicates,
      durations: { load: job.seconds, total: (clock.now() - startedAt) / 1_000 },
      ...proof,
      errors: [],
    };
  } catch (error) {
    if (error instanceof LineageError || !signal?.aborted) throw error;
    throw new LineageError('interrupted', `Interrupted while loading ${options.source}.`, {
      cause: error,
      hint: 'Load again when you are ready: a load that had begun goes on in the cluster, and loading twice does no harm.',
    });
  }
}

/** LOAD_COMPLETED may come "with errors within an acceptable threshold": here the threshold is none. */
async function assertLoaded(
  neptune: NeptunedataClient,
  job: LoadJob,
  source: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const judged = verdict(job.status);
  if (judged.state === 'loaded' && errorCount(job) === 0) return;

  const errors = await groupErrors(getLoadErrors(neptune, job.loadId, signal));
  const summary = errors.map(({ code, count, meaning }) => `${count} × ${code} (${meaning})`).join(', ');
  const first = errors[0];
  throw new LineageError(
    'loadFailed',
    `Load ${job.loadId} of ${source} ended as ${job.status}${summary === '' ? '' : ` with ${summary}`}.`,
    {
      hint: first?.hint ?? (judged.state === 'failed' ? judged.hint : 'Look at the load in the cluster.'),
      details: { loadId: job.loadId, source, status: job.status, counters: job.errors, errors },
    },
  );
}

type Proof = Pick<LoadReport, 'verified' | 'byLabel' | 'notes'>;

const NOTHING_COMPARED = { vertices: {}, edges: {} } as const;

function unproved(verify: boolean): Proof {
  const reason = verify
    ? 'Not verified: there is no manifest.json beside the data, so nothing says what the graph should hold.'
    : 'Not verified: verification was switched off.';
  return { verified: false, byLabel: NOTHING_COMPARED, notes: [reason] };
}

async function proveInGraph(
  neptune: NeptunedataClient,
  manifest: Manifest,
  { loadId }: LoadJob,
  signal: AbortSignal | undefined,
): Promise<Proof> {
  const comparison = compareCounts(manifest, await countByLabel(gremlinClient(neptune), { signal }));
  const { vertices, edges, fewer, more } = comparison;
  if (fewer.length > 0) {
    throw new LineageError(
      'loadFailed',
      `Load ${loadId} ended well, but the graph holds less than run ${manifest.run}: ${differences(comparison, fewer)}.`,
      {
        hint: 'Load the run again; if it stays so, something else deletes from the graph.',
        details: { loadId, run: manifest.run, byLabel: { vertices, edges } },
      },
    );
  }
  const notes =
    more.length === 0
      ? []
      : [
          `The graph holds more than run ${manifest.run}: ${differences(comparison, more)}. Older runs or other applications wrote it.`,
        ];
  return { verified: more.length === 0, byLabel: { vertices, edges }, notes };
}

/** `artifact 12 of 13, ContributedTo 20 of 24` */
function differences({ vertices, edges }: Comparison, labels: readonly string[]): string {
  return labels
    .map((label) => ({ label, count: vertices[label] ?? edges[label] }))
    .map(({ label, count }) => `${label} ${count?.graph} of ${count?.manifest}`)
    .join(', ');
}
