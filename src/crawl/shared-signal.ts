import { setMaxListeners } from 'node:events';

/**
 * A signal for many calls at once, which aborts with any of the given ones. Each call listens to it while it is under
 * way, and beyond ten listeners Node would warn of a leak.
 */
export function sharedSignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const shared = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  setMaxListeners(0, shared);
  return shared;
}
