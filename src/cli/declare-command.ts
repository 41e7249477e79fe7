import type { Command, Option } from 'commander';
import type { CommandSpec } from './command.ts';
import {
  applyConfig,
  type ConfigFile,
  configFileOf,
  hasFlag,
  readsConfig,
  takenOptions,
  withConfigOptions,
} from './config-options.ts';
import { type IdleFlags, settleIdleFlags } from './idle-flags.ts';
import { withCommonOptions } from './options.ts';

/** A command as commander knows it. */
export type DeclaredCommand = {
  readonly command: Command;
  /** Options that must have a value once the configuration file is read, which commander would ask for before. */
  readonly required: readonly Option[];
  readonly idle: readonly IdleFlags[];
};

/** Tells commander of a command: its arguments, its options, those of all commands, and its help. */
export function declareCommand(parent: Command, spec: CommandSpec): DeclaredCommand {
  const { name, summary, configure, example, outputs, idle = [] } = spec;
  const configured = configure(parent.command(name).summary(summary).description(summary));
  const command = withConfigOptions(withCommonOptions(configured, outputs));
  // An option belongs to the command after whose name it stands: parent and child may have the same ones.
  command.helpCommand(false).enablePositionalOptions();
  command.addHelpText('after', `\nExample:\n  $ ${example}\n`);
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.makeOptionMandatory(false);
  return { command, required, idle };
}

/**
 * Completes the options of a command whose flags are read: by the environment and the configuration file.
 *
 * @throws LineageError (usage) for what is wrong with the file, and for flags that say nothing; CommanderError for a required option that nothing gives
 */
export async function settleOptions(
  { command, required, idle }: DeclaredCommand,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<void> {
  await completeOptions({ command, idle }, await configOf(command), env);
  const missing = required.find((option) => command.getOptionValue(option.attributeName()) === undefined);
  if (missing !== undefined) {
    const isKept = takenOptions(command).some(({ key }) => key === missing.attributeName());
    const where = isKept ? ', neither as a flag nor in the configuration file' : '';
    command.error(`error: required option '${missing.flags}' not specified${where}`, {
      code: 'commander.missingMandatoryOptionValue',
    });
  }
}

/** Adds what the file says to the flags of a command. @throws LineageError (usage) for flags that say nothing */
export async function completeOptions(
  { command, idle }: Pick<DeclaredCommand, 'command' | 'idle'>,
  file: ConfigFile | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<void> {
  if (file !== undefined) await applyConfig(command, file, env);
  settleIdleFlags(command, idle);
}

async function configOf(command: Command): Promise<ConfigFile | undefined> {
  if (!readsConfig(command)) return undefined;
  const { config } = command.opts<{ readonly config?: string | false }>();
  return configFileOf(config, (name) => hasFlag(rootOf(command), name));
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
