import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { smlineage } from './smlineage.ts';

/*
 * What people get wrong, through the real binary: one message each that says what was expected, what was there and what
 * to do next, the exit code of docs/exit-codes.md, no stack, nothing on stdout.
 */

let sandbox: Sandbox;
let folder: string;
let run: string;
let runUri: string;

const ROLE = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
const UNREACHABLE = 'http://127.0.0.1:9';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-bad-input-'));
  sandbox = await startSandbox({ records: generateLineage({ entities: 100, seed: 3 }) });
  const s3 = new S3Client({ ...aws(), region: 'eu-central-1', forcePathStyle: true });
  await s3.send(
    new CreateBucketCommand({
      Bucket: 'frankfurt',
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    }),
  );
  s3.destroy();
  const exported = await smlineage(['export', '--out', join(folder, 'runs')], { env: sandbox.environment });
  run = exported.stdout.trim();
  const uploaded = await smlineage(['upload', run, '--to', 's3://lineage/good'], {
    env: sandbox.environment,
  });
  runUri = uploaded.stdout.trim();
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'a-file'), '');
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

function aws() {
  return { endpoint: sandbox.url, credentials: sandbox.credentials };
}

type Case = {
  readonly wrong: string;
  readonly args: () => readonly string[];
  readonly env?: () => Readonly<Record<string, string>>;
  readonly exitCode: number;
  readonly says: readonly (string | RegExp)[];
};

const withoutRegion = () => {
  const { AWS_REGION, AWS_DEFAULT_REGION, ...rest } = sandbox.environment;
  return rest;
};

const cases: readonly Case[] = [
  {
    wrong: 'an unknown flag',
    args: () => ['export', '--regoin', 'us-east-1'],
    exitCode: 2,
    says: ["unknown option '--regoin'", '--region'],
  },
  {
    wrong: 'an unknown command',
    args: () => ['exprot'],
    exitCode: 2,
    says: ["unknown command 'exprot'", 'export'],
  },
  {
    wrong: 'a number that is none',
    args: () => ['export', '--concurrency', '0'],
    exitCode: 2,
    says: ['--concurrency', 'from 1 to 100'],
  },
  {
    wrong: 'a missing argument',
    args: () => ['upload', '--to', 's3://lineage'],
    exitCode: 2,
    says: ["missing required argument 'directory'"],
  },
  {
    wrong: 'no region',
    args: () => ['export', '--out', join(folder, 'x')],
    env: withoutRegion,
    exitCode: 2,
    says: ['No AWS Region is given.', '--region'],
  },
  {
    wrong: 'no credentials',
    args: () => ['export', '--out', join(folder, 'x')],
    env: () => {
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...rest } = sandbox.environment;
      return { ...rest, AWS_EC2_METADATA_DISABLED: 'true' };
    },
    exitCode: 3,
    says: ['credentials'],
  },
  {
    wrong: 'an --out that is a file',
    args: () => ['export', '--out', join(folder, 'a-file')],
    exitCode: 2,
    says: ['a-file', '--out'],
  },
  {
    wrong: 'a directory without a manifest',
    args: () => ['upload', join(folder, 'empty'), '--to', 's3://lineage/x'],
    exitCode: 2,
    says: ['is not a run: it holds no manifest.json', 'smlineage export'],
  },
  {
    wrong: 'a directory that is not there',
    args: () => ['upload', join(folder, 'nowhere'), '--to', 's3://lineage/x'],
    exitCode: 2,
    says: ['nowhere', 'is not a run'],
  },
  {
    wrong: 'an empty bucket name',
    args: () => ['upload', run, '--to', 's3:///x'],
    exitCode: 2,
    says: ['s3:///x'],
  },
  {
    wrong: 'no S3 URI',
    args: () => ['upload', run, '--to', 'lineage/x'],
    exitCode: 2,
    says: ['lineage/x', 's3://'],
  },
  {
    wrong: 'a bucket that is not there',
    args: () => ['upload', run, '--to', 's3://no-such-bucket/x'],
    exitCode: 2,
    says: ['no-such-bucket'],
  },
  {
    wrong: 'a bucket in another region',
    args: () => ['upload', run, '--to', 's3://frankfurt/x'],
    exitCode: 2,
    says: ['frankfurt', 'eu-central-1', 'us-east-1'],
  },
  {
    wrong: 'a load of an empty prefix',
    args: () => ['load', 's3://lineage/nothing-here/', '--endpoint', sandbox.url, '--role', ROLE],
    exitCode: 2,
    says: ['s3://lineage/nothing-here/'],
  },
  {
    wrong: 'a load from a bucket in another region',
    args: () => ['load', 's3://frankfurt/x/', '--endpoint', sandbox.url, '--role', ROLE],
    exitCode: 2,
    says: ['frankfurt', 'eu-central-1'],
  },
  {
    wrong: 'no cluster',
    args: () => ['load', runUri, '--role', ROLE],
    env: () => {
      const { AWS_ENDPOINT_URL_NEPTUNEDATA, ...rest } = sandbox.environment;
      return rest;
    },
    exitCode: 2,
    says: ['No Neptune cluster is given.', '--endpoint'],
  },
  {
    wrong: 'a Neptune that cannot be reached',
    args: () => ['load', runUri, '--endpoint', UNREACHABLE, '--role', ROLE],
    exitCode: 5,
    says: ['127.0.0.1:9', 'VPC'],
  },
  {
    wrong: 'a question to a Neptune that cannot be reached',
    args: () => ['upstream', 'arn:aws:sagemaker:us-east-1:123456789012:action/x', '--graph', UNREACHABLE],
    exitCode: 1,
    says: ['127.0.0.1:9'],
  },
  {
    wrong: 'a Gremlin syntax error',
    args: () => ['gremlin', 'g.V(', '--endpoint', sandbox.url],
    exitCode: 2,
    says: ['g.V(', 'line 1'],
  },
  {
    wrong: 'the wrong region for the cluster',
    args: () => ['gremlin', 'g.V().count()', '--endpoint', sandbox.url, '--region', 'eu-west-1'],
    exitCode: 3,
    says: ['region'],
  },
  {
    wrong: 'a start that the run does not have',
    args: () => ['upstream', 'arn:aws:sagemaker:us-east-1:123456789012:context/nope', '--graph', run],
    exitCode: 2,
    says: ['context/nope'],
  },
  {
    wrong: 'a graph that is neither a run nor an endpoint',
    args: () => [
      'upstream',
      'arn:aws:sagemaker:us-east-1:123456789012:context/nope',
      '--graph',
      './no/such/run',
    ],
    exitCode: 2,
    says: ['./no/such/run is neither a directory nor a Neptune endpoint.'],
  },
  {
    wrong: 'a graph directory that is no run',
    args: () => [
      'downstream',
      'arn:aws:sagemaker:us-east-1:123456789012:context/nope',
      '--graph',
      join(folder, 'empty'),
    ],
    exitCode: 2,
    says: ['is not a run'],
  },
  {
    wrong: 'a port that is taken',
    args: () => ['sandbox', '--no-gremlin', '--port', String(sandbox.port)],
    exitCode: 2,
    says: [/port \d+/],
  },
  {
    wrong: 'an unknown fault',
    args: () => ['sandbox', '--no-gremlin', '--fault', 'thortle'],
    exitCode: 2,
    says: ['thortle', 'throttle'],
  },
  {
    wrong: 'a fault plan that is not there',
    args: () => ['sandbox', '--no-gremlin', '--faults', '/nowhere.json'],
    exitCode: 2,
    says: ['/nowhere.json'],
  },
];

test.each(cases)(
  '$wrong: one clear message and exit code $exitCode',
  async ({ args, env, exitCode, says }) => {
    const ended = await smlineage(args(), { env: (env ?? (() => sandbox.environment))() });

    expect({ exitCode: ended.exitCode, stdout: ended.stdout }).toEqual({ exitCode, stdout: '' });
    for (const words of says) expect(ended.stderr).toMatch(words);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(ended.stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
  },
);

test('a refusal of AWS names the action, what to do, and the id that AWS Support asks for', async () => {
  const denied = await startSandbox({
    records: generateLineage({ entities: 100, seed: 3 }),
    gremlin: false,
    faults: { rules: [{ service: 'sagemaker', operation: 'ListArtifacts', fault: 'denied' }] },
  });
  const { exitCode, stderr } = await smlineage(['export', '--out', join(folder, 'denied'), '--quiet'], {
    env: denied.environment,
  });
  await denied.close();

  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/may not perform sagemaker:ListArtifacts/);
  expect(stderr).toMatch(/Allow sagemaker:ListArtifacts/);
  expect(stderr).toMatch(/\(request id [0-9a-f-]{36}\)/);
});

test('--verbose adds the stack of the failure and of what caused it', async () => {
  const { stderr } = await smlineage(
    ['upload', join(folder, 'empty'), '--to', 's3://lineage/x', '--verbose'],
    {
      env: sandbox.environment,
    },
  );

  expect(stderr).toMatch(/^\s+at /m);
  expect(stderr).toContain('Caused by: Error: ENOENT');
});

test('--log-format json makes a failure one object of JSON', async () => {
  const { stderr, exitCode } = await smlineage(
    ['upload', join(folder, 'empty'), '--to', 's3://lineage/x', '--log-format', 'json'],
    { env: sandbox.environment },
  );

  expect({ exitCode, ...JSON.parse(stderr) }).toMatchObject({
    exitCode: 2,
    level: 50,
    event: 'failed',
    outcome: 'usage',
  });
});
