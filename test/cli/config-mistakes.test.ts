import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliHere } from './in-process.ts';
import { smlineage } from './smlineage.ts';

/* What people get wrong in a configuration file: each message names file, place, key path, what was expected, what was found. */

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-config-'));
  await mkdir(join(folder, 'directory'));
  await symlink('loop', join(folder, 'loop'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const ROLE = 'arn:aws:iam::123456789012:role/lineage';

type Case = {
  readonly wrong: string;
  /** What stands in the file, as text or as JSON. */
  readonly file: string | object;
  /** After the name of the file. */
  readonly says: string;
  readonly hint?: string;
};

const scoped = (scope: object) => ({ scopes: [{ regions: ['us-east-1'], ...scope }] });

const cases: readonly Case[] = [
  {
    wrong: 'no JSON',
    file: '{\n  "region": us-east-1\n}',
    says: ':2:13: expected a value, found u.',
    hint: 'The file has to be JSON',
  },
  { wrong: 'nothing', file: '', says: ':1:1: expected a value, found the end of the file.' },
  {
    wrong: 'a comment',
    file: '{\n  // the nightly job\n}',
    says: ':2:3: expected a key in double quotes, found /.',
  },
  { wrong: 'no object', file: [], says: ':1:1: expected an object, found an empty array.' },
  {
    wrong: 'a misspelled key',
    file: '{\n  "maxRsp": 5\n}',
    says: ':2:3: maxRsp: expected a member of the configuration, found a key that is not known.',
    hint: 'Did you mean maxRps?',
  },
  {
    wrong: 'a key spelled as the flag is',
    file: { 'expected-bucket-owner': '123456789012' },
    says: ':1:2: expected-bucket-owner: expected a member of the configuration, found a key that is not known.',
    hint: 'Did you mean expectedBucketOwner?',
  },
  {
    wrong: 'a key that is nothing like any',
    file: { warehouse: 1 },
    says: ':1:2: warehouse: expected a member of the configuration, found a key that is not known.',
    hint: 'docs/config.md',
  },
  {
    wrong: 'a misspelled key of an account',
    file: scoped({ acount: '123456789012' }),
    says: ':1:37: scopes[0].acount: expected one of account, role, regions, found a key that is not known.',
    hint: 'Did you mean scopes[0].account?',
  },
  {
    wrong: 'a misspelled key of a role',
    file: scoped({ role: { arn: ROLE, externalID: 'an-id' } }),
    says: ':1:92: scopes[0].role.externalID: expected one of arn, externalId, sessionName, found a key that is not known.',
    hint: 'Did you mean scopes[0].role.externalId?',
  },
  {
    wrong: 'a flag that is for the command line only',
    file: { force: true },
    says: ':1:2: force: expected --force on the command line only, found it in the file.',
    hint: 'Pass --force where you mean it.',
  },
  {
    wrong: 'another such flag, as it is spelled there',
    file: { 'dry-run': true },
    says: ':1:2: dry-run: expected --dry-run on the command line only, found it in the file.',
  },
  {
    wrong: 'credentials',
    file: { secretAccessKey: 'geheim' },
    says: ':1:2: secretAccessKey: expected no credentials, found a key that is not known.',
    hint: 'The AWS SDK finds them by itself',
  },
  {
    wrong: 'a number as text',
    file: { maxRps: '5' },
    says: ':1:2: maxRps: expected a number above 0, found "5".',
  },
  {
    wrong: 'a number out of range',
    file: { concurrency: 1_000 },
    says: ':1:2: concurrency: expected a whole number from 1 to 100, found 1000.',
  },
  {
    wrong: 'a fraction',
    file: { verify: 0.5 },
    says: ':1:2: verify: expected a whole number of at least 0, found 0.5.',
  },
  {
    wrong: 'a switch as text',
    file: { tags: 'yes' },
    says: ':1:2: tags: expected true or false, found "yes".',
  },
  { wrong: 'null', file: { out: null }, says: ':1:2: out: expected a directory, found null.' },
  {
    wrong: 'a list as text',
    file: { types: 'Model,DataSet' },
    says: ':1:2: types: expected an array of types such as Model, found "Model,DataSet".',
  },
  {
    wrong: 'an unknown kind',
    file: { kinds: ['artifact', 'model'] },
    says: ':1:22: kinds[1]: expected one of artifact, trial_component, action, context, experiment, trial, external, found "model".',
  },
  {
    wrong: 'an unknown choice',
    file: { detail: 'all' },
    says: ':1:2: detail: expected one of summary, full, found "all".',
  },
  {
    wrong: 'a duration without a unit',
    file: { lease: '120' },
    says: ':1:2: lease: expected a duration such as 90s, 30m or 12h, found "120".',
  },
  {
    wrong: 'a day that is none',
    file: { createdAfter: '2026-02-31T00:00Z', createdBefore: '2026-13-01' },
    says: ':1:37: createdBefore: expected a time such as 2026-11-01 or 2026-11-01T04:00:00Z, found "2026-13-01".',
  },
  {
    wrong: 'a share above all',
    file: { maxDelete: '500%' },
    says: ':1:2: maxDelete: expected a whole number such as 500, or a share such as "5%", found "500%".',
  },
  {
    wrong: 'a sample of less than none',
    file: { verifySample: -1 },
    says: ':1:2: verifySample: expected a whole number, or "all", found -1.',
  },
  {
    wrong: 'a key that cannot be promoted',
    file: { detail: 'full', promote: ['team'] },
    says: ':1:29: promote[0]: expected a key of a column that holds a map, such as properties.team or parameters.lr, found "team".',
  },
  {
    wrong: 'an empty bucket name',
    file: { to: 's3:///nightly' },
    says: ':1:2: to: expected a bucket and prefix such as s3://my-bucket/lineage, found "s3:///nightly".',
  },
  {
    wrong: 'a bucket name that S3 does not have',
    file: { to: 's3://My_Bucket/nightly' },
    says: ':1:2: to: expected a bucket and prefix such as s3://my-bucket/lineage, found "s3://My_Bucket/nightly".',
  },
  {
    wrong: 'a bucket owner of eleven digits',
    file: { expectedBucketOwner: '12345678901' },
    says: ':1:2: expectedBucketOwner: expected an account id: a text of twelve digits, found "12345678901".',
  },
  {
    wrong: 'a Region that is none',
    file: { region: 'us-east1' },
    says: ':1:2: region: expected an AWS Region such as us-east-1, found "us-east1".',
  },
  {
    wrong: 'an endpoint with a path',
    file: { endpoint: 'https://db.example.com:8182/gremlin' },
    says: ':1:2: endpoint: expected a Neptune endpoint: host, host:port or URL, found "https://db.example.com:8182/gremlin".',
  },
  {
    wrong: 'an endpoint with a password, which is not shown',
    file: { endpoint: 'https://me:geheim@db.example.com' },
    says: ':1:2: endpoint: expected a Neptune endpoint: host, host:port or URL, found "https://…@db.example.com".',
  },
  {
    wrong: 'the ARN of a user as load role',
    file: { role: 'arn:aws:iam::123456789012:user/me' },
    says: ':1:2: role: expected the ARN of an IAM role such as arn:aws:iam::123456789012:role/name, found "arn:aws:iam::123456789012:user/me".',
  },
  {
    wrong: 'no scopes',
    file: { scopes: [] },
    says: ':1:2: scopes: expected an array of accounts, at least one, found an empty array.',
  },
  {
    wrong: 'an account without Regions',
    file: { scopes: [{ account: '123456789012' }] },
    says: ':1:12: scopes[0].regions: expected an array of AWS Regions, at least one, found nothing.',
  },
  {
    wrong: 'an account id that has lost its quotes',
    file: scoped({ account: 123456789012 }),
    says: ':1:37: scopes[0].account: expected an account id: a text of twelve digits, found 123456789012.',
  },
  {
    wrong: 'a role as text',
    file: scoped({ role: ROLE }),
    says: `:1:37: scopes[0].role: expected an object with arn, and perhaps externalId and sessionName, found "${ROLE}".`,
  },
  {
    wrong: 'a role without an ARN',
    file: scoped({ role: { sessionName: 'nightly' } }),
    says: ':1:37: scopes[0].role.arn: expected the ARN of an IAM role such as arn:aws:iam::123456789012:role/name, found nothing.',
  },
  {
    wrong: 'a role of another account',
    file: scoped({ account: '210987654321', role: { arn: ROLE } }),
    says: ':1:70: scopes[0].role.arn: expected a role of account 210987654321, found one of account 123456789012.',
  },
  {
    wrong: 'a role of another partition',
    file: { scopes: [{ role: { arn: ROLE }, regions: ['cn-north-1'] }] },
    says: ':1:80: scopes[0].regions[0]: expected a Region of the partition aws, as the role, found cn-north-1, of aws-cn.',
  },
  {
    wrong: 'an ExternalId with characters that STS does not take, which is not shown',
    file: scoped({ role: { arn: ROLE, externalId: 'geheim!' } }),
    says: ':1:92: scopes[0].role.externalId: expected a text of 2 to 1224 letters, digits and _+=,.@:/-, found a text of 7 characters, which is not shown.',
  },
  {
    wrong: 'a session name with a space',
    file: scoped({ role: { arn: ROLE, sessionName: 'the nightly job' } }),
    says: ':1:92: scopes[0].role.sessionName: expected a text of 2 to 64 letters, digits and _+=,.@-, found "the nightly job".',
  },
  {
    wrong: 'a scope twice',
    file: {
      scopes: [
        { account: '123456789012', regions: ['us-east-1'] },
        { role: { arn: ROLE }, regions: ['us-east-1'] },
      ],
    },
    says: ':1:131: scopes[1].regions[0]: expected each account and Region once, found us-east-1 again, as in scopes[0].regions[0].',
  },
  {
    wrong: 'a key twice',
    file: '{"out": "a",\n "out": "b"}',
    says: ':2:2: out: expected each key once, found it a second time.',
  },
  {
    wrong: 'delete and tombstone',
    file: { delete: true, tombstone: true },
    says: ':1:16: tombstone: expected delete or tombstone, found both.',
  },
  {
    wrong: 'tags of summaries',
    file: { tags: true },
    says: ':1:2: tags: expected detail "full" beside it, found no detail.',
  },
  {
    wrong: 'promoted columns of summaries',
    file: { promote: ['properties.team'], detail: 'summary' },
    says: ':1:2: promote: expected detail "full" beside it, found summary.',
  },
  {
    wrong: 'a key of KMS for another encryption',
    file: { sse: 'AES256', sseKmsKeyId: 'alias/lineage' },
    says: ':1:17: sseKmsKeyId: expected sse "aws:kms" beside it, found AES256.',
  },
  {
    wrong: 'times with nothing between them',
    file: { createdBefore: '2026-01-01', createdAfter: '2026-01-01T00:00' },
    says: ':1:2: createdBefore: expected a time after createdAfter, 2026-01-01T00:00, found 2026-01-01.',
  },
];

test.each(cases)(
  '$wrong: one message that names file, place, key path and what was expected',
  async ({ file, says, hint }) => {
    const path = join(folder, 'smlineage.config.json');
    await writeFile(path, typeof file === 'string' ? file : JSON.stringify(file));

    const { exitCode, stdout, stderr } = await cliHere(['config', 'check', '--config', path]);

    expect({ exitCode, stdout, first: stderr.split('\n')[0] }).toEqual({
      exitCode: 2,
      stdout: '',
      first: `smlineage: ${path}${says}`,
    });
    if (hint !== undefined) expect(stderr.split('\n')[1]).toContain(hint);
    expect(stderr).not.toContain('geheim');
  },
);

test.each([
  ['nowhere.json', ': expected a configuration file; found nothing of that name.'],
  ['directory', ': expected a configuration file; found a directory.'],
  ['loop', ': expected a configuration file; it cannot be read: ELOOP'],
  ['utf-16.json', ': expected a configuration file; expected UTF-8, found UTF-16.'],
  ['latin-1.json', ':2: expected a configuration file; expected UTF-8, found bytes that are none.'],
  ['large.json', ': expected a configuration file; expected at most 1048576 bytes, found 1048578.'],
])('%s cannot be read as a configuration file, and the message says why', async (name, says) => {
  await writeFile(join(folder, 'utf-16.json'), Buffer.from('\ufeff{}', 'utf16le'));
  await writeFile(join(folder, 'latin-1.json'), Buffer.from('{\n"out": "Lübeck"}', 'latin1'));
  await writeFile(join(folder, 'large.json'), `{}${' '.repeat(1024 * 1024)}`);

  const { exitCode, stdout, stderr } = await cliHere(['export', '--config', join(folder, name)]);

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`smlineage: ${join(folder, name)}${says}`);
  expect(stderr.trim().split('\n')).toHaveLength(2);
});

test('a byte order mark of UTF-8 is no mistake', async () => {
  const path = join(folder, 'marked.json');
  await writeFile(path, '\ufeff{ "out": "runs" }');

  expect(await cliHere(['config', 'check', '--config', path])).toEqual({
    exitCode: 0,
    stdout: `${path} is right: 1 member, 0 scopes\n`,
    stderr: '',
  });
});

test('several mistakes are told at once, in the order of the file, each with what to do', async () => {
  const path = join(folder, 'several.json');
  await writeFile(path, '{\n "regoin": "x",\n "force": true,\n "lease": 5\n}');

  const { exitCode, stderr } = await cliHere(['sync', '--config', path]);

  expect(exitCode).toBe(2);
  expect(stderr).toBe(`smlineage: ${path} has 3 mistakes.
  ${path}:2:2: regoin: expected a member of the configuration, found a key that is not known. Did you mean region?
  ${path}:3:2: force: expected --force on the command line only, found it in the file. Pass --force where you mean it.
  ${path}:4:2: lease: expected a duration such as 90s, 30m or 12h, found 5.
  docs/config.md has the members of the file.
`);
});

test('with --log-format json a mistake has its key path, line and column as members', async () => {
  const path = join(folder, 'logged.json');
  await writeFile(path, '{ "tags": 1 }');

  const { stderr } = await cliHere(['export', '--config', path, '--log-format', 'json']);

  expect(JSON.parse(stderr)).toMatchObject({
    outcome: 'usage',
    details: {
      file: path,
      mistakes: [{ path: 'tags', expected: 'true or false', found: '1', line: 1, column: 3 }],
    },
  });
});

test('the file of the working directory is read without being named; the binary says what is wrong with it and ends with 2', async () => {
  const cwd = join(folder, 'directory');
  await writeFile(join(cwd, 'smlineage.config.json'), '{ "detail": "everything" }');

  expect(await smlineage(['export'], { cwd })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'smlineage: smlineage.config.json:1:3: detail: expected one of summary, full, found "everything".\n  docs/config.md has the members of the file.\n',
  });
});
