import { ALL_KINDS, type Kind } from '../graph/kinds.ts';
import type { RunChangeCounts } from '../graph/run-change.ts';
import { compareIndexFiles, type IndexDifference, type IndexedRow, type IndexFile } from './index-bytes.ts';

/** What the rows of a file are: vertices of a kind, or edges. */
export type RowKind = Kind | 'edge';

/** In the order of changes. */
export const ROW_KINDS: readonly RowKind[] = [...ALL_KINDS, 'edge'];

/** The indexes of a run; one that is missing has no rows. */
export type RunIndexes = Readonly<Partial<Record<RowKind, IndexFile>>>;

/** A row, and where it is. */
type RowPlace = { readonly kind: RowKind } & IndexedRow;

/** What became of one element from one run to another. */
export type Change =
  /** `row` is its place in the later run. */
  | ({ readonly change: 'added' } & RowPlace)
  /** `row` is its place in the earlier run. */
  | ({ readonly change: 'removed' } & RowPlace)
  /**
   * The same id with other cells. `before.kind` is another where the element was relabelled (an `external` vertex that
   * is listed now); `before.creationMs` where it was deleted and created anew under its old name.
   */
  | ({ readonly change: 'updated'; readonly before: Omit<RowPlace, 'id'> } & RowPlace);

export type ChangeCounts = RunChangeCounts;

export type Diff = {
  readonly counts: Readonly<Record<RowKind, ChangeCounts>>;
  /**
   * Every change once: kind by kind (that of the later run, but for what was removed), in order of creation time and id.
   *
   * @param kinds only these. @default all
   */
  changes(kinds?: readonly RowKind[]): AsyncGenerator<Change>;
};

type DiffOptions = { readonly signal?: AbortSignal | undefined };

/**
 * What changed from one run to another, by their indexes. These are read twice: first to compare their bytes with the
 * manifests and to count, then for each call of `changes`; nothing is told of files that are not intact. Memory holds 8 bytes per added or
 * removed row, and what is known of elements that were re-created or relabelled.
 *
 * An association whose type changed is one edge removed and another added: the id of an edge is made of source, type and
 * destination.
 *
 * @throws LineageError (validationFailed) where an index is not what its manifest says
 */
export async function diffRuns(
  before: RunIndexes,
  after: RunIndexes,
  { signal }: DiffOptions = {},
): Promise<Diff> {
  const differences = (kind: RowKind) => compareIndexFiles(before[kind], after[kind], signal);
  const tallies = new Map<RowKind, Tally>();
  const seen = { vertex: noKeys(), edge: noKeys() };
  for (const kind of ROW_KINDS) tallies.set(kind, await tallyOf(differences(kind), seen[elementOf(kind)]));
  const moved = await movedRows(differences, tallies, {
    vertex: inBoth(seen.vertex),
    edge: inBoth(seen.edge),
  });
  for (const { before: was, after: is } of moved.values()) settle(tallies, was, is);
  return {
    counts: Object.fromEntries(tallies) as Record<RowKind, Tally>,
    async *changes(kinds = ROW_KINDS) {
      for (const kind of ROW_KINDS.filter((known) => kinds.includes(known)))
        for await (const found of differences(kind))
          for (const difference of found) yield* changesOf(kind, difference, moved);
    },
  };
}

type Tally = { -readonly [Member in keyof ChangeCounts]: number };

function elementOf(kind: RowKind): 'vertex' | 'edge' {
  return kind === 'edge' ? 'edge' : 'vertex';
}

/** Keys of the ids that one run has and the other has not under the same kind and creation time. */
type Keys = { readonly removed: number[]; readonly added: number[] };

function noKeys(): Keys {
  return { removed: [], added: [] };
}

async function tallyOf(
  differences: ReturnType<typeof compareIndexFiles>,
  { removed, added }: Keys,
): Promise<Tally> {
  const tally = { before: 0, after: 0, added: 0, updated: 0, removed: 0, relabelled: 0 };
  for (;;) {
    const { done, value } = await differences.next();
    if (done === true) return { ...tally, ...value };
    for (const { before, after } of value) {
      if (before !== undefined && after !== undefined) tally.updated += 1;
      else if (after !== undefined) {
        tally.added += 1;
        added.push(keyOf(after.id));
      } else if (before !== undefined) {
        tally.removed += 1;
        removed.push(keyOf(before.id));
      }
    }
  }
}

/** 53 bits of a hash (FNV-1a, twice): ids with different keys differ. */
function keyOf(id: string): number {
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < id.length; at += 1) {
    const unit = id.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x5bd1e995);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

function inBoth({ removed, added }: Keys): ReadonlySet<number> {
  if (removed.length === 0 || added.length === 0) return new Set();
  const sorted = Float64Array.from(added).sort();
  return new Set(removed.filter((key) => holds(sorted, key)));
}

function holds(sorted: Float64Array, key: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === key;
}

/** An element that stands at another place of the other run: under another kind or creation time. */
type Moved = { readonly before: RowPlace; readonly after: RowPlace };

/** Those elements, by their ids; a vertex and an edge may share one, so that what is not an edge comes behind a blank. */
async function movedRows(
  differences: (kind: RowKind) => ReturnType<typeof compareIndexFiles>,
  tallies: ReadonlyMap<RowKind, Tally>,
  keys: Readonly<Record<'vertex' | 'edge', ReadonlySet<number>>>,
): Promise<ReadonlyMap<string, Moved>> {
  const halves = new Map<string, { before?: RowPlace; after?: RowPlace }>();
  for (const kind of ROW_KINDS) {
    const wanted = keys[elementOf(kind)];
    const tally = tallies.get(kind);
    if (wanted.size === 0 || (tally?.added === 0 && tally.removed === 0)) continue;
    for await (const found of differences(kind)) {
      for (const { before, after } of found) {
        const one = before ?? after;
        if ((before !== undefined && after !== undefined) || one === undefined || !wanted.has(keyOf(one.id)))
          continue;
        const half = before === undefined ? { after: { kind, ...one } } : { before: { kind, ...one } };
        halves.set(movedKey(kind, one.id), { ...halves.get(movedKey(kind, one.id)), ...half });
      }
    }
  }
  const moved = new Map<string, Moved>();
  for (const [key, { before, after }] of halves)
    if (before !== undefined && after !== undefined) moved.set(key, { before, after });
  return moved;
}

function movedKey(kind: RowKind, id: string): string {
  return `${elementOf(kind)} ${id}`;
}

function settle(tallies: ReadonlyMap<RowKind, Tally>, before: RowPlace, after: RowPlace): void {
  const [was, is] = [tallies.get(before.kind), tallies.get(after.kind)];
  if (was === undefined || is === undefined) return;
  was.removed -= 1;
  is.added -= 1;
  if (isSame(before, after)) return;
  is.updated += 1;
  if (before.kind !== after.kind) is.relabelled += 1;
}

/** A membership edge takes its place from its member's creation time, which is none of its cells. */
function isSame(before: RowPlace, after: RowPlace): boolean {
  return before.kind === after.kind && before.hash === after.hash;
}

function* changesOf(
  kind: RowKind,
  { before, after }: IndexDifference,
  moved: ReadonlyMap<string, Moved>,
): Generator<Change> {
  const id = (after ?? before)?.id ?? '';
  const other = moved.size === 0 ? undefined : moved.get(movedKey(kind, id));
  if (before !== undefined && after !== undefined) yield updated({ kind, ...before }, { kind, ...after });
  else if (other !== undefined) {
    // Told where it stands in the later run.
    if (after !== undefined && !isSame(other.before, other.after)) yield updated(other.before, other.after);
  } else if (after !== undefined) yield { change: 'added', kind, ...after };
  else if (before !== undefined) yield { change: 'removed', kind, ...before };
}

function updated({ id, ...before }: RowPlace, after: RowPlace): Change {
  return { change: 'updated', ...after, before };
}
