import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { smallAccount, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

/* `upload` as a user types it. */

let sandbox: Sandbox;
let s3: S3Client;

beforeAll(async () => {
  sandbox = await startSandbox({ gremlin: false });
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  const { url: endpoint, region, credentials } = sandbox;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  s3.destroy();
  await sandbox.close();
});

function upload(...args: readonly string[]) {
  return cliHere(['upload', ...args]);
}

async function head(uri: string, path: string) {
  const Key = `${uri.replace('s3://lineage/', '').trim()}${path}`;
  return s3.send(new HeadObjectCommand({ Bucket: 'lineage', Key }));
}

const ARTIFACTS = 'data/nodes/artifacts-nodes.csv';

describe('how the objects are encrypted', () => {
  test.each([
    ['without a word, as the bucket says', [], { ServerSideEncryption: 'AES256' }],
    ['--sse alone', ['--sse'], { ServerSideEncryption: 'AES256' }],
    ['--sse aws:kms', ['--sse', 'aws:kms'], { ServerSideEncryption: 'aws:kms' }],
    [
      'with a key',
      ['--sse', 'aws:kms', '--sse-kms-key-id', 'alias/lineage'],
      { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/lineage' },
    ],
  ])('%s', async (title, flags, encrypted) => {
    const { directory } = await writtenRun(smallAccount());

    const { exitCode, stdout } = await upload(directory, '--to', `s3://lineage/${title.length}`, ...flags);

    expect(exitCode).toBe(0);
    for (const path of [ARTIFACTS, 'manifest.json'])
      expect(await head(stdout, path)).toMatchObject(encrypted);
  });
});

test('--gzip sends the CSV files compressed, and says how many bytes that are', async () => {
  const { directory, manifest } = await writtenRun(smallAccount());

  const { exitCode, stdout, stderr } = await upload(directory, '--to', 's3://lineage/gz', '--gzip');

  expect(exitCode).toBe(0);
  expect(await head(stdout, `${ARTIFACTS}.gz`)).toMatchObject({ ContentType: 'application/gzip' });
  expect(stderr).toMatch(new RegExp(`^Sent ${manifest.files.length} files, [\\d,]+ bytes$`, 'm'));
});

test.each([
  [['--sse-kms-key-id', 'k'], 2, 'Expected --sse aws:kms with --sse-kms-key-id, got no --sse.'],
  [['--sse', '--sse-kms-key-id', 'k'], 2, 'Expected --sse aws:kms with --sse-kms-key-id, got --sse AES256.'],
  [['--sse', 'none'], 2, 'Allowed choices are AES256, aws:kms.'],
  [['--expected-bucket-owner', '1234'], 2, 'Expected an account id of twelve digits.'],
  [['--expected-bucket-owner', '999999999999'], 3, 'Check that the bucket belongs to account 999999999999'],
])('%j ends with %i', async (flags, code, said) => {
  const { directory } = await writtenRun(smallAccount());

  const { exitCode, stdout, stderr } = await upload(directory, '--to', 's3://lineage/refused', ...flags);

  expect(exitCode).toBe(code);
  expect(stdout).toBe('');
  expect(stderr).toContain(said);
  const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: 'lineage', Prefix: 'refused/' }));
  expect(KeyCount).toBe(0);
});

describe('--dry-run', () => {
  test('prints a line per object and writes nothing', async () => {
    const { directory, manifest } = await writtenRun(smallAccount());

    const { exitCode, stdout } = await upload(directory, '--to', 's3://lineage/dry', '--dry-run');

    expect(exitCode).toBe(0);
    const [title, ...lines] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/^action +bytes +object +reason$/);
    expect(lines.map((line) => line.split(/ +/).filter((_, column) => column !== 1))).toEqual(
      [...manifest.files.map(({ path }) => path), 'manifest.json'].map((path) => ['send', path]),
    );
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: 'lineage', Prefix: 'dry/' }));
    expect(KeyCount).toBe(0);
  });

  test('ends as the upload would, after saying all that is wrong', async () => {
    const { directory, manifest } = await writtenRun(smallAccount());
    const Key = `foreign/runs/${manifest.run}/data/stray.csv`;
    await s3.send(new PutObjectCommand({ Bucket: 'lineage', Key, Body: 'x' }));
    await writeFile(join(directory, ARTIFACTS), await readFile(join(directory, 'manifest.json')));
    const command = [directory, '--to', 's3://lineage/foreign'];

    const dry = await upload(...command, '--dry-run', '--output', 'json');
    const wet = await upload(...command);

    expect(dry.exitCode).toBe(2);
    expect(dry).toEqual({ ...wet, stdout: dry.stdout });
    const plan = JSON.parse(dry.stdout);
    expect(plan.foreign).toEqual([Key]);
    expect(plan.refusals).toEqual([
      expect.stringMatching(/^Expected nothing but the objects of run/),
      expect.stringContaining('is not what the manifest says'),
    ]);
  });
});
