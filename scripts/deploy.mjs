// Deploys the nightly (cloudformation/nightly.yaml): builds, packages, deploys, and starts a night to see that it does.
//   node scripts/deploy.mjs --code-bucket my-code --parameters Endpoint=… ClusterResourceId=… [--dry-run]
// With --dry-run it prints every command, and runs none.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aws, fail, run, say, shown } from './aws-cli.mjs';

const USAGE = `Usage: node scripts/deploy.mjs --code-bucket <bucket> [--stack-name smlineage] [--region <region>] [--profile <profile>]
         [--no-smoke-test] [--dry-run] [--parameters <Name=value> …]`;
/** Time for the first steps of a night: whoever takes the lease has reached bucket, key and network. */
const SMOKE_TEST_MS = 3 * 60_000;
const POLL_MS = 10_000;
const OUTPUTS = ['--query', 'Stacks[0].Outputs', '--output', 'json'];

const options = readOptions();
const folder = mkdtempSync(join(tmpdir(), 'smlineage-deploy-'));
try {
  await deploy(options);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function deploy({ dryRun, smokeTest, stack, bucket, common, parameters }) {
  const perform = (command, ...args) =>
    dryRun ? process.stdout.write(`${shown([command, ...args])}\n`) : run(command, args);
  const packaged = dryRun ? 'nightly.packaged.yaml' : join(folder, 'nightly.packaged.yaml');
  const place = ['--s3-bucket', bucket, '--s3-prefix', stack];

  say('Build');
  for (const script of ['scripts/build.mjs', 'scripts/build-lambda.mjs']) perform('node', script);
  say('Package');
  perform(
    ...['aws', 'cloudformation', 'package', '--template-file', 'cloudformation/nightly.yaml'],
    ...['--output-template-file', packaged, ...place, ...common],
  );
  say('Deploy');
  perform(
    ...['aws', 'cloudformation', 'deploy', '--template-file', packaged, '--stack-name', stack, ...place],
    ...['--capabilities', 'CAPABILITY_IAM', '--no-fail-on-empty-changeset', ...common],
    ...(parameters.length === 0 ? [] : ['--parameter-overrides', ...parameters]),
  );
  if (!smokeTest) return;

  say('Start a night');
  if (!dryRun) return startNight(stack, common);
  perform('aws', 'cloudformation', 'describe-stacks', '--stack-name', stack, ...OUTPUTS, ...common);
  perform(
    ...['aws', 'stepfunctions', 'start-execution', '--state-machine-arn', '<StateMachineArn>'],
    ...['--input', '<Input>', '--output', 'json', ...common],
  );
  perform(
    ...['aws', 'stepfunctions', 'describe-execution', '--execution-arn', '<executionArn>'],
    ...['--output', 'json', ...common],
  );
}

async function startNight(stack, common) {
  const outputs = JSON.parse(
    aws(['cloudformation', 'describe-stacks', '--stack-name', stack, ...OUTPUTS, ...common]),
  );
  const output = (name) => outputs.find(({ OutputKey: key }) => key === name).OutputValue;
  const [machine, input] = [output('StateMachineArn'), output('Input')];
  const { executionArn } = JSON.parse(
    aws([
      'stepfunctions',
      'start-execution',
      '--state-machine-arn',
      machine,
      '--input',
      input,
      '--output',
      'json',
      ...common,
    ]),
  );
  for (const until = Date.now() + SMOKE_TEST_MS; Date.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const described = aws([
      'stepfunctions',
      'describe-execution',
      '--execution-arn',
      executionArn,
      '--output',
      'json',
      ...common,
    ]);
    const { status, error = '', cause = '' } = JSON.parse(described);
    if (status === 'SUCCEEDED') return say('The night succeeded.');
    if (status !== 'RUNNING') fail(`The night ended as ${status}: ${error} ${cause}`);
  }
  say(`The night is under way: aws stepfunctions describe-execution --execution-arn ${executionArn}`);
}

function readOptions() {
  const [flags, parameters] = splitAt(process.argv.slice(2), '--parameters');
  let values;
  try {
    ({ values } = parseArgs({
      args: flags,
      options: {
        'code-bucket': { type: 'string' },
        'stack-name': { type: 'string', default: 'smlineage' },
        region: { type: 'string' },
        profile: { type: 'string' },
        'no-smoke-test': { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
      },
    }));
  } catch ({ message }) {
    fail(`${message}\n${USAGE}`, 2);
  }
  const malformed = parameters.filter((one) => !/^\w+=/.test(one));
  if (malformed.length > 0)
    fail(`Expected Name=value after --parameters, got ${malformed.join(' ')}.\n${USAGE}`, 2);
  if (values['code-bucket'] === undefined)
    fail(`Expected --code-bucket, where the functions are uploaded to.\n${USAGE}`, 2);
  return {
    dryRun: values['dry-run'],
    smokeTest: !values['no-smoke-test'],
    stack: values['stack-name'],
    bucket: values['code-bucket'],
    common: ['region', 'profile'].flatMap((name) =>
      values[name] === undefined ? [] : [`--${name}`, values[name]],
    ),
    parameters,
  };
}

function splitAt(words, mark) {
  const at = words.indexOf(mark);
  return at === -1 ? [words, []] : [words.slice(0, at), words.slice(at + 1)];
}
