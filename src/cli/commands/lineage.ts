import { ALL_KINDS } from '../../graph/kinds.ts';
import { ANSWER_FORMATS, type AnswerFormat } from '../../render/formats.ts';
import type { CommandSpec } from '../command.ts';
import { openGraph } from '../lineage-graph.ts';
import { type AwsOptions, type CommonOptions, wholeNumber } from '../options.ts';

type QuestionOptions = CommonOptions &
  AwsOptions & {
    readonly output: AnswerFormat;
    readonly graph: string;
    readonly depth?: number;
    readonly limit?: number;
    readonly kind?: readonly string[];
    readonly type?: readonly string[];
    readonly membership: boolean;
  };

type Question = 'upstream' | 'downstream';

export const upstreamCommand = questionCommand('upstream', {
  summary: 'what made this: everything that an entity was made from',
  example:
    'smlineage upstream arn:aws:sagemaker:us-east-1:123456789012:context/my-endpoint --graph lineage-export/20261121T041500.123Z --type DataSet',
});

export const downstreamCommand = questionCommand('downstream', {
  summary: 'what depends on this: everything that was made from an entity',
  example:
    'smlineage downstream arn:aws:sagemaker:us-east-1:123456789012:artifact/0f7a1f5a8f9a4f3f --graph my-cluster:8182 --kind context',
});

function questionCommand(name: Question, texts: { readonly summary: string; readonly example: string }) {
  return {
    name,
    ...texts,
    outputs: ANSWER_FORMATS,
    configure(command) {
      return command
        .argument('<arn>', 'entity to start from')
        .requiredOption('--graph <where>', 'run directory, or Neptune endpoint')
        .option('--depth <n>', 'associations to go at most (default: to the end)', wholeNumber(1))
        .option('--limit <n>', 'vertices to reach at most (default: all)', wholeNumber(1))
        .option('--kind <kinds...>', `show these kinds only: ${ALL_KINDS.join(', ')}`)
        .option('--type <types...>', 'show these types only: DataSet, Model, Endpoint …')
        .option('--membership', 'follow membership of experiments and trials too', false)
        .option('--region <region>', 'AWS Region of the cluster')
        .option('--profile <name>', 'profile of the shared AWS configuration');
    },
    async run({ env, terminal, signal }, [start]: readonly [string], options: QuestionOptions) {
      const questions = await import('../../lineage/questions.ts');
      const { renderAnswer } = await import('../../render/render-answer.ts');
      const { graph, close } = await openGraph(options.graph, options, { env, signal });
      try {
        const answer = await questions[name]({
          graph,
          start,
          maxDepth: options.depth,
          maxVertices: options.limit,
          kinds: options.kind,
          types: options.type,
          membership: options.membership,
          signal,
        });
        terminal.print(await renderAnswer(answer, options.output, { width: terminal.width }));
      } finally {
        close();
      }
    },
  } satisfies CommandSpec;
}
