/** A set of ids, each kept as 64 bits of a hash of its bytes. */
export type HashedIds = {
  readonly size: number;
  /** Adds an id; false where it, or one with the same hash, was there. */
  add(bytes: Uint8Array, start: number, end: number): boolean;
  has(bytes: Uint8Array, start: number, end: number): boolean;
};

const FIRST_SLOTS = 1_024;
/** Linear probing stays short up to here; an id costs 10 to 20 bytes. */
const FULLEST = 0.8;

/**
 * Ids in at most 20 bytes each, whatever their length: open addressing over hashes of 64 bits, so that two given ids meet
 * with a probability of 2^-64. Not for ids that somebody makes in order to collide.
 */
export function createHashedIds(): HashedIds {
  let slots = FIRST_SLOTS;
  let table = new Uint32Array(slots * 2);
  let size = 0;
  let high = 0;
  let low = 0;

  /** Two chains in the manner of MurmurHash3 (x86), each of which takes in the other. */
  function hash(bytes: Uint8Array, start: number, end: number): void {
    let one = 0x9747b28c;
    let two = 0x3c6ef372;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      let mixed = Math.imul(word, 0xcc9e2d51);
      mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
      one ^= mixed;
      one = (Math.imul((one << 13) | (one >>> 19), 5) + two) | 0;
      mixed = Math.imul(word, 0x38b34ae5);
      mixed = Math.imul((mixed << 17) | (mixed >>> 15), 0xa1e38b93 | 0);
      two ^= mixed;
      two = (Math.imul((two << 15) | (two >>> 17), 5) + one) | 0;
    }
    let rest = end - start;
    for (; at < end; at += 1) rest = Math.imul(rest, 0x101) ^ (bytes[at] as number);
    one = finished(one ^ Math.imul(rest, 0x2545f491));
    two = finished((two ^ Math.imul(rest, 0x5bd1e995)) + one);
    one = (one + two) | 0;
    // A first word of 0 marks a free slot.
    high = one >>> 0 || 1;
    low = two >>> 0;
  }

  /** Where the hash is, or the free place for it. */
  function find(): number {
    let slot = high & (slots - 1);
    for (; table[slot * 2] !== 0; slot = (slot + 1) & (slots - 1)) {
      if (table[slot * 2] === high && table[slot * 2 + 1] === low) return slot * 2;
    }
    return slot * 2;
  }

  function grow(): void {
    const before = table;
    slots *= 2;
    table = new Uint32Array(slots * 2);
    for (let from = 0; from < before.length; from += 2) {
      high = before[from] as number;
      if (high === 0) continue;
      low = before[from + 1] as number;
      const at = find();
      table[at] = high;
      table[at + 1] = low;
    }
  }

  return {
    get size() {
      return size;
    },
    add(bytes, start, end) {
      hash(bytes, start, end);
      const at = find();
      if (table[at] !== 0) return false;
      table[at] = high;
      table[at + 1] = low;
      size += 1;
      if (size > slots * FULLEST) grow();
      return true;
    },
    has(bytes, start, end) {
      hash(bytes, start, end);
      return table[find()] !== 0;
    },
  };
}

function finished(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
