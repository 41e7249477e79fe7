// Takes the nightly away, and says what stays behind.
//   node scripts/teardown.mjs --stack-name smlineage --confirm smlineage
//   node scripts/teardown.mjs --stack-name smlineage --dry-run
import { parseArgs } from 'node:util';
import { aws, fail, say, shown } from './aws-cli.mjs';

const USAGE = `Usage: node scripts/teardown.mjs [--stack-name smlineage] [--region <region>] [--profile <profile>] (--dry-run | --confirm <stack name>)`;

const { dryRun, stack, common } = readOptions();
const lookUp = [
  'cloudformation',
  'describe-stacks',
  '--stack-name',
  stack,
  ...['--query', 'Stacks[0].Outputs', '--output', 'json'],
  ...common,
];
const steps = [
  ['cloudformation', 'delete-stack', '--stack-name', stack, ...common],
  ['cloudformation', 'wait', 'stack-delete-complete', '--stack-name', stack, ...common],
];

if (dryRun) {
  for (const step of [lookUp, ...steps]) process.stdout.write(`${shown(['aws', ...step])}\n`);
  tellWhatStays('<bucket>', '<key>');
} else {
  // Afterwards nobody can tell any more.
  const told = JSON.parse(aws(lookUp)) ?? [];
  const output = (name) => told.find(({ OutputKey: key }) => key === name)?.OutputValue ?? '<unknown>';
  for (const step of steps) {
    say(shown(['aws', ...step]));
    aws(step);
  }
  tellWhatStays(output('To').replace(/^s3:\/\/([^/]+).*$/, '$1'), output('KeyArn'));
}

/** What `DeletionPolicy: Retain` keeps (test/scripts compares it with the template), and what no stack of ours made. */
function tellWhatStays(bucket, key) {
  say('What stays behind:');
  say(
    `  RunBucket  ${bucket}: runs, state, reports and audit logs. To delete it, empty it of all versions, then:`,
  );
  say(`             ${shown(['aws', 's3api', 'delete-bucket', '--bucket', bucket, ...common])}`);
  say(`  Key        ${key}: it decrypts them, and costs a dollar a month. When nothing needs it any more:`);
  say(`             ${shown(['aws', 'kms', 'schedule-key-deletion', '--key-id', key, ...common])}`);
  say(
    '  The cluster and its graph, the roles in other accounts, and the packages in the bucket for code: other stacks.',
  );
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        'stack-name': { type: 'string', default: 'smlineage' },
        region: { type: 'string' },
        profile: { type: 'string' },
        confirm: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    }));
  } catch ({ message }) {
    fail(`${message}\n${USAGE}`, 2);
  }
  const { 'stack-name': name, confirm, 'dry-run': isDryRun } = values;
  if (!isDryRun && confirm !== name)
    fail(`Expected --confirm ${name}, got ${confirm ?? 'none'}. Nothing was deleted.\n${USAGE}`, 2);
  return {
    dryRun: isDryRun,
    stack: name,
    common: ['region', 'profile'].flatMap((flag) =>
      values[flag] === undefined ? [] : [`--${flag}`, values[flag]],
    ),
  };
}
