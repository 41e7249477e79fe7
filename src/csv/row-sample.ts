import type { StoredRow } from '../graph/stored.ts';

/** A random few of the rows that come by. */
export type RowSample = {
  /** Asks for the row only where it is drawn. */
  offer(row: () => StoredRow): void;
  /** Those drawn so far, in the order in which they came: all, where no more than the sample's size came. */
  rows(): readonly StoredRow[];
};

/**
 * A sample of `size` rows at most. A row is drawn by a rank that its number and the seed give: each set of rows is as likely
 * as any other, and equal files give equal samples.
 */
export function createRowSample(size: number, seed: number): RowSample {
  /** By rank, the lowest first. */
  const drawn: { readonly rank: number; readonly number: number; readonly row: StoredRow }[] = [];
  let number = 0;

  /** After all of a lower or the same rank. */
  function placeOf(rank: number): number {
    let [low, high] = [0, drawn.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((drawn[middle]?.rank ?? 0) > rank) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    offer(row) {
      number += 1;
      const rank = rankOf(number, seed);
      const last = drawn.at(-1);
      if (drawn.length >= size && (last === undefined || rank >= last.rank)) return;
      drawn.splice(placeOf(rank), 0, { rank, number, row: row() });
      if (drawn.length > size) drawn.pop();
    },
    rows: () => drawn.toSorted((a, b) => a.number - b.number).map(({ row }) => row),
  };
}

/** 32 bits that look random (the finisher of MurmurHash3, twice): a cryptographic hash for every row would cost more than reading it. */
function rankOf(number: number, seed: number): number {
  return mixed(mixed(number) ^ mixed(seed ^ 0x5bd1e995));
}

function mixed(bits: number): number {
  let hash = bits | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
