import { hash } from 'node:crypto';
import { arnKey } from '../graph/arn.ts';

/** How a set knows an id: in this spelling, in another one only (upper or lower case), or not at all. */
type Known = 'exact' | 'otherCase' | 'absent';

/** The ids of the vertices met so far. */
export type IdSet = {
  readonly size: number;
  /** Memory that the set takes. */
  readonly bytes: number;
  /** Adds an id; false where this very spelling was in the set before. */
  add(id: string): boolean;
  has(id: string): Known;
};

const WORDS = 4;
const FIRST_SLOTS = 1_024;

/** Linear probing stays short up to here, and an entry costs 16 / 0.85 to 2 x 16 / 0.85 = 38 bytes. */
const FULLEST = 0.85;

/**
 * A set of ids in at most 38 bytes each, whatever their length: open addressing over 128 bits of SHA-256. 96 of them are
 * of the id in lower case (two of a billion ids meet with a probability of 1e-11), 32 of its exact spelling, which tell
 * one of the few spellings of the same ARN from another.
 */
export function createIdSet(): IdSet {
  let slots = FIRST_SLOTS;
  let table = new Uint32Array(slots * WORDS);
  let size = 0;

  /** The slot of this spelling, or of the free place after all others of the same id. */
  function find(entry: Entry): { known: Known; at: number } {
    let known: Known = 'absent';
    for (let slot = entry[0] % slots; ; slot = (slot + 1) % slots) {
      const at = slot * WORDS;
      if (table[at] === 0) return { known, at };
      if (table[at] !== entry[0] || table[at + 1] !== entry[1] || table[at + 2] !== entry[2]) continue;
      if (table[at + 3] === entry[3]) return { known: 'exact', at };
      known = 'otherCase';
    }
  }

  function grow(): void {
    const before = table;
    slots *= 2;
    table = new Uint32Array(slots * WORDS);
    for (let at = 0; at < before.length; at += WORDS) {
      if (before[at] === 0) continue;
      const entry = before.subarray(at, at + WORDS);
      let slot = (entry[0] ?? 0) % slots;
      while (table[slot * WORDS] !== 0) slot = (slot + 1) % slots;
      table.set(entry, slot * WORDS);
    }
  }

  return {
    get size() {
      return size;
    },
    get bytes() {
      return table.byteLength;
    },
    add(id) {
      const entry = entryOf(id);
      const { known, at } = find(entry);
      if (known === 'exact') return false;
      table.set(entry, at);
      size += 1;
      if (size > slots * FULLEST) grow();
      return true;
    },
    has: (id) => find(entryOf(id)).known,
  };
}

type Entry = readonly [number, number, number, number];

function entryOf(id: string): Entry {
  const key = arnKey(id);
  const ofKey = hash('sha256', key, 'buffer');
  const ofSpelling = key === id ? ofKey : hash('sha256', id, 'buffer');
  // A first word of 0 marks a free slot.
  return [
    ofKey.readUInt32LE(0) || 1,
    ofKey.readUInt32LE(4),
    ofKey.readUInt32LE(8),
    ofSpelling.readUInt32LE(12),
  ];
}
