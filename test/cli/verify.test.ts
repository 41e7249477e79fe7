import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { arn, edgeRow, smallAccount, vertexRow, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

/* `verify` as a user types it, on a graph that holds the small account. */

let sandbox: Sandbox;
/** The run that was loaded: its directory, its URI. */
let directory: string;
let uri: string;
let run: string;

beforeAll(async () => {
  sandbox = await startSandbox({ gremlin: false });
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  const written = await writtenRun(smallAccount());
  directory = written.directory;
  run = written.manifest.run;
  const { stdout } = await cliHere(['upload', directory, '--to', 's3://lineage/nightly']);
  uri = stdout.trim();
  const role = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  const load = await cliHere(['load', uri, '--role', role, '--verify-sample', 'all']);
  expect(load).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(
      /; verified: 20 vertices and edges, label by label, and 10 vertices and 10 edges whole\n$/,
    ),
  });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

function verify(...args: readonly string[]) {
  return cliHere(['verify', ...args]);
}

const ARTIFACTS = 'data/nodes/artifacts-nodes.csv';

test('an equal graph ends with 0, and says how much was compared', async () => {
  expect(await verify(directory)).toEqual({
    exitCode: 0,
    stdout: `${run} verified: 20 vertices and edges counted by label, 10 vertices and 10 edges whole\n`,
    stderr: '',
  });
  expect(await verify(uri, '--verify-sample', '2', '--verify-seed', '1')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('2 vertices and 2 edges whole'),
  });
});

test('a different one ends with 8, after a line for each difference', async () => {
  const { vertices, edges } = smallAccount();
  const model = arn('artifact/model');
  const changed = vertices.map((row) =>
    row.id === model ? vertexRow('artifact', model, { type: 'Image', name: 'new\nname' }) : row,
  );
  const added = edgeRow(model, 'DerivedFrom', arn('artifact/raw'));
  const other = await writtenRun({ vertices: changed, edges: [...edges, added] });

  const { exitCode, stdout, stderr } = await verify(other.directory);

  expect(exitCode).toBe(8);
  const [title, ...lines] = stdout.trimEnd().split('\n');
  expect(title).toMatch(/^element +id +property +expected +found +place$/);
  const place = (path: string) => `${join(other.directory, path)}:`;
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ['vertex', model, 'type', 'Image', 'Model', expect.stringContaining(place(ARTIFACTS))],
    ['vertex', model, 'name', 'new\\nname', '(nothing)', expect.stringContaining(place(ARTIFACTS))],
    ['edge', added.id, '~id', added.id, '(nothing)', expect.stringContaining(place('data/edges/edges.csv'))],
    [
      `${other.manifest.run} different: 21 vertices and edges counted by label, 10 vertices and 11 edges whole`,
    ],
  ]);
  expect(stderr).toContain('The graph holds less: DerivedFrom 1 of 2.');
  expect(stderr).toContain('Found 3 differences in 10 vertices and 11 edges');
});

test('a graph that holds more ends with 8, unless that is borne', async () => {
  const { vertices, edges } = smallAccount();
  const less = await writtenRun({ vertices, edges: edges.slice(1) });

  expect(await verify(less.directory)).toMatchObject({
    exitCode: 8,
    stderr: expect.stringContaining('The graph holds more: ContributedTo 4 of 3.'),
  });
  expect(await verify(less.directory, '--allow-more')).toMatchObject({
    exitCode: 0,
    stderr: 'The graph holds more: ContributedTo 4 of 3.\n',
  });
});

test('a file that is not what the manifest says ends with 8, and is named', async () => {
  const altered = await writtenRun(smallAccount());
  const path = join(altered.directory, ARTIFACTS);
  await writeFile(path, (await readFile(path, 'utf8')).replace('artifact/lonely', 'artifact/Lonely'));

  const { exitCode, stdout } = await verify(altered.directory, '--output', 'json', '--max-differences', '0');

  expect(exitCode).toBe(8);
  expect(JSON.parse(stdout)).toMatchObject({
    verified: false,
    files: [{ file: path, expected: { rows: 4 }, found: { rows: 4 } }],
    sample: { differences: [], counts: { missing: 1, other: 0, more: 0 } },
    notes: [expect.any(String), 'Found 1 difference in 10 vertices and 10 edges.'],
  });
});

test.each([
  ['a directory that is no run', ['/'], 2, '/ is not a run'],
  [
    'a prefix that is no run',
    ['s3://lineage/nowhere'],
    2,
    'There is nothing to load under s3://lineage/nowhere/.',
  ],
  ['a sample that is no number', ['.', '--verify-sample', 'some'], 2, 'Expected a whole number, or all.'],
  ['a cluster that is not there', ['RUN', '--endpoint', '127.0.0.1:9'], 1, 'ECONNREFUSED'],
])('%s ends as it should', async (_, args, exitCode, said) => {
  const ended = await verify(...args.map((arg) => (arg === 'RUN' ? directory : arg)));

  expect(ended).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(said) });
});

test.each(['verify', 'check'])('%s that is interrupted ends with 130, and says so', async (command) => {
  const signal = AbortSignal.abort('SIGINT');

  expect(await cliHere([command, directory], { signal })).toMatchObject({
    exitCode: 130,
    stdout: '',
    stderr: expect.stringMatching(
      /^smlineage: Interrupted while (verifying|checking) .*\n {2}Nothing was written anywhere/,
    ),
  });
});
