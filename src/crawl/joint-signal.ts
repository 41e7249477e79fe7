import { setMaxListeners } from 'node:events';

/**
 * A signal for many calls at once, which aborts with any of the given ones. Each call listens to it while it is under
 * way, and beyond ten listeners Node would warn of a leak.
 */
export function jointSignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const joint = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  setMaxListeners(0, joint);
  return joint;
}
