import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { examined, HEALTHY } from './examined.ts';
import { cliHere } from './in-process.ts';

/* `doctor` where services do not answer as they should: what cannot be told is neither well nor wrong. */

const rule = (fault: FaultRule['fault'], service: FaultRule['service'], operation?: string) => ({
  rules: [{ fault, service, ...(operation === undefined ? {} : { operation }) }],
});

test.each([
  ['throttle', 'sagemaker', 'ListTrials', 'sagemaker:ListTrials', 'ThrottlingException: Rate exceeded'],
  ['error-500', 'sagemaker', 'ListTrials', 'sagemaker:ListTrials', 'InternalFailure: '],
  ['html', 'sagemaker', 'ListTrials', 'sagemaker:ListTrials', 'not one of an AWS service'],
  ['error-500', 's3', 'ListMultipartUploads', 's3:ListBucketMultipartUploads', 'InternalError: '],
  ['error-500', 'rds', 'DescribeDBClusters', 'rds:DescribeDBClusters', 'InternalFailure: '],
  ['html-502', 'neptune-db', 'CancelLoaderJob', 'neptune-db:CancelLoaderJob', 'not one of an AWS service'],
  ['throttle', 'sts', 'GetCallerIdentity', 'credentials', 'Throttling: Rate exceeded'],
  ['drop', 'sts', 'GetCallerIdentity', 'credentials', 'the connection broke (ECONNRESET)'],
] as const)('%s of %s.%s leaves %s unknown', async (fault, service, operation, check, found) => {
  const { exitCode, report, wrong, unknown, stderr } = await examined({
    sandbox: { faults: rule(fault, service, operation) },
  });
  const line = report.lines.find((one) => one.check === check);

  expect(wrong).toEqual([]);
  expect(unknown).toContain(check);
  expect(line?.found).toContain(found);
  expect(line?.remedy).toBeDefined();
  expect(exitCode).toBe(8);
  expect(stderr).toContain(`not known: ${unknown.join(', ')}`);
});

test('--allow-unknown lets pass what could not be told, and nothing that is wrong', async () => {
  const unclear = { sandbox: { faults: rule('error-500', 'rds') } };
  const args = [...HEALTHY, '--allow-unknown'];

  const borne = await examined({ ...unclear, args });
  const wrong = await examined({ sandbox: { deny: ['sagemaker:Search'] }, args });

  expect([borne.exitCode, borne.report.ok, borne.unknown]).toEqual([
    0,
    false,
    ['rds:DescribeDBClusters', 'cluster', 'load role'],
  ]);
  expect(wrong.exitCode).toBe(8);
});

test('a cluster that fails at the load that cannot be has let the caller in', async () => {
  const { exitCode, report } = await examined({
    sandbox: { faults: rule('load-refused', 'neptune-db', 'StartLoaderJob') },
  });

  expect(exitCode).toBe(0);
  expect(report.lines).toContainEqual({
    ...{ check: 'neptune-db:StartLoaderJob', verdict: 'ok', found: 'allowed' },
  });
});

test('where SageMaker cannot be reached at all, one line says so', async () => {
  const { report, wrong } = await examined({
    prepare: () => ({ env: { AWS_ENDPOINT_URL_SAGEMAKER: 'http://127.0.0.1:9' } }),
  });

  expect(wrong).toEqual(['sagemaker']);
  expect(report.lines.find(({ check }) => check === 'sagemaker')).toEqual({
    ...{ check: 'sagemaker', verdict: 'wrong' },
    found: 'cannot be reached in us-east-1: nothing listens there (ECONNREFUSED)',
    remedy:
      "Let this machine reach SageMaker's API (by NAT, or by an interface endpoint com.amazonaws.us-east-1.sagemaker.api), and check that us-east-1 is a Region.",
  });
});

test('where S3 cannot be reached at all, one line says so', async () => {
  const { report, wrong, unknown } = await examined({
    prepare: () => ({ env: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' } }),
  });

  expect([wrong, unknown]).toEqual([['bucket'], ['bucket access']]);
  expect(report.lines.find(({ check }) => check === 'bucket')?.remedy).toContain(
    'by a gateway endpoint com.amazonaws.us-east-1.s3',
  );
});

test('a service that answers late is not waited for beyond the timeout', async () => {
  const { report, wrong } = await examined({
    sandbox: {
      faults: { rules: [{ fault: 'slow', service: 'rds', milliseconds: 600_000 }] },
    },
    args: [...HEALTHY, '--timeout', '1s'],
  });

  expect(wrong).toEqual([]);
  expect(report.lines.find(({ check }) => check === 'rds:DescribeDBClusters')).toMatchObject({
    ...{ verdict: 'unknown', found: 'not told: no answer within 1 s' },
    remedy: expect.stringContaining('--timeout'),
  });
});

test('a trial load is not tried where something is wrong that it needs', async () => {
  const { report, unknown, sandbox } = await examined({
    sandbox: { cluster: { loadRoles: [] } },
    args: [...HEALTHY, '--deep'],
  });

  expect(unknown).toEqual(['trial load']);
  expect(report.lines.at(-1)?.found).toBe('not tried, because of: load role');
  expect(await keysOf(sandbox)).toEqual([]);
});

test('what a trial load could not take away is named', async () => {
  const { report, wrong, sandbox } = await examined({
    sandbox: { gremlin: true, deny: ['s3:DeleteObject', 'neptune-db:DeleteDataViaQuery'] },
    args: [...HEALTHY, '--deep'],
  });
  const [key = ''] = await keysOf(sandbox);
  const id = key.split('/')[2];
  const found = report.lines.slice(-2).map((line) => line.found);

  expect(wrong).toEqual(['s3:DeleteObject', 'neptune-db:DeleteDataViaQuery']);
  expect(found).toEqual([
    expect.stringMatching(new RegExp(`; left over: s3://lineage/${key}$`)),
    expect.stringMatching(new RegExp(`; left over: the vertex smlineage-doctor-${id}$`)),
  ]);
});

test('a trial load that is interrupted leaves no file and no job behind', async () => {
  const { sandbox } = await examined({
    sandbox: { faults: { rules: [], loads: [{ status: 'LOAD_IN_PROGRESS' }] } },
    args: [],
  });
  const interruption = new AbortController();
  const running = cliHere(['doctor', ...HEALTHY, '--deep'], {
    env: sandbox.environment,
    signal: interruption.signal,
  });
  // Each diagnosis asks once for a job that is not there; the next look is at the trial's own.
  while (sandbox.log.calls('neptune-db', 'GetLoaderJobStatus') < 3) await new Promise(setImmediate);
  interruption.abort();

  expect(await running).toMatchObject({ exitCode: 130 });
  const jobs = await cliHere(['load', 'list', '--output', 'json'], { env: sandbox.environment });
  expect(jobs.stdout).not.toContain('LOAD_IN_');
  expect(await keysOf(sandbox)).toEqual([]);
});

test('a load that waits beyond the deadline is unknown, and says so', async () => {
  const { report, unknown, sandbox } = await examined({
    sandbox: { faults: { rules: [], loads: [{ status: 'LOAD_IN_PROGRESS' }] } },
    args: [...HEALTHY, '--deep', '--deadline', '1s'],
  });

  expect(unknown).toContain('trial load');
  expect(report.lines.find(({ check }) => check === 'trial load')?.found).toContain('LOAD_IN_PROGRESS');
  // The trial's own and the one that was tried for the permission.
  expect(sandbox.log.counts()['neptune-db.CancelLoaderJob']).toEqual({ 200: 1, 404: 1 });
  expect(await keysOf(sandbox)).toEqual([]);
});

async function keysOf(sandbox: Sandbox): Promise<readonly string[]> {
  const s3 = new S3Client({ ...sandbox, endpoint: sandbox.url, forcePathStyle: true });
  onTestFinished(() => s3.destroy());
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'lineage' }));
  return Contents.map(({ Key = '' }) => Key);
}
