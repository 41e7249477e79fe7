import { setTimeout as delay } from 'node:timers/promises';
import { isThrottle } from './errors.ts';

type Middleware = (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>;

type Limitable = {
  readonly middlewareStack: {
    add(middleware: Middleware, options: { step: 'finalizeRequest'; priority: 'low'; name: string }): void;
  };
};

/** How far below the rate that SageMaker last bore requests are kept. */
const BELOW = 0.97;

/** How fast that is tried to be raised again, per second without a throttle: by a fifth in a minute. */
const GROWTH_PER_SECOND = 1.003;

/** A shorter time than this tells of a burst, not of a rate. */
const LEAST_SECONDS = 0.5;

/** After a longer rest than this, what was borne before is measured anew. */
const REST_MS = 2_000;

/** SDK clients in adaptive mode ask twice as seldom at the least; neither do we. */
const LEAST_RATE = 0.5;

/**
 * Spaces the HTTP requests of a client, repeated ones included. At most `maxRps` a second, where that is given, so that
 * other programs of the account keep their share. And once SageMaker throttles, at most as many as it bore since it did so
 * before: the SDK's adaptive limiter goes beyond that again and again, which costs a call each time.
 *
 * @param now milliseconds of a clock that never goes back
 * @param wait resolves after so many milliseconds
 */
export function limitRate(
  client: Limitable,
  maxRps = Number.POSITIVE_INFINITY,
  now: () => number = () => performance.now(),
  wait: (ms: number) => Promise<unknown> = delay,
): void {
  let nextAt = 0;
  let borne = Number.POSITIVE_INFINITY;
  let since = { at: now(), answered: 0 };
  let throttledAt = now();
  let lastAt = now();

  function rate(): number {
    const quietSeconds = (now() - throttledAt) / 1_000;
    return Math.min(maxRps, borne * GROWTH_PER_SECOND ** quietSeconds);
  }

  function throttled(): void {
    const seconds = (now() - since.at) / 1_000;
    // Calls that were under way when the first was turned away tell nothing new.
    if (seconds < LEAST_SECONDS) return;
    borne = Math.max(LEAST_RATE, (since.answered / seconds) * BELOW);
    throttledAt = now();
    since = { at: throttledAt, answered: 0 };
  }

  client.middlewareStack.add(
    (next) => async (args) => {
      if (now() - lastAt > REST_MS) since = { at: now(), answered: 0 };
      lastAt = now();
      const at = Math.max(lastAt, nextAt);
      nextAt = at + 1_000 / rate();
      if (at > lastAt) await wait(at - lastAt);
      try {
        const reply = await next(args);
        since.answered += 1;
        lastAt = now();
        return reply;
      } catch (error) {
        if (isThrottle(error)) throttled();
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'limitRate' },
  );
}
