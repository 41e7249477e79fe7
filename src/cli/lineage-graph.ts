import { statSync } from 'node:fs';
import { LineageError } from '../errors.ts';
import type { LineageGraph } from '../lineage/graph.ts';
import { awsConfig, s3Client } from './aws.ts';
import type { Context } from './context.ts';
import type { AwsOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** A graph to ask, and how to let go of it. */
export type OpenGraph = { readonly graph: LineageGraph; readonly close: () => void };

type GraphWhere = AwsOptions & {
  /** Where syncs of the cluster keep their state. */
  readonly state?: string;
};

/**
 * The graph that `--graph` names: a run directory where there is such a directory, otherwise a Neptune endpoint.
 *
 * @throws LineageError (usage) for neither, and for a run with a state, which says nothing of it
 */
export async function openGraph(
  where: string,
  options: GraphWhere,
  { env, terminal, signal }: Pick<Context, 'env' | 'terminal' | 'signal'>,
): Promise<OpenGraph> {
  if (isDirectory(where)) {
    if (options.state !== undefined) {
      throw new LineageError('usage', `--state is of a cluster, and ${where} is a run directory.`, {
        hint: 'Leave --state out: a run says by itself what it holds.',
      });
    }
    const { openRun } = await import('../runs/open-run.ts');
    const onReading = sayReading(terminal, where);
    return { graph: await openRun({ directory: where, onReading, signal }), close: () => undefined };
  }
  if (!looksLikeEndpoint(where)) {
    throw new LineageError('usage', `${where} is neither a directory nor a Neptune endpoint.`, {
      hint: "Pass the directory that `smlineage export` printed, or the cluster's endpoint as host, host:port or URL.",
    });
  }
  const { neptuneClient } = await import('../neptune/clients.ts');
  const { gremlinClient } = await import('../neptune/query.ts');
  const { neptuneGraph } = await import('../lineage/neptune-graph.ts');
  const config = await awsConfig(options, env);
  const known =
    options.state === undefined ? {} : await stateOf(where, options.state, { options, config, env, signal });
  const neptune = neptuneClient({ ...config, endpoint: where });
  return {
    graph: { ...neptuneGraph(gremlinClient(neptune), where), ...known },
    close: () => neptune.destroy(),
  };
}

/** One passing line where nothing is kept yet; what was kept and cannot be used is worth a word that stays. */
function sayReading(terminal: Terminal, directory: string): (why: 'none kept' | 'unusable') => void {
  return (why) => {
    if (why === 'none kept') terminal.progress('reading all files of the run, once');
    else
      terminal.log(
        'question.reading',
        `lineage.bin of ${directory} is damaged, or its files changed since: reading them all, and making it again`,
        { directory },
      );
  };
}

async function stateOf(
  graph: string,
  state: string,
  {
    options,
    config,
    env,
    signal,
  }: {
    readonly options: AwsOptions;
    readonly config: Awaited<ReturnType<typeof awsConfig>>;
    readonly env: Readonly<NodeJS.ProcessEnv>;
    readonly signal: AbortSignal;
  },
): Promise<Pick<LineageGraph, 'run' | 'incompleteReason'>> {
  const { graphState } = await import('../runs/graph-state.ts');
  const s3 = await s3Client(config, options, env);
  try {
    return await graphState({ s3, state, graph, signal });
  } finally {
    s3.destroy();
  }
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
