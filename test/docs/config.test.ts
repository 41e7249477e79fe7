import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import {
  CONFIG_KEYS,
  CRAWLING,
  pathOf,
  type TakenOption,
  takenOptions,
} from '../../src/cli/config-options.ts';
import { declareCommand } from '../../src/cli/declare-command.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { expectTable } from './doc-table.ts';

/* The page lists the members that the code knows, and shows files that are right. */

test('docs/config.md lists every member, the commands that take it, and what else may say it', async () => {
  const taken = commandsByMember();
  const rows = CONFIG_KEYS.map((key) => {
    const { names = [...CRAWLING], env = [] } = taken.get(key) ?? {};
    const variables = env.map((name) => `\`${name}\``).join(', ');
    return `| \`${key}\` | ${configSchema.shape[key].unwrap().description} | ${takers(key, names)} | ${variables} |`;
  });

  await expectTable(
    'config.md',
    'config',
    ['| member | what it says | commands | environment |', '|---|---|---|---|', ...rows].join('\n'),
  );
});

/** Members that too many take to be named. */
const TAKERS: Readonly<Record<string, string>> = {
  region: 'all that call AWS',
  profile: 'all that call AWS',
  graph: 'all questions, `view`, `serve`',
  logFormat: 'all that read the file',
};

function takers(key: string, names: readonly string[]): string {
  return TAKERS[key] ?? names.map((name) => `\`${name}\``).join(', ');
}

type Taken = { readonly names: string[]; readonly env: TakenOption['env'] };

function commandsByMember(): ReadonlyMap<string, Taken> {
  const taken = new Map<string, Taken>();
  const visit = (parent: Command, specs: typeof COMMANDS) => {
    for (const spec of specs) {
      const { command } = declareCommand(parent, spec);
      for (const { key, env } of takenOptions(command)) {
        const of = taken.get(key) ?? { names: [], env };
        of.names.push(pathOf(command));
        taken.set(key, of);
      }
      visit(command, spec.subcommands ?? []);
    }
  };
  visit(new Command('smlineage'), COMMANDS);
  return taken;
}

test.each([
  ['config.md', 2],
  ['accounts.md', 1],
])('the configuration files that docs/%s shows are right', async (name, count) => {
  const page = await readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  const files = [
    ...[...page.matchAll(/<<'END'\n(.*?)^END$/gms)].map(([, text = '']) => text),
    ...[...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = '']) => text),
  ];

  expect(files).toHaveLength(count);
  for (const text of files) expect(readConfig({ file: name, text })).toEqual(JSON.parse(text));
});
