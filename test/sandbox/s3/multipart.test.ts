import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { expect, test } from 'vitest';
import { BUCKET, refusalOf, sendRaw, servedS3 } from './served-s3.ts';

const PART = 5 * 1024 * 1024;
const bytes = randomBytes(2 * PART + 1000);
const md5 = (part: Buffer) => createHash('md5').update(part).digest();
const sha256 = (part: Buffer) => createHash('sha256').update(part).digest();
const parts = [bytes.subarray(0, PART), bytes.subarray(PART, 2 * PART), bytes.subarray(2 * PART)] as const;

function* inPieces(): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

test('lib-storage uploads a stream in parts; the object is the parts, with their tag and their checksum', async () => {
  const { s3 } = await servedS3();
  const params = {
    Bucket: BUCKET,
    Key: 'a/big',
    Body: Readable.from(inPieces()),
    ContentType: 'text/csv',
    Metadata: { run: '1' },
    ChecksumAlgorithm: 'SHA256' as const,
  };

  const done = await new Upload({ client: s3, params, partSize: PART, queueSize: 3 }).done();
  const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a/big' }));
  const second = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a/big', PartNumber: 2 }));

  const tag = createHash('md5')
    .update(Buffer.concat(parts.map(md5)))
    .digest('hex');
  const checksum = createHash('sha256')
    .update(Buffer.concat(parts.map(sha256)))
    .digest('base64');
  expect(done).toMatchObject({
    ETag: `"${tag}-3"`,
    ChecksumSHA256: `${checksum}-3`,
    ChecksumType: 'COMPOSITE',
  });
  expect(bytes.equals((await got.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  expect(got).toMatchObject({
    ContentType: 'text/csv',
    Metadata: { run: '1' },
    ChecksumSHA256: `${checksum}-3`,
  });
  expect(second).toMatchObject({ ContentLength: PART, PartsCount: 3 });
});

test('lib-storage puts what fits into one part whole', async () => {
  const { s3, buckets } = await servedS3();

  const params = { Bucket: BUCKET, Key: 'empty', Body: Readable.from([]) };
  await new Upload({ client: s3, params }).done();

  expect(buckets.get(BUCKET)?.objects.get('empty')).toMatchObject({ body: Buffer.alloc(0), partSizes: [] });
});

/** Starts an upload and sends its parts; gives what to complete it with. */
async function begun(s3: S3Client, create: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'a', ...create }),
  );
  const common = { Bucket: BUCKET, Key: 'a', UploadId };
  const Parts = [];
  for (const [index, Body] of parts.entries()) {
    const PartNumber = index + 1;
    const { $metadata, ...sent } = await s3.send(
      new UploadPartCommand({ ...common, PartNumber, Body, ChecksumAlgorithm: create.ChecksumAlgorithm }),
    );
    Parts.push({ PartNumber, ...sent });
  }
  return { common, Parts };
}

test.each([
  [{}, { ChecksumType: 'FULL_OBJECT', ChecksumCRC64NVME: expect.any(String) }],
  [
    { ChecksumAlgorithm: 'CRC32' },
    { ChecksumType: 'COMPOSITE', ChecksumCRC32: expect.stringMatching(/-3$/) },
  ],
  [
    { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' },
    { ChecksumType: 'FULL_OBJECT', ChecksumCRC32: expect.stringMatching(/==$/) },
  ],
  [
    { ChecksumAlgorithm: 'CRC64NVME' },
    { ChecksumType: 'FULL_OBJECT', ChecksumCRC64NVME: expect.any(String) },
  ],
] as const)('an upload made with %o has the checksum %o', async (create, expected) => {
  const { s3 } = await servedS3();
  const { common, Parts } = await begun(s3, create);

  const { $metadata, Location, ...done } = await s3.send(
    new CompleteMultipartUploadCommand({ ...common, MultipartUpload: { Parts } }),
  );
  const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));

  const ETag = expect.stringMatching(/^"[0-9a-f]{32}-3"$/);
  expect(done).toEqual({ Bucket: BUCKET, Key: 'a', ETag, ServerSideEncryption: 'AES256', ...expected });
  expect(Location).toMatch(/^http:\/\/127\.0\.0\.1.*\/lineage\/a$/);
  expect((await got.Body?.transformToByteArray())?.length).toBe(bytes.length);
});

test.each([
  [{ ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' }, 'InvalidRequest 400'],
  [{ ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' }, 'InvalidRequest 400'],
  [{ ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' }, 'accepted'],
] as const)('an upload with %o: %s', async (create, expected) => {
  const { s3 } = await servedS3();

  const made = s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'a', ...create }));

  expect(await refusalOf(made)).toBe(expected);
});

type Change = (parts: CompletedPart[]) => CompletedPart[];

test.each<[string, Change, Partial<CompleteMultipartUploadCommandInput>, string]>([
  ['all parts', (all) => all, {}, 'accepted'],
  ['all parts, to a free key only', (all) => all, { IfNoneMatch: '*' }, 'PreconditionFailed 412'],
  ['all parts, over another object', (all) => all, { IfMatch: '"other"' }, 'PreconditionFailed 412'],
  ['all parts, and their size', (all) => all, { MpuObjectSize: bytes.length }, 'accepted'],
  ['all parts, and another size', (all) => all, { MpuObjectSize: 1 }, 'InvalidRequest 400'],
  ['all parts, and a wrong checksum', (all) => all, { ChecksumCRC32: 'AAAAAA==' }, 'BadDigest 400'],
  ['some parts', (all) => all.slice(1), {}, 'accepted'],
  ['no parts', () => [], {}, 'MalformedXML 400'],
  ['parts out of order', (all) => all.toReversed(), {}, 'InvalidPartOrder 400'],
  [
    'a part twice',
    ([one, ...all]) => [one, one, ...all].filter((part) => part !== undefined),
    {},
    'InvalidPartOrder 400',
  ],
  ['a part that was never sent', (all) => [...all, { PartNumber: 9, ETag: '"x"' }], {}, 'InvalidPart 400'],
  ['another tag', (all) => all.map((part) => ({ ...part, ETag: '"x"' })), {}, 'InvalidPart 400'],
  ['no tag', (all) => all.map(({ ETag, ...part }) => part), {}, 'InvalidPart 400'],
  [
    'another checksum',
    (all) => all.map((part) => ({ ...part, ChecksumCRC32: 'AAAAAA==' })),
    {},
    'InvalidPart 400',
  ],
  ['no checksum', (all) => all.map(({ ChecksumCRC32, ...part }) => part), {}, 'InvalidRequest 400'],
])('completing with %s', async (_, change, input, expected) => {
  const { s3, buckets } = await servedS3();
  const { common, Parts } = await begun(s3, { ChecksumAlgorithm: 'CRC32' });
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'earlier' }));
  const MultipartUpload = { Parts: change(Parts) };

  const completed = s3.send(new CompleteMultipartUploadCommand({ ...common, MultipartUpload, ...input }));

  expect(await refusalOf(completed)).toBe(expected);
  expect(buckets.get(BUCKET)?.uploads.size).toBe(expected === 'accepted' ? 0 : 1);
  expect(buckets.get(BUCKET)?.objects.get('a')?.body.equals(Buffer.from('earlier'))).toBe(
    expected !== 'accepted',
  );
});

test('parts but the last must have 5 MiB', async () => {
  const { s3 } = await servedS3();
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'a' }));
  const common = { Bucket: BUCKET, Key: 'a', UploadId };
  const sent = [1, 2].map(async (PartNumber) => {
    const { ETag } = await s3.send(new UploadPartCommand({ ...common, PartNumber, Body: 'small' }));
    return { PartNumber, ETag };
  });
  const MultipartUpload = { Parts: await Promise.all(sent) };

  const error = await s3
    .send(new CompleteMultipartUploadCommand({ ...common, MultipartUpload }))
    .catch((caught) => caught);

  expect(error).toMatchObject({
    name: 'EntityTooSmall',
    PartNumber: '1',
    ProposedSize: '5',
    MinSizeAllowed: `${PART}`,
  });
});

test.each([
  ['PUT', 'partNumber=0&uploadId=ID', 'InvalidArgument'],
  ['PUT', 'partNumber=10001&uploadId=ID', 'InvalidArgument'],
  ['PUT', 'partNumber=one&uploadId=ID', 'InvalidArgument'],
  ['PUT', 'partNumber=1&uploadId=other', 'NoSuchUpload'],
  ['POST', 'uploadId=other', 'NoSuchUpload'],
  ['GET', 'uploadId=other', 'NoSuchUpload'],
  ['DELETE', 'uploadId=other', 'NoSuchUpload'],
])('%s ?%s is refused: %s', async (method, query, code) => {
  const { s3, port } = await servedS3();
  const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'a' }));

  const reply = await sendRaw({
    port,
    method,
    path: `/${BUCKET}/a?${query.replace('ID', UploadId)}`,
  });

  expect(/<Code>(\w+)/.exec(reply.body)?.[1]).toBe(code);
});

test('a part with another checksum than the upload was made for is refused', async () => {
  const { s3 } = await servedS3();
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'a', ChecksumAlgorithm: 'SHA256' }),
  );

  const sent = s3.send(
    new UploadPartCommand({
      Bucket: BUCKET,
      Key: 'a',
      UploadId,
      PartNumber: 1,
      Body: 'x',
      ChecksumAlgorithm: 'CRC32',
    }),
  );

  expect(await refusalOf(sent)).toBe('InvalidRequest 400');
});

test('parts and uploads are listed page by page, and gone when the upload is aborted', async () => {
  const { s3 } = await servedS3();
  const { common } = await begun(s3, { ChecksumAlgorithm: 'CRC32' });
  const other = await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'a' }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'b/é' }));

  const firstParts = await s3.send(new ListPartsCommand({ ...common, MaxParts: 2 }));
  const lastParts = await s3.send(
    new ListPartsCommand({ ...common, PartNumberMarker: firstParts.NextPartNumberMarker }),
  );
  const first = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, MaxUploads: 1 }));
  const rest = await s3.send(
    new ListMultipartUploadsCommand({
      Bucket: BUCKET,
      KeyMarker: first.NextKeyMarker,
      UploadIdMarker: first.NextUploadIdMarker,
    }),
  );
  await s3.send(new AbortMultipartUploadCommand(common));
  const left = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: 'a' }));

  expect(firstParts).toMatchObject({
    IsTruncated: true,
    ChecksumAlgorithm: 'CRC32',
    ChecksumType: 'COMPOSITE',
  });
  expect([...(firstParts.Parts ?? []), ...(lastParts.Parts ?? [])]).toMatchObject(
    parts.map((part, index) => ({
      PartNumber: index + 1,
      Size: part.length,
      ETag: `"${md5(part).toString('hex')}"`,
    })),
  );
  expect([first.IsTruncated, first.Uploads?.map(({ UploadId }) => UploadId)]).toEqual([
    true,
    [common.UploadId],
  ]);
  expect(rest.Uploads?.map(({ Key }) => Key)).toEqual(['a', 'b/é']);
  expect(left.Uploads?.map(({ UploadId }) => UploadId)).toEqual([other.UploadId]);
});

test('a part can be a range of an object that is there', async () => {
  const { s3, buckets } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'source', Body: '0123456789' }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'a' }));
  const common = { Bucket: BUCKET, Key: 'a', UploadId };

  const { CopyPartResult } = await s3.send(
    new UploadPartCopyCommand({
      ...common,
      PartNumber: 1,
      CopySource: `${BUCKET}/source`,
      CopySourceRange: 'bytes=2-4',
    }),
  );
  const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }];
  await s3.send(new CompleteMultipartUploadCommand({ ...common, MultipartUpload: { Parts } }));

  expect(buckets.get(BUCKET)?.objects.get('a')?.body.toString()).toBe('234');
});
