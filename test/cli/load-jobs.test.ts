import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { FaultPlan } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { cliHere } from './in-process.ts';

/* Loads apart from the command that starts them: `load --no-wait`, `load status`, `load list`, `load cancel`. */

const ROLE = ['--role', 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3'];
const UUID = /^[0-9a-f-]{36}\n$/;

type Prefix = {
  readonly faults?: FaultPlan;
  /** An edge to nowhere. */
  readonly dangling?: boolean;
  /** A number that is none. */
  readonly broken?: boolean;
};

/** A sandbox with a prefix of two vertices and what is told besides; and the command line aimed at it. */
async function served({ faults, dangling = false, broken = false }: Prefix = {}) {
  const sandbox = await startSandbox({ gremlin: false, ...(faults === undefined ? {} : { faults }) });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  // The SDK's chain of credentials looks at the process itself.
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    s3.destroy();
    await sandbox.close();
  });
  const put = (key: string, body: string) =>
    s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: key, Body: body }));
  await put('p/v.csv', '~id,~label\na,A\nb,A\n');
  if (dangling) await put('p/e.csv', '~id,~from,~to,~label\ne1,a,b,X\ne2,a,z,X\n');
  if (broken) await put('p/n.csv', '~id,n:Int(single)\nc,many\n');
  return (...args: readonly string[]) => cliHere(args, { env: sandbox.environment });
}

async function ended(cli: Awaited<ReturnType<typeof served>>, loadId: string) {
  for (;;) {
    const status = await cli('load', 'status', loadId, '--output', 'json');
    if (JSON.parse(status.stdout).state !== 'running') return status;
  }
}

test('--no-wait prints the id of the job alone, and status tells how it went', async () => {
  const cli = await served();

  const started = await cli('load', 's3://lineage/p/', ...ROLE, '--no-wait', '--quiet');
  const loadId = started.stdout.trim();
  const { exitCode, stdout } = await ended(cli, loadId);

  expect(started).toEqual({ exitCode: 0, stdout: expect.stringMatching(UUID), stderr: '' });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ loadId, state: 'loaded', status: 'LOAD_COMPLETED', uri: 's3://lineage/p/', records: 2 },
    ...{ errors: [], failedFiles: [] },
  });
  expect((await cli('load', 'status', loadId)).stdout).toMatch(
    / LOAD_COMPLETED: 2 records in \d+ s, s3:\/\/lineage\/p\/\n$/,
  );
});

test('status of a load that is under way is no failure, and a second load joins it', async () => {
  const cli = await served({ faults: { rules: [], loads: [{ status: 'LOAD_IN_PROGRESS' }] } });

  const first = await cli('load', 's3://lineage/p/', ...ROLE, '--no-wait');
  const second = await cli('load', 's3://lineage/p/', ...ROLE, '--no-wait', '--output', 'json');
  const status = await cli('load', 'status', first.stdout.trim());

  expect(JSON.parse(second.stdout)).toEqual({
    loadId: first.stdout.trim(),
    source: 's3://lineage/p/',
    joined: true,
  });
  expect(second.stderr).toContain('is under way already');
  expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(' LOAD_IN_PROGRESS: ') });
});

test('status of a failed load exits as the load would, and says where the errors are', async () => {
  const cli = await served({ dangling: true });

  const started = await cli('load', 's3://lineage/p/', ...ROLE, '--no-wait');
  const { exitCode, stdout, stderr } = await ended(cli, started.stdout.trim());

  expect(exitCode).toBe(5);
  expect(JSON.parse(stdout)).toMatchObject({
    state: 'failed',
    errors: [{ code: 'FROM_OR_TO_VERTEX_ARE_MISSING', count: 1 }],
    failedFiles: [{ uri: 's3://lineage/p/e.csv', status: 'LOAD_FAILED' }],
  });
  expect(stderr).toContain(
    "FROM_OR_TO_VERTEX_ARE_MISSING s3://lineage/p/e.csv:3 (a -> z): Either from vertex, 'a'",
  );
  expect(stderr).toContain('Load the vertex files of the same run together with the edges');
});

test('list shows the jobs, the latest first, and cancel ends one that is under way', async () => {
  const cli = await served({ faults: { rules: [], loads: [{ status: 'LOAD_IN_PROGRESS', at: 2 }] } });
  const first = (await cli('load', 's3://lineage/p/', ...ROLE, '--no-wait')).stdout.trim();
  await ended(cli, first);
  const second = (await cli('load', 's3://lineage/p/', ...ROLE, '--no-wait')).stdout.trim();

  const listed = await cli('load', 'list', '--output', 'json');
  const latest = await cli('load', 'list', '--limit', '1');
  const cancelled = await cli('load', 'cancel', second);
  const status = await ended(cli, second);
  const again = await cli('load', 'cancel', second);

  expect(JSON.parse(listed.stdout)).toMatchObject([
    { loadId: second, status: 'LOAD_IN_PROGRESS' },
    { loadId: first, status: 'LOAD_COMPLETED' },
  ]);
  expect(latest.stdout).toMatch(new RegExp(`^${second} LOAD_IN_PROGRESS: .*\\n$`));
  expect(cancelled).toMatchObject({ exitCode: 0, stdout: `${second} cancelled\n` });
  expect(JSON.parse(status.stdout)).toMatchObject({ state: 'failed', status: 'LOAD_CANCELLED_BY_USER' });
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Check the load id') });
});

test.each([['status'], ['cancel']])('%s of a load that nobody knows is misuse', async (command) => {
  const cli = await served();

  expect(await cli('load', command, 'no-such-load')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Check the load id'),
  });
});

test.each([
  [['load', 's3://lineage/p/'], 'No load role is given.'],
  [['load'], "missing required argument 's3-uri'"],
  [['load', 'status'], "missing required argument 'load-id'"],
  [['load', 'list', '--limit', '0'], 'Expected a whole number from 1 to 100.'],
  [['load', 's3://lineage/p/', ...ROLE, '--max-errors', '-1'], 'Expected a whole number of at least 0.'],
])('%j is misuse', async (args, message) => {
  const cli = await served();

  expect(await cli(...args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
});

test('--max-errors bears so many refused records and no more, and --errors writes them all down', async () => {
  const cli = await served({ dangling: true });
  const file = join(await temporaryDirectory(), 'errors.jsonl');

  const none = await cli('load', 's3://lineage/p/', ...ROLE, '--errors', file);
  const one = await cli('load', 's3://lineage/p/', ...ROLE, '--max-errors', '1');

  expect(none.exitCode).toBe(5);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    ...{ code: 'FROM_OR_TO_VERTEX_ARE_MISSING', file: 's3://lineage/p/e.csv', line: 3 },
    ids: ['a', 'z'],
  });
  expect(one).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/, 1 refused; not verified\n$/) });
});

test('errors that cannot be written down fail the command with the path', async () => {
  const cli = await served({ dangling: true });

  expect(
    await cli('load', 's3://lineage/p/', ...ROLE, '--errors', '/no/such/directory/errors.jsonl'),
  ).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('cannot be written to /no/such/directory/errors.jsonl'),
  });
});

test('help of load names its subcommands, and each has an example', async () => {
  const cli = await served();

  const help = await cli('load', '--help');

  for (const name of ['status', 'cancel', 'list']) {
    expect(help.stdout).toMatch(new RegExp(`^ +${name} `, 'm'));
    expect((await cli('load', name, '--help')).stdout).toContain(`$ smlineage load ${name}`);
  }
});

test('load refuses files that Neptune would not take, and --no-check leaves that to Neptune', async () => {
  const cli = await served({ broken: true });

  const checked = await cli('load', 's3://lineage/p/', ...ROLE);
  const unchecked = await cli('load', 's3://lineage/p/', ...ROLE, '--no-check');

  expect(checked).toMatchObject({
    exitCode: 8,
    stderr: expect.stringContaining('s3://lineage/p/n.csv:2'),
  });
  expect(unchecked).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('PARSING_ERROR') });
});

test('load reads no bucket that belongs to another account than was said', async () => {
  const cli = await served();

  const own = await cli('load', 's3://lineage/p/', ...ROLE, '--expected-bucket-owner', '123456789012');
  const other = await cli('load', 's3://lineage/p/', ...ROLE, '--expected-bucket-owner', '210987654321');

  expect(own.exitCode).toBe(0);
  expect(other).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('Check that the bucket belongs to account 210987654321'),
  });
});

test('load says what the check found where it is borne', async () => {
  const cli = await served({ broken: true });

  expect(await cli('load', 's3://lineage/p/', ...ROLE, '--max-errors', '1')).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('breaks rules of the loader (errors: 1), within --max-errors'),
  });
});
