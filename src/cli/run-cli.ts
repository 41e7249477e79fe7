import { Command, CommanderError } from 'commander';
import { EXIT_CODES } from '../errors.ts';
import { VERSION } from '../graph/tool.ts';
import type { CommandSpec } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { Surroundings } from './context.ts';
import { declareCommand, settleOptions } from './declare-command.ts';
import { type FailureStyle, failureOf, reportFailure } from './failure.ts';
import type { CommonOptions } from './options.ts';
import { createTerminal } from './terminal.ts';

/** Runs one command line and gives the exit code. Nothing here or below ends the process. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stderr } = surroundings;
  const style: { logFormat: FailureStyle['logFormat']; readonly verbose: boolean } = {
    logFormat: flagValue(args, '--log-format') === 'json' ? 'json' : 'text',
    verbose: args.includes('--verbose'),
  };
  const program = createProgram(surroundings, ({ logFormat }) => {
    style.logFormat = logFormat;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT_CODES.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    const failure = failureOf(error);
    reportFailure(failure, stderr, style);
    return failure.exitCode;
  }
}

function createProgram(surroundings: Surroundings, onOptions: (options: CommonOptions) => void): Command {
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
  for (const spec of COMMANDS) addCommand(program, spec, { surroundings, onOptions });
  return program;
}

type Adding = {
  readonly surroundings: Surroundings;
  /** Hears of a command's options once they are all known. */
  readonly onOptions: (options: CommonOptions) => void;
};

function addCommand(parent: Command, spec: CommandSpec, adding: Adding): void {
  const { run, subcommands = [] } = spec;
  const declared = declareCommand(parent, spec);
  const { command } = declared;
  command.action(async () => {
    const { env, stdin, stdout, stderr, signal } = adding.surroundings;
    const piped = stdin?.isTTY === true ? undefined : stdin;
    await settleOptions(declared, env);
    const options = command.opts<CommonOptions>();
    adding.onOptions(options);
    const terminal = await createTerminal(stdout, stderr, options);
    try {
      await run({ env, piped, terminal, signal }, command.processedArgs, options);
    } finally {
      terminal.close();
    }
  });
  for (const subcommand of subcommands) addCommand(command, subcommand, adding);
}

function flagValue(args: readonly string[], flag: string): string | undefined {
  const inline = args.find((arg) => arg.startsWith(`${flag}=`));
  return inline === undefined ? args[args.indexOf(flag) + 1] : inline.slice(flag.length + 1);
}
