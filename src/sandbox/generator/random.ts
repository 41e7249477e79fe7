import { hash } from 'node:crypto';

/** A stream of pseudo-random choices: the same key gives the same choices on every machine. */
export type Random = {
  /** An integer in [0, 2^32). */
  readonly bits: () => number;
  /** An integer in [0, limit). */
  readonly below: (limit: number) => number;
  /** An integer in [low, high], both included. */
  readonly between: (low: number, high: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <Item>(items: readonly [Item, ...Item[]]) => Item;
  /**
   * An integer in [0, limit) that favours small ones: the first tenth gets about half of all draws. Ranks drawn so give
   * the heavy tail of real sharing, a few datasets and images feeding most jobs.
   */
  readonly rank: (limit: number) => number;
};

const TWO_TO_32 = 2 ** 32;

/**
 * The stream of a key. Chris Doty-Humphrey's sfc32 (128 bits of state, passes PractRand) over a SHA-256 of the key.
 * Integer arithmetic only: the last digit of `Math.log` or `Math.pow` may differ between engines.
 */
export function createRandom(...key: readonly (string | number)[]): Random {
  const seed = Buffer.from(hash('sha256', key.join('\n')), 'hex');
  let a = seed.readInt32LE(0);
  let b = seed.readInt32LE(4);
  let c = seed.readInt32LE(8);
  let counter = seed.readInt32LE(12);

  function bits(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  const unit = () => bits() / TWO_TO_32;
  const below = (limit: number) => Math.floor(unit() * limit);

  return {
    bits,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => unit() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
    rank: (limit) => {
      const u = unit();
      return Math.floor(u * u * u * limit);
    },
  };
}

/** A one-to-one scramble of 32 bits (the finaliser of MurmurHash3): distinct numbers stay distinct and look random. */
export function scramble(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
