import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectStore } from '../../../src/sandbox/s3/buckets.ts';
import { compareKeys } from '../../../src/sandbox/s3/utf8-order.ts';
import { BUCKET, refusalOf, START, sendRaw, servedS3 } from './served-s3.ts';

const KEYS = ['a/1', 'a/2', 'a/b/1', 'b', 'c/', 'c/1', 'd'];

async function filled() {
  const served = await servedS3();
  for (const Key of KEYS) await served.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
  return served;
}

/** Keys and common prefixes, page by page. */
async function pages(s3: S3Client, input: Partial<ListObjectsV2CommandInput>): Promise<string[][]> {
  const all: string[][] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: BUCKET, ...input })) {
    const keys = page.Contents?.map(({ Key = '' }) => Key) ?? [];
    const prefixes = page.CommonPrefixes?.map(({ Prefix = '' }) => `${Prefix} (prefix)`) ?? [];
    expect(page.KeyCount).toBe(keys.length + prefixes.length);
    all.push([...keys, ...prefixes]);
  }
  return all;
}

test.each<[Partial<ListObjectsV2CommandInput>, string[][]]>([
  [{}, [KEYS]],
  [{ Prefix: 'a/' }, [['a/1', 'a/2', 'a/b/1']]],
  [{ Prefix: 'z' }, [[]]],
  [{ StartAfter: 'a/2' }, [['a/b/1', 'b', 'c/', 'c/1', 'd']]],
  [{ StartAfter: 'a/15', Prefix: 'a/' }, [['a/2', 'a/b/1']]],
  [{ Delimiter: '/' }, [['b', 'd', 'a/ (prefix)', 'c/ (prefix)']]],
  [{ Delimiter: '/', Prefix: 'a/' }, [['a/1', 'a/2', 'a/b/ (prefix)']]],
  [{ Delimiter: '/', Prefix: 'c' }, [['c/ (prefix)']]],
  [{ MaxKeys: 3 }, [['a/1', 'a/2', 'a/b/1'], ['b', 'c/', 'c/1'], ['d']]],
  [{ MaxKeys: 7 }, [KEYS]],
  [{ MaxKeys: 1, Delimiter: '/' }, [['a/ (prefix)'], ['b'], ['c/ (prefix)'], ['d']]],
  [{ MaxKeys: 0 }, [[]]],
])('listing %o gives the pages %j', async (input, expected) => {
  const { s3 } = await filled();

  expect(await pages(s3, input)).toEqual(expected);
});

test('a summary carries what S3 says of an object', async () => {
  const { s3 } = await filled();

  const { $metadata, ...page } = await s3.send(
    new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'b', FetchOwner: true }),
  );

  expect(page).toEqual({
    Name: BUCKET,
    Prefix: 'b',
    MaxKeys: 1000,
    KeyCount: 1,
    IsTruncated: false,
    Contents: [
      {
        Key: 'b',
        LastModified: new Date(START + 4000),
        ETag: '"92eb5ffee6ae2fec3ad71c777531578f"',
        ChecksumAlgorithm: ['CRC32'],
        ChecksumType: 'FULL_OBJECT',
        Size: 1,
        StorageClass: 'STANDARD',
        Owner: { ID: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ],
  });
  expect($metadata.httpStatusCode).toBe(200);
});

test('the older ListObjects pages by marker, which a delimiter makes it give', async () => {
  const { s3 } = await filled();
  const list = (Marker?: string) =>
    s3.send(
      new ListObjectsCommand({ Bucket: BUCKET, Delimiter: '/', MaxKeys: 2, ...(Marker && { Marker }) }),
    );

  const first = await list();
  const second = await list(first.NextMarker);

  expect([first.CommonPrefixes, first.Contents?.map(({ Key }) => Key), first.NextMarker]).toEqual([
    [{ Prefix: 'a/' }],
    ['b'],
    'b',
  ]);
  expect([second.CommonPrefixes, second.Contents?.map(({ Key }) => Key), second.IsTruncated]).toEqual([
    [{ Prefix: 'c/' }],
    ['d'],
    false,
  ]);
});

test.each([
  ['continuation-token=abc'],
  ['continuation-token=%C3%A9'],
  ['max-keys=many'],
  ['max-keys=-1'],
  ['encoding-type=base64'],
])('ListObjectsV2 with %s is refused', async (parameter) => {
  const { port } = await servedS3();

  const { status, body } = await sendRaw({ port, path: `/${BUCKET}?list-type=2&${parameter}` });

  expect([status, /<Code>(\w+)/.exec(body)?.[1]]).toEqual([400, 'InvalidArgument']);
});

test('listing a bucket that is not there is refused', async () => {
  const { s3 } = await servedS3();

  expect(await refusalOf(s3.send(new ListObjectsV2Command({ Bucket: 'nowhere' })))).toBe('NoSuchBucket 404');
});

const anyKey = fc
  .array(fc.constantFrom('a', 'b', '/', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'), {
    minLength: 1,
    maxLength: 5,
  })
  .map((characters) => characters.join(''));

test('keys are ordered by their bytes in UTF-8', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (one, other) => {
      expect(Math.sign(compareKeys(one, other))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
    }),
  );
});

test('pages of any size, under any prefix and delimiter, come to the same as the whole sorted by hand', async () => {
  const { s3, buckets } = await servedS3();
  const bucket = buckets.get(BUCKET);
  const input = fc.record({
    Prefix: fc.constantFrom('', 'a', 'a/', '😀'),
    Delimiter: fc.constantFrom('', '/', 'b/', '😀'),
  });

  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(anyKey, { maxLength: 12 }),
      input,
      fc.integer({ min: 1, max: 4 }),
      async (keys, wanted, MaxKeys) => {
        bucket?.objects.clear();
        bucket?.keys.splice(0);
        for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));

        const listed = await pages(s3, { ...wanted, MaxKeys, EncodingType: 'url' });

        const decoded = listed.flat().map((key) => decodeURIComponent(key));
        expect(decoded.toSorted()).toEqual(listedByHand(keys, wanted).toSorted());
        expect(listed.slice(0, -1).every((page) => page.length === MaxKeys)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

function listedByHand(
  keys: readonly string[],
  { Prefix, Delimiter }: { Prefix: string; Delimiter: string },
): string[] {
  const names = keys
    .filter((key) => key.startsWith(Prefix))
    .map((key) => {
      const at = Delimiter === '' ? -1 : key.indexOf(Delimiter, Prefix.length);
      return at < 0 ? key : `${key.slice(0, at + Delimiter.length)} (prefix)`;
    });
  return [...new Set(names)];
}

test('the loader sees the same keys, regions and bytes', async () => {
  const { buckets } = await filled();
  const store = objectStore(buckets);

  expect([...store.keys(BUCKET, 'a/')]).toEqual(['a/1', 'a/2', 'a/b/1']);
  expect([...store.keys('nowhere', '')]).toEqual([]);
  expect([store.bucketRegion(BUCKET), store.bucketRegion('nowhere')]).toEqual(['us-east-1', undefined]);
  expect(store.get(BUCKET, 'b')).toEqual({
    bucket: BUCKET,
    key: 'b',
    etag: '92eb5ffee6ae2fec3ad71c777531578f',
    body: Buffer.from('b'),
  });
  expect(store.get(BUCKET, 'absent')).toBeUndefined();
});
