import { expect, test } from 'vitest';
import { NIGHTLY_FUNCTIONS, PERMISSIONS, permissionResource } from '../../src/graph/permissions.ts';
import { expectTable } from './doc-table.ts';

/* The page says what the table of the code says. */

const TRIED = { always: 'yes', deep: 'deep', never: 'no' } as const;

test('docs/permissions.md tells every permission as the table does', async () => {
  const rows = PERMISSIONS.map(({ action, who, on, commands, functions = [], why, when, tried }) => {
    const resource = permissionResource(on, { prefix: '<prefix>/' });
    const reason = when === undefined ? why : `${why}, where ${when}`;
    const names = commands.map((command) => `\`${command}\``).join(', ');
    return `| \`${action}\` | ${who} | \`${resource}\` | ${names} | ${functionNames(functions)} | ${reason} | ${TRIED[tried]} |`;
  });

  await expectTable(
    'permissions.md',
    'permissions',
    [
      '| action | who | on | commands | functions of the nightly | what for | `doctor` tries it |',
      '|---|---|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  );
});

test('no permission stands in the table twice for the same caller', () => {
  const keys = PERMISSIONS.map(({ action, who }) => `${who} ${action}`);

  expect(new Set(keys).size).toBe(keys.length);
});

function functionNames(functions: readonly string[]): string {
  return functions.length === NIGHTLY_FUNCTIONS.length ? 'all' : functions.join(', ');
}
