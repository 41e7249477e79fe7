import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { sharedSignal } from '../../src/crawl/shared-signal.ts';

test('it aborts with any of its signals, for the same reason', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const shared = sharedSignal(first.signal, undefined, second.signal);

  const before = shared.aborted;
  second.abort('enough');

  expect([before, shared.aborted, shared.reason]).toEqual([false, true, 'enough']);
  expect(sharedSignal(undefined).aborted).toBe(false);
});

test('any number may listen to it without a warning', async () => {
  const warnings: Error[] = [];
  const keep = (warning: Error) => warnings.push(warning);
  process.on('warning', keep);
  onTestFinished(() => {
    process.off('warning', keep);
  });
  const shared = sharedSignal(new AbortController().signal);

  for (let count = 0; count < 50; count += 1) shared.addEventListener('abort', () => count);
  await setImmediate();

  expect(warnings).toEqual([]);
});
