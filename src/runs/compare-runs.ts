import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import type { RunChange, RunComparison } from '../graph/run-change.ts';
import type { StoredRow } from '../graph/stored.ts';
import { type Diff, diffRuns, ROW_KINDS, type RowKind } from '../snapshot/diff.ts';
import { type ChangedRow, changedRows } from './changed-rows.ts';
import { assertSameScopes, openRunSource, type RunSource } from './run-source.ts';

export type CompareRunsOptions = {
  /** The earlier run: a directory, or `s3://…/runs/<run>/`. */
  readonly before: string;
  readonly after: string;
  /** Only these. @default all */
  readonly kinds?: readonly RowKind[] | undefined;
  /** For runs in S3. */
  readonly s3?: S3Client | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type ComparedRuns = RunComparison & {
  /** Every change, with the columns that differ. Reads the data of both runs once, as far as kinds have changes. */
  changes(): AsyncGenerator<RunChange>;
};

/**
 * Compares two runs of one account and Region, by their indexes.
 *
 * @throws LineageError (usage) where one is no run, or they differ in account, Region or detail; (validationFailed) where a
 * file is not what its manifest says
 */
export async function compareRuns({
  before: earlier,
  after: later,
  kinds = ROW_KINDS,
  s3,
  signal,
}: CompareRunsOptions): Promise<ComparedRuns> {
  const before = await openRunSource(earlier, { s3, signal });
  const after = await openRunSource(later, { s3, signal });
  assertSameScopes(before, after);
  assertSameDetail(before, after);
  const diff = await diffRuns(before.indexes, after.indexes, { signal });
  const notes = notesOf(before, after);
  return {
    before: before.manifest.run,
    after: after.manifest.run,
    complete: notes.length === 0,
    notes,
    counts: ofKinds(diff, kinds),
    async *changes() {
      const rows = changedRows({ diff, before, after }, { kinds, removed: true, signal });
      for await (const row of rows) yield runChange(row);
    },
  };
}

function ofKinds({ counts }: Diff, kinds: readonly RowKind[]): RunComparison['counts'] {
  return Object.fromEntries(
    ROW_KINDS.filter((kind) => kinds.includes(kind)).map((kind) => [kind, counts[kind]]),
  );
}

function assertSameDetail(before: RunSource, after: RunSource): void {
  const [was, is] = [before.manifest.detail, after.manifest.detail];
  if (was === is) return;
  throw new LineageError(
    'usage',
    `${before.source} holds ${was} and ${after.source} ${is}: every vertex would differ by its columns.`,
    {
      hint: 'Compare runs that were exported with the same --detail.',
      details: { before: was, after: is },
    },
  );
}

/** Why what is missing or new may be so for another reason than that the account changed. */
function notesOf(before: RunSource, after: RunSource): readonly string[] {
  return [before, after].flatMap(({ manifest: { run, complete, subset } }) => [
    ...(complete ? [] : [`${run} does not hold the whole account.`]),
    ...(subset === null ? [] : [`${run} was limited to a subset of the account: ${JSON.stringify(subset)}.`]),
  ]);
}

function runChange({ change, before, after }: ChangedRow): RunChange {
  const { kind, id, creationMs } = change;
  const [was, is] = [before?.row, after?.row];
  const one = is ?? was;
  const kindBefore = change.change === 'updated' ? change.before.kind : kind;
  return {
    change: change.change,
    kind,
    ...(kindBefore === kind ? {} : { kindBefore }),
    id,
    ...(one?.ends === undefined ? {} : { ...one.ends, label: one.labels[0] ?? '' }),
    created: creationMs === 0 ? null : new Date(creationMs).toISOString(),
    columns: columnsOf(was, is),
  };
}

/** The columns whose values differ, in the order of the later run's file; all that have one where there is but one row. */
function columnsOf(was: StoredRow | undefined, is: StoredRow | undefined): RunChange['columns'] {
  const [before, after] = [valuesOf(was), valuesOf(is)];
  const columns: { column: string; before: string | null; after: string | null }[] = [];
  for (const column of new Set([...after.keys(), ...before.keys()])) {
    const [old, young] = [before.get(column) ?? null, after.get(column) ?? null];
    if (old !== young) columns.push({ column, before: old, after: young });
  }
  return columns;
}

/** What a row says, by column; blank cells are left out. */
function valuesOf(row: StoredRow | undefined): ReadonlyMap<string, string> {
  if (row === undefined) return new Map();
  const { labels, ends, properties } = row;
  const own: (readonly [string, string])[] = [
    ['~label', labels.join(';')],
    ...(ends === undefined ? [] : [['~from', ends.from] as const, ['~to', ends.to] as const]),
  ];
  return new Map([
    ...own,
    ...properties
      .filter(({ values }) => values.length > 0)
      .map(({ name, values }) => [name, values.join(';')] as const),
  ]);
}
