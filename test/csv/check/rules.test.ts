import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Level, RULES, type Rule } from '../../../src/csv/check/rules.ts';

const PAGE = fileURLToPath(new URL('../../../docs/check.md', import.meta.url));

test.each(['error', 'note'] as const)(
  'docs/check.md has the table of all rules that are an %s',
  async (level) => {
    expect(await readFile(PAGE, 'utf8')).toContain(table(level));
  },
);

function table(level: Level): string {
  const rules: readonly (readonly [string, Rule])[] = Object.entries(RULES);
  const rows = rules
    .filter(([, rule]) => rule.level === level)
    .map(([name, { expected, otherwise }]) => `| \`${name}\` | ${expected} | ${otherwise} |`);
  return ['| rule | expected | otherwise |', '|---|---|---|', ...rows].join('\n');
}
