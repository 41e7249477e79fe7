import { statSync } from 'node:fs';
import { LineageError } from '../errors.ts';
import type { LineageGraph } from '../lineage/graph.ts';
import { awsConfig } from './aws.ts';
import type { AwsOptions } from './options.ts';

/** A graph to ask, and how to let go of it. */
export type OpenGraph = { readonly graph: LineageGraph; readonly close: () => void };

/**
 * The graph that `--graph` names: a run directory where there is such a directory, otherwise a Neptune endpoint.
 *
 * @throws LineageError (usage) for neither.
 */
export async function openGraph(
  where: string,
  options: AwsOptions,
  { env, signal }: { readonly env: Readonly<NodeJS.ProcessEnv>; readonly signal: AbortSignal },
): Promise<OpenGraph> {
  if (isDirectory(where)) {
    const { openRun } = await import('../runs/open-run.ts');
    return { graph: await openRun({ directory: where, signal }), close: () => undefined };
  }
  if (!looksLikeEndpoint(where)) {
    throw new LineageError('usage', `${where} is neither a directory nor a Neptune endpoint.`, {
      hint: "Pass the directory that `smlineage export` printed, or the cluster's endpoint as host, host:port or URL.",
    });
  }
  const { neptuneClient } = await import('../neptune/clients.ts');
  const { gremlinClient } = await import('../neptune/query.ts');
  const { neptuneGraph } = await import('../lineage/neptune-graph.ts');
  const neptune = neptuneClient({ ...(await awsConfig(options, env)), endpoint: where });
  return { graph: neptuneGraph(gremlinClient(neptune), where), close: () => neptune.destroy() };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A URL, `host:port`, or a host with a dot in it; a path that is not there is none of these. */
function looksLikeEndpoint(text: string): boolean {
  return (
    /^https?:\/\//.test(text) || /^[\w-]+(\.[\w-]+)*:\d+$/.test(text) || /^[\w-]+(\.[\w-]+)+$/.test(text)
  );
}
