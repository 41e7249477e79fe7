import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';

/** The host of a client's cluster, without port. */
export async function clusterHost(client: NeptunedataClient): Promise<string> {
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined)
    throw new TypeError('Expected a client with an endpoint, as neptuneClient makes it.');
  return endpoint.hostname;
}

/**
 * What deletes asks for the name of the cluster, letter by letter: a profile or an environment of yesterday is then no way
 * to lose today's graph.
 *
 * @throws LineageError (usage) that shows what to type
 */
export function assertConfirmed(host: string, confirm: string | undefined, deleting: string): void {
  if (confirm !== undefined && confirm.toLowerCase() === host.toLowerCase()) return;
  const found = confirm === undefined ? 'nothing confirms it' : `--confirm says ${JSON.stringify(confirm)}`;
  throw new LineageError('usage', `This would delete ${deleting} at ${host}, and ${found}.`, {
    hint: `Look with --dry-run first; then pass --confirm ${host}`,
    details: { host },
  });
}
