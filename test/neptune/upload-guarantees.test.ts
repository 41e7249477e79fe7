import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { abortUnfinishedUpload, listUnfinishedUploads } from '../../src/neptune/multipart.ts';
import type { Encryption } from '../../src/neptune/s3-requests.ts';
import { holdsFile, uploadFile } from '../../src/neptune/upload.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { CREDENTIALS, errorOf, scriptedServer } from './scripted-server.ts';

/* What an upload keeps to when S3, the network or the user get in its way. */

const MEBIBYTE = 2 ** 20;
const BUCKET = 'lineage';
const AT = { bucket: BUCKET, key: 'p/file.csv' };
const OWNER = '123456789012';

async function localFile(content: Buffer) {
  const path = join(await temporaryDirectory(), 'file.csv');
  await writeFile(path, content);
  return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

async function sandboxS3(rules: readonly FaultRule[] = [], config: S3ClientConfig = {}) {
  const sandbox = await startSandbox({ gremlin: false, faults: { rules: [...rules] } });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 3, ...config });
  onTestFinished(async () => {
    s3.destroy();
    await sandbox.close();
  });
  return { s3, sandbox };
}

/** Objects and unfinished uploads of the bucket. */
async function holdings(s3: S3Client): Promise<{ objects: number; unfinished: number }> {
  const objects = (await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))).KeyCount ?? 0;
  const unfinished: string[] = [];
  for await (const { key } of listUnfinishedUploads(s3, { bucket: BUCKET, key: '' })) unfinished.push(key);
  return { objects, unfinished: unfinished.length };
}

const LARGE = randomBytes(19 * MEBIBYTE);
const SMALL = Buffer.from('~id,~label\n1,x\n');

describe('what passes is borne', () => {
  test.each([
    ['PutObject', 'throttle', SMALL],
    ['PutObject', 'error-500', SMALL],
    ['PutObject', 'drop', SMALL],
    ['PutObject', 'lost-reply', SMALL],
    ['CreateMultipartUpload', 'error-500', LARGE],
    ['UploadPart', 'throttle', LARGE],
    ['UploadPart', 'error-500', LARGE],
    ['UploadPart', 'lost-reply', LARGE],
    ['CompleteMultipartUpload', 'error-500', LARGE],
    ['CompleteMultipartUpload', 'drop', LARGE],
    // Asked again, S3 no longer knows the upload: only a look at the object tells.
    ['CompleteMultipartUpload', 'lost-reply', LARGE],
  ] as const)('%s: %s', async (operation, fault, content) => {
    const { s3, sandbox } = await sandboxS3([{ service: 's3', operation, fault, at: 1 }]);
    const file = await localFile(content);

    await uploadFile(s3, file, AT);

    expect(sandbox.log.calls('s3', operation)).toBeGreaterThan(1);
    expect(await holdsFile(s3, file, AT)).toBe(true);
    expect(await holdings(s3)).toEqual({ objects: 1, unfinished: 0 });
  });
});

describe('what stays fails, and leaves neither object nor parts', () => {
  test.each([
    ['PutObject', 'error-500', SMALL, 'unexpected'],
    ['PutObject', 'denied', SMALL, 'accessDenied'],
    ['PutObject', 'html', SMALL, 'unexpected'],
    ['CreateMultipartUpload', 'denied', LARGE, 'accessDenied'],
    ['CreateMultipartUpload', 'html', LARGE, 'unexpected'],
    ['UploadPart', 'error-500', LARGE, 'unexpected'],
    ['UploadPart', 'denied', LARGE, 'accessDenied'],
    ['UploadPart', 'expired', LARGE, 'accessDenied'],
    ['UploadPart', 'html', LARGE, 'unexpected'],
    ['CompleteMultipartUpload', 'error-500', LARGE, 'unexpected'],
    ['CompleteMultipartUpload', 'html', LARGE, 'unexpected'],
  ] as const)('%s: %s', async (operation, fault, content, outcome) => {
    const { s3 } = await sandboxS3([{ service: 's3', operation, fault }]);

    expect(await errorOf(uploadFile(s3, await localFile(content), AT))).toMatchObject({ outcome });

    expect(await holdings(s3)).toEqual({ objects: 0, unfinished: 0 });
  });

  test.each(['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'])(
    '%s: a proxy that answers is told as one',
    async (operation) => {
      const { s3 } = await sandboxS3([{ service: 's3', operation, fault: 'html' }]);

      expect(await errorOf(uploadFile(s3, await localFile(LARGE), AT))).toMatchObject({
        message: `Cannot upload s3://lineage/p/file.csv: the reply is not one of S3's.`,
      });
    },
  );

  test('of two failures the first is told, though the parts cannot be thrown away either', async () => {
    const { s3 } = await sandboxS3([
      { service: 's3', operation: 'UploadPart', fault: 'denied' },
      { service: 's3', operation: 'AbortMultipartUpload', fault: 'error-500' },
    ]);

    expect(await errorOf(uploadFile(s3, await localFile(LARGE), AT))).toMatchObject({
      outcome: 'accessDenied',
      message: expect.stringContaining('AccessDenied'),
    });
  });
});

test('an interruption stops the parts under way and throws away those that arrived', async () => {
  const { s3 } = await sandboxS3([
    { service: 's3', operation: 'UploadPart', fault: 'slow', milliseconds: 60_000, at: [2, 3] },
  ]);
  const stop = new AbortController();
  const stopped = uploadFile(s3, await localFile(LARGE), AT, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });

  expect(await errorOf(stopped)).toMatchObject({ outcome: 'interrupted' });

  expect(await holdings(s3)).toEqual({ objects: 0, unfinished: 0 });
});

describe('S3 must confirm the SHA-256 that was sent', () => {
  test.each([
    ['another', { 'x-amz-checksum-sha256': 'AAAA' }, 'AAAA'],
    ['none', {}, 'none'],
  ])('where it names %s, the upload fails', async (_, headers, found) => {
    const { url } = await scriptedServer(() => ({
      status: 200,
      headers: { etag: '"1"', ...headers },
      xml: '',
    }));
    const s3 = new S3Client({
      endpoint: url,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      forcePathStyle: true,
    });
    onTestFinished(() => s3.destroy());
    const file = await localFile(SMALL);
    const expected = Buffer.from(file.sha256, 'hex').toString('base64');

    expect(await errorOf(uploadFile(s3, file, AT))).toMatchObject({
      outcome: 'unexpected',
      message: `S3 does not hold what was sent to s3://lineage/p/file.csv: expected the SHA-256 ${expected}, found ${found}.`,
    });
  });

  test('and refuses bytes that changed on the way, of which it keeps none', async () => {
    const { s3 } = await sandboxS3();
    s3.middlewareStack.add(
      (next) => async (args) => {
        const { request } = args as unknown as {
          request: { body?: unknown; headers: Record<string, string> };
        };
        if (Buffer.isBuffer(request.body)) request.body = Buffer.from(request.body).fill('?', 0, 1);
        return next(args);
      },
      // Behind the checksum, before the signature: a signed body that is not what was read.
      { step: 'build', priority: 'low' },
    );

    expect(await errorOf(uploadFile(s3, await localFile(SMALL), AT))).toMatchObject({
      outcome: 'unexpected',
      message: expect.stringContaining('BadDigest'),
      hint: 'The bytes were damaged on the way, and S3 kept none of them: run the same command again.',
    });
    expect(await holdings(s3)).toEqual({ objects: 0, unfinished: 0 });
  });
});

describe('encryption and owner', () => {
  const KEY = `arn:aws:kms:us-east-1:${OWNER}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

  test.each([
    ['AES256', { method: 'AES256' }, SMALL, { ServerSideEncryption: 'AES256' }],
    [
      'KMS, whole',
      { method: 'aws:kms', keyId: KEY },
      SMALL,
      { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY },
    ],
    [
      'KMS, in parts',
      { method: 'aws:kms', keyId: KEY },
      LARGE,
      { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY },
    ],
    ['KMS, the managed key', { method: 'aws:kms' }, SMALL, { ServerSideEncryption: 'aws:kms' }],
  ] as const)(
    'an object is encrypted as asked: %s',
    async (_, encryption: Encryption, content, encrypted) => {
      const { s3 } = await sandboxS3();
      const file = await localFile(content);

      await uploadFile(s3, file, AT, { encryption, expectedBucketOwner: OWNER });

      const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: AT.key }));
      expect(head).toMatchObject(encrypted);
      expect(await holdsFile(s3, file, AT, { encryption })).toBe(true);
    },
  );

  test.each([
    ['whole', SMALL],
    ['in parts', LARGE],
  ])('a bucket of another account gets nothing, %s', async (_, content) => {
    const { s3 } = await sandboxS3();
    const options = { expectedBucketOwner: '999999999999' };

    expect(await errorOf(uploadFile(s3, await localFile(content), AT, options))).toMatchObject({
      outcome: 'accessDenied',
      hint: expect.stringMatching(
        /^Check that the bucket belongs to account 999999999999; if it does, allow the/,
      ),
    });
    expect(await holdings(s3)).toEqual({ objects: 0, unfinished: 0 });
  });

  test('a key that KMS cannot use is told as such', async () => {
    const xml = '<Error><Code>KMS.DisabledException</Code><Message>it is disabled</Message></Error>';
    const { url } = await scriptedServer(() => ({ status: 400, xml }));
    const s3 = new S3Client({
      endpoint: url,
      region: 'us-east-1',
      credentials: CREDENTIALS,
      forcePathStyle: true,
    });
    onTestFinished(() => s3.destroy());

    expect(await errorOf(uploadFile(s3, await localFile(SMALL), AT))).toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining('KMS.DisabledException: it is disabled'),
      hint: 'Check --sse-kms-key-id: the key must be enabled, and in the region of the bucket.',
    });
  });
});

describe('holdsFile', () => {
  const put = (s3: S3Client, Body: Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: AT.key, Body, ChecksumAlgorithm: 'SHA256' }));

  test.each([
    ['small', SMALL],
    ['in parts', LARGE],
  ])('knows what it sent, %s, and nothing else', async (_, content) => {
    const { s3 } = await sandboxS3();
    const file = await localFile(content);
    const other = Buffer.from(content).fill('z', 0, 1);

    expect(await holdsFile(s3, file, AT)).toBe(false);
    await put(s3, other);
    expect(await holdsFile(s3, file, AT)).toBe(false);
    await uploadFile(s3, await localFile(other), AT);
    expect(await holdsFile(s3, file, AT)).toBe(false);
    await uploadFile(s3, file, AT);
    expect(await holdsFile(s3, file, AT)).toBe(true);
    expect(await holdsFile(s3, { ...file, bytes: file.bytes + 1 }, AT)).toBe(false);
    expect(await holdsFile(s3, file, AT, { encryption: { method: 'aws:kms' } })).toBe(false);
  });

  test('takes no object for the file whose SHA-256 S3 does not know', async () => {
    const { s3 } = await sandboxS3();
    await s3.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: AT.key, Body: SMALL, ChecksumAlgorithm: 'CRC32' }),
    );

    expect(await holdsFile(s3, await localFile(SMALL), AT)).toBe(false);
  });

  test('refuses a large file that changed on the disk, though S3 has what it was', async () => {
    const { s3 } = await sandboxS3();
    const file = await localFile(LARGE);
    await uploadFile(s3, file, AT);
    await writeFile(file.path, Buffer.from(LARGE).fill('z', 0, 1));

    expect(await errorOf(holdsFile(s3, file, AT))).toMatchObject({ outcome: 'validationFailed' });
  });
});

test('uploads that were cut short are listed page after page, and aborting one twice is no error', async () => {
  const { s3 } = await sandboxS3();
  const keys = Array.from({ length: 1_005 }, (_, index) => `q/${String(index).padStart(4, '0')}`);
  for (const Key of ['other', ...keys])
    await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));

  const found: string[] = [];
  for await (const upload of listUnfinishedUploads(s3, { bucket: BUCKET, key: 'q/' })) {
    found.push(upload.key);
    if (found.length <= 2) {
      await abortUnfinishedUpload(s3, upload);
      await abortUnfinishedUpload(s3, upload);
    }
  }

  expect(found).toEqual(keys);
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: 'q/' }));
  expect(Uploads?.[0]?.Key).toBe(keys[2]);
});
