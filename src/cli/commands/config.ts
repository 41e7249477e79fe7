import { Command } from 'commander';
import { LineageError } from '../../errors.ts';
import { type TableColumn, textTable } from '../../render/text-table.ts';
import type { CommandSpec } from '../command.ts';
import { configFileOf, hasFlag, withConfigFlag } from '../config-options.ts';
import type { Setting } from '../config-settings.ts';
import { completeOptions, type DeclaredCommand, declareCommand } from '../declare-command.ts';
import type { CommonOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';

/* `config show`, `config check`: what the configuration file says, and what it comes to with environment and flags. */

type ConfigOptions = CommonOptions & { readonly config?: string | false };

const showCommand = {
  name: 'show',
  summary: 'print every value that the file may hold, and where it comes from',
  example: 'smlineage config show sync --detail full',
  configure: (command) =>
    withConfigFlag(command)
      .argument('[command...]', 'a command, with flags of its own (default: what any command is given)')
      // Flags after the command are the command's.
      .passThroughOptions(),
  async run({ env, terminal }, [words]: readonly [readonly string[]], options: ConfigOptions) {
    const { settingsOf, settingsOfAll } = await import('../config-settings.ts');
    const program = await everyCommand(terminal);
    const asked = words.length === 0 ? undefined : await parsed(program, words);
    const own = asked?.command.opts<ConfigOptions>();
    const file = await configFileOf(own?.config ?? options.config, (name) => hasFlag(program.root, name));
    if (asked !== undefined) await completeOptions(asked, file, env);
    const settings =
      asked === undefined ? settingsOfAll(program.root, file, env) : settingsOf(asked.command, file, env);
    terminal.print(
      [options.output, own?.output].includes('json')
        ? JSON.stringify({ command: words[0] ?? null, file: file?.file ?? null, settings }, null, 2)
        : settingsText(settings, terminal.width),
    );
    if (file === undefined) terminal.log('config.none', 'There is no configuration file.');
  },
} satisfies CommandSpec;

const checkCommand = {
  name: 'check',
  summary: 'say whether a configuration file is right, and what is wrong with it',
  example: 'smlineage config check --config nightly.json',
  configure: (command) => withConfigFlag(command),
  async run({ terminal }, _args: readonly [], { config, output }: ConfigOptions) {
    const program = await everyCommand(terminal);
    const found = await configFileOf(config, (name) => hasFlag(program.root, name));
    if (found === undefined) {
      throw new LineageError('usage', 'There is no configuration file to check.', {
        hint: 'Pass --config, or go to the directory of smlineage.config.json.',
      });
    }
    const { scopesOf } = await import('../../config/config-schema.ts');
    const { $schema, ...members } = found.config;
    const report = {
      file: found.file,
      members: Object.keys(members).length,
      scopes: scopesOf(found.config).length,
    };
    terminal.print(output === 'json' ? JSON.stringify(report, null, 2) : reportText(report));
  },
} satisfies CommandSpec;

export const configCommand = {
  name: 'config',
  summary: 'show and check what stands in the configuration file',
  example: 'smlineage config show',
  configure: (command) => command,
  async run() {
    throw new LineageError('usage', 'Expected `config show` or `config check`.', {
      hint: 'smlineage config --help shows them.',
    });
  },
  subcommands: [showCommand, checkCommand],
} satisfies CommandSpec;

type Program = {
  readonly root: Command;
  /** The command whose flags were read. */
  asked(): DeclaredCommand | undefined;
};

/** Every command, in order to read its flags and nothing more. */
async function everyCommand(terminal: Terminal): Promise<Program> {
  // That list holds this command, too.
  const { COMMANDS } = await import('../commands.ts');
  let asked: DeclaredCommand | undefined;
  const root = new Command('smlineage')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.warn('config.usage', text.trimEnd()),
    });
  const add = (parent: Command, spec: CommandSpec) => {
    const declared = declareCommand(parent, spec);
    const { command } = declared;
    for (const argument of command.registeredArguments) argument.required = false;
    command.action(() => {
      asked = declared;
    });
    for (const subcommand of spec.subcommands ?? []) add(command, subcommand);
  };
  for (const spec of COMMANDS) add(root, spec);
  return { root, asked: () => asked };
}

async function parsed(program: Program, words: readonly string[]): Promise<DeclaredCommand | undefined> {
  await program.root.parseAsync(words, { from: 'user' });
  return program.asked();
}

const COLUMNS: readonly TableColumn[] = [{ title: 'key' }, { title: 'value' }, { title: 'origin' }];

function settingsText(settings: readonly Setting[], width: number | undefined): string {
  const rows = settings.flatMap(({ key, value, origin }) =>
    key === 'scopes' && Array.isArray(value)
      ? value.map((scope, at) => [`scopes[${at}]`, JSON.stringify(scope), origin])
      : [[key, valueText(value), origin]],
  );
  return textTable(COLUMNS, rows, width);
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '—';
  return Array.isArray(value) ? value.join(',') : String(value);
}

function reportText({
  file,
  members,
  scopes,
}: {
  readonly file: string;
  readonly members: number;
  readonly scopes: number;
}) {
  return `${file} is right: ${counted(members, 'member')}, ${counted(scopes, 'scope')}`;
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
