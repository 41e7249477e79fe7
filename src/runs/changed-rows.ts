import { LineageError } from '../errors.ts';
import { type Change, type Diff, ROW_KINDS, type RowKind } from '../snapshot/diff.ts';
import { type PickedRow, pickRows } from './pick-rows.ts';
import type { RunSource } from './run-source.ts';

/** A change, and the rows that it is about. */
export type ChangedRow = {
  readonly change: Change;
  /** Undefined for what was added, and where it was not wanted. */
  readonly before: PickedRow | undefined;
  /** Undefined for what was removed. */
  readonly after: PickedRow | undefined;
};

type ChangedRowsOptions = {
  /** Only these, in this order. @default all */
  readonly kinds?: readonly RowKind[] | undefined;
  /** Read the rows of what was removed, too. @default false */
  readonly removed?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
};

type Runs = { readonly diff: Diff; readonly before: RunSource; readonly after: RunSource };

/**
 * Changes with their rows, in the order of the diff. Rows are found by their places: every file of data that holds one is
 * read to its end, once. Memory holds some numbers per change, and the rows of elements that were relabelled or re-created.
 *
 * @throws LineageError (validationFailed) where a file is not what its manifest says: at its end
 */
export async function* changedRows(
  { diff, before, after }: Runs,
  { kinds = ROW_KINDS, removed = false, signal }: ChangedRowsOptions = {},
): AsyncGenerator<ChangedRow> {
  const moved = await movedRows({ diff, before, after }, { kinds, signal });
  for (const kind of kinds.filter((one) => hasChanges(diff, one))) {
    const wanted = await wantedRows(diff, kind, removed);
    const old = rowsAt(before, kind, wanted.before, signal);
    const young = rowsAt(after, kind, wanted.after, signal);
    try {
      for await (const change of diff.changes([kind])) {
        yield {
          change,
          before: await oldRow(change, { rows: old, moved, removed }),
          after: change.change === 'removed' ? undefined : await rowOf(young, change),
        };
      }
      // To their ends, where it is seen whether they are what they should be.
      await Promise.all([old.next(), young.next()]);
    } finally {
      await Promise.all([old.return(undefined), young.return(undefined)]);
    }
  }
}

function hasChanges({ counts }: Diff, kind: RowKind): boolean {
  const { added, updated, removed } = counts[kind];
  return added + updated + removed > 0;
}

type OldRows = {
  readonly rows: AsyncGenerator<PickedRow>;
  readonly moved: ReadonlyMap<string, PickedRow>;
  readonly removed: boolean;
};

async function oldRow(change: Change, { rows, moved, removed }: OldRows): Promise<PickedRow | undefined> {
  const from = movedFrom(change);
  if (from !== undefined) return fitting(moved.get(placeKey(from)), change);
  const isWanted = change.change === 'updated' || (change.change === 'removed' && removed);
  return isWanted ? rowOf(rows, change) : undefined;
}

async function rowOf(rows: AsyncGenerator<PickedRow>, change: Change): Promise<PickedRow> {
  const { done, value } = await rows.next();
  return fitting(done === true ? undefined : value, change);
}

function fitting(picked: PickedRow | undefined, { kind, id }: Change): PickedRow {
  if (picked?.row.id === id) return picked;
  const found = picked?.row.id ?? 'none';
  throw new LineageError(
    'validationFailed',
    `The index of ${kind} does not fit its file: expected the row of ${id}, found ${found}.`,
    { hint: 'The run is damaged: export again.', details: { kind, id, found } },
  );
}

/** Places of rows, rising. */
type Wanted = { readonly before: readonly number[]; readonly after: readonly number[] };

async function wantedRows(diff: Diff, kind: RowKind, removed: boolean): Promise<Wanted> {
  const before: number[] = [];
  const after: number[] = [];
  for await (const change of diff.changes([kind])) {
    if (change.change !== 'removed') after.push(change.row);
    if (change.change === 'updated' && movedFrom(change) === undefined) before.push(change.before.row);
    if (change.change === 'removed' && removed) before.push(change.row);
  }
  return { before, after };
}

type Place = { readonly kind: RowKind; readonly row: number };

/** Where the row was if it stands elsewhere in the order now: under another kind or creation time. */
function movedFrom(change: Change): Place | undefined {
  if (change.change !== 'updated') return undefined;
  const { before, kind, creationMs } = change;
  return before.kind === kind && before.creationMs === creationMs ? undefined : before;
}

async function movedRows(
  { diff, before }: Runs,
  { kinds, signal }: { readonly kinds: readonly RowKind[]; readonly signal: AbortSignal | undefined },
): Promise<ReadonlyMap<string, PickedRow>> {
  const places = new Map<RowKind, number[]>();
  for await (const change of diff.changes(kinds.filter((kind) => diff.counts[kind].updated > 0))) {
    const from = movedFrom(change);
    if (from === undefined) continue;
    const ofKind = places.get(from.kind) ?? [];
    places.set(from.kind, ofKind);
    ofKind.push(from.row);
  }
  const rows = new Map<string, PickedRow>();
  for (const [kind, unsorted] of places) {
    const wanted = unsorted.toSorted((a, b) => a - b);
    let at = 0;
    for await (const picked of rowsAt(before, kind, wanted, signal)) {
      rows.set(placeKey({ kind, row: wanted[at] ?? 0 }), picked);
      at += 1;
    }
  }
  return rows;
}

function placeKey({ kind, row }: Place): string {
  return `${kind} ${row}`;
}

/** The rows at these places, which rise. A file of which none is wanted is not read. */
async function* rowsAt(
  source: RunSource,
  kind: RowKind,
  wanted: readonly number[],
  signal: AbortSignal | undefined,
): AsyncGenerator<PickedRow> {
  if (wanted.length === 0) return;
  let next = 0;
  const isWanted = (place: number) => {
    if (place !== wanted[next]) return false;
    next += 1;
    return true;
  };
  yield* pickRows(source, kind, isWanted, signal);
}
