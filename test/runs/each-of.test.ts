import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eachOf } from '../../src/runs/each-of.ts';
import { errorOf } from '../neptune/scripted-server.ts';

test('results come in the order of the items, whichever ends first, with so many under way', async () => {
  let underWay = 0;
  let most = 0;

  const results = await eachOf([5, 1, 3, 2], { concurrency: 2 }, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await sleep(item);
    underWay -= 1;
    return [item];
  });

  expect(results).toEqual([[5], [1], [3], [2]]);
  expect(most).toBe(2);
});

test('the first failure stops the others, starts no more, and is thrown when all have ended', async () => {
  const ended: string[] = [];
  const act = async (item: string, signal: AbortSignal) => {
    if (item === 'bad') throw new Error('the first');
    await sleep(60_000, undefined, { signal }).catch(() => ended.push(item));
    throw new Error('a later one');
  };

  expect(await errorOf(eachOf(['waits', 'bad', 'never'], { concurrency: 2 }, act))).toEqual(
    new Error('the first'),
  );
  expect(ended).toEqual(['waits']);
});

test('an interruption reaches what is under way', async () => {
  const stop = new AbortController();
  const waiting = eachOf([1], { concurrency: 1, signal: stop.signal }, (_, signal) =>
    sleep(60_000, undefined, { signal }),
  );
  stop.abort();

  expect(await errorOf(waiting)).toMatchObject({ name: 'AbortError' });
});
