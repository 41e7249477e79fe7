import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { IdleFlags } from './idle-flags.ts';
import type { CommonOptions } from './options.ts';

/** One command of the command line. Its file loads no AWS client; what `run` needs it imports when it runs. */
export type CommandSpec = {
  readonly name: string;
  readonly summary: string;
  /** One command line that works, for `--help`. */
  readonly example: string;
  /** What `--output` takes. @default table and json */
  readonly outputs?: readonly string[];
  /** Declares arguments and options. */
  configure(command: Command): Command;
  /** Flags that it refuses where they would say nothing; of several that match, the first counts. @default none */
  readonly idle?: readonly IdleFlags[];
  run(context: Context, args: readonly unknown[], options: CommonOptions): Promise<void>;
  /** Commands under this one, which take its place where their name is the first argument. */
  readonly subcommands?: readonly CommandSpec[];
};
