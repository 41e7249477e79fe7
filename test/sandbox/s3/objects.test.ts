import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUCKET, refusalOf, START, sendRaw, servedS3 } from './served-s3.ts';

const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest('hex');
const gzipped = gzipSync(randomBytes(300_000));

test.each([
  ['text', '~id,~label\n1,"x ""y"""\n', () => '~id,~label\n1,"x ""y"""\n', {}],
  ['an empty body', '', () => '', {}],
  ['bytes', gzipped, () => gzipped, {}],
  ['a stream, framed with a trailing checksum', gzipped, streamed, { ContentLength: gzipped.length }],
])('an object put as %s comes back as it was', async (_, expected, body, input) => {
  const { s3 } = await servedS3();
  const bytes = Buffer.from(expected);

  const put = await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: body(), ...input }));
  const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));

  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
  expect(put.ETag).toBe(`"${md5(bytes)}"`);
  expect(got).toMatchObject({
    ETag: put.ETag,
    ContentLength: bytes.length,
    ChecksumCRC32: put.ChecksumCRC32,
  });
});

function streamed(): Readable {
  return Readable.from([gzipped.subarray(0, 1000), gzipped.subarray(1000)]);
}

test('what a write says of the object, every read says again', async () => {
  const { s3 } = await servedS3();
  await s3.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'a',
      Body: streamed(),
      ContentLength: gzipped.length,
      ContentType: 'text/csv',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      ContentDisposition: 'attachment',
      ContentLanguage: 'en',
      Metadata: { run: '20260101T000000Z' },
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'arn:aws:kms:us-east-1:111122223333:key/1',
      BucketKeyEnabled: true,
      StorageClass: 'STANDARD_IA',
    }),
  );

  const { $metadata, ...head } = await s3.send(
    new HeadObjectCommand({ Bucket: BUCKET, Key: 'a', ChecksumMode: 'ENABLED' }),
  );

  expect(head).toEqual({
    AcceptRanges: 'bytes',
    LastModified: new Date(START + 1000),
    ContentLength: gzipped.length,
    ETag: `"${md5(gzipped)}"`,
    ChecksumCRC32: expect.stringMatching(/^.{6}==$/),
    ChecksumType: 'FULL_OBJECT',
    ContentType: 'text/csv',
    ContentEncoding: 'gzip',
    CacheControl: 'no-store',
    ContentDisposition: 'attachment',
    ContentLanguage: 'en',
    Metadata: { run: '20260101T000000Z' },
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: 'arn:aws:kms:us-east-1:111122223333:key/1',
    BucketKeyEnabled: true,
    StorageClass: 'STANDARD_IA',
  });
  expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
});

test.each([
  ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
  ['bytes=7-', 206, '789', 'bytes 7-9/10'],
  ['bytes=-2', 206, '89', 'bytes 8-9/10'],
  ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
  ['bytes=4-2', 200, '0123456789', undefined],
  ['bytes=0-1,3-4', 200, '0123456789', undefined],
  ['lines=0-1', 200, '0123456789', undefined],
])('Range %s answers %i with %s', async (range, status, text, contentRange) => {
  const { s3, port } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: '0123456789' }));

  const reply = await sendRaw({ port, path: `/${BUCKET}/a`, headers: { range } });

  expect([reply.status, reply.body, reply.headers['content-range']]).toEqual([status, text, contentRange]);
});

test.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])(
  'Range %s, of which no byte exists, is refused',
  async (range) => {
    const { s3, port } = await servedS3();
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: '0123456789' }));

    const refused = await refusalOf(
      s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a', Range: range })),
    );
    const { headers } = await sendRaw({ port, path: `/${BUCKET}/a`, headers: { range } });

    expect([refused, headers['content-range']]).toEqual(['InvalidRange 416', 'bytes */10']);
  },
);

const etag = `"${md5('x')}"`;
const before = new Date(START - 1000);
const after = new Date(START + 3_600_000);

test.each([
  [{ IfMatch: etag }, 'accepted'],
  [{ IfMatch: '*' }, 'accepted'],
  [{ IfMatch: '"other"' }, 'PreconditionFailed 412'],
  [{ IfNoneMatch: etag }, '304 304'],
  [{ IfNoneMatch: '"other"' }, 'accepted'],
  [{ IfModifiedSince: after }, '304 304'],
  [{ IfModifiedSince: before }, 'accepted'],
  [{ IfUnmodifiedSince: before }, 'PreconditionFailed 412'],
  [{ IfMatch: etag, IfUnmodifiedSince: before }, 'accepted'],
  [{ IfNoneMatch: '"other"', IfModifiedSince: after }, 'accepted'],
])('a read under %o: %s', async (conditions, expected) => {
  const { s3 } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));

  const answer = await refusalOf(s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a', ...conditions })));

  expect(answer.replace(/^\w+ (304|412)$/, '$1')).toBe(expected.replace(/^\w+ (304|412)$/, '$1'));
});

test.each([
  ['taken', { IfNoneMatch: '*' }, 'PreconditionFailed 412'],
  ['free', { IfNoneMatch: '*' }, 'accepted'],
  ['taken', { IfNoneMatch: '"x"' }, 'NotImplemented 501'],
  ['taken', { IfMatch: etag }, 'accepted'],
  ['taken', { IfMatch: '"other"' }, 'PreconditionFailed 412'],
  ['free', { IfMatch: etag }, 'NoSuchKey 404'],
])('a write of a key that is %s under %o: %s', async (key, conditions, expected) => {
  const { s3, buckets } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'taken', Body: 'x' }));

  const answer = await refusalOf(
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: 'new', ...conditions })),
  );

  expect(answer).toBe(expected);
  expect(buckets.get(BUCKET)?.objects.get(key)?.body.toString() === 'new').toBe(expected === 'accepted');
});

test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
  'a %s checksum is verified, kept and given back',
  async (algorithm) => {
    const { s3, port } = await servedS3();
    const name = `Checksum${algorithm}` as const;

    const put = await s3.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: gzipped, ChecksumAlgorithm: algorithm }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a', ChecksumMode: 'ENABLED' }));
    await got.Body?.transformToByteArray();
    const wrong = await sendRaw({
      port,
      method: 'PUT',
      path: `/${BUCKET}/wrong`,
      headers: { [`x-amz-checksum-${algorithm.toLowerCase()}`]: put[name] ?? '' },
      body: 'other bytes',
    });

    expect(got[name]).toBe(put[name]);
    expect(got[name]).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(got.ChecksumType).toBe('FULL_OBJECT');
    expect([wrong.status, codeOf(wrong.body)]).toEqual([400, 'BadDigest']);
  },
);

test('an object that comes without a checksum gets a CRC64NVME', async () => {
  const { s3, port } = await servedS3();
  await sendRaw({ port, method: 'PUT', path: `/${BUCKET}/a`, body: '123456789' });

  const { Checksum } = await s3.send(
    new GetObjectAttributesCommand({ Bucket: BUCKET, Key: 'a', ObjectAttributes: ['Checksum'] }),
  );

  expect(Checksum).toEqual({ ChecksumCRC64NVME: 'rosUhgp5mIg=', ChecksumType: 'FULL_OBJECT' });
});

test.each([
  ['InvalidDigest', '/lineage/a', { 'content-md5': 'AAAA' }],
  ['BadDigest', '/lineage/a', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }],
  ['XAmzContentSHA256Mismatch', '/lineage/a', { 'x-amz-content-sha256': '0'.repeat(64) }],
  ['InvalidArgument', '/lineage/a', { 'x-amz-content-sha256': 'none' }],
  ['InvalidRequest', '/lineage/a', { 'x-amz-content-sha256': '' }],
  ['InvalidRequest', '/lineage/a', { 'x-amz-checksum-crc32': 'AAAA' }],
  ['InvalidRequest', '/lineage/a', { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-sha1': 'AA==' }],
  ['InvalidRequest', '/lineage/a', { 'x-amz-sdk-checksum-algorithm': 'CRC32' }],
  ['InvalidArgument', '/lineage/a', { 'x-amz-server-side-encryption': 'rot13' }],
  ['MetadataTooLarge', '/lineage/a', { 'x-amz-meta-a': 'x'.repeat(2048) }],
  ['AccessDenied', '/lineage/a', { authorization: '' }],
  ['InvalidRequest', '/lineage/a', { authorization: 'AWS AKID:signature' }],
  ['NotImplemented', '/lineage/a?acl', {}],
  ['InvalidURI', '/lineage/%ff', {}],
  ['KeyTooLongError', `/lineage/${'k'.repeat(1025)}`, {}],
  ['NoSuchBucket', '/nowhere/a', {}],
])('a put is refused with %s', async (code, path, headers) => {
  const { port, buckets } = await servedS3();

  const reply = await sendRaw({ port, method: 'PUT', path, headers, body: 'x' });

  expect(codeOf(reply.body)).toBe(code);
  expect(buckets.get(BUCKET)?.objects.size).toBe(0);
});

/** The CRC32 of `hello`. */
const TRAILER = 'x-amz-checksum-crc32:NhCmhg==\r\n';

test.each([
  ['two chunks and a trailer', 200, `2\r\nhe\r\n3;chunk-signature=00\r\nllo\r\n0\r\n${TRAILER}\r\n`],
  ['a wrong trailer', 'BadDigest', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'],
  ['no trailer', 'MalformedTrailerError', '5\r\nhello\r\n0\r\n\r\n'],
  ['no last chunk', 'IncompleteBody', '5\r\nhello\r\n'],
  ['a chunk that is too short', 'IncompleteBody', '9\r\nhello\r\n0\r\n\r\n'],
  ['a length that is no number', 'IncompleteBody', 'x\r\nhello\r\n0\r\n\r\n'],
  ['other bytes than announced', 'IncompleteBody', `4\r\nhell\r\n0\r\n${TRAILER}\r\n`],
])('an aws-chunked body with %s: %s', async (_, expected, body) => {
  const { port, buckets } = await servedS3();

  const reply = await sendRaw({
    port,
    method: 'PUT',
    path: `/${BUCKET}/a`,
    headers: {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    },
    body,
  });

  expect(reply.status === 200 ? 200 : codeOf(reply.body)).toBe(expected);
  expect(buckets.get(BUCKET)?.objects.get('a')?.body.toString()).toBe(expected === 200 ? 'hello' : undefined);
});

test('any key can be put, listed, read and deleted', async () => {
  const { s3 } = await servedS3();
  const awkward = fc.constantFrom(
    '/',
    '//',
    '.',
    '..',
    '+',
    '%',
    '%25',
    ' ',
    '&',
    '?',
    '#',
    '\t',
    '\r',
    '\n',
    '\u0001',
    "'",
    '"',
    '<',
    'é',
    '\ufffd',
    '😀',
    '\u2028',
  );
  const key = fc
    .array(fc.oneof(awkward, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 })), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => parts.join(''));

  await fc.assert(
    fc.asyncProperty(key, async (Key) => {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
      const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url' }),
      );
      await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
      const left = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));

      expect(await got.Body?.transformToString()).toBe(Key);
      expect(Contents.map((object) => decodeURIComponent(object.Key ?? ''))).toEqual([Key]);
      expect(left.KeyCount).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('DeleteObjects removes what is there, reports every key, and says nothing when it is to be quiet', async () => {
  const { s3, buckets } = await servedS3();
  const keys = ['a&b', '<c>', 'd"e', 'f'];
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  const Objects = ['a&b', '<c>', 'absent'].map((Key) => ({ Key }));

  const loud = await s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
  const quiet = await s3.send(
    new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: 'd"e' }], Quiet: true } }),
  );

  expect(loud.Deleted).toEqual(Objects);
  expect(quiet.Deleted).toBeUndefined();
  expect(buckets.get(BUCKET)?.keys).toEqual(['f']);
});

test.each([
  ['no digest', 'InvalidRequest', '<Delete><Object><Key>a</Key></Object></Delete>'],
  ['no object', 'MalformedXML', '<Delete></Delete>'],
  ['an object without a key', 'MalformedXML', '<Delete><Object></Object></Delete>'],
  ['tags that do not match', 'MalformedXML', '<Delete><Object><Key>a</Object></Delete>'],
  ['1001 keys', 'MalformedXML', `<Delete>${'<Object><Key>a</Key></Object>'.repeat(1001)}</Delete>`],
])('DeleteObjects with %s is refused: %s', async (name, code, body) => {
  const { port } = await servedS3();
  const sum = name === 'no digest' ? '' : createHash('md5').update(body).digest('base64');

  const reply = await sendRaw({
    port,
    method: 'POST',
    path: `/${BUCKET}?delete`,
    headers: { 'content-md5': sum },
    body,
  });

  expect([reply.status, codeOf(reply.body)]).toEqual([400, code]);
});

test.each([
  [{ IfMatch: etag }, 'accepted', 0],
  [{ IfMatch: '"other"' }, 'PreconditionFailed 412', 1],
])('a delete under %o: %s', async (conditions, expected, left) => {
  const { s3, buckets } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));

  const answer = await refusalOf(
    s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a', ...conditions })),
  );

  expect([answer, buckets.get(BUCKET)?.objects.size]).toEqual([expected, left]);
});

test('a copy takes bytes, metadata and checksum along, or new metadata in their place, across regions', async () => {
  const { s3, client } = await servedS3();
  const elsewhere = client({ region: 'eu-west-1' });
  await elsewhere.send(new CreateBucketCommand({ Bucket: 'elsewhere' }));
  await s3.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'a b/+',
      Body: 'x',
      ContentType: 'text/csv',
      Metadata: { run: '1' },
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  const CopySource = encodeURIComponent(`${BUCKET}/a b/+`);

  const copied = await elsewhere.send(new CopyObjectCommand({ Bucket: 'elsewhere', Key: 'b', CopySource }));
  await elsewhere.send(
    new CopyObjectCommand({
      Bucket: 'elsewhere',
      Key: 'c',
      CopySource,
      MetadataDirective: 'REPLACE',
      Metadata: { run: '2' },
    }),
  );
  const head = (Key: string) =>
    elsewhere.send(new HeadObjectCommand({ Bucket: 'elsewhere', Key, ChecksumMode: 'ENABLED' }));

  expect(copied.CopyObjectResult?.ETag).toBe(etag);
  expect(await head('b')).toMatchObject({
    ContentType: 'text/csv',
    Metadata: { run: '1' },
    ChecksumSHA256: createHash('sha256').update('x').digest('base64'),
  });
  expect(await head('c')).toMatchObject({ ContentType: 'binary/octet-stream', Metadata: { run: '2' } });
});

test.each([
  [{ CopySource: `${BUCKET}/a`, Key: 'a' }, 'InvalidRequest 400'],
  [{ CopySource: `${BUCKET}/a`, Key: 'a', MetadataDirective: 'REPLACE' as const }, 'accepted'],
  [{ CopySource: `${BUCKET}/a`, Key: 'a', ServerSideEncryption: 'aws:kms' as const }, 'accepted'],
  [{ CopySource: `${BUCKET}/absent`, Key: 'b' }, 'NoSuchKey 404'],
  [{ CopySource: 'nowhere/a', Key: 'b' }, 'NoSuchBucket 404'],
  [{ CopySource: BUCKET, Key: 'b' }, 'InvalidArgument 400'],
  [{ CopySource: `/${BUCKET}/a`, Key: 'b', CopySourceIfMatch: '"other"' }, 'PreconditionFailed 412'],
  [{ CopySource: `/${BUCKET}/a`, Key: 'b', CopySourceIfNoneMatch: etag }, 'PreconditionFailed 412'],
  [{ CopySource: `${BUCKET}/a`, Key: 'b', ExpectedSourceBucketOwner: '999999999999' }, 'AccessDenied 403'],
])('a copy of %o: %s', async (input, expected) => {
  const { s3 } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));

  expect(await refusalOf(s3.send(new CopyObjectCommand({ Bucket: BUCKET, ...input })))).toBe(expected);
});

test('a key that is not there is refused by name, and HEAD says it without a body', async () => {
  const { s3, port } = await servedS3();

  const error = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a&b' })).catch((caught) => caught);
  const head = await sendRaw({ port, method: 'HEAD', path: `/${BUCKET}/a` });

  expect(error).toMatchObject({
    name: 'NoSuchKey',
    message: 'The specified key does not exist.',
    Key: 'a&b',
  });
  expect([head.status, head.body]).toEqual([404, '']);
});

function codeOf(xml: string): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(xml)?.[1];
}

test.each([
  ['MD5', 'md5'],
  ['SHA512', 'sha512'],
])('a %s checksum, which the SDK does not compute, is verified too', async (algorithm, hash) => {
  const { s3, port } = await servedS3();
  const value = createHash(hash).update('x').digest('base64');
  const put = (body: string) =>
    sendRaw({
      port,
      method: 'PUT',
      path: `/${BUCKET}/a`,
      headers: { [`x-amz-checksum-${hash}`]: value },
      body,
    });

  const [right, wrong] = [await put('x'), await put('y')];
  const { Checksum } = await s3.send(
    new GetObjectAttributesCommand({ Bucket: BUCKET, Key: 'a', ObjectAttributes: ['Checksum'] }),
  );

  expect([right.status, codeOf(wrong.body)]).toEqual([200, 'BadDigest']);
  expect(Checksum).toMatchObject({ [`Checksum${algorithm}`]: value });
});

test('all attributes of an object can be asked for', async () => {
  const { s3 } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x', ChecksumAlgorithm: 'SHA1' }));

  const { $metadata, ...attributes } = await s3.send(
    new GetObjectAttributesCommand({
      Bucket: BUCKET,
      Key: 'a',
      ObjectAttributes: ['ETag', 'Checksum', 'ObjectParts', 'ObjectSize', 'StorageClass'],
    }),
  );

  expect(attributes).toEqual({
    ETag: md5('x'),
    Checksum: { ChecksumSHA1: createHash('sha1').update('x').digest('base64'), ChecksumType: 'FULL_OBJECT' },
    ObjectSize: 1,
    StorageClass: 'STANDARD',
    LastModified: new Date(START + 1000),
  });
});

test.each([
  [{}, { ServerSideEncryption: 'AES256' }],
  [
    { ServerSideEncryption: 'aws:kms' as const },
    { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'arn:aws:kms:us-east-1:111122223333:alias/aws/s3' },
  ],
  [
    { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) },
    {
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKeyMD5: createHash('md5').update('k'.repeat(32)).digest('base64'),
    },
  ],
])('encryption asked for with %o is reported as %o', async (input, expected) => {
  const { s3 } = await servedS3();

  const { $metadata, ETag, ChecksumCRC32, ChecksumType, ...put } = await s3.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x', ...input }),
  );

  expect(put).toEqual(expected);
});

test('a presigned query is enough to read, and may choose headers of the reply', async () => {
  const { s3, port } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x', ContentType: 'text/csv' }));
  const credential = encodeURIComponent('AKID/20260101/us-east-1/s3/aws4_request');

  const reply = await sendRaw({
    port,
    path: `/${BUCKET}/a?X-Amz-Credential=${credential}&response-content-type=text%2Fplain`,
    headers: { authorization: '', 'x-amz-content-sha256': '' },
  });

  expect([reply.status, reply.body, reply.headers['content-type']]).toEqual([200, 'x', 'text/plain']);
});

test.each([
  ['partNumber=1', 206, 'x'],
  ['partNumber=2', 416, 'InvalidRange'],
])('an object that was put whole has one part: ?%s answers %i', async (query, status, expected) => {
  const { s3, port } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));

  const reply = await sendRaw({ port, path: `/${BUCKET}/a?${query}` });

  expect([reply.status, codeOf(reply.body) ?? reply.body]).toEqual([status, expected]);
});
