import { setTimeout as wait } from 'node:timers/promises';

/** Time, as it is given to what waits. */
export type Clock = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Waits so many milliseconds. @throws an AbortError when the signal fires. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};
