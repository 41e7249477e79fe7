import { join } from 'node:path';
import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CrawlClients } from '../crawl/clients.ts';
import type { ElementKind } from '../graph/stored.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import type { Encryption } from '../neptune/s3-requests.ts';
import { asFolder, parseS3Uri, type S3Location } from '../neptune/s3-uri.ts';
import type { Parallelism } from '../neptune/start-load.ts';
import type { RowKind } from '../snapshot/diff.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import type { RemovalOptions } from '../snapshot/plan.ts';
import type { ExportOptions, ExportSource } from './export.ts';
import type { PlannedSync } from './planned.ts';
import type { RunFiles } from './run-files.ts';
import { type HeldState, type StateStore, stateStore } from './state.ts';
import type { Changes } from './sync-changes.ts';
import type { SyncReport } from './sync-report.ts';

export type SyncOptions = Pick<RemovalOptions, 'force' | 'maxDelete' | 'allowEmpty' | 'allowFewerColumns'> & {
  /** Of the account in `region`, see `crawlClients`. Not needed with `scopes`, nor with `directory`. */
  readonly clients?: CrawlClients | undefined;
  /** The accounts and Regions that the graph is kept equal to, and what reaches them; see `ExportSource`. @default one */
  readonly scopes?: Extract<ExportSource, { readonly connect: unknown }> | undefined;
  readonly s3: S3Client;
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  /** Endpoint of the cluster, as it was given: a state belongs to one. */
  readonly graph: string;
  /** Of the bucket, the cluster and, without `scopes`, the account. */
  readonly region: string;
  /** The role of the cluster that may read the bucket. */
  readonly roleArn: string;
  /** `s3://bucket/prefix`: the runs, the state and the lease are under it. */
  readonly to: string;
  /** The directory that holds the runs of this machine. */
  readonly out: string;
  /** How to crawl. */
  readonly crawl?: Partial<
    Pick<
      ExportOptions,
      | 'concurrency'
      | 'subset'
      | 'associations'
      | 'verify'
      | 'detail'
      | 'promote'
      | 'tags'
      | 'linkTwins'
      | 'onProgress'
    >
  >;
  /** A finished run to bring the graph to, in place of a new export. */
  readonly directory?: string | undefined;
  /** What becomes of elements that SageMaker no longer has. @default 'keep' */
  readonly removal?: 'keep' | 'delete' | 'tombstone' | undefined;
  /** Compare all rows with the graph itself, and mend what somebody else changed or removed. @default false */
  readonly full?: boolean | undefined;
  /** Say what would be done, and write nothing but the run. @default false */
  readonly dryRun?: boolean | undefined;
  /** Do what this plan says, or refuse: `directory` must be its run. It also says what becomes of what is gone. */
  readonly planned?: PlannedSync | undefined;
  /** See `loadRun`. */
  readonly parallelism?: Parallelism | undefined;
  readonly loadDeadlineMs?: number | undefined;
  /** See `takeLease`. */
  readonly leaseMs?: number | undefined;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: SyncEvent) => void) | undefined;
  /** Hears of the report however the sync ended. */
  readonly onReport?: ((report: SyncReport) => void) | undefined;
  readonly clock?: Clock | undefined;
};

/** What a sync is at. */
export type SyncEvent =
  | { readonly step: SyncStep }
  | { readonly step: 'loading'; readonly status: string; readonly records: number };

type SyncStep =
  | 'lease'
  | 'export'
  | 'check'
  | 'diff'
  | 'compare'
  | 'upload'
  | 'load'
  | 'verify'
  | 'remove'
  | 'state';

/** A sync under way. */
export type Job = Omit<SyncOptions, 'clock'> & {
  readonly clock: Clock;
  readonly removal: 'keep' | 'delete' | 'tombstone';
  readonly folder: S3Location;
  readonly store: StateStore;
  readonly startedAt: Date;
  readonly findings: Findings;
};

/** What is known so far: all of it goes into the report, whatever happens next. */
type Findings = {
  state?: HeldState;
  run?: Run;
  isFull: boolean;
  changes?: Changes;
  loaded: SyncReport['loaded'];
  replaced: number;
  corrected: number;
  verified: SyncReport['verified'];
  removed: Partial<Record<RowKind, number>>;
  tombstoned: Partial<Record<RowKind, number>>;
  kept: { readonly id: string; readonly edges: number }[];
  lost: number;
  residue: number;
  refusals: SyncReport['refusals'];
  audit: string | null;
  calls: SyncReport['calls'];
  seconds: Record<string, number>;
  outcome: Exclude<SyncReport['outcome'], 'failed'>;
  error?: unknown;
};

export type Run = {
  /** On this machine: the run's own, or where is put what is made of one that is in S3. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly files: RunFiles;
  /** Whether its files are in S3 already. @default false */
  readonly isInS3?: boolean;
};

export function jobOf(options: SyncOptions): Job {
  const { s3, encryption, expectedBucketOwner, clock = SYSTEM_CLOCK, planned } = options;
  const removal = planned === undefined ? (options.removal ?? 'keep') : WAYS[planned.plan.removal];
  const folder = asFolder(parseS3Uri(options.to));
  return {
    ...options,
    clock,
    removal,
    folder,
    store: stateStore({ s3, folder, encryption, expectedBucketOwner }),
    startedAt: new Date(clock.now()),
    findings: {
      isFull: false,
      loaded: null,
      replaced: 0,
      corrected: 0,
      verified: null,
      removed: {},
      tombstoned: {},
      kept: [],
      lost: 0,
      residue: 0,
      refusals: [],
      audit: null,
      calls: { sagemaker: 0, throttles: 0 },
      seconds: {},
      outcome: 'synced',
    },
  };
}

const WAYS = { remove: 'delete', tombstone: 'tombstone', keep: 'keep' } as const;

export async function timed<T>(
  { clock, findings, onProgress }: Job,
  step: SyncStep,
  act: () => Promise<T>,
): Promise<T> {
  onProgress?.({ step });
  const before = clock.now();
  try {
    return await act();
  } finally {
    findings.seconds[step] = (clock.now() - before) / 1_000;
  }
}

/** Where a sync puts what it makes of a run. */
export function workOf({ directory }: Run): string {
  return join(directory, 'sync');
}

export function elementOf(of: RowKind): ElementKind {
  return of === 'edge' ? 'edge' : 'vertex';
}

export const NAMED_IDS = 20;
