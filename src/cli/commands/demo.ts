import { resolve } from 'node:path';
import type { CommandSpec } from '../command.ts';
import { type CommonOptions, wholeNumber } from '../options.ts';

type DemoOptions = CommonOptions & {
  readonly out: string;
  readonly entities: number;
  readonly seed: number;
  readonly json: boolean;
};

export const demoCommand = {
  name: 'demo',
  summary: 'the whole pipeline on a local AWS, then a few answers: what to run first',
  example: 'smlineage demo',
  configure(command) {
    return command
      .option('--out <dir>', 'directory that holds the runs', 'smlineage-demo')
      .option('--entities <n>', 'lineage entities to generate', wholeNumber(100, 1_000_000), 2_000)
      .option('--seed <n>', 'the same seed gives the same account', wholeNumber(0), 7)
      .option('--json', 'print the facts as one JSON object', false);
  },
  async run({ terminal, signal }, _args: readonly [], options: DemoOptions) {
    const { prepareEngine } = await import('../engine.ts');
    const { runDemo } = await import('../demo/run-demo.ts');
    const { chapterText } = await import('../demo/chapters.ts');
    const asJson = options.json || options.output === 'json';
    const engine = await prepareEngine(terminal, signal);
    const facts = await runDemo({
      out: resolve(options.out),
      entities: options.entities,
      seed: options.seed,
      engine,
      signal,
      onChapter(chapter) {
        if (!asJson) terminal.print(`${chapterText(chapter, terminal.width)}\n`);
      },
    });
    if (asJson) terminal.print(JSON.stringify(facts, null, 2));
  },
} satisfies CommandSpec;
