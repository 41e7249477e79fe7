import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { declareCommand, settleOptions } from '../../src/cli/declare-command.ts';
import { cliHere } from './in-process.ts';

/* Flags that would say nothing beside others are refused: whoever typed one meant something by it. */

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-idle-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const SUMMARIES = ['of a run of summaries', 'Add --detail full'] as const;
const NOTHING_REMOVED = ['where nothing is removed', 'Add --delete or --tombstone'] as const;
const IN_AN_ESTIMATE = [
  'in an estimate, which counts all entities of a kind',
  'Limit it by --kinds',
] as const;
const NOT_WAITED = [
  'beside --no-wait, where nobody sees the load end',
  'Ask with `load status` and `verify`',
] as const;
const PLANNED = ['beside --plan, which says what is done with what is gone'] as const;
const CRAWLED = ['beside --plan, which names its run'] as const;
const SYNC = 'sync --to s3://lineage/x';

test.each<readonly [string, string, string, string?]>([
  ['export --tags', '--tags', ...SUMMARIES],
  ['export --promote properties.team --detail summary', '--promote', ...SUMMARIES],
  ['export --since none', '--since', ...SUMMARIES],
  ['export --estimate --tags', '--tags', ...SUMMARIES],
  [`${SYNC} --tags`, '--tags', ...SUMMARIES],
  ['export --estimate --types Model', '--types', ...IN_AN_ESTIMATE],
  ['export --estimate --created-after 2026-01-01', '--created-after', ...IN_AN_ESTIMATE],
  ['export --estimate --created-before 2026-01-01', '--created-before', ...IN_AN_ESTIMATE],
  ['export --estimate --source-uri-prefix s3://', '--source-uri-prefix', ...IN_AN_ESTIMATE],
  ['export --estimate --resume 20261121T041500.123Z', '--resume', 'in an estimate, which is of a new run'],
  [`${SYNC} --force`, '--force', ...NOTHING_REMOVED],
  [`${SYNC} --max-delete 5%`, '--max-delete', ...NOTHING_REMOVED],
  [`${SYNC} --delete --tombstone`, '--delete', 'beside --tombstone'],
  [`${SYNC} --delete --force --max-delete 5`, '--max-delete', 'beside --force'],
  [`${SYNC} --plan p.json --delete`, '--delete', ...PLANNED],
  [`${SYNC} --plan p.json --tombstone`, '--tombstone', ...PLANNED],
  [`${SYNC} --plan p.json --force`, '--force', ...PLANNED],
  [`${SYNC} --plan p.json --allow-empty trial`, '--allow-empty', ...PLANNED],
  [`${SYNC} --plan p.json --detail full`, '--detail', ...CRAWLED],
  [`${SYNC} --plan p.json --link-twins`, '--link-twins', ...CRAWLED],
  [`${SYNC} --plan p.json --max-rps 5`, '--max-rps', ...CRAWLED],
  [`${SYNC} --plan p.json --kinds artifact`, '--kinds', ...CRAWLED],
  [
    `${SYNC} --metrics emf --output json`,
    '--output',
    'beside --metrics, which are printed in place of the report',
  ],
  ['plan runs/1 --delete', '--delete', 'of a graph that holds nothing', 'Say with --since what it holds'],
  ['plan runs/1 --since runs/0 --force', '--force', ...NOTHING_REMOVED],
  ['load s3://lineage/x --no-wait --verify-sample 5', '--verify-sample', ...NOT_WAITED],
  ['load s3://lineage/x --no-wait --errors e.jsonl', '--errors', ...NOT_WAITED],
  ['load s3://lineage/x --no-verify --verify-seed 5', '--verify-seed', 'beside --no-verify'],
  [
    'verify runs/1 --verify-sample all --verify-seed 5',
    '--verify-seed',
    'where nothing is drawn: --verify-sample takes all, or none',
  ],
  ['doctor --deadline 5m', '--deadline', 'without --deep', 'Add --deep'],
  ['doctor --sse AES256', '--sse', 'where no bucket is looked at', 'Add --to'],
  [
    'drop --run runs/1 --expected-bucket-owner 123456789012',
    '--expected-bucket-owner',
    'where nothing is read from a bucket',
  ],
  ['diff runs/1 runs/2 --output json --limit 5', '--limit', 'of anything but the table', 'Print a table'],
  ['migrate --to s3://lineage/x --out runs', '--out', 'where nothing is removed', 'Add --confirm'],
  [
    'sandbox --seed 5',
    '--seed',
    'where nothing is drawn: an empty account, and no --fault',
    'Add --entities',
  ],
  ['upstream x --graph runs/1 --include-edges --no-edges', '--include-edges', 'beside --no-edges'],
  ['view x --graph runs/1 -o x.html --include-edges --no-edges', '--include-edges', 'beside --no-edges'],
])('%s: %s says nothing %s', async (line = '', flag, where, instead) => {
  const { exitCode, stdout, stderr } = await cliHere(
    [...line.split(' '), '--no-config'].filter(takesConfig(line)),
    {
      env: {},
    },
  );

  const otherwise = instead === undefined ? `Leave ${flag} out.` : `${instead}, or leave ${flag} out.`;
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `smlineage: ${flag} says nothing ${where}.\n  ${otherwise}\n`,
  });
});

/** The sandbox is no client of AWS, and reads no file. */
function takesConfig(line: string) {
  return (word: string) => word !== '--no-config' || !line.startsWith('sandbox');
}

test.each(['compare a b', 'approvals a', 'pipeline-of a', 'reproduce a'])(
  '%s answers with a list, and has no flags for the way',
  async (line) => {
    const { exitCode, stderr } = await cliHere([...line.split(' '), '--graph', 'runs/1', '--include-edges']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain("unknown option '--include-edges'");
  },
);

const FULL_FILE = {
  detail: 'full',
  tags: true,
  delete: true,
  maxDelete: 500,
  metrics: 'emf',
  expectedBucketOwner: '123456789012',
};

test.each<readonly [string, object, Readonly<Record<string, unknown>>]>([
  ['sync --detail summary', FULL_FILE, { detail: 'summary', tags: undefined, delete: true }],
  ['sync --no-delete', FULL_FILE, { delete: false, maxDelete: undefined }],
  ['sync --tombstone', FULL_FILE, { delete: false, tombstone: true, maxDelete: { elements: 500 } }],
  ['sync --delete', { tombstone: true }, { delete: true, tombstone: false }],
  ['sync --force', FULL_FILE, { force: true, maxDelete: undefined }],
  ['sync --output json', FULL_FILE, { output: 'json', metrics: undefined }],
  ['sync --plan p.json', FULL_FILE, { detail: undefined, tags: undefined, delete: false }],
  ['doctor', FULL_FILE, { expectedBucketOwner: undefined }],
  ['export --no-tags', FULL_FILE, { detail: 'full', tags: false }],
])('%s goes before what only the file says: no mistake', async (line, file, expected) => {
  const [name, ...flags] = line.split(' ');
  const path = join(folder, 'smlineage.config.json');
  await writeFile(path, JSON.stringify(file));
  const spec = COMMANDS.find((one) => one.name === name);
  if (spec === undefined) throw new Error(`no command ${name}`);
  const declared = declareCommand(new Command('smlineage'), spec);
  declared.command.parseOptions([...flags, '--config', path]);

  await settleOptions({ ...declared, required: [] }, {});

  const options = declared.command.opts();
  expect(Object.fromEntries(Object.keys(expected).map((key) => [key, options[key]]))).toEqual(expected);
});

test('a Region on the command line says nothing where the file lists scopes; without one, the first scope has it', async () => {
  const path = join(folder, 'scopes.json');
  await writeFile(path, JSON.stringify({ scopes: [{ regions: ['eu-west-1', 'us-east-1'] }] }));

  const { exitCode, stderr } = await cliHere(['export', '--config', path, '--region', 'us-east-1']);

  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'smlineage: --region says nothing where the configuration file lists scopes.\n' +
      '  Name the Region there, pass --no-config, or leave --region out.\n',
  );
});
