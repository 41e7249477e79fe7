/** What ids are sorted by; equal keys are sorted by id. One listing has keys of one type. */
export type Key = string | number;

/** A place in a listing: right at this key and id. */
export type Position = readonly [key: Key, id: number];

/** Ids in ascending order of (key, id). */
export type Listing = {
  readonly ids: Uint32Array;
  keyOf(id: number): Key;
};

/** Room for `size` values: the same column, or a copy at least twice as wide. */
export function grown<Column extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  column: Column,
  size: number,
): Column {
  if (size <= column.length) return column;
  const Wider = column.constructor as new (length: number) => Column;
  const wider = new Wider(Math.max(size, column.length * 2, 64));
  wider.set(column);
  return wider;
}

/** Which of two places comes first, as a sort function says it. */
export function comparePositions([keyA, idA]: Position, [keyB, idB]: Position): number {
  return keyA < keyB ? -1 : keyA > keyB ? 1 : idA - idB;
}

/** How many ids of the listing come before the position; with `inclusive`, one at the position counts too. */
export function countBefore(listing: Listing, position: Position, inclusive: boolean): number {
  let low = 0;
  let high = listing.ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const id = listing.ids[middle] ?? 0;
    const order = comparePositions([listing.keyOf(id), id], position);
    if (order < 0 || (inclusive && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A listing of ids that come in any order. */
export function listingByNumber(ids: ArrayLike<number>, keyOf: (id: number) => number): Listing {
  const sorted = Uint32Array.from(ids);
  if (!isSorted(sorted, keyOf)) sorted.sort((a, b) => keyOf(a) - keyOf(b) || a - b);
  return { ids: sorted, keyOf };
}

/**
 * The same for keys that are text. Each distinct text is compared once and becomes a rank; rank and id together fit a
 * double (2^21 ranks, 2^32 ids), which typed arrays sort without calling back.
 */
export function listingByText(ids: ArrayLike<number>, keyOf: (id: number) => string): Listing {
  const texts = new Set<string>();
  for (let index = 0; index < ids.length; index++) texts.add(keyOf(ids[index] ?? 0));
  const ranks = new Map([...texts].sort(compareText).map((text, rank) => [text, rank]));
  const ranked = Float64Array.from(ids, (id) => (ranks.get(keyOf(id)) ?? 0) * 2 ** 32 + id).sort();
  return { ids: Uint32Array.from(ranked, (value) => value % 2 ** 32), keyOf };
}

/** By UTF-16 code unit, like `<`: the order must not hang on the machine's locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSorted(ids: Uint32Array, keyOf: (id: number) => number): boolean {
  for (let index = 1; index < ids.length; index++) {
    const [before = 0, after = 0] = [ids[index - 1], ids[index]];
    if (keyOf(before) - keyOf(after) > 0 || (keyOf(before) === keyOf(after) && before > after)) return false;
  }
  return true;
}
