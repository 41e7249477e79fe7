import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { smlineage } from './smlineage.ts';

/* What an export leaves beside the files of a run, so that no question need read them all. */

const QUESTION = ['orphans', '--unused', '--output', 'json'];

let sandbox: Sandbox;
beforeAll(async () => {
  const account = '123456789012';
  const records = generateLineage({ entities: 60, seed: 3, account, region: 'us-east-1' });
  sandbox = await startSandbox({ records, account, gremlin: false });
});
afterAll(() => sandbox.close());

async function exported(): Promise<string> {
  const out = await temporaryDirectory();
  const { stdout, exitCode } = await smlineage(['export', '--out', out, '--quiet'], {
    env: sandbox.environment,
  });
  expect(exitCode).toBe(0);
  return stdout.trim();
}

const compact = (run: string) => join(run, 'lineage.bin');

test('an export leaves a compact graph that is no part of the run, and the first question uses it', async () => {
  const run = await exported();
  const { ino } = await stat(compact(run));
  const manifest = await readFile(join(run, 'manifest.json'), 'utf8');

  const { exitCode, stderr } = await smlineage([...QUESTION, '--graph', run]);

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect((await stat(compact(run))).ino).toBe(ino);
  expect(manifest).not.toContain('lineage.bin');
  expect((await readdir(run)).filter((name) => name.includes('partial'))).toEqual([]);
});

describe('a compact graph that cannot be used', () => {
  test.each<[string, (run: string) => Promise<void>]>([
    [
      'is damaged',
      async (run) => {
        const bytes = await readFile(compact(run));
        await writeFile(compact(run), bytes.subarray(0, bytes.length - 9));
      },
    ],
    ['is of files that changed since', (run) => utimes(join(run, 'data/edges/edges.csv'), 1, 1)],
  ])('because it %s is told, and made again', async (_, spoil) => {
    const run = await exported();
    const before = await smlineage([...QUESTION, '--graph', run]);
    await spoil(run);

    const told = await smlineage([...QUESTION, '--graph', run]);
    const after = await smlineage([...QUESTION, '--graph', run]);

    expect(told.stderr).toBe(
      `lineage.bin of ${run} is damaged, or its files changed since: reading them all, and making it again\n`,
    );
    expect([told.stdout, after.stdout, after.stderr]).toEqual([before.stdout, before.stdout, '']);
  });
});
