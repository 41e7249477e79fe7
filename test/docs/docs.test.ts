import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/errors.ts';
import { exampleDataset, exampleEndpoint } from '../../src/sandbox/generator/describe-projects.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

/*
 * Every command of the docs runs: the shell blocks of a page, in order, as one script. Blocks that set the project itself
 * up (npm) run elsewhere: `.ci/run` runs `npm test`, test/cli runs the demo. The page about the sandbox starts it first.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ACCOUNT = { entities: 500, seed: 5 };
const PAGES = [
  'README.md',
  'docs/doctor.md',
  'docs/export.md',
  'docs/check.md',
  'docs/diff.md',
  'docs/upload.md',
  'docs/load.md',
  'docs/verify.md',
  'docs/sync.md',
  'docs/config.md',
  'docs/accounts.md',
  'docs/questions.md',
  'docs/lineage.md',
  'docs/view.md',
  'docs/gremlin.md',
  'docs/share.md',
  'docs/sample.md',
  // It empties the cluster.
  'docs/remove.md',
];
const SANDBOX_PAGE = 'docs/sandbox.md';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-docs-'));
  const shim = join(folder, 'smlineage');
  await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" "${ROOT}bin/smlineage.mjs" "$@"\n`);
  await chmod(shim, 0o755);
  sandbox = await startSandbox({ records: generateLineage(ACCOUNT) });
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

test.each(PAGES)('the commands of %s run', async (page) => {
  const script = (await shellBlocks(page)).join('\n');

  expect(script).toContain('smlineage ');
  expect(await runScript(script)).toMatchObject({ exitCode: 0 });
});

test('the commands of the sandbox page run, against the sandbox that its first command serves', async () => {
  const [serve = '', use = ''] = await shellBlocks(SANDBOX_PAGE);
  const background = `${serve.trim()} --no-gremlin >served.txt &\nserver=$!\ntrap 'kill $server' EXIT`;
  const ready = 'until grep -q AWS_SECRET_ACCESS_KEY served.txt; do sleep 0.1; done';
  const sameVariables = `diff served.txt - <<'PAGE'\n${exportLines(use)}\nPAGE`;

  const ended = await runScript([background, ready, sameVariables, use].join('\n'));

  expect(ended).toMatchObject({ exitCode: 0 });
  expect(ended.stdout).toContain('AssociationSummaries');
});

test('every exit code stands in docs/exit-codes.md', async () => {
  const page = await readFile(join(ROOT, 'docs/exit-codes.md'), 'utf8');
  const codes = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));

  expect(codes).toEqual(Object.values(EXIT_CODES));
});

test('links between the pages lead somewhere', async () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...(await readdir(join(ROOT, 'docs')))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  for (const page of pages) {
    const markdown = await readFile(join(ROOT, page), 'utf8');
    for (const [, target = ''] of markdown.matchAll(/\]\(([^)#:]+)\)/g)) {
      await expect(
        readdir(join(ROOT, page, '..', target, '..')),
        `${page} -> ${target}`,
      ).resolves.toBeDefined();
    }
  }
});

async function shellBlocks(page: string): Promise<readonly string[]> {
  const markdown = await readFile(join(ROOT, page), 'utf8');
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.filter((block) => !/^npm /m.test(block));
}

function exportLines(block: string): string {
  return block
    .split('\n')
    .filter((line) => line.startsWith('export '))
    .join('\n');
}

async function runScript(script: string) {
  const cwd = await mkdtemp(join(folder, 'page-'));
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env: {
      PATH: `${folder}:${join(ROOT, '.venv/bin')}:${process.env.PATH}`,
      HOME: cwd,
      XDG_CACHE_HOME:
        process.env.SMLINEAGE_CACHE ?? process.env.XDG_CACHE_HOME ?? `${process.env.HOME}/.cache`,
      ...sandbox.environment,
      NEPTUNE: sandbox.url,
      ROLE: 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3',
      ENDPOINT: exampleEndpoint(ACCOUNT),
      DATASET: exampleDataset(ACCOUNT),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { stdout, stderr, exitCode };
}
