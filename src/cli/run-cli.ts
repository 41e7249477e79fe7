import { Command, CommanderError } from 'commander';
import { EXIT_CODES } from '../errors.ts';
import { VERSION } from '../graph/tool.ts';
import { COMMANDS } from './commands.ts';
import type { Surroundings } from './context.ts';
import { failureOf, reportFailure } from './failure.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { createTerminal } from './terminal.ts';

/** Runs one command line and gives the exit code. Nothing here or below ends the process. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stderr } = surroundings;
  const program = createProgram(surroundings);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT_CODES.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    const failure = failureOf(error);
    reportFailure(failure, stderr, {
      logFormat: flagValue(args, '--log-format') === 'json' ? 'json' : 'text',
      verbose: args.includes('--verbose'),
    });
    return failure.exitCode;
  }
}

function createProgram({ env, stdout, stderr, signal }: Surroundings): Command {
  const program = new Command('smlineage')
    .description('Copies Amazon SageMaker ML lineage into Amazon Neptune and answers questions about it.')
    .version(VERSION)
    .helpCommand(false)
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', '\nTo see it work, without AWS:\n  $ smlineage demo\n');
  for (const { name, summary, configure, run, example } of COMMANDS) {
    const command = withCommonOptions(configure(program.command(name).summary(summary).description(summary)));
    command.addHelpText('after', `\nExample:\n  $ ${example}\n`);
    command.action(async () => {
      const options = command.opts<CommonOptions>();
      const terminal = await createTerminal(stdout, stderr, options);
      try {
        await run({ env, terminal, signal }, command.processedArgs, options);
      } finally {
        terminal.close();
      }
    });
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    });
  }
  return program;
}

function flagValue(args: readonly string[], flag: string): string | undefined {
  const inline = args.find((arg) => arg.startsWith(`${flag}=`));
  return inline === undefined ? args[args.indexOf(flag) + 1] : inline.slice(flag.length + 1);
}
