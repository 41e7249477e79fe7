import { S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { bucketLines, observeBucket } from '../../../src/runs/doctor/bucket.ts';
import { observer } from '../../../src/runs/doctor/observe.ts';
import { CREDENTIALS, type Reply, type Seen, scriptedServer } from '../../neptune/scripted-server.ts';

/* What S3 can say of a bucket that the sandbox has no policies and no keys for, each as S3 words it. */

const REGION = 'us-east-1';
const KEY = 'arn:aws:kms:us-east-1:123456789012:key/k';
const HEAD_OK: Reply = { xml: '', headers: { 'x-amz-bucket-region': REGION } };
const NO_KEY: Reply = failure(404, 'NoSuchKey', 'The specified key does not exist.');

function failure(status: number, code: string, message: string, headers = {}): Reply {
  return { status, headers, xml: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` };
}

/** A bucket that answers as a healthy one but for some operations. */
type Odd = {
  readonly head?: Reply;
  readonly headOwned?: Reply;
  readonly list?: Reply;
  readonly get?: Reply;
  readonly begin?: Reply;
  readonly part?: Reply;
  readonly abort?: Reply;
};

function replyTo({ call, headers }: Seen, odd: Odd): Reply {
  if (call.startsWith('HEAD'))
    return headers['x-amz-expected-bucket-owner'] === undefined
      ? (odd.head ?? HEAD_OK)
      : (odd.headOwned ?? odd.head ?? HEAD_OK);
  if (call.startsWith('POST')) return odd.begin ?? begun({});
  if (call.startsWith('PUT')) return odd.part ?? { xml: '', headers: { etag: '"1"' } };
  if (call.startsWith('DELETE')) return odd.abort ?? { status: 204, xml: '' };
  if (call.includes('list-type')) return odd.list ?? { xml: '<ListBucketResult/>' };
  if (call.includes('uploads')) return { xml: '<ListMultipartUploadsResult/>' };
  return odd.get ?? NO_KEY;
}

function begun(headers: Readonly<Record<string, string>>): Reply {
  const xml = '<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>';
  return { xml, headers };
}

async function linesOf(odd: Odd, options: { readonly encrypted?: boolean } = {}) {
  const { url, seen } = await scriptedServer((call) => replyTo(call, odd));
  const s3 = new S3Client({
    ...{ endpoint: url, region: REGION, credentials: CREDENTIALS, forcePathStyle: true, maxAttempts: 1 },
  });
  onTestFinished(() => s3.destroy());
  const target = {
    ...{ location: { bucket: 'lineage', key: 'nightly/' }, region: REGION, account: '123456789012' },
    encryption: options.encrypted ? ({ method: 'aws:kms', keyId: KEY } as const) : undefined,
  };
  const observe = observer(10_000, undefined);
  const observations = await observeBucket(s3, target, {
    observe,
    id: 'id',
    wanted: new Set(['s3:PutObject']),
  });
  const resources = {
    ...{ partition: 'aws', region: REGION, account: '123456789012', bucket: 'lineage', prefix: 'nightly/' },
  };
  const lines = bucketLines(observations, target, resources);
  const notOk = lines.filter(({ verdict }) => verdict !== 'ok');
  return { lines, notOk, calls: seen.map(({ call }) => call) };
}

test('a healthy bucket is asked nothing that writes an object', async () => {
  const { notOk, calls } = await linesOf({});

  expect(notOk).toEqual([]);
  expect(calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  expect(calls).toContain(
    'DELETE /lineage/nightly/smlineage-doctor/id?uploadId=upload-1&x-id=AbortMultipartUpload',
  );
});

test('a bucket that encrypts with KMS by itself is sent one byte, and the key is named', async () => {
  const { lines, notOk } = await linesOf({
    begin: begun({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': KEY,
    }),
  });

  expect(notOk).toEqual([]);
  expect(lines.map(({ check, found }) => [check, found])).toContainEqual([
    'encryption',
    `aws:kms with ${KEY}`,
  ]);
  expect(lines.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['kms:GenerateDataKey', 'kms:Decrypt']),
  );
});

test('a part that may not be encrypted tells that kms:Decrypt is missing', async () => {
  const message = `User: arn:aws:iam::123456789012:user/u is not authorized to perform: kms:Decrypt on resource: ${KEY} because no identity-based policy allows the kms:Decrypt action`;
  const { notOk } = await linesOf({
    begin: begun({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': KEY,
    }),
    part: failure(403, 'AccessDenied', message),
  });

  expect(notOk).toEqual([
    {
      ...{ check: 'kms:Decrypt', verdict: 'wrong', found: `denied (${message})` },
      remedy: `Allow kms:Decrypt on ${KEY} in the IAM policy of arn:aws:iam::123456789012:user/u.`,
    },
  ]);
});

test.each(['KMS.DisabledException', 'KMS.NotFoundException', 'KMS.KMSInvalidStateException'])(
  'a key that is of no use (%s) is the encryption’s fault, not the permission’s',
  async (code) => {
    const { notOk } = await linesOf({ begin: failure(400, code, 'k') }, { encrypted: true });

    expect(notOk).toMatchObject([
      {
        ...{ check: 'encryption', verdict: 'wrong', found: `${code}: k` },
        remedy: `Pass a key as --sse-kms-key-id that is enabled, and in the Region of the bucket (not ${KEY}).`,
      },
      { check: 'kms:Decrypt', verdict: 'unknown' },
      { check: 's3:AbortMultipartUpload', verdict: 'unknown' },
    ]);
  },
);

test('a bare "Access Denied" where KMS is to encrypt names both permissions', async () => {
  const { notOk } = await linesOf(
    { begin: failure(403, 'AccessDenied', 'Access Denied') },
    { encrypted: true },
  );

  expect(notOk[0]).toEqual({
    ...{ check: 's3:PutObject', verdict: 'wrong', found: 'denied (Access Denied)' },
    remedy: `Allow s3:PutObject on arn:aws:s3:::lineage/nightly/* in the IAM policy of the caller, and kms:GenerateDataKey and kms:Decrypt on ${KEY}.`,
  });
});

test('a bucket of which nothing may be seen is there: what is missing are permissions', async () => {
  const denied = failure(403, 'AccessDenied', 'Access Denied');
  const { notOk } = await linesOf({ head: denied, list: denied, get: denied });

  expect(notOk).toMatchObject([
    { check: 's3:ListBucket', verdict: 'wrong' },
    {
      ...{ check: 's3:GetObject', verdict: 'unknown' },
      remedy: 'Allow s3:ListBucket first: without it S3 denies whatever is not there.',
    },
  ]);
});

test.each([301, 400, 403])('a bucket elsewhere is known by the header of a %s', async (status) => {
  const head: Reply = { status, xml: '', headers: { 'x-amz-bucket-region': 'eu-central-1' } };
  const { notOk } = await linesOf({ head });

  expect(notOk).toMatchObject([
    {
      ...{ check: 'bucket', verdict: 'wrong', found: 'lineage is in eu-central-1, and not in us-east-1' },
    },
    { check: 'bucket access', verdict: 'unknown' },
  ]);
});

test('a bucket of another account than the caller’s is a question, until its owner is given', async () => {
  const { notOk } = await linesOf({ headOwned: failure(403, 'AccessDenied', 'Access Denied') });

  expect(notOk).toEqual([
    {
      ...{ check: 'bucket owner', verdict: 'unknown' },
      found: 'not 123456789012, the account of the caller',
      remedy: 'If the bucket of another account is meant, pass that account as --expected-bucket-owner.',
    },
  ]);
});

test('an upload that could not be thrown away is named', async () => {
  const { notOk } = await linesOf({ abort: failure(403, 'AccessDenied', 'Access Denied') });

  expect(notOk).toMatchObject([
    {
      ...{ check: 's3:AbortMultipartUpload', verdict: 'wrong' },
      found: 'denied (Access Denied); left over: the upload upload-1 of nightly/smlineage-doctor/id',
    },
  ]);
});
