import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LineageError } from '../../errors.ts';
import type { Direction } from '../../graph/answer.ts';
import type { CommandSpec } from '../command.ts';
import { openGraph } from '../lineage-graph.ts';
import {
  directionOption,
  filterOptions,
  type GraphOptions,
  WALK_IDLE,
  walkOptions,
  withFilter,
  withGraph,
  withWalk,
} from '../question.ts';

type ViewOptions = GraphOptions &
  Parameters<typeof walkOptions>[0] &
  Parameters<typeof filterOptions>[0] & {
    readonly out: string;
    readonly direction: Direction;
    readonly membership: boolean;
  };

export const viewCommand = {
  name: 'view',
  summary: 'one HTML page of an answer, to explore in any browser and to keep',
  example:
    'smlineage view my-endpoint --graph lineage-export/20261121T041500.123Z --direction upstream -o my-endpoint.html',
  configure(command) {
    return withFilter(
      withWalk(withGraph(command.argument('<entity>', 'ARN, name or source of the entity to start from'))),
    )
      .addOption(directionOption().default('both'))
      .option('--membership', 'follow membership of experiments and trials too', false)
      .requiredOption('-o, --out <file>', 'HTML file to write');
  },
  idle: WALK_IDLE,
  async run({ env, terminal, signal }, [start]: readonly [string], options: ViewOptions) {
    const { connected, downstream, upstream } = await import('../../lineage/questions.ts');
    const { renderAnswer } = await import('../../render/render-answer.ts');
    const { answerSummary } = await import('../../render/answer-table.ts');
    const ask = { upstream, downstream, both: connected }[options.direction];
    const { graph, close } = await openGraph(options.graph, options, { env, terminal, signal });
    try {
      const { membership } = options;
      const answer = await ask({
        graph,
        start,
        ...walkOptions(options),
        ...filterOptions(options),
        membership,
        signal,
      });
      const file = resolve(options.out);
      await writePage(file, await renderAnswer(answer, 'html', { askedAt: new Date() }));
      terminal.log('view.written', answerSummary(answer), { file, complete: answer.complete });
      terminal.print(options.output === 'json' ? JSON.stringify({ file, complete: answer.complete }) : file);
    } finally {
      close();
    }
  },
} satisfies CommandSpec;

async function writePage(file: string, page: string): Promise<void> {
  await writeFile(file, `${page}\n`).catch((cause: NodeJS.ErrnoException) => {
    throw new LineageError('usage', `${file} cannot be written: ${cause.message}`, {
      cause,
      hint: 'Pass --out with a file in a directory that is there and can be written to.',
      details: { file },
    });
  });
}
