import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { NIGHTLY_FUNCTIONS } from '../../src/graph/permissions.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';

/* What the scripts would ask AWS; and the real AWS CLI packages the real template. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AWS = join(ROOT, '.venv/bin/aws');
const run = promisify(execFile);

test('a dry run of the deployment prints every command, as a shell takes it, and runs none', () => {
  const { status, stdout } = script(
    ...['deploy', '--dry-run', '--code-bucket', 'my-code', '--stack-name', 'lineage'],
    ...['--region', 'eu-west-1', '--parameters', 'Schedule=cron(30 2 * * ? *)', 'Prefix=nightly'],
  );

  expect(status).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual([
    'node scripts/build.mjs',
    'node scripts/build-lambda.mjs',
    'aws cloudformation package --template-file cloudformation/nightly.yaml --output-template-file nightly.packaged.yaml --s3-bucket my-code --s3-prefix lineage --region eu-west-1',
    "aws cloudformation deploy --template-file nightly.packaged.yaml --stack-name lineage --s3-bucket my-code --s3-prefix lineage --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --region eu-west-1 --parameter-overrides 'Schedule=cron(30 2 * * ? *)' Prefix=nightly",
    "aws cloudformation describe-stacks --stack-name lineage --query 'Stacks[0].Outputs' --output json --region eu-west-1",
    "aws stepfunctions start-execution --state-machine-arn '<StateMachineArn>' --input '<Input>' --output json --region eu-west-1",
    "aws stepfunctions describe-execution --execution-arn '<executionArn>' --output json --region eu-west-1",
  ]);
});

test.each<[readonly string[], string]>([
  [['deploy', '--dry-run'], 'Expected --code-bucket, where the functions are uploaded to.'],
  [
    ['deploy', '--code-bucket', 'b', '--parameters', 'Schedule'],
    'Expected Name=value after --parameters, got Schedule.',
  ],
  [['teardown'], 'Expected --confirm smlineage, got none. Nothing was deleted.'],
  [['teardown', '--confirm', 'other'], 'Expected --confirm smlineage, got other. Nothing was deleted.'],
])('%s is refused, with what is expected', (args, message) => {
  const { status, stdout, stderr } = script(...args);

  expect([status, stdout, stderr.split('\n')[0]]).toEqual([2, '', message]);
});

test('a dry run of the teardown prints every command, and names what the template retains', async () => {
  const { status, stdout, stderr } = script('teardown', '--dry-run', '--stack-name', 'lineage');
  const text = await readFile(join(ROOT, 'cloudformation/nightly.yaml'), 'utf8');
  const retained = [...text.matchAll(/^ {2}(\w+):\n(?: {4}.*\n)*? {4}DeletionPolicy: Retain$/gm)];

  expect(status).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual([
    "aws cloudformation describe-stacks --stack-name lineage --query 'Stacks[0].Outputs' --output json",
    'aws cloudformation delete-stack --stack-name lineage',
    'aws cloudformation wait stack-delete-complete --stack-name lineage',
  ]);
  expect([...stderr.matchAll(/^ {2}(\w+) +<(?:bucket|key)>/gm)].map(([, name]) => name).sort()).toEqual(
    retained.map(([, name]) => name).sort(),
  );
});

test('the AWS CLI packages the template: each function and the state machine become objects in S3', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-deploy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const sandbox = await startSandbox({ gremlin: false, records: [], bucket: 'my-code' });
  onTestFinished(() => sandbox.close());
  await mkdir(join(folder, 'cloudformation'));
  await copyFile(join(ROOT, 'cloudformation/nightly.yaml'), join(folder, 'cloudformation/nightly.yaml'));
  await writeFile(join(folder, 'cloudformation/nightly.asl.json'), '{"StartAt": "A", "States": {}}\n');
  for (const name of NIGHTLY_FUNCTIONS) {
    await mkdir(join(folder, 'dist/lambda', name), { recursive: true });
    await writeFile(
      join(folder, 'dist/lambda', name, 'index.mjs'),
      `export const handler = () => '${name}';\n`,
    );
  }
  const [, , packaging = ''] = script('deploy', '--dry-run', '--code-bucket', 'my-code').stdout.split('\n');
  const [, ...args] = packaging.split(' ');

  await run(AWS, args, { cwd: folder, env: { ...process.env, ...sandbox.environment } });

  const { Resources: resources } = parse(await readFile(join(folder, 'nightly.packaged.yaml'), 'utf8'), {
    logLevel: 'error',
  });
  const codes = NIGHTLY_FUNCTIONS.map((name) => {
    const id = `${name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}Function`;
    return resources[id].Properties.Code;
  });
  expect(codes).toEqual(
    NIGHTLY_FUNCTIONS.map(() => ({
      S3Bucket: 'my-code',
      S3Key: expect.stringMatching(/^smlineage\/[0-9a-f]{32}$/),
    })),
  );
  expect(new Set(codes.map(({ S3Key: key }) => key)).size).toBe(NIGHTLY_FUNCTIONS.length);
  expect(resources.StateMachine.Properties.DefinitionS3Location).toEqual({
    Bucket: 'my-code',
    Key: expect.stringMatching(/^smlineage\/[0-9a-f]{32}$/),
  });
});

function script(...[name, ...args]: readonly string[]) {
  return spawnSync(process.execPath, [`scripts/${name}.mjs`, ...args], { cwd: ROOT, encoding: 'utf8' });
}
