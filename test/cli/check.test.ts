import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { cliHere } from './in-process.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-check-command-'));
  await writeFile(join(folder, 'v.csv'), '~id,~label,age:Int(single)\na,p,1\nb,p,x\nc,p,y\n');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('check prints a table of findings, says how many more there are, and exits with 8', async () => {
  const { exitCode, stdout, stderr } = await cliHere(['check', folder, '--max-findings', '1']);

  expect(exitCode).toBe(8);
  expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
    expect.stringMatching(/^rule +place +column +id +found +expected$/),
    expect.stringMatching(/^integer-value +\S*v\.csv:3 +age +b +x +A whole number/),
    '2 errors, 0 notes in 3 rows of 1 file, of which 1 is not shown (--max-findings)',
    '',
  ]);
  expect(stderr).toContain('2 errors, the first: integer-value at ');
});

test('check --output json prints the report, and fails all the same', async () => {
  const { exitCode, stdout } = await cliHere(['check', folder, '--output', 'json']);

  expect(exitCode).toBe(8);
  expect(JSON.parse(stdout)).toMatchObject({
    errors: 2,
    notes: 0,
    more: 0,
    findings: [{ line: 3 }, { line: 4 }],
  });
});

test('files without errors end with 0, in spite of notes', async () => {
  const good = await mkdtemp(join(folder, 'good-'));
  await writeFile(join(good, 'v.csv'), '~id,d:Date\na,2024-01-01\n');
  expect(await cliHere(['check', good, '--analytics'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('0 errors, 1 note in 1 row of 1 file\n'),
  });
});

test('a source in S3 that is empty is a mistake of the user', async () => {
  const sandbox = await startSandbox({ gremlin: false, bucket: 'lineage' });
  try {
    for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);

    const { exitCode, stderr } = await cliHere(['check', 's3://lineage/none']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('There is nothing to check in s3://lineage/none.');
  } finally {
    vi.unstubAllEnvs();
    await sandbox.close();
  }
});
