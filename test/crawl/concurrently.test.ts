import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { concurrently } from '../../src/crawl/concurrently.ts';

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

test.each([1, 3, 100])(
  'all results of all items come, with %i tasks under way at most',
  async (concurrency) => {
    let underWay = 0;
    let most = 0;
    async function* task(item: number) {
      underWay += 1;
      most = Math.max(most, underWay);
      await setImmediate();
      for (let index = 0; index < item % 4; index += 1) {
        await setImmediate();
        yield `${item}.${index}`;
      }
      underWay -= 1;
    }
    const items = Array.from({ length: 20 }, (_, index) => index);

    const results = await collect(concurrently(items, { concurrency }, task));

    const expected = items.flatMap((item) =>
      Array.from({ length: item % 4 }, (_, index) => `${item}.${index}`),
    );
    expect(results.toSorted()).toEqual(expected.toSorted());
    expect(most).toBe(Math.min(concurrency, 20));
  },
);

test('items are taken only as tasks end, and a task is one result ahead of the reader', async () => {
  const taken: number[] = [];
  function* items() {
    for (let item = 1; ; item += 1) {
      taken.push(item);
      yield item;
    }
  }
  const made: string[] = [];
  async function* task(item: number) {
    for (const part of ['a', 'b', 'c']) {
      made.push(`${item}${part}`);
      yield `${item}${part}`;
    }
  }
  const results = concurrently(items(), { concurrency: 2 }, task);

  const { value } = await results.next();
  await setImmediate();
  await results.return(undefined);

  expect(value).toBe('1a');
  expect(taken).toEqual([1, 2]);
  expect(made).toEqual(['1a', '2a', '1b']);
});

test('the first error ends the other tasks, the source and the reading', async () => {
  const ended: string[] = [];
  async function* items() {
    try {
      for (const item of ['fails', 'waits', 'never']) yield item;
    } finally {
      ended.push('source');
    }
  }
  async function* task(item: string, signal: AbortSignal) {
    if (item === 'fails') throw new RangeError('as it is');
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    ended.push('not stopped');
    yield item;
  }

  await expect(collect(concurrently(items(), { concurrency: 2 }, task))).rejects.toThrow(
    new RangeError('as it is'),
  );
  expect(ended).toEqual(['source']);
});

test('an error that comes while the reader is busy waits for it', async () => {
  async function* task(item: number) {
    yield item;
    throw new RangeError('later');
  }
  const results = concurrently([1], { concurrency: 1 }, task);

  const first = await results.next();
  await setImmediate();

  expect(first).toEqual({ done: false, value: 1 });
  await expect(results.next()).rejects.toThrow(new RangeError('later'));
});

test('the signal reaches the tasks', async () => {
  const stop = new AbortController();
  async function* task(_: number, signal: AbortSignal) {
    stop.abort(new RangeError('stopped'));
    signal.throwIfAborted();
    yield 1;
  }

  const results = concurrently([1], { concurrency: 1, signal: stop.signal }, task);

  await expect(collect(results)).rejects.toThrow(new RangeError('stopped'));
});
