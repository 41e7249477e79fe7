import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { lintersDirectory } from '../../scripts/python-environment.mjs';

/* The linters that platform teams hold templates to, as they would run them. What is accepted says why. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'cloudformation');
const TEMPLATES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => `cloudformation/${name}`);

test('cfn-lint finds nothing', async () => {
  expect(await linter('cfn-lint', '--include-checks', 'I', '--', ...TEMPLATES)).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
});

test('checkov finds nothing but what is explained beside it', async () => {
  // A check that breaks is a line on stderr, and else counts as passed.
  const { stderr, ...found } = await linter(
    ...['checkov', '--directory', 'cloudformation', '--framework', 'cloudformation'],
    ...['--compact', '--quiet', '--skip-download', '--output', 'json'],
  );
  const { results, summary } = JSON.parse(found.stdout);
  const explained = TEMPLATES.flatMap((file) => [...read(file).matchAll(/^ +- id: (CKV_\w+)$/gm)]);

  expect(stderr).not.toContain('[ERROR]');
  expect(results.failed_checks).toEqual([]);
  expect(summary).toMatchObject({ skipped: explained.length, parsing_errors: 0 });
  expect(found.exitCode).toBe(0);
});

test('cfripper finds nothing but what its filters explain', async () => {
  const { exitCode, stdout, stderr } = await linter(
    ...['cfripper', ...TEMPLATES, '--logging', 'ERROR'],
    ...['--rules-filters-folder', 'cloudformation/lint'],
  );

  expect(`${stdout}${stderr}`).not.toContain('crashed with');
  expect({ exitCode, valid: stdout.match(/^Valid: True$/gm)?.length }).toEqual({
    exitCode: 0,
    valid: TEMPLATES.length,
  });
});

test('nothing is left out of a check without a reason', () => {
  const skips = TEMPLATES.flatMap((file) => [
    ...read(file).matchAll(/^ +- id: (\w+)\n(?: +comment: (.*))?$/gm),
  ]);
  const filters = [
    ...read('cloudformation/lint/cfripper_filters.py').matchAll(/^ {4}accepted\(\n +"(.*)",$/gm),
  ];
  const ignored = TEMPLATES.flatMap((file) => [
    ...read(file).matchAll(/ignore_checks:\n(?: +# (.*)\n)? +- (\w+)\n(?! +-)/g),
  ]);
  const all = TEMPLATES.map(read).join('\n');

  expect(skips.map(([, id, why = '']) => [id, why.length > 30])).toEqual(skips.map(([, id]) => [id, true]));
  expect(filters.map(([, why = '']) => why).filter((why) => !/^[\w.]+: .{30,}/.test(why))).toEqual([]);
  expect(ignored.map(([, why = '', id]) => [id, why.length > 30])).toEqual([['W3002', true]]);
  // Other ways to leave out a check.
  expect(all.match(/ignore_checks/g)).toHaveLength(ignored.length);
  expect(all).not.toMatch(/checkov:skip=|configure_rules|SkipCheck/i);
});

async function linter(program: string, ...args: readonly string[]) {
  const child = spawn(join(lintersDirectory({ root: ROOT }), 'bin', program), args, {
    cwd: ROOT,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', LOG_LEVEL: 'WARNING' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject)),
  ]);
  return { stdout, stderr, exitCode };
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
