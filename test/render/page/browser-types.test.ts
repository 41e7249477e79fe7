import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('the script of the page passes the type checker, which for it knows the DOM and no Node', () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'src/render/page/browser'],
    { cwd: ROOT, encoding: 'utf8' },
  );

  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});
