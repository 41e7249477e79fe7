import { once } from 'node:events';
import type { CommandSpec } from '../command.ts';
import { openGraph } from '../lineage-graph.ts';
import { wholeNumber } from '../options.ts';
import { type GraphOptions, withGraph } from '../question.ts';

type ServeOptions = GraphOptions & {
  readonly port: number;
  readonly depth: number;
  readonly membership: boolean;
};

/** What a page begins with at most: the rest comes when it is asked for. */
const FIRST_VERTICES = 300;

export const serveCommand = {
  name: 'serve',
  summary: 'explore a graph in the browser, from one entity on, until stopped',
  example: 'smlineage serve my-endpoint --graph my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com:8182',
  configure(command) {
    return withGraph(command.argument('<entity>', 'ARN, name or source of the entity to start from'))
      .option('--depth <n>', 'associations to go before anything is asked for', wholeNumber(0), 1)
      .option('--membership', 'follow membership of experiments and trials too', false)
      .option(
        '--port <port>',
        'port of this machine to listen on; 0 takes a free one',
        wholeNumber(0, 65_535),
        0,
      );
  },
  async run({ env, terminal, signal }, [entity]: readonly [string], options: ServeOptions) {
    const { connected } = await import('../../lineage/questions.ts');
    const { livePage } = await import('../../render/page/answer-page.ts');
    const { linksOf, neighbourhood } = await import('../serve/neighbourhood.ts');
    const { startPageServer } = await import('../serve/page-server.ts');
    const { membership, depth } = options;
    const { graph, close } = await openGraph(options.graph, options, { env, terminal, signal });
    async function page(start = entity, closed = signal): Promise<string> {
      const read = { membership, signal: AbortSignal.any([closed, signal]) };
      const limits = { maxDepth: depth, maxVertices: FIRST_VERTICES };
      const answer = await connected({ graph, start, ...limits, ...read });
      const links = await linksOf(graph, answer, read);
      return livePage(answer, { links, askedAt: new Date(), graphLacks: graph.incompleteReason });
    }
    try {
      // A name that means nothing, or several things, is told here, not in the browser.
      await page();
      const server = await startPageServer(
        {
          page,
          neighbours: (id, offset, closed) =>
            neighbourhood(graph, { id, offset }, { membership, signal: AbortSignal.any([closed, signal]) }),
        },
        {
          port: options.port,
          failed: (error) => terminal.warn('serve.failed', `A request failed: ${String(error)}`, { error }),
        },
      );
      try {
        const { url } = server;
        terminal.print(options.output === 'json' ? JSON.stringify({ url }) : url);
        terminal.log('serve.ready', 'Open that address in a browser of this machine; Ctrl-C stops.', { url });
        if (!signal.aborted) await once(signal, 'abort');
      } finally {
        await server.close();
      }
    } finally {
      close();
    }
  },
} satisfies CommandSpec;
