import type { Scope } from '../graph/scope.ts';
import type { ExportSource } from '../runs/export.ts';
import type { awsConfig } from './aws.ts';
import type { AwsOptions } from './options.ts';

/** Where a command that crawls does so. */
export type ScopeOptions = Pick<AwsOptions, 'endpointUrl'> & {
  /** Of the configuration file; no flag says them. @default the account of the credentials, in the Region of the command */
  readonly scopes?: readonly Scope[];
  readonly maxRps?: number;
};

/** What an export reads from; `destroy` closes the connections that it was given, those of scopes it closes itself. */
export async function exportSource(
  { scopes, maxRps, endpointUrl: endpoint }: ScopeOptions,
  config: Awaited<ReturnType<typeof awsConfig>>,
): Promise<{ readonly source: ExportSource; readonly destroy: () => void }> {
  if (scopes !== undefined) {
    const { scopeAccess } = await import('../runs/scope-access.ts');
    const connect = (scope: Scope) => scopeAccess(scope, { config, endpoint, maxRps });
    return { source: { scopes, connect }, destroy: () => undefined };
  }
  const { crawlClients } = await import('../crawl/clients.ts');
  const clients = crawlClients({ ...config, ...(endpoint === undefined ? {} : { endpoint }) }, { maxRps });
  return { source: { clients, region: config.region }, destroy: clients.destroy };
}
