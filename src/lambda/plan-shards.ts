import { z } from 'zod';
import { accountOfScope } from '../graph/scope.ts';
import { assertAccount, windowsOf } from '../runs/crawl-scope.ts';
import { divideListings } from '../runs/divide-listings.ts';
import type { ScopeAccess } from '../runs/scope-access.ts';
import { stateStore } from '../runs/state.ts';
import { plannedShardSchema, type RunScope, scopeEvent } from './contracts.ts';
import { reach } from './deployment.ts';
import { handlerOf } from './handler.ts';
import { findJson, openNight, saveJson, settingsOf } from './night.ts';

const planSchema = z.array(plannedShardSchema);

/**
 * Says what is to be crawled of a scope: its listings, the large ones in windows of creation time. Asked again, it says the same:
 * what was crawled by one division is no use to another.
 */
export const handler = handlerOf(scopeEvent, async (event, step) => {
  const { deployment, signal } = step;
  const file = `scopes/${event.scope.id}/shards.json`;
  const shards = (await findJson(step, event, file, planSchema)) ?? (await plan());
  return { ...event, shards };

  async function plan() {
    const night = await openNight(step, event);
    await identify(event.scope, reach(event.scope, night.input, deployment), signal);
    const { s3, folder } = deployment;
    const state = await stateStore({ s3, folder }).read(signal);
    const planned = await divideListings({
      windows: windowsOf(settingsOf(step, night)),
      run: state?.state.run ?? undefined,
      scope: event.scope,
      recordsPerShard: night.input.recordsPerShard,
      ...{ s3, folder, signal },
    });
    await saveJson(step, event, file, planned);
    return planned;
  }
});

/** Whoever has the wrong role has to know it before the first page. */
async function identify(
  scope: RunScope,
  { clients, callerAccount }: ScopeAccess,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (accountOfScope(scope) !== undefined) assertAccount(scope, (await callerAccount?.(signal)) ?? null);
  } finally {
    clients.destroy();
  }
}
