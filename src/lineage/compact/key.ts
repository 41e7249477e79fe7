import { arnKey } from '../../graph/arn.ts';

/** The bytes that two spellings of one text have in common (see `arnKey`). */
export function keyBytes(text: string): Buffer {
  return Buffer.from(arnKey(text));
}

/**
 * 32 bits over bytes, the same for ASCII letters of either case (MurmurHash3's mixing, over words with the bit of case
 * set). Texts outside ASCII are to be hashed by `keyBytes`. A reader compares the texts themselves as well.
 */
export function keyHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x9747b28c;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24) |
      0x20202020;
    const mixed = Math.imul(word, 0xcc9e2d51);
    hash ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = end - start;
  for (; at < end; at += 1) rest = Math.imul(rest, 0x101) ^ ((bytes[at] as number) | 0x20);
  hash ^= Math.imul(rest, 0x2545f491);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
