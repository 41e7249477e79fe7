import { dirname, join, resolve } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { formatS3Uri, parseS3Uri, under } from '../neptune/s3-uri.ts';
import { diffRuns, ROW_KINDS } from '../snapshot/diff.ts';
import { decideRemoval, type Plan, type RemovalDecision, type RemovalOptions } from '../snapshot/plan.ts';
import { columnsLost, columnsOf, haveSameColumns } from '../snapshot/run-columns.ts';
import { heldAfter, isOfSeveral } from '../snapshot/scopes.ts';
import { heldRuns } from './holding.ts';
import { judgeRemovals, severalOf } from './judged-removals.ts';
import { fewerColumns } from './kept-columns.ts';
import { inPlanDirectory, type WrittenPlan } from './plan-directory.ts';
import { NOTHING_WRITTEN, writePlanFiles } from './plan-files.ts';
import { assertSameScopes, isRunDirectory, openRunSource, type RunSource } from './run-source.ts';
import { type State, stateStore } from './state.ts';

export type PlanRunOptions = RemovalOptions & {
  /** The run that the graph is to be brought to: a directory, or `s3://…/runs/<run>/`. */
  readonly run: string;
  /** What the graph holds: a run, or the state that names it (`s3://…/state.json`). Without it, nothing. */
  readonly since?: string | undefined;
  /** The directory that the plan is written to, in place of an older plan. @default `<run>.plan` beside a run on disk */
  readonly out?: string | undefined;
  /** For runs and states in S3. */
  readonly s3?: S3Client | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Says what a sync would change, and writes it: `plan.json`, and beside it the rows to load (`load/`, in the layout of a run's
 * data), the ids to remove and the corrections. Reads two runs, and nothing of the graph. What guards refuse is in the plan;
 * see `assertNothingRefused`.
 *
 * @throws LineageError (usage) where a source is no run, the runs are of different scopes, the later one has fewer columns, or something else is in the plan's place; (validationFailed) where a
 * file is not what its manifest says
 */
export async function planRun({
  run,
  since,
  out,
  s3,
  signal,
  ...options
}: PlanRunOptions): Promise<WrittenPlan> {
  const after = await openRunSource(run, { s3, signal });
  const { before, residue, state, notes, scopes } = await openSince(since, { after, s3, signal });
  if (before !== undefined) assertSameScopes(before, after);
  const lost = before === undefined ? [] : columnsLost(columnsOf(before.manifest), columnsOf(after.manifest));
  if (lost.length > 0 && options.allowFewerColumns !== true) throw fewerColumns(lost, before?.source ?? '');
  const diff = await diffRuns(before?.indexes ?? {}, after.indexes, { signal });
  const held = scopes ?? (before === undefined ? [] : heldAfter([], before.manifest, { isDoubted: false }));
  const isSeveral = isOfSeveral(after.manifest, held);
  const { isJudged, counts } = isSeveral
    ? await judgeRemovals({ diff, before, after }, { held, signal })
    : { isJudged: () => true, counts: diff.counts };
  const decision = decideRemoval({
    counts,
    held: heldRuns(before === undefined ? [] : [before.manifest], residue),
    after: after.manifest,
    several: isSeveral ? severalOf(after.manifest, held) : undefined,
    options,
  });
  return inPlanDirectory(planDirectory(out, run, after), async (directory) => {
    const written =
      before === undefined
        ? NOTHING_WRITTEN
        : await writePlanFiles(directory, { diff, before, after, decision, isJudged, signal });
    return {
      format: 1,
      after: runOf(after),
      before: before === undefined ? null : runOf(before),
      state,
      subset: after.manifest.subset,
      counts,
      load: before === undefined ? 'all' : written.loaded === 0 ? 'nothing' : 'delta',
      ...decision,
      refusals: [...decision.refusals],
      corrections: written.corrections,
      notes: [...notes, ...notesOf(decision, written.kept), ...columnNotes(before, after)],
      files: [...written.files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    };
  });
}

function runOf({ manifest: { run }, manifestSha256 }: RunSource): Plan['after'] {
  return { run, manifestSha256 };
}

function planDirectory(out: string | undefined, run: string, { manifest }: RunSource): string {
  if (out !== undefined) return resolve(out);
  return resolve(run.startsWith('s3://') ? `${manifest.run}.plan` : `${run.replace(/\/+$/, '')}.plan`);
}

type Since = {
  readonly before: RunSource | undefined;
  /** Of a state of several: what the graph holds something of. */
  readonly scopes: State['scopes'];
  readonly residue: State['residue'];
  readonly state: Plan['state'];
  readonly notes: readonly string[];
};

type SinceOptions = {
  readonly after: RunSource;
  readonly s3: S3Client | undefined;
  readonly signal: AbortSignal | undefined;
};

async function openSince(since: string | undefined, { after, s3, signal }: SinceOptions): Promise<Since> {
  if (since === undefined)
    return { before: undefined, scopes: undefined, residue: null, state: null, notes: [] };
  if (!since.startsWith('s3://') || !since.endsWith('.json'))
    return {
      before: await openRunSource(since, { s3, signal }),
      ...{ scopes: undefined, residue: null, state: null, notes: [] },
    };
  if (s3 === undefined) throw new TypeError('Expected an S3 client for a state in S3.');
  const at = parseS3Uri(since);
  const folder = { ...at, key: at.key.slice(0, at.key.lastIndexOf('/') + 1) };
  const store = stateStore({ s3, folder });
  const held = await store.read(signal);
  if (held === undefined || store.uri !== since) {
    throw new LineageError('usage', `There is no state at ${since}.`, {
      hint: `A sync keeps it at ${store.uri}; before the first sync leave --since out.`,
      details: { since },
    });
  }
  const { run, revision, residue, attempts, scopes } = held.state;
  const before = run === null ? undefined : await openRunOfState(run, { folder, after, s3, signal });
  const more = [
    ...(residue === null ? [] : [`elements that earlier nights left: ${residue.rows}`]),
    ...(attempts.length === 0 ? [] : [`syncs that did not end: ${attempts.length}`]),
  ];
  const note = `The graph may hold more than that run (${more.join('; ')}): \`sync\` counts it in, this plan does not.`;
  return {
    before,
    scopes,
    residue,
    state: { uri: store.uri, revision },
    notes: more.length === 0 ? [] : [note],
  };
}

/** The copy beside the later run, where it is the same, else the one in S3. */
async function openRunOfState(
  run: string,
  {
    folder,
    after,
    s3,
    signal,
  }: SinceOptions & { readonly folder: { readonly bucket: string; readonly key: string } },
): Promise<RunSource> {
  const uploaded = await openRunSource(formatS3Uri(under(folder, `runs/${run}/`)), { s3, signal });
  if (after.source.startsWith('s3://')) return uploaded;
  const beside = join(dirname(resolve(after.source)), run);
  if (!(await isRunDirectory(beside))) return uploaded;
  const local = await openRunSource(beside, { s3, signal });
  return ROW_KINDS.every((kind) => local.indexes[kind]?.sha256 === uploaded.indexes[kind]?.sha256)
    ? local
    : uploaded;
}

function columnNotes(before: RunSource | undefined, after: RunSource): readonly string[] {
  if (before === undefined || haveSameColumns(before.manifest, after.manifest)) return [];
  return [
    'The runs have other columns (--detail, --tags, --promote), so that every vertex differs and is loaded again.',
  ];
}

function notesOf({ demotion }: RemovalDecision, kept: number): readonly string[] {
  if (demotion === 'apply' || kept === 0) return [];
  return [`Vertices that no listing gave this time stay what they are, and do not become external: ${kept}.`];
}
