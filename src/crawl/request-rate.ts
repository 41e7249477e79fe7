import { setTimeout as delay } from 'node:timers/promises';
import { isThrottle } from './errors.ts';

type Middleware = (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>;

type Limitable = {
  readonly middlewareStack: {
    add(middleware: Middleware, options: { step: 'finalizeRequest'; priority: 'low'; name: string }): void;
  };
};

/** How far below the rate that SageMaker last bore requests are kept. */
const BELOW = 0.95;

/** How fast that is tried to be raised again, per second without a throttle: by an eighth in a minute. */
const GROWTH_PER_SECOND = 1.002;

/** The time over which what is borne is measured: longer than the SDK's limiter takes to come back from a throttle. */
const MEASURED_MS = 3_000;

/** Throttles that come closer together are one: those calls were under way already. */
const ONE_THROTTLE_MS = 500;

/** Fewer answers than this tell nothing of a rate. */
const ANSWERS_MEASURED = 10;

/** The lowest rate kept to here: below it, or where throttles have nothing to do with the rate, the SDK's limiter knows best. */
const LEAST_RATE = 5;

/**
 * Spaces the HTTP requests of a client, repeated ones included. At most `maxRps` a second, where that is given, so that
 * other programs of the account keep their share. And once SageMaker throttles, somewhat fewer than it bore just
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
  const startedAt = now();
  const answeredAt: number[] = [];
  let nextAt = startedAt;
  let borne = Number.POSITIVE_INFINITY;
  let throttledAt = Number.NEGATIVE_INFINITY;

  function rate(): number {
    if (borne === Number.POSITIVE_INFINITY) return maxRps;
    return Math.min(maxRps, borne * GROWTH_PER_SECOND ** ((now() - throttledAt) / 1_000));
  }

  function forgetOld(): void {
    while ((answeredAt[0] ?? Number.POSITIVE_INFINITY) < now() - MEASURED_MS) answeredAt.shift();
  }

  function throttled(): void {
    if (now() - throttledAt < ONE_THROTTLE_MS) return;
    forgetOld();
    if (answeredAt.length < ANSWERS_MEASURED) return;
    const seconds = Math.min(MEASURED_MS, now() - startedAt) / 1_000;
    borne = Math.max(LEAST_RATE, Math.min(answeredAt.length / seconds, rate()) * BELOW);
    throttledAt = now();
  }

  client.middlewareStack.add(
    (next) => async (args) => {
      const at = Math.max(now(), nextAt);
      nextAt = at + 1_000 / rate();
      if (at > now()) await wait(at - now());
      try {
        const reply = await next(args);
        forgetOld();
        answeredAt.push(now());
        return reply;
      } catch (error) {
        if (isThrottle(error)) throttled();
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'limitRate' },
  );
}
