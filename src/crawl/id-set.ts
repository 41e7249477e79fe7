import { hash } from 'node:crypto';
import { arnKey } from '../graph/arn.ts';

/** How a set knows an id: in this spelling, in another one only (upper or lower case), or not at all. */
type Known = 'exact' | 'otherCase' | 'absent';

/**
 * What a set keeps of an id, 16 bytes: 96 bits of SHA-256 of the id in lower case (two of a billion ids meet with a
 * probability of 1e-11) and 32 of its exact spelling, which tell one of the few spellings of the same ARN from another.
 */
export type IdEntry = readonly [number, number, number, number];

/** The ids of the vertices met so far. */
export type IdSet = {
  readonly size: number;
  /** Memory that the set takes. */
  readonly bytes: number;
  /** Adds an id; false where this very spelling was in the set before. */
  add(id: string): boolean;
  addEntry(entry: IdEntry): boolean;
  has(id: string): Known;
  hasEntry(entry: IdEntry): Known;
};

const WORDS = 4;
const FIRST_SLOTS = 1_024;

/** Linear probing stays short up to here, and an entry costs 16 / 0.85 to 2 x 16 / 0.85 = 38 bytes. */
const FULLEST = 0.85;

/** A set of ids in at most 38 bytes each, whatever their length: open addressing over their entries. */
export function createIdSet(): IdSet {
  let slots = FIRST_SLOTS;
  let table = new Uint32Array(slots * WORDS);
  let size = 0;

  /** Where the entry is, or the free place after all others of the same id. */
  let at = 0;
  function find([first, second, third, spelling]: IdEntry): Known {
    let known: Known = 'absent';
    for (let slot = first % slots; ; slot = (slot + 1) % slots) {
      at = slot * WORDS;
      if (table[at] === 0) return known;
      if (table[at] !== first || table[at + 1] !== second || table[at + 2] !== third) continue;
      if (table[at + 3] === spelling) return 'exact';
      known = 'otherCase';
    }
  }

  function grow(): void {
    const before = table;
    slots *= 2;
    table = new Uint32Array(slots * WORDS);
    for (let from = 0; from < before.length; from += WORDS) {
      const first = before[from] ?? 0;
      if (first === 0) continue;
      let slot = first % slots;
      while (table[slot * WORDS] !== 0) slot = (slot + 1) % slots;
      for (let word = 0; word < WORDS; word += 1) table[slot * WORDS + word] = before[from + word] ?? 0;
    }
  }

  function addEntry(entry: IdEntry): boolean {
    if (find(entry) === 'exact') return false;
    table.set(entry, at);
    size += 1;
    if (size > slots * FULLEST) grow();
    return true;
  }

  return {
    get size() {
      return size;
    },
    get bytes() {
      return table.byteLength;
    },
    add: (id) => addEntry(idEntry(id)),
    addEntry,
    has: (id) => find(idEntry(id)),
    hasEntry: find,
  };
}

/** The entry of an id in a set. */
export function idEntry(id: string): IdEntry {
  const key = arnKey(id);
  const ofKey = hash('sha256', key, 'binary');
  const ofSpelling = key === id ? ofKey : hash('sha256', id, 'binary');
  // A first word of 0 marks a free slot.
  return [word(ofKey, 0) || 1, word(ofKey, 4), word(ofKey, 8), word(ofSpelling, 12)];
}

/** Four bytes of a digest, the lowest first, as an unsigned integer. */
function word(digest: string, at: number): number {
  return (
    (digest.charCodeAt(at) |
      (digest.charCodeAt(at + 1) << 8) |
      (digest.charCodeAt(at + 2) << 16) |
      (digest.charCodeAt(at + 3) << 24)) >>>
    0
  );
}
