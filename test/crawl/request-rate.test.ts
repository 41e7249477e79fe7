import { expect, test } from 'vitest';
import { limitRate } from '../../src/crawl/request-rate.ts';

type Handler = (args: never) => Promise<unknown>;

/** A client whose requests pass the limiter to a service that turns away what is too fast, on a clock of its own. */
function limited(maxRps: number | undefined, perSecond: number) {
  let nowMs = 0;
  let middleware: (next: Handler) => Handler = (next) => next;
  limitRate(
    {
      middlewareStack: {
        add(given) {
          middleware = given;
        },
      },
    },
    maxRps,
    () => nowMs,
    async (ms) => {
      nowMs += ms;
    },
  );
  let tokens = perSecond;
  let filledAt = 0;
  const handler = middleware(async () => {
    tokens = Math.min(perSecond, tokens + ((nowMs - filledAt) / 1_000) * perSecond);
    filledAt = nowMs;
    nowMs += 20;
    if (tokens < 1) throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    tokens -= 1;
  });
  return async (requests: number) => {
    const startMs = nowMs;
    let throttles = 0;
    for (let done = 0; done < requests; ) {
      try {
        await handler({} as never);
        done += 1;
      } catch {
        throttles += 1;
      }
    }
    return { seconds: (nowMs - startMs) / 1_000, throttles };
  };
}

test('no more requests a second are sent than allowed', async () => {
  const send = limited(5, 100);

  expect(await send(51)).toEqual({ seconds: expect.closeTo(10, 0), throttles: 0 });
});

test('nothing waits where nothing is throttled', async () => {
  const send = limited(undefined, 1_000);

  expect((await send(100)).seconds).toBeCloseTo(2, 5);
});

test('after a throttle requests come at the rate that was borne, and few more are turned away', async () => {
  const send = limited(undefined, 10);

  await send(50);
  const { seconds, throttles } = await send(400);

  expect(throttles).toBeLessThanOrEqual(10);
  expect(seconds).toBeLessThanOrEqual(46);
});

test('a throttle before ten answers, or again and again, does not bring requests below five a second', async () => {
  const send = limited(undefined, 1);

  const { seconds, throttles } = await send(30);

  expect(throttles).toBeGreaterThan(30);
  expect((30 + throttles) / seconds).toBeGreaterThanOrEqual(4.9);
});
