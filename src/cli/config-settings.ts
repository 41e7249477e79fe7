import type { Command } from 'commander';
import type { Config, ConfigKey } from '../config/config-schema.ts';
import {
  CONFIG_KEYS,
  type ConfigFile,
  CRAWLING,
  pathOf,
  type TakenOption,
  takenOptions,
  variableOf,
} from './config-options.ts';

/** A value, and where it comes from. Without secrets: of an external id only that there is one. */
export type Setting = {
  readonly key: ConfigKey;
  /** As a configuration file has it; null where nothing says it. */
  readonly value: unknown;
  /** A flag (`--max-rps`), an environment variable, `<file>:<key>`, or `default`. */
  readonly origin: string;
};

/** What a command is given whose options are complete. */
export function settingsOf(
  command: Command,
  file: ConfigFile | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): readonly Setting[] {
  const options = new Map(takenOptions(command).map((option) => [option.key, option]));
  return CONFIG_KEYS.flatMap((key) => {
    if (key === 'scopes') return CRAWLING.includes(pathOf(command)) ? [scopesSetting(file)] : [];
    const option = options.get(key);
    if (option === undefined) return [];
    if (command.getOptionValueSource(key) === 'cli') {
      return [{ key, value: written(key, command.getOptionValue(key)), origin: flagOf(option, command) }];
    }
    const isOfFile = command.getOptionValueSource(key) === 'config';
    return [withoutFlag(option, command, { file: isOfFile ? file : undefined, env })];
  });
}

/** What all commands are given that take a value: each as the first of them has it. */
export function settingsOfAll(
  program: Command,
  file: ConfigFile | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): readonly Setting[] {
  const takers = new Map<ConfigKey, { readonly option: TakenOption; readonly command: Command }>();
  for (const command of commandsUnder(program)) {
    for (const option of takenOptions(command)) {
      if (!takers.has(option.key)) takers.set(option.key, { option, command });
    }
  }
  return CONFIG_KEYS.flatMap((key) => {
    if (key === 'scopes') return [scopesSetting(file)];
    const taker = takers.get(key);
    return taker === undefined ? [] : [withoutFlag(taker.option, taker.command, { file, env })];
  });
}

function commandsUnder(command: Command): readonly Command[] {
  return command.commands.flatMap((under) => [under, ...commandsUnder(under)]);
}

function withoutFlag(
  option: TakenOption,
  command: Command,
  { file, env }: { readonly file: ConfigFile | undefined; readonly env: Readonly<NodeJS.ProcessEnv> },
): Setting {
  const { key } = option;
  const variable = variableOf(option, env);
  if (variable !== undefined) {
    const value = variable === option.yieldsTo ? null : withoutPassword(env[variable]);
    return { key, value, origin: variable };
  }
  const said = file?.config[key];
  if (file !== undefined && said !== undefined) {
    return { key, value: withoutPassword(said), origin: `${file.file}:${key}` };
  }
  return { key, value: written(key, defaultOf(command, key)) ?? null, origin: 'default' };
}

function defaultOf(command: Command, key: string): unknown {
  return command.options.find((option) => option.attributeName() === key && !option.negate)?.defaultValue;
}

function flagOf({ long }: TakenOption, command: Command): string {
  return command.getOptionValue(long.slice(2)) === false ? `--no-${long.slice(2)}` : long;
}

function scopesSetting(file: ConfigFile | undefined): Setting {
  const scopes = file?.config.scopes;
  return file === undefined || scopes === undefined
    ? { key: 'scopes', value: null, origin: 'default' }
    : { key: 'scopes', value: masked(scopes), origin: `${file.file}:scopes` };
}

function masked(scopes: NonNullable<Config['scopes']>) {
  return scopes.map(({ role, ...scope }) => ({
    ...scope,
    ...(role === undefined
      ? {}
      : { role: { ...role, ...(role.externalId === undefined ? {} : { externalId: '****' }) } }),
  }));
}

function withoutPassword(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\/\/[^/@]*@/, '//****@') : value;
}

/** The value of a flag as a file has it. */
function written(key: ConfigKey, value: unknown): unknown {
  if ((key === 'deadline' || key === 'lease') && typeof value === 'number') return durationText(value);
  if (key === 'maxDelete' && typeof value === 'object' && value !== null) {
    return 'share' in value ? `${Number(value.share) * 100}%` : Object.values(value)[0];
  }
  return withoutPassword(value);
}

function durationText(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds % 3_600 === 0) return `${seconds / 3_600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
