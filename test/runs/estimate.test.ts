import { expect, onTestFinished, test } from 'vitest';
import { estimateExport } from '../../src/runs/estimate.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { detailedAccount } from './detailed-account.ts';
import { temporaryDirectory } from './run-tree.ts';
import { exported, records, region, serveAccount } from './sandbox-export.ts';

const SIZES = { artifact: 900, action: 70, context: 40, trial_component: 250, trial: 20, experiment: 3 };
const held = detailedAccount(SIZES);
const small = detailedAccount({ ...SIZES, artifact: 120, trial_component: 110 });

async function estimated(account: readonly AccountRecord[], options: object = {}) {
  const { clients, close } = await serveAccount(account);
  onTestFinished(close);
  return estimateExport({ clients, region, out: await temporaryDirectory(), ...options });
}

test('an account whose records come evenly is estimated within a tenth, and says what is counted and what is sampled', async () => {
  const { calls } = await exported(held, { detail: 'full' });

  const estimate = await estimated(held, { detail: 'full' });

  expect(estimate.calls.most).toBeGreaterThan(calls * 0.9);
  expect(estimate.calls.most).toBeLessThan(calls * 1.1);
  expect(estimate.calls.least).toBe(estimate.calls.most);
  expect(estimate.listings).toMatchObject({
    artifact: { basis: 'sampled' },
    action: { records: 70, basis: 'counted', pages: 1, described: 70 },
    context: { records: 40, basis: 'counted', pages: 1, described: 40 },
    trial_component: { records: 250, basis: 'counted', pages: 6, described: 0 },
    trial: { records: 20, basis: 'counted', pages: 2, described: 0 },
    experiment: { records: 3, basis: 'counted', pages: 2, described: 0 },
    association: { records: 250, basis: 'counted', described: 0 },
  });
  expect(estimate.asked).toBeLessThanOrEqual(40);
});

test('summaries are described by nobody; tags take a call more each', async () => {
  const summary = await estimated(held);
  const tagged = await estimated(held, { detail: 'full', tags: true });

  expect(summary.calls.most).toBeLessThan(30);
  expect(tagged.listings).toMatchObject({
    action: { described: 140 },
    trial_component: { described: 250 },
  });
});

test('with an earlier run of full detail the least that it may cost is the pages', async () => {
  const out = await temporaryDirectory();
  const { run } = await exported(held, { out, detail: 'full' });

  const estimate = await estimated(held, { out, detail: 'full' });
  const anew = await estimated(held, { out, detail: 'full', since: null });

  expect([estimate.since, anew.since]).toEqual([run, null]);
  expect(estimate.calls.least).toBeLessThan(40);
  expect(anew.calls.least).toBe(anew.calls.most);
});

test('a rate that is asked for is what the minutes go by', async () => {
  const free = await estimated(held, { detail: 'full' });
  const slow = await estimated(held, { detail: 'full', maxRps: 2 });

  expect(free.minutes.most).toBeLessThanOrEqual(2);
  expect(slow.minutes.most).toBeGreaterThanOrEqual(7);
});

test('an empty account takes a call for each listing; a generated one is estimated as well', async () => {
  const nothing = await estimated([]);
  const some = await estimated(records(1_000, 3), { detail: 'full' });

  expect(nothing.calls).toEqual({ least: 9, most: 9 });
  expect(some.listings.trial_component?.basis).toBe('counted');
  expect(some.calls.most).toBeGreaterThan(100);
});

test.each([
  [['artifact']],
  [['trial_component', 'trial']],
  [['artifact', 'external']],
  [['experiment', 'context']],
] as const)('of the kinds %j it estimates what an export of them takes', async (kinds) => {
  for (const detail of ['summary', 'full'] as const) {
    const { calls } = await exported(small, { detail, subset: { kinds } });

    const estimate = await estimated(small, { detail, kinds });

    expect(estimate.calls.most).toBeGreaterThan(calls * 0.9 - 2);
    expect(estimate.calls.most).toBeLessThan(calls * 1.1 + 2);
  }
});

test('associations that are asked for entity by entity take two calls each, and so do those that are asked for again', async () => {
  const { calls } = await exported(small, { associations: 'per-node' });

  const estimate = await estimated(small, { associations: 'per-node' });
  const sweep = await estimated(small);
  const verified = await estimated(small, { verify: 50 });

  expect(estimate.calls.most).toBeGreaterThan(calls * 0.9);
  expect(estimate.calls.most).toBeLessThan(calls * 1.1);
  expect(verified.calls.most - sweep.calls.most).toBe(100);
});
