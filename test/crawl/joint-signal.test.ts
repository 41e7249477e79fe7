import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { jointSignal } from '../../src/crawl/joint-signal.ts';

test('it aborts with any of its signals, for the same reason', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const shared = jointSignal(first.signal, undefined, second.signal);

  const before = shared.aborted;
  second.abort('enough');

  expect([before, shared.aborted, shared.reason]).toEqual([false, true, 'enough']);
  expect(jointSignal(undefined).aborted).toBe(false);
});

test('any number may listen to it without a warning', async () => {
  const warnings: Error[] = [];
  const keep = (warning: Error) => warnings.push(warning);
  process.on('warning', keep);
  onTestFinished(() => {
    process.off('warning', keep);
  });
  const shared = jointSignal(new AbortController().signal);

  for (let count = 0; count < 50; count += 1) shared.addEventListener('abort', () => count);
  await setImmediate();

  expect(warnings).toEqual([]);
});
