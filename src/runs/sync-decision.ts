import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineageError } from '../errors.ts';
import { gremlinClient } from '../neptune/query.ts';
import { MANIFEST_FILE, type Manifest, readManifest, scopeText } from '../snapshot/manifest.ts';
import { decideRemoval, doubtedEdges, type HeldRuns, type RemovalDecision } from '../snapshot/plan.ts';
import { haveSameColumns } from '../snapshot/run-columns.ts';
import { type HeldScope, heldAfter, isOfSeveral, judgeScopes, NO_ROWS } from '../snapshot/scopes.ts';
import { assertChecked, checkRun } from './check.ts';
import { type ExportSource, exportLineage } from './export.ts';
import { type Holding, openHolding, type ResidueEntry } from './holding.ts';
import { judgedEntries, severalOf } from './judged-removals.ts';
import { type PlannedSync, plannedKey } from './planned.ts';
import { diskFiles } from './run-files.ts';
import { firstState, type HeldState, type State, type StateStore } from './state.ts';
import { type Changes, haveSameRows, surveyChanges, toBeRemoved } from './sync-changes.ts';
import { elementOf, type Job, type Run, timed, workOf } from './sync-job.ts';

/** @throws LineageError (usage) for a state of another account, region or cluster; (locked) for another than was planned for */
export async function readState(job: Job, signal: AbortSignal | undefined): Promise<HeldState> {
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
  const before = planned?.plan.before?.run ?? null;
  const message =
    before === run
      ? `Another sync was at work since the plan was made, though the graph holds ${run ?? 'nothing'} as it did.`
      : `The graph has moved since the plan was made: from ${before ?? 'nothing'} to ${run ?? 'nothing'}.`;
  return new LineageError('locked', message, {
    hint: 'Make the plan again.',
    details: { uri: store.uri, planned: before, found: run },
  });
}

function otherState({ uri }: StateStore, of: string, given: string, hint: string): LineageError {
  return new LineageError('usage', `${uri} is the state of ${of}, not of ${given}.`, {
    hint,
    details: { uri, of, given },
  });
}

/** The run that the graph is brought to: a new export, checked, unless one was given. */
export async function obtainRun(job: Job, signal: AbortSignal | undefined): Promise<Run> {
  const { out, crawl = {}, clock, findings } = job;
  const directory = await timed(job, 'export', async () => {
    if (job.directory !== undefined) return job.directory;
    const exported = await exportLineage({
      ...crawl,
      ...sourceOf(job),
      ...{ out, clock: () => new Date(clock.now()) },
      ...(signal === undefined ? {} : { signal }),
    });
    findings.calls = { sagemaker: exported.calls, throttles: exported.throttles };
    return exported.directory;
  });
  const manifest = await readManifest(directory);
  const run = { directory, manifest, files: diskFiles(directory) };
  findings.run = run;
  if (job.planned !== undefined) await assertPlannedRun(job.planned, directory);
  if (findings.state !== undefined) assertSameScope(job, findings.state, manifest);
  await timed(job, 'check', async () => assertChecked(await checkRun({ source: directory, signal })));
  return run;
}

function sourceOf({ clients, scopes, region }: Job): ExportSource {
  if (scopes !== undefined) return scopes;
  if (clients === undefined) throw new TypeError('Expected clients, scopes or the directory of a run.');
  return { clients, region };
}

/** @throws LineageError (usage) where a run has nothing to do with the accounts that the graph holds */
export function assertSameScope({ store }: Job, { state }: HeldState, { scopes }: Manifest): void {
  const held = (state.scopes ?? [state.scope]).filter(({ account }) => account !== null);
  const own = scopes.filter(({ account }) => account !== null);
  if (held.length === 0 || own.length === 0) return;
  if (own.some((scope) => held.some((one) => scopeText(one) === scopeText(scope)))) return;
  const named = (all: readonly { readonly account: string | null }[]) =>
    `account ${[...new Set(all.map(({ account }) => account))].join(', ')}`;
  const hint = 'Check the credentials. Sync every account to a prefix of its own, or all in one run.';
  throw otherState(store, named(held), named(own), hint);
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

export type Decision = {
  readonly changes: Changes;
  readonly going: readonly ResidueEntry[];
  readonly demotion: RemovalDecision['demotion'];
  /** Whether an entity is this deployment's to list. */
  readonly isOurs: (id: string) => boolean;
  /** What the next sync has to know of what stays in the graph. */
  readonly known: Pick<NonNullable<HeldState['state']['residue']>, 'subsets' | 'doubted'>;
  /** Of several: the scopes that the graph holds something of after this. */
  readonly scopes: readonly HeldScope[] | undefined;
};

/** What has to be done, from the state and the run alone. */
export async function decide(
  job: Job,
  { state }: HeldState,
  run: Run,
  signal: AbortSignal | undefined,
): Promise<'unchanged' | Decision> {
  const { s3, folder, out, expectedBucketOwner, removal, full = false, findings, neptune, clock } = job;
  const guards = { force: job.force, maxDelete: job.maxDelete, allowEmpty: job.allowEmpty };
  findings.isFull = full || state.run === null || state.attempts.length > 0;
  findings.residue = state.residue?.rows ?? 0;
  return await timed(job, 'diff', async () => {
    const work = workOf(run);
    const inPlace = run.isInS3;
    const holding = await openHolding(state, { s3, folder, out, work, expectedBucketOwner, signal, inPlace });
    if (holding.manifest !== undefined && !haveSameColumns(holding.manifest, run.manifest))
      findings.isFull = true;
    const isSame = holding.manifest !== undefined && haveSameRows(holding.manifest, run.manifest);
    if (isSame && !findings.isFull && state.residue === null) return 'unchanged';
    const held = heldScopes(state, holding);
    const isSeveral = isOfSeveral(run.manifest, held);
    const judgement = judgeScopes(run.manifest, held);
    const judge = (entries: readonly ResidueEntry[]) =>
      judgedEntries(entries, { judgement, send: gremlinClient(neptune, clock), signal });
    const isAll = !isSeveral || judgement.isWhole;
    const changes = await surveyChanges(holding, run, { removal, ...(isAll ? {} : { judge }), signal });
    findings.changes = changes;
    const options = { ...guards, delete: removal !== 'keep', tombstone: removal === 'tombstone' };
    const several = isSeveral ? severalOf(run.manifest, held) : undefined;
    const input = { counts: changes.counts, held: holding.held, after: run.manifest, several, options };
    const decision = job.planned?.plan ?? decideRemoval(input);
    findings.refusals = [...decision.refusals];
    if (changes.kept.length > 0 && decision.demotion === 'apply') findings.isFull = true;
    const going = decision.removal === 'keep' ? [] : asPlanned(job, toBeRemoved(changes, removal));
    if (isSame && !findings.isFull && going.length === 0) return 'unchanged';
    const doubted = decision.removal === 'keep' ? doubtedEdges(input) : {};
    const subsets = distinct([...holding.held.subsets, run.manifest.subset]);
    const scopes = isSeveral
      ? heldAfter(held, run.manifest, { isDoubted: decision.removal === 'keep' })
      : undefined;
    const { demotion } = decision;
    return { changes, going, demotion, isOurs: judgement.knows, known: { subsets, doubted }, scopes };
  });
}

/** The scopes that a graph holds something of; before the first run of several, the one that it is kept equal to. */
function heldScopes({ scopes, scope }: State, { manifest }: Holding): readonly HeldScope[] {
  if (scopes !== undefined) return scopes;
  if (manifest === undefined) return scope.account === null ? [] : [{ ...scope, rows: NO_ROWS }];
  return heldAfter([], manifest, { isDoubted: false });
}

function distinct(subsets: HeldRuns['subsets']): HeldRuns['subsets'][number][] {
  return [...new Map(subsets.map((subset) => [JSON.stringify(subset), subset])).values()];
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
