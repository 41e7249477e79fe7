import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CrawlClients } from '../crawl/clients.ts';
import { jointSignal } from '../crawl/joint-signal.ts';
import { EXIT_CODES, LineageError } from '../errors.ts';
import type { ElementKind } from '../graph/stored.ts';
import { TOOL } from '../graph/tool.ts';
import type { TypedElement } from '../graph/typed-element.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { countByLabel } from '../neptune/counts.ts';
import { existingIds, incidentEdges } from '../neptune/elements.ts';
import { cancelLoad, listLoads } from '../neptune/load-job.ts';
import { gremlinClient, typedGremlinClient } from '../neptune/query.ts';
import type { Encryption } from '../neptune/s3-requests.ts';
import { asFolder, formatS3Uri, parseS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import type { Parallelism } from '../neptune/start-load.ts';
import { putText } from '../neptune/upload.ts';
import { verdict } from '../neptune/verdict.ts';
import { watchLoad } from '../neptune/watch-load.ts';
import { ROW_KINDS, type RowKind } from '../snapshot/diff.ts';
import { MANIFEST_FILE, type Manifest, readManifest } from '../snapshot/manifest.ts';
import {
  assertNothingRefused,
  decideRemoval,
  type RemovalDecision,
  type RemovalOptions,
} from '../snapshot/plan.ts';
import { type Audit, auditFolder, createAudit, readAudit } from './audit.ts';
import { assertChecked, checkRun } from './check.ts';
import { type Delta, writeDelta } from './delta.ts';
import { type ExportOptions, exportLineage } from './export.ts';
import { openHolding, type ResidueEntry, saveResidue, TOMBSTONED } from './holding.ts';
import { readIndex } from './index-entries.ts';
import { type Lease, takeLease } from './lease.ts';
import { reportedError } from './listing-tally.ts';
import { loadRun } from './load.ts';
import { type PlannedSync, plannedKey } from './planned.ts';
import { batchesOf, type RemovalTools, removeElements, tombstoneElements } from './removal.ts';
import { restoreElements, restoreForeignProperties } from './restore-elements.ts';
import { indexFile } from './run-directory.ts';
import { type Settled, settle } from './settle.ts';
import { firstState, type HeldState, type StateStore, stateStore } from './state.ts';
import { type Changes, haveSameRows, surveyChanges, toBeRemoved } from './sync-changes.ts';
import { SYNC_REPORT_FILE, type SyncReport, syncReportText, writeSyncReport } from './sync-report.ts';
import { sendFiles, uploadSnapshot } from './upload-snapshot.ts';

export type SyncOptions = Pick<RemovalOptions, 'force' | 'maxDelete' | 'allowEmpty'> & {
  /** See `crawlClients`. */
  readonly clients: CrawlClients;
  readonly s3: S3Client;
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  /** Endpoint of the cluster, as it was given: a state belongs to one. */
  readonly graph: string;
  /** Of the account, the bucket and the cluster. */
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
      'concurrency' | 'subset' | 'associations' | 'verify' | 'detail' | 'promote' | 'tags' | 'onProgress'
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

/**
 * Makes the graph equal to SageMaker: export, compare with what the graph holds, load what differs, verify, remove what is gone
 * if told to, and only then move the state. Whatever it dies of, the state says what is true, and the next sync mends the rest.
 *
 * @returns the report, also of a sync whose removals a guard refused; `assertSynced` throws for that one
 * @throws LineageError (locked) where another sync is at work; what its steps throw. The report is written all the same, to
 * the run's directory, or to `<out>/sync-report.json` where there is none.
 */
export async function syncLineage(options: SyncOptions): Promise<SyncReport> {
  const job = jobOf(options);
  try {
    return await (options.dryRun === true ? planSync(job) : syncUnderLease(job));
  } catch (error) {
    job.findings.error = error;
    await saveReport(job).catch((failure: unknown) =>
      process.emitWarning(`No report of the failed sync could be written: ${String(failure)}`),
    );
    throw error;
  }
}

/** @throws LineageError (deleteGuard) where a guard refused to remove */
export function assertSynced({ refusals }: SyncReport): void {
  assertNothingRefused({ refusals });
}

/** A sync under way. */
type Job = Omit<SyncOptions, 'clock'> & {
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
  residue: number;
  refusals: SyncReport['refusals'];
  audit: string | null;
  calls: SyncReport['calls'];
  seconds: Record<string, number>;
  outcome: Exclude<SyncReport['outcome'], 'failed'>;
  error?: unknown;
};

type Run = { readonly directory: string; readonly manifest: Manifest };

function jobOf(options: SyncOptions): Job {
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

async function planSync(job: Job): Promise<SyncReport> {
  const { signal, findings } = job;
  const state = await readState(job, signal);
  const run = await obtainRun(job, signal);
  await decide(job, state, run, signal);
  findings.outcome = 'planned';
  return await saveReport(job);
}

async function syncUnderLease(job: Job): Promise<SyncReport> {
  const { s3, folder, leaseMs, clock, encryption, expectedBucketOwner, findings } = job;
  const lease = await timed(job, 'lease', () =>
    takeLease({ s3, folder, leaseMs, clock, encryption, expectedBucketOwner, signal: job.signal }),
  );
  try {
    const signal = jointSignal(job.signal, lease.lost);
    await syncWithLease(job, lease, signal);
  } catch (error) {
    // Whatever failed because the lease was lost, that is the reason.
    throw lease.lost.aborted && lease.lost.reason instanceof LineageError ? lease.lost.reason : error;
  } finally {
    await lease.release();
  }
  if (findings.refusals.length > 0) findings.outcome = 'refused';
  return await saveReport(job);
}

async function syncWithLease(job: Job, lease: Lease, signal: AbortSignal): Promise<void> {
  const { findings } = job;
  const state = await readState(job, signal);
  const run = await obtainRun(job, signal);
  const decision = await decide(job, state, run, signal);
  if (decision === 'unchanged') {
    findings.outcome = 'unchanged';
    await moveState(job, lease, { from: state, next: {} }, signal);
    return;
  }
  const writing = await prepareLoad(job, { lease, state, run, decision }, signal);
  await timed(job, 'load', () => load(job, writing, signal));
  await timed(job, 'verify', () => verify(job, writing, signal));
  const residue = await timed(job, 'remove', () => remove(job, writing, signal));
  await finish(job, writing, residue, signal);
}

/** @throws LineageError (usage) for a state of another account, region or cluster; (locked) for another than was planned for */
async function readState(job: Job, signal: AbortSignal | undefined): Promise<HeldState> {
  const { store, region, graph, full = false, planned, findings } = job;
  const plan = planned?.plan;
  const held = (await store.read(signal)) ?? firstState({ scope: { account: null, region }, graph });
  findings.state = held;
  const { state } = held;
  if (state.scope.region !== region) {
    throw otherState(
      store,
      `region ${state.scope.region}`,
      region,
      'Sync every region to a prefix of its own.',
    );
  }
  if (state.graph !== graph && !full) {
    const hint = 'If the cluster has a new name, or this is another one, run once with --full.';
    throw otherState(store, `the graph at ${state.graph}`, graph, hint);
  }
  if (plan !== undefined && (plan.before?.run ?? null) !== state.run) throw movedSince(job, state.run);
  if (plan?.state != null && plan.state.revision !== state.revision) throw movedSince(job, state.run);
  return held;
}

function movedSince({ planned, store }: Job, run: string | null): LineageError {
  const before = planned?.plan.before?.run;
  return new LineageError(
    'locked',
    `The graph has moved since the plan was made: from ${before ?? 'nothing'} to ${run ?? 'nothing'}.`,
    {
      hint: 'Make the plan again.',
      details: { uri: store.uri, planned: before ?? null, found: run },
    },
  );
}

function otherState({ uri }: StateStore, of: string, given: string, hint: string): LineageError {
  return new LineageError('usage', `${uri} is the state of ${of}, not of ${given}.`, {
    hint,
    details: { uri, of, given },
  });
}

/** The run that the graph is brought to: a new export, checked, unless one was given. */
async function obtainRun(job: Job, signal: AbortSignal | undefined): Promise<Run> {
  const { clients, region, out, crawl = {}, clock, findings, store } = job;
  const directory = await timed(job, 'export', async () => {
    if (job.directory !== undefined) return job.directory;
    const exported = await exportLineage({
      ...crawl,
      ...{ clients, region, out, clock: () => new Date(clock.now()) },
      ...(signal === undefined ? {} : { signal }),
    });
    findings.calls = { sagemaker: exported.calls, throttles: exported.throttles };
    return exported.directory;
  });
  const manifest = await readManifest(directory);
  const run = { directory, manifest };
  findings.run = run;
  if (job.planned !== undefined) await assertPlannedRun(job.planned, directory);
  const account = findings.state?.state.scope.account ?? null;
  const [scope] = manifest.scopes;
  if (account !== null && scope?.account !== null && scope?.account !== account) {
    const hint = 'Check the credentials. Sync every account to a prefix of its own.';
    throw otherState(store, `account ${account}`, `account ${scope?.account}`, hint);
  }
  await timed(job, 'check', async () => assertChecked(await checkRun({ source: directory, signal })));
  return run;
}

/** @throws LineageError (validationFailed) where the run is not the one that the plan was made for */
async function assertPlannedRun({ plan: { after } }: PlannedSync, directory: string): Promise<void> {
  const text = await readFile(join(directory, MANIFEST_FILE));
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (sha256 === after.manifestSha256) return;
  throw new LineageError(
    'validationFailed',
    `${directory} is not the run ${after.run} that the plan was made for.`,
    {
      hint: 'Make the plan again.',
      details: { directory, run: after.run, expected: after.manifestSha256, found: sha256 },
    },
  );
}

type Decision = {
  readonly changes: Changes;
  readonly going: readonly ResidueEntry[];
  readonly demotion: RemovalDecision['demotion'];
};

/** What has to be done, from the state and the run alone. */
async function decide(
  job: Job,
  { state }: HeldState,
  run: Run,
  signal: AbortSignal | undefined,
): Promise<'unchanged' | Decision> {
  const { s3, folder, out, expectedBucketOwner, removal, full = false, findings } = job;
  const guards = { force: job.force, maxDelete: job.maxDelete, allowEmpty: job.allowEmpty };
  findings.isFull = full || state.run === null || state.attempts.length > 0;
  findings.residue = state.residue?.rows ?? 0;
  return await timed(job, 'diff', async () => {
    const work = workOf(run);
    const holding = await openHolding(state, { s3, folder, out, work, expectedBucketOwner, signal });
    const isSame = holding.manifest !== undefined && haveSameRows(holding.manifest, run.manifest);
    if (isSame && !findings.isFull && state.residue === null) return 'unchanged';
    const changes = await surveyChanges(holding, run, { removal, signal });
    findings.changes = changes;
    const decision =
      job.planned?.plan ??
      decideRemoval({
        counts: changes.counts,
        before: holding.manifest,
        after: run.manifest,
        options: { ...guards, delete: removal !== 'keep', tombstone: removal === 'tombstone' },
      });
    findings.refusals = [...decision.refusals];
    if (changes.kept.length > 0 && decision.demotion === 'apply') findings.isFull = true;
    const going = decision.removal === 'keep' ? [] : asPlanned(job, toBeRemoved(changes, removal));
    if (isSame && !findings.isFull && going.length === 0) return 'unchanged';
    return { changes, going, demotion: decision.demotion };
  });
}

/** Of what is gone, what the plan names, and all of that. */
function asPlanned({ planned }: Job, gone: readonly ResidueEntry[]): readonly ResidueEntry[] {
  if (planned === undefined) return gone;
  const { removals } = planned;
  const going = gone.filter(({ of, id }) => removals.has(plannedKey({ element: elementOf(of), id })));
  if (going.length === removals.size) return going;
  throw new LineageError(
    'validationFailed',
    `The plan removes ${removals.size} elements, of which ${going.length} are gone from the account.`,
    { hint: 'Make the plan again.', details: { planned: removals.size, gone: going.length } },
  );
}

function elementOf(of: RowKind): ElementKind {
  return of === 'edge' ? 'edge' : 'vertex';
}

/** Where a sync puts what it makes of a run. */
function workOf({ directory }: Run): string {
  return join(directory, 'sync');
}

type Writing = Decision & {
  readonly lease: Lease;
  readonly run: Run;
  readonly delta: Delta;
  /** The run's place in S3. */
  readonly to: S3Location;
  /** The state while the graph is written to. */
  readonly state: HeldState;
  readonly audit: Audit;
  readonly tools: RemovalTools;
};

type Decided = {
  readonly lease: Lease;
  readonly state: HeldState;
  readonly run: Run;
  readonly decision: Decision;
};

/** Finds the rows to be loaded, sends them, and says in the state that the graph is about to be written to. */
async function prepareLoad(
  job: Job,
  { lease, state, run, decision }: Decided,
  signal: AbortSignal,
): Promise<Writing> {
  const { s3, folder, neptune, clock, encryption, expectedBucketOwner, findings } = job;
  const work = workOf(run);
  const send = gremlinClient(neptune, clock);
  if (state.state.attempts.length > 0) await endLoadsOf(job, signal);
  const delta = await timed(job, 'compare', async () => {
    await rm(join(work, 'data'), { recursive: true, force: true });
    return await writeDelta({
      directory: run.directory,
      manifest: run.manifest,
      candidates: findings.isFull ? 'all' : decision.changes.rows,
      demotion: decision.demotion,
      send: (await holdsNothing(job, state, signal)) ? undefined : send,
      work,
      signal,
    });
  });
  const to = under(folder, `runs/${run.manifest.run}/`);
  await timed(job, 'upload', () =>
    uploadSnapshot(run.directory, to, { s3, encryption, expectedBucketOwner, signal }),
  );
  await lease.assertHeld(signal);
  const attempt = { run: run.manifest.run, startedAt: job.startedAt.toISOString(), holder: lease.holder };
  const attempts = [...state.state.attempts.filter(({ run }) => run !== attempt.run), attempt];
  const account = state.state.scope.account ?? run.manifest.scopes[0]?.account ?? null;
  const next = { ...state.state, graph: job.graph, scope: { ...state.state.scope, account }, attempts };
  const attempted = await job.store.move(state, next, signal);
  const audit = createAudit({
    ...{ s3, folder, encryption, expectedBucketOwner, run: run.manifest.run, holder: lease.holder },
    path: join(work, 'audit.jsonl'),
    now: () => new Date(clock.now()),
  });
  const tools = { send, sendTyped: typedGremlinClient(neptune, clock), lease, audit, clock, signal };
  return { ...decision, lease, run, delta, to, state: attempted, audit, tools };
}

/** Before the first sync: whether the graph is empty, so that it need not be asked for every row. */
async function holdsNothing(
  { neptune, clock }: Job,
  { state }: HeldState,
  signal: AbortSignal,
): Promise<boolean> {
  if (state.run !== null || state.attempts.length > 0) return false;
  const { vertices } = await countByLabel(gremlinClient(neptune, clock), { signal });
  return Object.keys(vertices).length === 0;
}

/** Load jobs that a dead sync left under way would go on writing behind this one's back. */
async function endLoadsOf({ neptune, folder, clock }: Job, signal: AbortSignal): Promise<void> {
  const own = formatS3Uri(under(folder, 'runs/'));
  for (const job of await listLoads(neptune, { limit: LOADS_LOOKED_AT, signal })) {
    const { state } = verdict(job.status);
    if (job.uri?.startsWith(own) !== true || state === 'loaded' || state === 'failed') continue;
    await cancelLoad(neptune, job.loadId, signal).catch((error: unknown) => {
      // It may have ended meanwhile; where it may not be cancelled, it is waited for.
      if (!(error instanceof LineageError) || !['usage', 'accessDenied'].includes(error.outcome)) throw error;
    });
    await watchLoad(neptune, job.loadId, { clock, signal });
  }
}

const LOADS_LOOKED_AT = 20;

/** Removes what a load would only add to, and loads. */
async function load(
  job: Job,
  { delta, lease, to, tools, state }: Writing,
  signal: AbortSignal,
): Promise<void> {
  const {
    s3,
    neptune,
    roleArn,
    region,
    parallelism,
    loadDeadlineMs,
    clock,
    encryption,
    expectedBucketOwner,
    findings,
    onProgress,
  } = job;
  const restored = await auditedBefore(job, state, signal);
  const replaced = await replace(delta, tools);
  findings.replaced = delta.replaced.vertices.length + delta.replaced.edges.length;
  if (delta.files.length > 0) {
    // A name of its own for each try: a prefix that was loaded before must not change.
    const source = asFolder(under(to, `delta/${lease.holder}`));
    const bytes = await sendFiles(delta.files, source, { s3, encryption, expectedBucketOwner, signal });
    await lease.assertHeld(signal);
    const report = await loadRun({
      ...{ s3, neptune, roleArn, region, parallelism, clock, signal },
      source: formatS3Uri(source),
      deadlineMs: loadDeadlineMs,
      check: false,
      verify: false,
      onProgress: (progress) => {
        if (progress.step === 'watched')
          onProgress?.({ step: 'loading', status: progress.status, records: progress.records });
      },
    });
    const loadIds = report.jobs.map(({ loadId }) => loadId);
    findings.loaded = { rows: delta.rows, bytes, loadIds, records: report.records };
  }
  const lost = [...restored, ...replaced];
  await restoreElements(
    lost.filter(({ element }) => element === 'edge'),
    tools,
  );
  await restoreForeignProperties(
    lost.filter(({ element }) => element === 'vertex'),
    tools,
  );
}

/** Removes vertices and edges that are to be made anew, with the edges of those vertices. @returns all as they were */
async function replace({ replaced }: Delta, tools: RemovalTools): Promise<readonly TypedElement[]> {
  const gone: TypedElement[] = [];
  const audit: Audit = {
    uri: tools.audit.uri,
    async write(elements, reason, signal) {
      gone.push(...elements);
      await tools.audit.write(elements, reason, signal);
    },
  };
  const watched = { ...tools, audit };
  const edges = new Set(replaced.edges);
  for (const batch of batchesOf(replaced.vertices)) {
    for (const id of await incidentEdges(tools.send, batch, { signal: tools.signal })) edges.add(id);
  }
  await removeElements('edge', [...edges], watched, 'replaced');
  await removeElements('vertex', replaced.vertices, watched, 'replaced');
  return gone.filter(({ id }) => !replaced.edges.includes(id));
}

/** What earlier syncs took away in order to make it anew, and did not come to. */
async function auditedBefore(
  { s3, folder }: Job,
  { state }: HeldState,
  signal: AbortSignal,
): Promise<readonly TypedElement[]> {
  const found: TypedElement[] = [];
  for (const { run, holder } of state.attempts) {
    const source = formatS3Uri(auditFolder(folder, run, holder));
    for await (const entries of readAudit(source, { s3, signal, mayBeEmpty: true })) {
      found.push(...entries.filter(({ reason }) => reason === 'replaced'));
    }
  }
  return found;
}

/** Compares what was loaded with the graph, corrects what a load cannot say, and looks for every id of the run. */
async function verify(job: Job, { delta, run, lease, tools }: Writing, signal: AbortSignal): Promise<void> {
  const { findings } = job;
  const { send } = tools;
  const files = delta.files.map(({ target, rows, bytes, sha256 }) => ({ path: target, rows, bytes, sha256 }));
  const settled = await settle({ directory: workOf(run), manifest: { files }, send, lease, signal });
  findings.corrected = settled.corrected;
  if (settled.different > 0) throw differentError(run, settled);
  let ids = 0;
  const missing: string[] = [];
  for (const of of ROW_KINDS) {
    for await (const batch of idBatches(join(run.directory, indexFile(of)))) {
      const found = await existingIds(send, elementOf(of), batch, { signal });
      ids += found.size;
      for (const id of batch) if (!found.has(id)) missing.push(id);
    }
  }
  findings.verified = { rows: settled.equal + settled.corrected, ids };
  if (missing.length > 0) throw missingError(run, missing);
}

function differentError({ manifest: { run } }: Run, { different, differences }: Settled): LineageError {
  const [first] = differences;
  const example = first === undefined ? '' : `: ${first.property} of ${first.id}`;
  return new LineageError(
    'loadFailed',
    `The graph does not hold ${different} of the rows of run ${run} that were loaded${example}.`,
    {
      hint: 'Run the sync again: it compares everything. If it stays so, something else writes to the graph.',
      details: { run, different, differences },
    },
  );
}

const NAMED_IDS = 20;

function missingError({ manifest: { run } }: Run, missing: readonly string[]): LineageError {
  return new LineageError(
    'validationFailed',
    `${missing.length} elements of run ${run} are not in the graph: ${missing[0]} …`,
    {
      hint: 'Somebody removed what earlier nights loaded. The next sync compares everything, and loads them again.',
      details: { run, missing: missing.slice(0, NAMED_IDS) },
    },
  );
}

const IDS_AT_A_TIME = 2_000;

async function* idBatches(index: string): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for await (const { id } of readIndex(index)) {
    batch.push(id);
    if (batch.length < IDS_AT_A_TIME) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Removes what SageMaker no longer has, edges first, where that was asked for and allowed. @returns what is left of it */
async function remove(
  job: Job,
  { changes, going, tools }: Writing,
  signal: AbortSignal,
): Promise<readonly ResidueEntry[]> {
  const { findings, removal } = job;
  const gone = new Set<ResidueEntry>();
  const marked = new Set<ResidueEntry>();
  for (const of of ROW_KINDS.toReversed()) {
    const entries = going.filter((entry) => entry.of === of);
    if (entries.length === 0) continue;
    const element = elementOf(of);
    const ids = entries.map(({ id }) => id);
    if (removal === 'tombstone') {
      const found = await tombstoneElements(element, ids, tools);
      for (const entry of entries) (found.has(entry.id) ? marked : gone).add(entry);
      findings.tombstoned[of] = found.size;
      continue;
    }
    const { removed, kept } = await removeElements(element, ids, tools);
    findings.removed[of] = removed;
    findings.kept.push(...kept);
    findings.audit = tools.audit.uri;
    const left = new Set(kept.map(({ id }) => id));
    for (const entry of entries) if (!left.has(entry.id)) gone.add(entry);
  }
  const left = changes.removed.filter((entry) => !gone.has(entry));
  const there = await presentOf(left, tools, signal);
  return there.map((entry) => (marked.has(entry) ? { ...entry, hash: TOMBSTONED } : entry));
}

/** Those that are in the graph: a sync that died may have removed some, and so may others. */
async function presentOf(
  entries: readonly ResidueEntry[],
  { send }: RemovalTools,
  signal: AbortSignal,
): Promise<readonly ResidueEntry[]> {
  const present: ResidueEntry[] = [];
  for (const kind of ['vertex', 'edge'] as const) {
    for (const batch of batchesOf(entries.filter(({ of }) => (of === 'edge') === (kind === 'edge')))) {
      const found = await existingIds(
        send,
        kind,
        batch.map(({ id }) => id),
        { signal },
      );
      present.push(...batch.filter(({ id }) => found.has(id)));
    }
  }
  return present;
}

async function finish(
  job: Job,
  { lease, run, state, delta, changes, demotion }: Writing,
  left: readonly ResidueEntry[],
  signal: AbortSignal,
): Promise<void> {
  const { s3, folder, out, encryption, expectedBucketOwner, findings } = job;
  const places = { s3, folder, out, work: workOf(run), expectedBucketOwner, signal };
  const known = new Set(delta.kept.map(({ id }) => id));
  const before = demotion === 'apply' ? [] : changes.kept.filter(({ id }) => !known.has(id));
  const residue = await saveResidue([...left, ...before, ...delta.kept], { ...places, encryption });
  findings.residue = left.length;
  await moveState(
    job,
    lease,
    { from: state, next: { run: run.manifest.run, residue, attempts: [] } },
    signal,
  );
}

async function moveState(
  job: Job,
  lease: Lease,
  { from, next }: { readonly from: HeldState; readonly next: Partial<HeldState['state']> },
  signal: AbortSignal,
): Promise<void> {
  await timed(job, 'state', async () => {
    await lease.assertHeld(signal);
    const verifiedAt = new Date(job.clock.now()).toISOString();
    await job.store.move(from, { ...from.state, verifiedAt, ...next }, signal);
  });
}

async function timed<T>(
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

/** Writes the report beside the run, or, where there is none, beside the runs; and to S3 once the run is there. */
async function saveReport(job: Job): Promise<SyncReport> {
  const { findings, out, dryRun = false, s3, folder, encryption, expectedBucketOwner } = job;
  const report = reportOf(job);
  job.onReport?.(report);
  const { run } = findings;
  await writeSyncReport(join(run === undefined ? out : workOf(run), SYNC_REPORT_FILE), report);
  if (run !== undefined && !dryRun && findings.error === undefined) {
    const at = under(folder, `reports/${run.manifest.run}.json`);
    await putText(s3, syncReportText(report), at, { encryption, expectedBucketOwner });
  }
  return report;
}

function reportOf({ findings, store, clock, startedAt }: Job): SyncReport {
  const { run, state, changes, error, isFull, outcome, kept, ...rest } = findings;
  const failed = error === undefined ? undefined : reportedError(error);
  const refused = rest.refusals.length > 0 && outcome !== 'planned' ? 'deleteGuard' : 'ok';
  return {
    ...rest,
    format: 1,
    tool: TOOL,
    outcome: failed === undefined ? outcome : 'failed',
    exitCode: EXIT_CODES[failed?.outcome ?? refused],
    startedAt: startedAt.toISOString(),
    finishedAt: new Date(clock.now()).toISOString(),
    run: run?.manifest.run ?? null,
    directory: run?.directory ?? null,
    state:
      state === undefined
        ? null
        : {
            uri: store.uri,
            run: state.state.run,
            verifiedAt: state.state.verifiedAt,
            attempts: state.state.attempts.map((attempt) => attempt.run),
          },
    full: isFull,
    changes: changes?.counts ?? null,
    kept: kept.slice(0, NAMED_IDS),
    error: failed ?? null,
  };
}
