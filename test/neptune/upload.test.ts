import { createHash, randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { getText, listObjects, putNewText, putText, uploadFile } from '../../src/neptune/upload.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { BUCKET, servedS3 } from '../sandbox/s3/served-s3.ts';
import { errorOf, scriptedServer } from './scripted-server.ts';

const MEBIBYTE = 2 ** 20;
const AT = { bucket: BUCKET, key: 'p/file.csv' };

async function localFile(content: string | Buffer) {
  const path = join(await temporaryDirectory(), 'file.csv');
  await writeFile(path, content);
  const body = Buffer.from(content);
  return { path, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
}

/** Of all bytes, or of the digests of parts of 8 MiB, as S3 has it. */
function checksumInS3(content: Buffer): string {
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  const parts = Math.ceil(content.length / (8 * MEBIBYTE));
  if (parts <= 1) return sha256(content).toString('base64');
  const digests = Array.from({ length: parts }, (_, part) =>
    sha256(content.subarray(part * 8 * MEBIBYTE, (part + 1) * 8 * MEBIBYTE)),
  );
  return `${sha256(Buffer.concat(digests)).toString('base64')}-${parts}`;
}

async function unfinished(s3: S3Client): Promise<number> {
  return (await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads?.length ?? 0;
}

describe('uploadFile', () => {
  test.each([
    ['one part', Buffer.from('~id,~label\n"é, 🚀",x\n')],
    ['no bytes', Buffer.alloc(0)],
    ['exactly one part', randomBytes(8 * MEBIBYTE)],
    ['several parts', randomBytes(19 * MEBIBYTE)],
    ['exactly two parts', randomBytes(16 * MEBIBYTE)],
  ])('sends a file of %s whole, and S3 computes its SHA-256', async (_, content) => {
    const { s3 } = await servedS3();
    const file = await localFile(content);
    const sent: number[] = [];

    await uploadFile(s3, file, AT, { onProgress: (bytes) => sent.push(bytes) });

    const { Body, Metadata, ContentType, ChecksumSHA256 } = await s3.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: AT.key, ChecksumMode: 'ENABLED' }),
    );
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(content)).toBe(true);
    expect(ChecksumSHA256).toBe(checksumInS3(content));
    expect(Metadata).toEqual({ sha256: file.sha256 });
    expect(ContentType).toBe('text/csv; charset=utf-8');
    expect(sent.at(-1)).toBe(content.length);
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
  });

  test.each([
    ['data/nodes/x.csv.gz', 'application/gzip'],
    ['manifest.json', 'application/json'],
  ])('calls %s what it is', async (key, type) => {
    const { s3 } = await servedS3();
    await uploadFile(s3, await localFile('x'), { bucket: BUCKET, key });

    expect((await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }))).ContentType).toBe(type);
  });

  test.each([
    ['grew', 100, (path: string) => appendFile(path, 'more')],
    ['was rewritten in the same size', 100, (path: string) => writeFile(path, randomBytes(100))],
    ['grew, and is of several parts', 17 * MEBIBYTE, (path: string) => appendFile(path, 'more')],
  ])('leaves nothing of a file that %s after the export', async (_, size, change) => {
    const { s3 } = await servedS3();
    const file = await localFile(randomBytes(size));
    await change(file.path);

    expect(await errorOf(uploadFile(s3, file, AT))).toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringMatching(
        new RegExp(
          `^${file.path} is not what the manifest says: expected ${file.bytes} bytes with SHA-256 ${file.sha256}, found \\d+ with [0-9a-f]{64}\\.$`,
        ),
      ),
      hint: 'The file changed after the export: export again.',
    });
    expect((await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))).KeyCount).toBe(0);
    expect(await unfinished(s3)).toBe(0);
  });

  test('a file that is not there is an error, and leaves nothing', async () => {
    const { s3 } = await servedS3();
    const file = { path: '/no/such/file.csv', bytes: 1, sha256: '0'.repeat(64) };

    expect(await errorOf(uploadFile(s3, file, AT))).toMatchObject({
      outcome: 'unexpected',
      message: expect.stringContaining('ENOENT'),
    });
  });

  test('an interruption stops it', async () => {
    const { s3 } = await servedS3();
    const file = await localFile('x');

    expect(await errorOf(uploadFile(s3, file, AT, { signal: AbortSignal.abort() }))).toMatchObject({
      outcome: 'interrupted',
    });
  });
});

describe('putNewText', () => {
  test('writes once, knows its own text again, and never overwrites another', async () => {
    const { s3 } = await servedS3();

    expect(await putNewText(s3, 'mine', AT)).toBe('created');
    expect(await putNewText(s3, 'mine', AT)).toBe('same');
    expect(await putNewText(s3, 'yours', AT)).toBe('different');
    expect(await getText(s3, AT)).toBe('mine');
  });

  test('of two writers at once one wins, and the other learns of it', async () => {
    const { s3 } = await servedS3();

    const outcomes = await Promise.all([putNewText(s3, 'a', AT), putNewText(s3, 'b', AT)]);

    expect(outcomes.toSorted()).toEqual(['created', 'different']);
  });
});

test('a text is written over what is there, and read back; what is not there is undefined', async () => {
  const { s3 } = await servedS3();
  await putText(s3, 'one', AT);
  await putText(s3, 'twö', AT);

  expect(await getText(s3, AT)).toBe('twö');
  expect(await getText(s3, { ...AT, key: 'nothing' })).toBeUndefined();
});

test('a listing gives every object under the prefix, page after page', async () => {
  const { s3 } = await servedS3();
  const keys = Array.from({ length: 1_050 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
  for (let start = 0; start < keys.length; start += 50) {
    await Promise.all(keys.slice(start, start + 50).map((key) => putText(s3, key, { bucket: BUCKET, key })));
  }
  await putText(s3, 'x', { bucket: BUCKET, key: 'manx' });

  const found: string[] = [];
  for await (const { key, bytes } of listObjects(s3, { bucket: BUCKET, key: 'many/' })) {
    expect(bytes).toBe(key.length);
    found.push(key);
  }

  expect(found).toEqual(keys);
});

describe('a bucket that cannot be used', () => {
  const put = (s3: Parameters<typeof putText>[0], bucket = BUCKET) =>
    errorOf(putText(s3, 'x', { bucket, key: 'k' }));

  test('because there is none of that name', async () => {
    const { s3 } = await servedS3();

    expect(await put(s3, 'nobodys')).toMatchObject({
      outcome: 'usage',
      message: 'Cannot write the object at s3://nobodys/k: there is no bucket nobodys.',
      details: {
        bucket: 'nobodys',
        key: 'k',
        error: 'NoSuchBucket',
        status: 404,
        requestId: expect.any(String),
      },
    });
  });

  test('because it is in another region: both are named', async () => {
    const { client } = await servedS3();
    const frankfurt = client({ region: 'eu-central-1' });
    const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' } as const;
    await frankfurt.send(new CreateBucketCommand({ Bucket: 'frankfurt', CreateBucketConfiguration }));

    expect(await put(client(), 'frankfurt')).toMatchObject({
      outcome: 'usage',
      message:
        'Cannot write the object at s3://frankfurt/k: the bucket frankfurt is in eu-central-1, and this command works in us-east-1.',
      hint: expect.stringContaining('Neptune loads only from a bucket in its own region'),
    });
    expect(
      await errorOf(uploadFile(client(), await localFile('x'), { bucket: 'frankfurt', key: 'k' })),
    ).toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining('is in eu-central-1, and this command works in us-east-1'),
    });
  });

  const xml = (code: string, more = '') =>
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>the words</Message>${more}</Error>`;

  test.each([
    [
      301,
      'PermanentRedirect',
      { 'x-amz-bucket-region': 'ap-south-1' },
      '',
      'usage',
      /is in ap-south-1, and this command works in us-east-1/,
    ],
    [301, 'PermanentRedirect', {}, '', 'usage', /is in another region, and this command works in us-east-1/],
    [400, 'AuthorizationHeaderMalformed', {}, '<Region>ap-south-1</Region>', 'usage', /is in ap-south-1/],
    [403, 'AccessDenied', {}, '', 'accessDenied', /AccessDenied: the words/],
    [403, 'InvalidAccessKeyId', {}, '', 'accessDenied', /InvalidAccessKeyId: the words/],
    [403, 'SignatureDoesNotMatch', {}, '', 'accessDenied', /SignatureDoesNotMatch: the words/],
    [403, 'RequestTimeTooSkewed', {}, '', 'accessDenied', /RequestTimeTooSkewed: the words/],
    [400, 'ExpiredToken', {}, '', 'accessDenied', /ExpiredToken: the words/],
    [503, 'SlowDown', {}, '', 'unexpected', /SlowDown: the words/],
  ])('S3 answers %i %s', async (status, code, headers, more, outcome, message) => {
    const { url } = await scriptedServer(() => ({ status, headers, xml: xml(code, more) }));
    const { client } = await servedS3();

    expect(await put(client({ endpoint: url, forcePathStyle: true }))).toMatchObject({
      outcome,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/\.$/),
    });
  });

  test('a denied read of a missing key is told from a missing one only on request', async () => {
    const { url } = await scriptedServer(() => ({ status: 403, xml: xml('AccessDenied') }));
    const { client } = await servedS3();
    const s3 = client({ endpoint: url, forcePathStyle: true });

    expect(await getText(s3, AT, { deniedIsMissing: true })).toBeUndefined();
    expect(await errorOf(getText(s3, AT))).toMatchObject({
      outcome: 'accessDenied',
      hint: expect.stringContaining('s3:GetObject, s3:PutObject, s3:AbortMultipartUpload'),
    });
  });
});
