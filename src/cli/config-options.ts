import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config, ConfigKey } from '../config/config-schema.ts';
import { LineageError } from '../errors.ts';

/*
 * Options that may stand in a configuration file. A flag wins over the environment, the environment over the file, the file over
 * the default.
 */

/** A configuration file, as it was read. */
export type ConfigFile = { readonly file: string; readonly config: Config };

/** Which commands take a member, by their names, and what else may say it. */
type Taking = {
  /** @default every command that has a flag of that name */
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  /** Environment variables, the first that is set counts. */
  readonly env?: readonly string[];
  /** A variable beside which the member says nothing. */
  readonly yieldsTo?: string;
};

/** Commands that crawl: they take scopes, too. */
export const CRAWLING: readonly string[] = ['export', 'sync'];

const OF_THE_CRAWL: Taking = { only: CRAWLING };

const TAKEN: Readonly<Record<ConfigKey, Taking>> = {
  // The sandbox's Region is that of the account which it plays.
  region: { except: ['sandbox'], env: ['AWS_REGION', 'AWS_DEFAULT_REGION'] },
  // Credentials of the environment would be passed over for those of a profile that is named.
  profile: { env: ['AWS_PROFILE'], yieldsTo: 'AWS_ACCESS_KEY_ID' },
  // No flag says them.
  scopes: OF_THE_CRAWL,
  out: { only: ['export', 'sync', 'migrate', 'runs', 'runs list', 'runs prune'] },
  concurrency: OF_THE_CRAWL,
  maxRps: OF_THE_CRAWL,
  associations: OF_THE_CRAWL,
  verify: OF_THE_CRAWL,
  detail: OF_THE_CRAWL,
  tags: OF_THE_CRAWL,
  promote: OF_THE_CRAWL,
  linkTwins: OF_THE_CRAWL,
  kinds: OF_THE_CRAWL,
  types: OF_THE_CRAWL,
  createdAfter: OF_THE_CRAWL,
  createdBefore: OF_THE_CRAWL,
  sourceUriPrefix: OF_THE_CRAWL,
  gzip: { only: ['export', 'upload'] },
  deadline: OF_THE_CRAWL,
  // There it is an account.
  to: { except: ['share create'] },
  sse: {},
  sseKmsKeyId: {},
  expectedBucketOwner: {},
  // Of a table it is the entity that the table is about.
  endpoint: { except: ['table'], env: ['AWS_ENDPOINT_URL_NEPTUNEDATA', 'AWS_ENDPOINT_URL'] },
  role: {},
  cluster: {},
  parallelism: {},
  verifySample: {},
  allowMore: {},
  graph: {},
  delete: {},
  tombstone: {},
  maxDelete: {},
  lease: {},
  metrics: {},
  logFormat: {},
};

/** Every member of the file, in the order to show them. */
export const CONFIG_KEYS = Object.keys(TAKEN) as readonly ConfigKey[];

/** Adds `--config`, and for each switch that the file may turn on a flag that turns it off. */
export function withConfigOptions(command: Command): Command {
  if (!readsConfig(command)) return command;
  for (const { long, name, isSwitch } of takenOptions(command)) {
    const off = `--no-${long.slice(2)}`;
    if (isSwitch && !command.options.some((option) => option.long === off)) {
      command.addOption(new Option(off, `without ${name}, whatever the file says`).hideHelp());
    }
  }
  return withConfigFlag(command);
}

export function withConfigFlag(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: smlineage.config.json, if there is one)')
    .option('--no-config', 'read no configuration file');
}

/** Whether a command takes anything of the file but how to log. */
export function readsConfig(command: Command): boolean {
  return takenOptions(command).some(({ key }) => key !== 'logFormat');
}

/** An option that the file may say. */
export type TakenOption = {
  readonly key: Exclude<ConfigKey, 'scopes'>;
  readonly name: string;
  readonly long: string;
  readonly isSwitch: boolean;
  readonly env: readonly string[];
  readonly yieldsTo: string | undefined;
  parse(text: string): unknown;
};

/** Those of a command, in the order of its help. */
export function takenOptions(command: Command): readonly TakenOption[] {
  const path = pathOf(command);
  return command.options.flatMap((option) => {
    const key = option.attributeName() as TakenOption['key'];
    const { only, except, env = [], yieldsTo } = TAKEN[key] ?? { only: [] };
    const isTaken = !option.negate && only?.includes(path) !== false && except?.includes(path) !== true;
    if (!isTaken) return [];
    const { long } = option;
    return long == null
      ? []
      : [
          {
            ...{ key, name: option.name(), long, isSwitch: option.isBoolean(), env, yieldsTo },
            parse: (text: string) => option.parseArg?.(text, undefined) ?? text,
          },
        ];
  });
}

/** `runs prune`, without the name of the program. */
export function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent == null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}

/**
 * The configuration file that a command is to read; undefined where there is none.
 *
 * @param named what `--config` says; false for `--no-config`
 * @param isFlag whether any command has a flag whose value goes by that name
 * @throws LineageError (usage), see `configText` and `readConfig`
 */
export async function configFileOf(
  named: string | false | undefined,
  isFlag: (name: string) => boolean,
): Promise<ConfigFile | undefined> {
  if (named === false) return undefined;
  const { configText } = await import('../config/config-file.ts');
  const found = await configText(named);
  if (found === undefined) return undefined;
  const { readConfig } = await import('../config/read-config.ts');
  return { file: found.file, config: readConfig(found, isFlag) };
}

/** Whether a command, or any under it, has a flag whose value goes by this name. */
export function hasFlag(command: Command, name: string): boolean {
  return (
    command.options.some((option) => option.attributeName() === name) ||
    command.commands.some((under) => hasFlag(under, name))
  );
}

/** Gives a command's options what the file says of them, unless a flag or the environment says otherwise. */
export async function applyConfig(
  command: Command,
  { file, config }: ConfigFile,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<void> {
  for (const option of takenOptions(command)) {
    const { key } = option;
    const value = config[key];
    const isSaid = command.getOptionValueSource(key) === 'cli' || variableOf(option, env) !== undefined;
    if (value === undefined || isSaid) continue;
    command.setOptionValueWithSource(key, parsedValue(option, value, file), 'config');
  }
  if (config.scopes === undefined || !CRAWLING.includes(pathOf(command))) return;
  const { scopesOf } = await import('../config/config-schema.ts');
  const scopes = scopesOf(config);
  command.setOptionValueWithSource('scopes', scopes, 'config');
  // It goes nowhere but there; any Region will do to assume roles in.
  const isSaid =
    command.getOptionValue('region') !== undefined || firstSet(TAKEN.region.env ?? [], env) !== undefined;
  const isLost = pathOf(command) === 'export' && !isSaid;
  if (isLost) command.setOptionValueWithSource('region', scopes[0]?.region, 'implied');
}

/** The environment variable that counts in place of the file, if one is set. */
export function variableOf(
  { env: names, yieldsTo }: Pick<TakenOption, 'env' | 'yieldsTo'>,
  env: Readonly<NodeJS.ProcessEnv>,
): string | undefined {
  return firstSet([...names, ...(yieldsTo === undefined ? [] : [yieldsTo])], env);
}

function firstSet(names: readonly string[], env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  return names.find((name) => (env[name] ?? '') !== '');
}

/** As the flag would have it: what a flag refuses, the file may not say either. */
function parsedValue(
  { key, parse }: TakenOption,
  value: NonNullable<Config[TakenOption['key']]>,
  file: string,
): unknown {
  if (typeof value === 'boolean') return value;
  try {
    return parse(Array.isArray(value) ? value.join(',') : String(value));
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause;
    throw new LineageError('usage', `${file}: ${key}: ${cause.message}`, { cause, details: { file, key } });
  }
}
