import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('every guard that is taken out by scripts/break-guards.mjs is where the script looks for it', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/break-guards.mjs', '--list'], {
    cwd: ROOT,
    encoding: 'utf8',
  });

  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd().split('\n').length).toBeGreaterThanOrEqual(29);
});
