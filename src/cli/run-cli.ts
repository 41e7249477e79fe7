import { Command, CommanderError } from 'commander';
import { EXIT_CODES } from '../errors.ts';
import { VERSION } from '../graph/tool.ts';
import type { CommandSpec } from './command.ts';
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

function createProgram(surroundings: Surroundings): Command {
  const { stdout, stderr } = surroundings;
  const program = new Command('smlineage')
    .description('Copies Amazon SageMaker ML lineage into Amazon Neptune and answers questions about it.')
    .version(VERSION)
    .helpCommand(false)
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows what is possible)')
    .addHelpText('after', '\nTo see it work, without AWS:\n  $ smlineage demo\n')
    // What is set here the commands inherit.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    });
  for (const spec of COMMANDS) addCommand(program, spec, surroundings);
  return program;
}

function addCommand(parent: Command, spec: CommandSpec, surroundings: Surroundings): void {
  const { name, summary, configure, run, example, outputs, subcommands = [] } = spec;
  const command = withCommonOptions(
    configure(parent.command(name).summary(summary).description(summary)),
    outputs,
  );
  // An option belongs to the command after whose name it stands: parent and child may have the same ones.
  command.helpCommand(false).enablePositionalOptions();
  command.addHelpText('after', `\nExample:\n  $ ${example}\n`);
  command.action(async () => {
    const { env, stdin, stdout, stderr, signal } = surroundings;
    const piped = stdin?.isTTY === true ? undefined : stdin;
    const options = command.opts<CommonOptions>();
    const terminal = await createTerminal(stdout, stderr, options);
    try {
      await run({ env, piped, terminal, signal }, command.processedArgs, options);
    } finally {
      terminal.close();
    }
  });
  for (const subcommand of subcommands) addCommand(command, subcommand, surroundings);
}

function flagValue(args: readonly string[], flag: string): string | undefined {
  const inline = args.find((arg) => arg.startsWith(`${flag}=`));
  return inline === undefined ? args[args.indexOf(flag) + 1] : inline.slice(flag.length + 1);
}
