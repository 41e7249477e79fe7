import { GetEngineStatusCommand, NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { HeadBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListArtifactsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { expect, onTestFinished, test } from 'vitest';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { refusalOf } from './s3/served-s3.ts';

const ARTIFACT: AccountRecord = {
  kind: 'artifact',
  ArtifactArn: 'arn:aws:sagemaker:eu-west-1:123456789012:artifact/1',
  ArtifactType: 'DataSet',
  Source: { SourceUri: 's3://data/1' },
  CreationTime: 1_700_000_000_000,
  LastModifiedTime: 1_700_000_000_000,
};

async function started(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({
    gremlin: false,
    region: 'eu-west-1',
    records: [ARTIFACT],
    ...options,
  });
  const { url: endpoint, region, credentials } = sandbox;
  const config = { endpoint, region, credentials, maxAttempts: 1 };
  const clients = {
    sagemaker: new SageMakerClient(config),
    s3: new S3Client(config),
    neptune: new NeptunedataClient(config),
  };
  onTestFinished(async () => {
    for (const client of Object.values(clients)) client.destroy();
    await sandbox.close();
  });
  return { sandbox, ...clients };
}

test('a sandbox serves SageMaker, S3 and Neptune on one port, and says where', async () => {
  const { sandbox, sagemaker, s3, neptune } = await started({ bucket: 'runs' });

  const { ArtifactSummaries } = await sagemaker.send(new ListArtifactsCommand({}));
  const head = await s3.send(new HeadBucketCommand({ Bucket: 'runs' }));
  const { status } = await neptune.send(new GetEngineStatusCommand({}));

  expect(ArtifactSummaries?.map(({ ArtifactArn }) => ArtifactArn)).toEqual([ARTIFACT.ArtifactArn]);
  expect([head.BucketRegion, status, sandbox.gremlin]).toEqual(['eu-west-1', 'healthy', false]);
  expect(sandbox.environment).toEqual({
    AWS_ENDPOINT_URL_SAGEMAKER: sandbox.url,
    AWS_ENDPOINT_URL_S3: sandbox.url,
    AWS_ENDPOINT_URL_NEPTUNEDATA: sandbox.url,
    AWS_ENDPOINT_URL_NEPTUNE: sandbox.url,
    AWS_ENDPOINT_URL_STS: sandbox.url,
    AWS_ENDPOINT_URL_RAM: sandbox.url,
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
  });
  expect(sandbox.log.counts()).toEqual({
    'neptune-db.GetEngineStatus': { 200: 1 },
    's3.HeadBucket': { 200: 1 },
    'sagemaker.ListArtifacts': { 200: 1 },
  });
});

test('a sandbox that cannot have its port leaves nothing running', async () => {
  const { sandbox } = await started();

  await expect(startSandbox({ gremlin: false, port: sandbox.port })).rejects.toMatchObject({
    outcome: 'usage',
  });
});

test('a signal closes the sandbox, and closing it again is harmless', async () => {
  const controller = new AbortController();
  const { sandbox } = await started({ signal: controller.signal });

  controller.abort();
  await sandbox.close();

  await expect(fetch(sandbox.url)).rejects.toThrow();
});

type Names = readonly [sagemaker: string, s3: string, neptune: string];

test.each<[FaultRule['fault'], Names]>([
  ['throttle', ['ThrottlingException 400', 'SlowDown 503', 'TooManyRequestsException 429']],
  ['error-500', ['InternalFailure 500', 'InternalError 500', 'InternalFailureException 500']],
  // S3's client takes a page of HTML for a listing of nothing.
  ['html', ['SyntaxError 200', 'accepted', 'SyntaxError']],
  ['html-502', ['SyntaxError 502', 'Unknown 502', 'SyntaxError']],
  ['drop', ['TimeoutError', 'TimeoutError', 'TimeoutError']],
  ['lost-reply', ['TimeoutError', 'TimeoutError', 'TimeoutError']],
  ['expired', ['ExpiredTokenException 400', 'ExpiredToken 400', 'ExpiredTokenException 403']],
  ['denied', ['AccessDeniedException 400', 'AccessDenied 403', 'AccessDeniedException 403']],
  [
    'conflict',
    ['ConflictException 400', 'ConditionalRequestConflict 409', 'ConcurrentModificationException 500'],
  ],
  ['slow', ['accepted', 'accepted', 'accepted']],
])('the fault %s looks to each client as AWS makes it look', async (fault, names) => {
  const rule: FaultRule = { fault, ...(fault === 'slow' && { milliseconds: 1 }) };
  const { sandbox, sagemaker, s3, neptune } = await started({ faults: { rules: [rule] } });

  const answers = [
    await refusalOf(sagemaker.send(new ListArtifactsCommand({}))),
    await refusalOf(s3.send(new ListObjectsV2Command({ Bucket: sandbox.bucket }))),
    await refusalOf(neptune.send(new GetEngineStatusCommand({}))),
  ];

  expect(answers).toEqual(names);
});

test('a denial names the user, the IAM action and the resource', async () => {
  const { sandbox, sagemaker, s3 } = await started({ faults: { rules: [{ fault: 'denied' }] } });
  const Key = 'a/b.csv';

  const listing = await sagemaker.send(new ListArtifactsCommand({})).catch((error) => error.message);
  const write = await s3
    .send(new PutObjectCommand({ Bucket: sandbox.bucket, Key, Body: 'x' }))
    .catch((error) => error.message);

  const user = 'User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform:';
  const because = 'because no identity-based policy allows the';
  expect(listing).toBe(
    `${user} sagemaker:ListArtifacts on resource: arn:aws:sagemaker:eu-west-1:123456789012:* ` +
      `${because} sagemaker:ListArtifacts action`,
  );
  expect(write).toBe(
    `${user} s3:PutObject on resource: "arn:aws:s3:::lineage/a/b.csv" ${because} s3:PutObject action`,
  );
});

test('a dropped request has no effect, one whose reply is lost has', async () => {
  const rules: FaultRule[] = [
    { fault: 'drop', operation: 'PutObject', at: 1 },
    { fault: 'lost-reply', operation: 'PutObject', at: 2 },
  ];
  const { sandbox, s3 } = await started({ faults: { rules } });
  const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket: sandbox.bucket, Key, Body: 'x' }));

  const answers = [await refusalOf(put('a')), await refusalOf(put('b'))];
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: sandbox.bucket }));

  expect(answers).toEqual(['TimeoutError', 'TimeoutError']);
  expect(Contents?.map(({ Key }) => Key)).toEqual(['b']);
  expect(sandbox.log.counts()).toMatchObject({ 's3.PutObject': { 0: 2 } });
});

test('faulted pages of a listing: an empty one goes on from the same place, a repeated token leads back, an expired one is refused', async () => {
  const rules: FaultRule[] = [
    { fault: 'empty-page', operation: 'ListObjectsV2', at: 2 },
    { fault: 'repeated-token', operation: 'ListObjectsV2', at: 4 },
    { fault: 'expired-token', operation: 'ListObjectsV2', at: [5, 6] },
  ];
  const { sandbox, s3 } = await started({ faults: { rules } });
  for (const Key of ['a', 'b', 'c'])
    await s3.send(new PutObjectCommand({ Bucket: sandbox.bucket, Key, Body: 'x' }));
  const list = async (ContinuationToken?: string) => {
    const input = { Bucket: sandbox.bucket, MaxKeys: 1, ...(ContinuationToken && { ContinuationToken }) };
    const { Contents = [], NextContinuationToken } = await s3.send(new ListObjectsV2Command(input));
    return { keys: Contents.map(({ Key }) => Key), next: NextContinuationToken };
  };

  const first = await list();
  const empty = await list(first.next);
  const second = await list(empty.next);
  const repeated = await list(second.next);
  const refused = await refusalOf(list(second.next));
  const afresh = await list();

  expect([first.keys, empty.keys, second.keys, repeated.keys]).toEqual([['a'], [], ['b'], ['c']]);
  expect([refused, afresh.keys]).toEqual(['InvalidArgument 400', ['a']]);
  expect(empty.next).toBe(first.next);
  expect(repeated.next).toBe(second.next);
});

test('the same plan and the same requests play the same faults', async () => {
  const faults = { seed: 5, rules: [{ fault: 'throttle' as const, probability: 0.4 }] };
  const answers = async () => {
    const { s3, sandbox } = await started({ faults });
    const all: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      all.push(await refusalOf(s3.send(new HeadBucketCommand({ Bucket: sandbox.bucket }))));
    }
    return all;
  };

  const [one, other] = [await answers(), await answers()];

  expect(one).toEqual(other);
  expect(new Set(one).size).toBe(2);
});
