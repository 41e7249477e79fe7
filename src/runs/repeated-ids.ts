const FIRST_LENGTH = 1_024;

/** Finds ids that come more than once, in 8 bytes for each id. */
export type IdCollector = {
  /** Takes 64 bits of an id in. */
  add(key: readonly [number, number]): void;
  /**
   * The ids, as `keyText` has them, that came more than once. Two ids may meet by chance (one pair in a hundred million
   * ids has an even chance of 3e-4): whoever acts on it compares whole ids.
   */
  repeated(): ReadonlySet<string>;
};

export function createIdCollector(): IdCollector {
  let words = new Uint32Array(FIRST_LENGTH * 2);
  let count = 0;
  return {
    add([first, second]) {
      if (count * 2 === words.length) {
        const before = words;
        words = new Uint32Array(before.length * 2);
        words.set(before);
      }
      words[count * 2] = first;
      words[count * 2 + 1] = second;
      count += 1;
    },
    repeated() {
      const ids = new BigUint64Array(words.buffer, 0, count).sort();
      const found = new Set<string>();
      for (let at = 1; at < count; at += 1) {
        const first = words[at * 2] ?? 0;
        const second = words[at * 2 + 1] ?? 0;
        if (first === words[at * 2 - 2] && second === words[at * 2 - 1]) found.add(keyText([first, second]));
      }
      return ids.length === 0 ? new Set() : found;
    },
  };
}

export function keyText([first, second]: readonly [number, number]): string {
  return `${first}-${second}`;
}
