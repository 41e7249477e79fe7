import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

/* Whatever a page, a template's output or a script asks of the AWS CLI, the real one takes: it comes as far as the network. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAMS = join(ROOT, '.venv/bin');
const run = promisify(execFile);

const COMMANDS = [...commandsOfPages(), ...commandsOfTemplates(), ...commandsOfScripts()];

test('every command line for the AWS CLI is one that it understands', async () => {
  const home = homeOfTest();
  const limit = pLimit(2);
  const problems = await Promise.all(COMMANDS.map((line) => limit(() => problemOf(line, home))));

  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  expect(COMMANDS.length).toBeGreaterThan(20);
});

test('one that it does not understand is found', async () => {
  const line = 'aws stepfunctions list-executions --machine x';

  expect(await problemOf(line, homeOfTest())).toContain('--machine');
});

function homeOfTest(): string {
  const home = mkdtempSync(join(tmpdir(), 'smlineage-home-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

/** What the CLI says against a line, where it does not fail for want of a network alone. */
async function problemOf(line: string, home: string): Promise<string | undefined> {
  const env = {
    PATH: [PROGRAMS, process.env.PATH].join(delimiter),
    HOME: home,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  try {
    await run('sh', ['-c', line], { cwd: ROOT, env });
    return undefined;
  } catch (error) {
    const { stderr } = error as { readonly stderr: string };
    return stderr.includes('Could not connect to the endpoint URL') ? undefined : `${line}: ${stderr.trim()}`;
  }
}

function commandsOfPages(): readonly string[] {
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return pages.flatMap((page) =>
    [...read(`docs/${page}`).matchAll(/^\$ (aws (?:.*\\\n)*.*)$/gm)].map(([, line = '']) => line),
  );
}

function commandsOfTemplates(): readonly string[] {
  const templates = readdirSync(join(ROOT, 'cloudformation')).filter((name) => name.endsWith('.yaml'));
  return templates.flatMap((template) => {
    const { Outputs: outputs } = parse(read(`cloudformation/${template}`), { logLevel: 'error' });
    return Object.values<{ readonly Value: unknown }>(outputs)
      .map(({ Value: value }) => String(value))
      .filter((value) => value.startsWith('aws '))
      .map((value) =>
        value
          .replaceAll(/\$\{Input\}/g, '{}')
          .replaceAll(/\$\{[\w.:]+\}/g, 'any')
          .replaceAll(/<\w+>/g, 'any'),
      );
  });
}

/** `package` reads the functions' bundles: test/scripts/deploy.test.ts runs it. */
function commandsOfScripts(): readonly string[] {
  const printed = [
    ['deploy', '--dry-run', '--code-bucket', 'my-code', '--parameters', 'Schedule=cron(30 2 * * ? *)'],
    ['teardown', '--dry-run'],
  ].map(
    ([name, ...args]) =>
      spawnSync(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: ROOT, encoding: 'utf8' }).stdout,
  );
  return printed
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('aws ') && !line.startsWith('aws cloudformation package '))
    .map((line) => line.replace('nightly.packaged.yaml', 'cloudformation/nightly.yaml'));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
