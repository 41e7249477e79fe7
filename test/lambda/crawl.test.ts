import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { Scope } from '../../src/graph/scope.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { fingerprint } from '../runs/run-tree.ts';
import { exportedScopes, roleScope } from '../runs/scopes-sandbox.ts';
import { invoke, type NightSandbox, startNightSandbox } from './night-sandbox.ts';

const ACCOUNT = '111111111111';
const region = 'eu-west-1';

/** An account of so many entities, whose every reply takes its time. */
async function servedAccount(entities: number, latencyMs: number): Promise<NightSandbox> {
  const sandbox = await startNightSandbox(undefined, { latencyMs });
  onTestFinished(sandbox.close);
  const records = [...generateLineage({ entities, seed: 7, account: ACCOUNT, region })];
  sandbox.hold([{ account: ACCOUNT, region, records }]);
  return sandbox;
}

/** Crawls and merges scopes by the functions alone. @returns how often the crawl of each listing was called */
async function crawled(sandbox: NightSandbox, scopes: readonly Scope[], ms: number) {
  const night = await invoke(sandbox, 'begin', {
    execution: 'night-1',
    startedAt: '2026-11-21T04:00:00.000Z',
    input: { scopes, concurrency: 1 },
  });
  const turns: Record<string, number> = {};
  for (const [at, scope] of scopes.entries()) {
    const planned = await invoke(sandbox, 'plan-shards', { ...night, scope: { ...scope, id: String(at) } });
    for (const shard of planned.shards as readonly { readonly listing: string }[]) {
      let event: Record<string, unknown> = { ...night, scope: planned.scope, shard };
      do {
        event = await invoke(sandbox, 'crawl', event, ms);
        turns[shard.listing] = (turns[shard.listing] ?? 0) + 1;
      } while (event.isDone !== true);
    }
    await invoke(sandbox, 'merge', { ...night, scope: planned.scope });
  }
  await invoke(sandbox, 'merge', night);
  return turns;
}

/** SHA-256 of the objects of a run, as those of a run on disk. */
function objectsOf({ buckets }: NightSandbox, run: string): Record<string, string> {
  const prefix = `nightly/runs/${run}/`;
  const objects = [...(buckets.get('lineage')?.objects ?? [])];
  return Object.fromEntries(
    objects
      .filter(([key]) => key.startsWith(`${prefix}data/`) || key.startsWith(`${prefix}index/`))
      .map(
        ([key, { body }]) =>
          [key.slice(prefix.length), createHash('sha256').update(body).digest('hex')] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

test('a function that has time for a part of a shard hands the rest back, and the run is that of a local export', async () => {
  const sandbox = await servedAccount(1_200, 80);
  const scopes = [roleScope(ACCOUNT, region)];

  const turns = await crawled(sandbox, scopes, 1_200);

  const local = await exportedScopes(sandbox, scopes);
  expect(objectsOf(sandbox, '20261121T040000.000Z')).toEqual(await fingerprint(local.directory));
  expect(turns.association).toBeGreaterThan(2);
});
