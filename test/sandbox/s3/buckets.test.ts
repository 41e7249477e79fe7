import { Agent } from 'node:http';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { ACCOUNT, BUCKET, refusalOf, START, sendRaw, servedS3 } from './served-s3.ts';

test('a bucket is made where the client is, found, listed and removed', async () => {
  const { s3, client } = await servedS3();
  const elsewhere = client({ region: 'eu-west-1' });

  await elsewhere.send(new CreateBucketCommand({ Bucket: 'elsewhere' }));
  const head = await elsewhere.send(new HeadBucketCommand({ Bucket: 'elsewhere' }));
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  const locations = [BUCKET, 'elsewhere'].map((Bucket) => s3.send(new GetBucketLocationCommand({ Bucket })));
  const [here, there] = await Promise.all(locations);
  await elsewhere.send(new DeleteBucketCommand({ Bucket: 'elsewhere' }));

  expect(head.BucketRegion).toBe('eu-west-1');
  expect(Buckets).toEqual([
    { Name: 'elsewhere', CreationDate: new Date(START + 1000), BucketRegion: 'eu-west-1' },
    { Name: BUCKET, CreationDate: new Date(START), BucketRegion: 'us-east-1' },
  ]);
  expect([here?.LocationConstraint, there?.LocationConstraint]).toEqual([undefined, 'eu-west-1']);
  expect(await refusalOf(s3.send(new HeadBucketCommand({ Bucket: 'elsewhere' })))).toBe('NotFound 404');
});

const EU = { CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } } as const;

test.each([
  ['us-east-1', { Bucket: BUCKET }, 'accepted'],
  ['us-east-1', { Bucket: 'made-from-afar', ...EU }, 'accepted'],
  ['eu-west-1', { Bucket: 'made-at-home', ...EU }, 'accepted'],
  ['eu-central-1', { Bucket: 'made-from-afar', ...EU }, 'IllegalLocationConstraintException 400'],
  ['eu-west-1', { Bucket: BUCKET, ...EU }, 'BucketAlreadyOwnedByYou 409'],
  ['us-east-1', { Bucket: 'Upper' }, 'InvalidBucketName 400'],
  ['us-east-1', { Bucket: 'a..b' }, 'InvalidBucketName 400'],
  ['us-east-1', { Bucket: '10.0.0.1' }, 'InvalidBucketName 400'],
])('from %s, making %o: %s', async (region, input, expected) => {
  const { client } = await servedS3();

  const made = client({ region, forcePathStyle: true }).send(new CreateBucketCommand(input));

  expect(await refusalOf(made)).toBe(expected);
});

test.each([
  ['', 'IllegalLocationConstraintException'],
  ['<CreateBucketConfiguration><LocationConstraint>eu-west-1', 'MalformedXML'],
  ['<Other/>', 'MalformedXML'],
  ['<!DOCTYPE x><CreateBucketConfiguration/>', 'MalformedXML'],
])('a bucket is not made with the configuration "%s": %s', async (body, code) => {
  const { port } = await servedS3();
  const authorization = 'AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/s3/aws4_request, Signature=00';

  const reply = await sendRaw({ port, method: 'PUT', path: '/new-bucket', headers: { authorization }, body });

  expect([reply.status, /<Code>(\w+)/.exec(reply.body)?.[1]]).toEqual([400, code]);
});

test('a bucket that holds something is not removed', async () => {
  const { s3 } = await servedS3();
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));

  expect(await refusalOf(s3.send(new DeleteBucketCommand({ Bucket: BUCKET })))).toBe('BucketNotEmpty 409');
});

test('a client that is set to another region is told where the bucket is, and finds it if it follows', async () => {
  const { client, port } = await servedS3();
  const astray = client({ region: 'eu-west-1' });
  const following = client({ region: 'eu-west-1', followRegionRedirects: true });

  const refused = await astray.send(new ListObjectsV2Command({ Bucket: BUCKET })).catch((error) => error);
  const head = await refusalOf(astray.send(new HeadBucketCommand({ Bucket: BUCKET })));
  const found = await following.send(new ListObjectsV2Command({ Bucket: BUCKET }));

  expect(refused).toMatchObject({
    name: 'PermanentRedirect',
    $metadata: { httpStatusCode: 301 },
    Bucket: BUCKET,
    Endpoint: `127.0.0.1:${port}`,
  });
  expect(refused.$response.headers['x-amz-bucket-region']).toBe('us-east-1');
  expect(head).toMatch(/ 301$/);
  expect(found.KeyCount).toBe(0);
});

test.each([
  [ACCOUNT, 'accepted'],
  ['999999999999', 'AccessDenied 403'],
  ['nobody', 'InvalidBucketOwnerAWSAccountID 400'],
])('expecting %s to own the bucket: %s', async (ExpectedBucketOwner, expected) => {
  const { s3 } = await servedS3();

  expect(await refusalOf(s3.send(new ListObjectsV2Command({ Bucket: BUCKET, ExpectedBucketOwner })))).toBe(
    expected,
  );
});

/** Sends every name under `localhost` to the sandbox, as most resolvers do. */
const agent = () =>
  new Agent({ lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]) });

test('the bucket may stand in the host name, where a wrong region spoils the signature', async () => {
  const { client, port } = await servedS3();
  const endpoint = `http://localhost:${port}`;
  const hosted = client({ endpoint, requestHandler: { httpAgent: agent() } });
  const astray = client({ endpoint, region: 'eu-west-1', requestHandler: { httpAgent: agent() } });

  await hosted.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a/b', Body: 'x' }));
  const got = await client().send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a/b' }));
  const listed = await hosted.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const byService = await sendRaw({
    port,
    path: '/a/b',
    headers: { host: `${BUCKET}.s3.us-east-1.localhost` },
  });
  const byPath = await sendRaw({ port, path: `/${BUCKET}/a/b`, headers: { host: 's3.localhost' } });
  const refused = await astray.send(new ListObjectsV2Command({ Bucket: BUCKET })).catch((error) => error);

  expect(await got.Body?.transformToString()).toBe('x');
  expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['a/b']);
  expect([byService.body, byPath.body]).toEqual(['x', 'x']);
  expect(refused).toMatchObject({ name: 'AuthorizationHeaderMalformed', Region: 'us-east-1' });
});
