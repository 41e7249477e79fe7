import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleEndpoint } from '../../src/sandbox/generator/describe-projects.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

/* The program of docs/library.md: it compiles under strict rules and does what the page says. */

type Page = typeof import('../../src/index.ts') & {
  nightly(
    region: string,
    credentials: object,
    endpoint: string,
    out: string,
  ): Promise<{ run: { directory: string }; load: { verified: boolean } }>;
  behind(directory: string, arn: string): Promise<readonly { properties: { type: string } }[]>;
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ACCOUNT = { entities: 500, seed: 5 };

let sandbox: Sandbox;
/** Inside the package, so that it imports the package by its name, as users do. */
let source: string;
let out: string;

beforeAll(async () => {
  const markdown = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
  source = await mkdtemp(join(ROOT, 'test/docs/library-'));
  await writeFile(join(source, 'page.ts'), /^```ts\n(.*?)^```$/ms.exec(markdown)?.[1] ?? '');
  out = await mkdtemp(join(tmpdir(), 'smlineage-library-'));
  sandbox = await startSandbox({ records: generateLineage(ACCOUNT) });
});

afterAll(async () => {
  await sandbox.close();
  await rm(source, { recursive: true });
  await rm(out, { recursive: true });
});

test('the program of the page compiles against the package, strictly', async () => {
  const tsconfig = { extends: '../../../tsconfig.json', include: ['page.ts'] };
  await writeFile(join(source, 'tsconfig.json'), JSON.stringify(tsconfig));
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', source],
    { encoding: 'utf8' },
  );

  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('the program of the page copies an account into the graph and answers from the run', async () => {
  const page = (await import(join(source, 'page.ts'))) as Page;

  const { run, load } = await page.nightly(sandbox.region, sandbox.credentials, sandbox.url, out);
  const datasets = await page.behind(run.directory, exampleEndpoint(ACCOUNT) ?? '');

  expect(load.verified).toBe(true);
  expect(datasets.length).toBeGreaterThan(0);
  expect(new Set(datasets.map(({ properties }) => properties.type))).toEqual(new Set(['DataSet']));
});
