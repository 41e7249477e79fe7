import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LineageError } from '../errors.ts';
import type { TypedElement } from '../graph/typed-element.ts';
import { countByLabel } from '../neptune/counts.ts';
import { existingIds, incidentEdges } from '../neptune/elements.ts';
import { cancelLoad, listLoads } from '../neptune/load-job.ts';
import { gremlinClient, typedGremlinClient } from '../neptune/query.ts';
import { removeObject } from '../neptune/remove-object.ts';
import { asFolder, formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { listObjects } from '../neptune/upload.ts';
import { verdict } from '../neptune/verdict.ts';
import { watchLoad } from '../neptune/watch-load.ts';
import { ROW_KINDS } from '../snapshot/diff.ts';
import type { IndexFile } from '../snapshot/index-bytes.ts';
import { scopeText } from '../snapshot/manifest.ts';
import { NO_ROWS } from '../snapshot/scopes.ts';
import { type Audit, auditFolder, createAudit, readAudit } from './audit.ts';
import { type Delta, writeDelta } from './delta.ts';
import { readIndex } from './index-entries.ts';
import type { Lease } from './lease.ts';
import { loadRun } from './load.ts';
import { objectFiles } from './object-files.ts';
import { batchesOf, type RemovalTools, removeElements } from './removal.ts';
import { restoreElements, restoreForeignProperties } from './restore-elements.ts';
import { diskFiles, type RunFiles } from './run-files.ts';
import { type Settled, type SettledRows, settle } from './settle.ts';
import type { HeldState } from './state.ts';
import { indexesOf } from './sync-changes.ts';
import type { Decision } from './sync-decision.ts';
import { elementOf, type Job, NAMED_IDS, type Run, timed, workOf } from './sync-job.ts';
import { sendFiles, uploadSnapshot } from './upload-snapshot.ts';

export type Writing = Decision & {
  readonly lease: Lease;
  readonly run: Run;
  readonly delta: Delta;
  /** Where its files are. */
  readonly deltaFiles: RunFiles;
  /** The state while the graph is written to. */
  readonly state: HeldState;
  readonly tools: RemovalTools;
};

type Decided = {
  readonly lease: Lease;
  readonly state: HeldState;
  readonly run: Run;
  readonly decision: Decision;
};

/** Finds the rows to be loaded, sends them, and says in the state that the graph is about to be written to. */
export async function prepareLoad(
  job: Job,
  { lease, state, run, decision }: Decided,
  signal: AbortSignal,
): Promise<Writing> {
  const { s3, folder, encryption, expectedBucketOwner, findings } = job;
  const tools = toolsOf(job, { lease, run }, signal);
  const { send } = tools;
  const deltaFiles = await deltaFilesOf(job, { lease, run }, signal);
  if (state.state.attempts.length > 0) await endLoadsOf(job, state, signal);
  const delta = await timed(job, 'compare', async () => {
    return await writeDelta({
      files: run.files,
      manifest: run.manifest,
      candidates: findings.isFull ? 'all' : decision.changes.rows,
      demotion: decision.demotion,
      isOurs: decision.isOurs,
      send: (await holdsNothing(job, state, signal)) ? undefined : send,
      to: deltaFiles,
      signal,
    });
  });
  const to = under(folder, `runs/${run.manifest.run}/`);
  await timed(job, 'upload', async () => {
    if (run.isInS3 !== true)
      await uploadSnapshot(run.directory, to, { s3, encryption, expectedBucketOwner, signal });
  });
  await lease.assertHeld(signal);
  const attempt = { run: run.manifest.run, startedAt: job.startedAt.toISOString(), holder: lease.holder };
  const isOther = ({ run: of, holder }: typeof attempt) => of !== attempt.run || holder !== attempt.holder;
  const attempts = [...state.state.attempts.filter(isOther), attempt];
  const next = { ...state.state, graph: job.graph, ...attemptedScopes(state, run, decision), attempts };
  const attempted = await job.store.move(state, next, signal);
  return { ...decision, lease, run, delta, deltaFiles, state: attempted, tools };
}

/** What the graph is written to with. */
export function toolsOf(
  job: Job,
  { lease, run }: Pick<Writing, 'lease' | 'run'>,
  signal: AbortSignal,
): RemovalTools {
  const { s3, folder, neptune, clock, encryption, expectedBucketOwner } = job;
  const audit = createAudit({
    ...{ s3, folder, encryption, expectedBucketOwner, run: run.manifest.run },
    ...{ holder: lease.holder, turn: lease.turn },
    ...(run.isInS3 === true ? {} : { path: join(workOf(run), 'audit.jsonl') }),
    now: () => new Date(clock.now()),
  });
  const send = gremlinClient(neptune, clock, lease.permit);
  return { send, sendTyped: typedGremlinClient(neptune, clock), lease, audit, clock, signal };
}

/** Where the rows to be loaded are written to: on this machine, to be sent, or in S3 at once. */
async function deltaFilesOf(
  job: Job,
  { lease, run }: Pick<Writing, 'lease' | 'run'>,
  signal: AbortSignal,
): Promise<RunFiles> {
  const { s3, encryption, expectedBucketOwner } = job;
  if (run.isInS3 === true)
    return objectFiles(loadSource(job, { lease, run }), { s3, encryption, expectedBucketOwner, signal });
  const work = workOf(run);
  await rm(join(work, 'data'), { recursive: true, force: true });
  for (const folder of ['data/nodes', 'data/edges']) await mkdir(join(work, folder), { recursive: true });
  return diskFiles(work);
}

/** The scopes that the graph may hold something of once it is written to; what they hold counts when it is verified. */
function attemptedScopes(
  { state }: HeldState,
  { manifest }: Run,
  { scopes }: Decision,
): Pick<HeldState['state'], 'scope' | 'scopes'> {
  if (scopes === undefined) {
    const account = state.scope.account ?? manifest.scopes[0]?.account ?? null;
    return { scope: { ...state.scope, account } };
  }
  const { scopes: held = [] } = state;
  const known = scopes.map(
    (scope) => held.find((one) => scopeText(one) === scopeText(scope)) ?? { ...scope, rows: NO_ROWS },
  );
  return { scope: state.scope, scopes: known };
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

/**
 * Load jobs that a dead sync left under way would go on writing behind this one's back, and one that is not dead but stopped
 * may yet ask for another: so its files go first.
 */
async function endLoadsOf(job: Job, { state }: HeldState, signal: AbortSignal): Promise<void> {
  const { neptune, folder, clock, s3, expectedBucketOwner } = job;
  for (const { run, holder } of state.attempts) {
    for await (const file of listObjects(s3, deltaOf(folder, run, holder), signal))
      await removeObject(s3, file, { signal, expectedBucketOwner }).catch(warnDenied);
  }
  const own = formatS3Uri(under(folder, 'runs/'));
  for (const { uri, loadId, status } of await listLoads(neptune, { limit: LOADS_LOOKED_AT, signal })) {
    const { state: is } = verdict(status);
    if (uri?.startsWith(own) !== true || is === 'loaded' || is === 'failed') continue;
    await cancelLoad(neptune, loadId, signal).catch((error: unknown) => {
      // It may have ended meanwhile; where it may not be cancelled, it is waited for.
      if (!(error instanceof LineageError) || !['usage', 'accessDenied'].includes(error.outcome)) throw error;
    });
    await watchLoad(neptune, loadId, { clock, signal });
  }
}

const LOADS_LOOKED_AT = 20;

/** The lease keeps others away all the same. */
function warnDenied(error: unknown): void {
  if (!(error instanceof LineageError) || error.outcome !== 'accessDenied') throw error;
  process.emitWarning(`Files of a sync that did not end stay where they are: ${error.message}`);
}

/** A name of its own for each try: a prefix that was loaded before must not change. */
function deltaOf(folder: S3Location, run: string, holder: string): S3Location {
  return asFolder(under(folder, `runs/${run}/delta/${holder}`));
}

/** What the loader is given. */
function loadSource({ folder }: Job, { lease, run }: Pick<Writing, 'lease' | 'run'>): S3Location {
  const own = deltaOf(folder, run.manifest.run, lease.holder);
  return lease.turn === lease.holder ? own : asFolder(under(own, lease.turn));
}

/** Removes what a load would only add to, and loads. */
export async function load(job: Job, writing: Writing, signal: AbortSignal): Promise<void> {
  const { s3, neptune, roleArn, region, parallelism, loadDeadlineMs, clock, findings, onProgress } = job;
  const { delta, lease, tools, state } = writing;
  const restored = await auditedBefore(job, state, signal);
  const { replaced, source, bytes } = await sendDelta(job, writing, signal);
  if (source !== undefined) {
    const report = await loadRun({
      ...{ s3, neptune, roleArn, region, parallelism, clock, signal, permit: lease.permit },
      source,
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
  await putBack([...restored, ...replaced], tools);
}

/** Removes what a load would only add to, and sends what is to be loaded. @returns what was removed, and what the loader is to be given */
export async function sendDelta(
  job: Job,
  { delta, lease, run, tools }: Pick<Writing, 'delta' | 'lease' | 'run' | 'tools'>,
  signal: AbortSignal,
) {
  const { s3, encryption, expectedBucketOwner, findings } = job;
  const replaced = await replace(delta, tools);
  findings.replaced = delta.replaced.vertices.length + delta.replaced.edges.length;
  if (delta.files.length === 0) return { replaced, source: undefined, bytes: 0 };
  const at = loadSource(job, { lease, run });
  if (run.isInS3 !== true) await sendFiles(delta.files, at, { s3, encryption, expectedBucketOwner, signal });
  await lease.assertHeld(signal);
  const bytes = delta.files.reduce((sum, file) => sum + file.bytes, 0);
  return { replaced, source: formatS3Uri(at), bytes };
}

/** Puts back what others had written to elements that were made anew. */
export async function putBack(lost: readonly TypedElement[], tools: RemovalTools): Promise<void> {
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
export async function auditedBefore(
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

/** How far a verification came: rows that were compared whole, then ids that were looked for. */
export type VerifiedSoFar = SettledRows & { readonly ids: number };

type VerifyTurn = {
  /** What an earlier call verified. @default nothing */
  readonly from?: VerifiedSoFar | undefined;
  /** Hears how far it came, whenever it came further without a difference. */
  readonly onVerified?: (sofar: VerifiedSoFar) => void;
};

/** Compares what was loaded with the graph, corrects what a load cannot say, and looks for every id of the run. */
export async function verify(
  job: Job,
  { delta, deltaFiles, run, lease, tools }: Pick<Writing, 'delta' | 'deltaFiles' | 'run' | 'lease' | 'tools'>,
  signal: AbortSignal,
  { from, onVerified = () => undefined }: VerifyTurn = {},
): Promise<void> {
  const { findings } = job;
  const { send } = tools;
  const files = delta.files.map(({ target, rows, bytes, sha256 }) => ({ path: target, rows, bytes, sha256 }));
  const settled = await settle({
    files: deltaFiles,
    manifest: { files },
    ...{ send, lease, signal, from },
    onSettled: (sofar) => onVerified({ ...sofar, ids: 0 }),
  });
  findings.corrected = settled.corrected;
  if (settled.different > 0) throw differentError(run, settled);
  const rows = delta.files.reduce((sum, file) => sum + file.rows, 0);
  const { equal, corrected } = settled;
  let ids = 0;
  const missing: string[] = [];
  const indexes = indexesOf(run.files, run.manifest);
  for (const of of ROW_KINDS) {
    const index = indexes[of];
    if (index === undefined) continue;
    for await (const batch of idBatches(index)) {
      ids += batch.length;
      if (ids <= (from?.ids ?? 0)) continue;
      const found = await existingIds(send, elementOf(of), batch, { signal });
      for (const id of batch) if (!found.has(id)) missing.push(id);
      if (missing.length === 0) onVerified({ rows, equal, corrected, ids });
    }
  }
  findings.verified = { rows: equal + corrected, ids: ids - missing.length };
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

async function* idBatches(index: IndexFile): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for await (const { id } of readIndex(index)) {
    batch.push(id);
    if (batch.length < IDS_AT_A_TIME) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
