import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { planUpload, uploadRun } from '../../src/runs/upload.ts';
import type { Access } from '../../src/sandbox/access-log.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { startSmlineage } from '../cli/smlineage.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { LARGE_FILE, largeRun } from './large-run.ts';
import { filesBelow } from './run-tree.ts';
import { smallAccount, writtenRun } from './written-run.ts';

/* Uploads that were cut short, places that are not empty, and what would be done about them. */

const MEBIBYTE = 2 ** 20;
const LARGE_BYTES = 26 * MEBIBYTE;
const BUCKET = 'lineage';
const TO = `s3://${BUCKET}/nightly`;

type Options = { readonly rules?: readonly FaultRule[]; readonly onAccess?: (access: Access) => void };

async function sandboxS3({ rules = [], onAccess }: Options = {}) {
  const sandbox = await startSandbox({
    gremlin: false,
    faults: { rules: [...rules] },
    ...(onAccess && { onAccess }),
  });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  onTestFinished(async () => {
    s3.destroy();
    await sandbox.close();
  });
  return { s3, sandbox };
}

function prefixOf(run: string): string {
  return `nightly/runs/${run}/`;
}

async function objects(s3: S3Client): Promise<readonly string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Contents.map(({ Key = '' }) => Key);
}

/** When each object was last written. */
async function writtenAt(s3: S3Client): Promise<ReadonlyMap<string, number>> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return new Map(Contents.map(({ Key = '', LastModified }) => [Key, LastModified?.getTime() ?? 0]));
}

async function unfinished(s3: S3Client): Promise<readonly string[]> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  return Uploads.map(({ Key = '' }) => Key);
}

/** SHA-256 of every object of the run, by its path. */
async function contents(s3: S3Client, run: string): Promise<Record<string, string>> {
  const hashes = (await objects(s3)).map(async (Key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return [Key.slice(prefixOf(run).length), createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

async function localContents(directory: string): Promise<Record<string, string>> {
  const hashes = (await filesBelow(directory)).map(async (path) => {
    const bytes = await readFile(join(directory, path));
    return [path, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

test.each([
  ['PutObject', 1],
  ['PutObject', 8],
  ['CreateMultipartUpload', 1],
  ['UploadPart', 1],
  ['UploadPart', 3],
  ['CompleteMultipartUpload', 1],
  ['PutObject', 16],
] as const)(
  'killed after %s number %i, the same command again sends the rest, and nothing twice',
  async (operation, nth) => {
    let seen = 0;
    const { s3, sandbox } = await sandboxS3({
      rules: [{ service: 's3', operation: 'UploadPart', fault: 'slow', milliseconds: 100 }],
      onAccess(access) {
        if (access.operation !== operation) return;
        seen += 1;
        if (seen === nth) child.kill('SIGKILL');
      },
    });
    const { directory, manifest } = await largeRun(LARGE_BYTES);
    const command = ['upload', directory, '--to', TO];
    const child = startSmlineage(command, { env: sandbox.environment });
    await once(child, 'close');
    expect(child.signalCode).toBe('SIGKILL');
    const before = await writtenAt(s3);
    const whole = before.has(`${prefixOf(manifest.run)}manifest.json`);

    const again = startSmlineage([...command, '--output', 'json'], { env: sandbox.environment });
    const [text, [exitCode]] = await Promise.all([
      again.stdout.setEncoding('utf8').toArray(),
      once(again, 'close'),
    ]);

    expect(exitCode).toBe(0);
    const { sentFiles, ...result } = JSON.parse(text.join(''));
    expect(result).toMatchObject({ files: manifest.files.length, alreadyThere: whole });
    // What was on its way when the process died may still have arrived after the look at it.
    expect(sentFiles).toBeLessThanOrEqual(whole ? 0 : manifest.files.length - before.size);
    expect(new Map([...(await writtenAt(s3))].filter(([key]) => before.has(key)))).toEqual(before);
    expect(await contents(s3, manifest.run)).toEqual(await localContents(directory));
    expect(await unfinished(s3)).toEqual([]);
  },
);

test('Ctrl-C in the middle of a large file stops within it, leaves no parts, and exits with 130', async () => {
  const { s3, sandbox } = await sandboxS3({
    rules: [{ service: 's3', operation: 'UploadPart', fault: 'slow', milliseconds: 60_000, at: [2, 3, 4] }],
    onAccess: ({ operation }) => void (operation === 'UploadPart' && child.kill('SIGINT')),
  });
  const { directory, manifest } = await largeRun(LARGE_BYTES);
  const child = startSmlineage(['upload', directory, '--to', TO], { env: sandbox.environment });

  const [exitCode] = await once(child, 'close');

  expect(exitCode).toBe(130);
  expect(await unfinished(s3)).toEqual([]);
  const there = await objects(s3);
  expect(there).not.toContain(prefixOf(manifest.run) + LARGE_FILE);
  expect(there).not.toContain(`${prefixOf(manifest.run)}manifest.json`);
});

describe('of what lies there already', () => {
  test('an object of the same size with other bytes is sent again, and nothing else', async () => {
    const { s3, sandbox } = await sandboxS3();
    const { directory, manifest } = await largeRun(9 * MEBIBYTE);
    await uploadRun({ s3, directory, to: TO });
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `${prefixOf(manifest.run)}manifest.json` }));
    const path = 'data/nodes/artifacts-nodes.csv';
    const content = await readFile(join(directory, path));
    const Key = prefixOf(manifest.run) + path;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(content).fill('?', 0, 1) }));
    sandbox.log.clear();

    expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({
      sentFiles: 1,
      sentBytes: content.length,
      alreadyThere: false,
    });
    expect(sandbox.log.calls('s3', 'PutObject')).toBe(2);
    expect(sandbox.log.calls('s3', 'UploadPart')).toBe(0);
    expect(await contents(s3, manifest.run)).toEqual(await localContents(directory));
  });

  test('an object that was changed beside the manifest is mended, whatever its size', async () => {
    const { s3 } = await sandboxS3();
    const { directory, manifest } = await largeRun(9 * MEBIBYTE);
    await uploadRun({ s3, directory, to: TO });
    for (const path of [LARGE_FILE, 'index/trial.csv']) {
      const content = await readFile(join(directory, path));
      const Body = Buffer.from(content).fill('?', 0, 1);
      await s3.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: prefixOf(manifest.run) + path,
          Body,
          ChecksumAlgorithm: 'SHA256',
        }),
      );
    }

    expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({ sentFiles: 2, alreadyThere: false });
    expect(await contents(s3, manifest.run)).toEqual(await localContents(directory));
    expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({ sentFiles: 0, alreadyThere: true });
  });

  test('an object that is missing beside the manifest is sent', async () => {
    const { s3 } = await sandboxS3();
    const { directory, manifest } = await writtenRun(smallAccount());
    await uploadRun({ s3, directory, to: TO });
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: prefixOf(manifest.run) + LARGE_FILE }));

    expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({ sentFiles: 1, alreadyThere: false });
    expect(await contents(s3, manifest.run)).toEqual(await localContents(directory));
  });

  test('objects encrypted otherwise than asked are sent again', async () => {
    const { s3 } = await sandboxS3();
    const { directory, manifest } = await writtenRun(smallAccount());
    await uploadRun({ s3, directory, to: TO });
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `${prefixOf(manifest.run)}manifest.json` }));

    expect(await uploadRun({ s3, directory, to: TO, encryption: { method: 'aws:kms' } })).toMatchObject({
      sentFiles: manifest.files.length,
    });
  });

  test('parts of an upload that was cut short are thrown away, but those of other runs stay', async () => {
    const { s3 } = await sandboxS3();
    const { directory, manifest } = await writtenRun(smallAccount());
    const own = prefixOf(manifest.run) + LARGE_FILE;
    const other = 'nightly/runs/20260102T000000.000Z/data/edges/edges.csv';
    for (const Key of [own, other]) await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));

    expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({ abortedUploads: 1 });
    expect(await unfinished(s3)).toEqual([other]);
  });

  test('who may not list unfinished uploads can upload, and is told that nothing is known of them', async () => {
    const rule: FaultRule = { service: 's3', operation: 'ListMultipartUploads', fault: 'denied' };
    const { s3 } = await sandboxS3({ rules: [rule] });
    const { directory } = await writtenRun(smallAccount());

    expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({ abortedUploads: null });
    expect(await planUpload({ s3, directory, to: TO })).toMatchObject({ unfinished: null });
  });

  test('a multipart upload that was begun twice, since the first reply was lost, leaves nothing', async () => {
    const rule: FaultRule = { service: 's3', operation: 'CreateMultipartUpload', fault: 'lost-reply', at: 1 };
    const { s3, sandbox } = await sandboxS3({ rules: [rule] });
    const { directory } = await largeRun(9 * MEBIBYTE);

    await uploadRun({ s3, directory, to: TO });

    expect(sandbox.log.calls('s3', 'CreateMultipartUpload')).toBe(2);
    expect(await unfinished(s3)).toEqual([]);
  });

  test.each([
    [['data/nodes/stray.csv'], 'data/nodes/stray.csv'],
    [['data/', 'a', 'b', 'c', 'd', 'e', 'f'], 'a, b, c, d, data/ and 2 more'],
    [['data/edges/edges.csv.gz'], 'data/edges/edges.csv.gz'],
  ])('foreign objects are refused by name, before anything is sent: %j', async (paths, names) => {
    const { s3 } = await sandboxS3();
    const { directory, manifest } = await writtenRun(smallAccount());
    const prefix = prefixOf(manifest.run);
    for (const path of paths)
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: prefix + path, Body: 'x' }));

    const listed = names.replaceAll(/(^|, )(?=\w)/g, `$1${prefix}`);
    expect(await errorOf(uploadRun({ s3, directory, to: TO }))).toMatchObject({
      outcome: 'usage',
      message: `Expected nothing but the objects of run ${manifest.run} under s3://${BUCKET}/${prefix}, found ${listed}.`,
      hint: 'Neptune takes every object under the prefix for data: remove them, or upload under another prefix.',
      details: { foreign: paths.map((path) => prefix + path).sort() },
    });
    expect(await objects(s3)).toHaveLength(paths.length);
  });

  test('other runs, and files beside them, are none of its business', async () => {
    const { s3 } = await sandboxS3();
    const { directory } = await writtenRun(smallAccount());
    for (const Key of ['nightly/state.json', 'nightly/runs/20260101T000000.1234/x'])
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));

    expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({ alreadyThere: false });
  });
});

test('a bucket of another account gets nothing', async () => {
  const { s3 } = await sandboxS3();
  const { directory } = await writtenRun(smallAccount());
  const options = { s3, directory, to: TO, expectedBucketOwner: '999999999999' };

  for (const attempt of [uploadRun, planUpload]) {
    expect(await errorOf(attempt(options))).toMatchObject({
      outcome: 'accessDenied',
      hint: expect.stringContaining('Check that the bucket belongs to account 999999999999'),
    });
  }
  expect(await objects(s3)).toEqual([]);
});

describe('planUpload', () => {
  const READS = ['GetObject', 'HeadObject', 'ListMultipartUploads', 'ListObjectsV2'];

  test('says what would be sent, skipped and thrown away, and asks S3 for nothing but to read', async () => {
    const { s3, sandbox } = await sandboxS3();
    const { directory, manifest } = await largeRun(9 * MEBIBYTE);
    await uploadRun({ s3, directory, to: TO });
    const prefix = prefixOf(manifest.run);
    for (const path of ['manifest.json', 'data/nodes/trials-nodes.csv'])
      await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: prefix + path }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: prefix + LARGE_FILE }));
    sandbox.log.clear();

    const plan = await planUpload({ s3, directory, to: TO });

    const sends = new Set(['manifest.json', 'data/nodes/trials-nodes.csv']);
    const manifestBytes = (await readFile(join(directory, 'manifest.json'))).length;
    const files = [...manifest.files, { path: 'manifest.json', bytes: manifestBytes }];
    expect(plan).toEqual({
      run: manifest.run,
      uri: `s3://${BUCKET}/${prefix}`,
      files: files.map(({ path, bytes }) => ({ path, bytes, action: sends.has(path) ? 'send' : 'skip' })),
      foreign: [],
      unfinished: [prefix + LARGE_FILE],
      refusals: [],
    });
    expect(Object.keys(sandbox.log.counts()).filter((name) => !READS.includes(name.slice(3)))).toEqual([]);
  });

  test('says why the upload would be refused, and the upload gives that very reason', async () => {
    const { s3, sandbox } = await sandboxS3();
    const { directory, manifest } = await writtenRun(smallAccount());
    const prefix = prefixOf(manifest.run);
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}stray`, Body: 'x' }));
    await writeFile(join(directory, LARGE_FILE), 'changed');
    sandbox.log.clear();

    const { files, foreign, refusals } = await planUpload({ s3, directory, to: TO });

    expect(foreign).toEqual([`${prefix}stray`]);
    expect(files.filter(({ action }) => action === 'refuse')).toEqual([
      {
        path: LARGE_FILE,
        bytes: manifest.files.find(({ path }) => path === LARGE_FILE)?.bytes,
        action: 'refuse',
        reason: expect.stringContaining('is not what the manifest says'),
      },
    ]);
    expect(refusals.map(({ outcome }) => outcome)).toEqual(['usage', 'validationFailed']);
    expect(await errorOf(uploadRun({ s3, directory, to: TO }))).toEqual(refusals[0]);
    expect(Object.keys(sandbox.log.counts()).filter((name) => !READS.includes(name.slice(3)))).toEqual([]);
  });

  test('knows another run of the same name', async () => {
    const { s3 } = await sandboxS3();
    const { directory } = await writtenRun(smallAccount());
    await uploadRun({ s3, directory, to: TO });
    const other = await writtenRun({ ...smallAccount(), edges: [] });

    const { files, refusals } = await planUpload({ s3, directory: other.directory, to: TO });

    expect(files.at(-1)).toMatchObject({ path: 'manifest.json', action: 'refuse' });
    expect(refusals.map(({ message }) => message)).toEqual([expect.stringMatching(/^Another run named/)]);
  });
});
