import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { CONFIG_KEYS, takenOptions } from '../../src/cli/config-options.ts';
import { declareCommand, settleOptions } from '../../src/cli/declare-command.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { cliHere } from './in-process.ts';

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-config-'));
  sandbox = await startSandbox({ records: generateLineage({ entities: 100, seed: 3 }), gremlin: false });
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const ROLE = 'arn:aws:iam::123456789012:role/lineage';

/** A value of every member that stands for a flag, and what the flag is given for it; undefined for a switch. */
const SAMPLES: Readonly<Record<string, readonly [unknown, string | undefined]>> = {
  region: ['eu-west-1', 'eu-west-1'],
  profile: ['nightly', 'nightly'],
  out: ['runs', 'runs'],
  concurrency: [4, '4'],
  maxRps: [2.5, '2.5'],
  associations: ['per-node', 'per-node'],
  verify: [20, '20'],
  detail: ['full', 'full'],
  tags: [true, undefined],
  promote: [['properties.team', 'parameters.lr'], 'properties.team,parameters.lr'],
  linkTwins: [true, undefined],
  kinds: [['artifact', 'trial'], 'artifact,trial'],
  types: [['Model', 'Data Set'], 'Model,Data Set'],
  createdAfter: ['2026-01-01', '2026-01-01'],
  createdBefore: ['2026-02-01T04:00:00+02:00', '2026-02-01T04:00:00+02:00'],
  sourceUriPrefix: ['s3://data/', 's3://data/'],
  gzip: [true, undefined],
  deadline: ['30m', '30m'],
  to: ['s3://lineage/nightly', 's3://lineage/nightly'],
  sse: ['aws:kms', 'aws:kms'],
  sseKmsKeyId: ['alias/lineage', 'alias/lineage'],
  expectedBucketOwner: ['123456789012', '123456789012'],
  endpoint: ['db.example.com:8182', 'db.example.com:8182'],
  role: [ROLE, ROLE],
  cluster: ['lineage', 'lineage'],
  parallelism: ['HIGH', 'HIGH'],
  verifySample: ['all', 'all'],
  allowMore: [true, undefined],
  graph: ['runs/20261121T041500.123Z', 'runs/20261121T041500.123Z'],
  delete: [true, undefined],
  tombstone: [true, undefined],
  maxDelete: ['2.5%', '2.5%'],
  lease: ['90s', '90s'],
  metrics: ['emf', 'emf'],
  logFormat: ['json', 'json'],
};

/** What a member needs beside it. */
const BESIDE: Readonly<Record<string, object>> = {
  tags: { detail: 'full' },
  promote: { detail: 'full' },
  sseKmsKeyId: { sse: 'aws:kms' },
};

/** Every command, so that its flags can be read without running it. */
function everyCommand(): readonly ReturnType<typeof declareCommand>[] {
  const root = new Command('smlineage').exitOverride();
  const under = (parent: Command, specs: typeof COMMANDS): readonly ReturnType<typeof declareCommand>[] =>
    specs.flatMap((spec) => {
      const declared = declareCommand(parent, spec);
      return [declared, ...under(declared.command, spec.subcommands ?? [])];
    });
  return under(root, COMMANDS);
}

test('the members of the file are those of the schema', () => {
  const { $schema, ...members } = configSchema.shape;

  expect([...CONFIG_KEYS]).toEqual(Object.keys(members));
  expect(Object.keys(SAMPLES).toSorted()).toEqual(CONFIG_KEYS.filter((key) => key !== 'scopes').toSorted());
});

test('every command that has the flag of a member takes the member, with the very value that the flag gives', async () => {
  const taken = new Set<string>();
  const reading = everyCommand();
  for (const [at, { command: flagged }] of everyCommand().entries()) {
    const { command } = reading[at] ?? {};
    for (const { key, long } of takenOptions(flagged)) {
      // A command that takes nothing else of the file does not read it.
      if (command === undefined || key === 'logFormat') continue;
      taken.add(key);
      const [value, text] = SAMPLES[key] ?? [];
      const file = join(folder, 'one.json');
      await writeFile(file, JSON.stringify({ ...BESIDE[key], [key]: value }));
      flagged.parseOptions([long, ...(text === undefined ? [] : [text])]);
      command.parseOptions(['--config', file]);
      await settleOptions({ command, required: [], idle: [] }, {});

      const ofFlag = flagged.getOptionValue(key);
      expect(ofFlag).toBeDefined();
      expect(command.getOptionValue(key), `${key} of ${command.name()}`).toEqual(ofFlag);
      expect(command.getOptionValueSource(key)).toBe('config');
    }
  }
  expect([...taken].toSorted()).toEqual(
    CONFIG_KEYS.filter((key) => key !== 'scopes' && key !== 'logFormat').toSorted(),
  );
});

test('a flag wins over the environment, the environment over the file, the file over the default', async () => {
  const file = join(folder, 'nightly.json');
  await writeFile(
    file,
    JSON.stringify({
      region: 'eu-west-1',
      profile: 'nightly',
      maxRps: 5,
      detail: 'full',
      tags: true,
      lease: '3m',
      delete: true,
      maxDelete: 100,
      scopes: [{ regions: ['us-east-1'], role: { arn: ROLE, externalId: 'geheim', sessionName: 'nightly' } }],
    }),
  );
  const env = {
    AWS_DEFAULT_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: 'AKIAGEHEIM',
    AWS_SECRET_ACCESS_KEY: 'geheim',
  };

  const { exitCode, stdout } = await cliHere(
    [
      'config',
      'show',
      '--config',
      file,
      'sync',
      '--max-rps',
      '7',
      '--no-tags',
      '--max-delete',
      '5%',
      '--output',
      'json',
    ],
    { env },
  );

  expect(exitCode).toBe(0);
  const shown = JSON.parse(stdout);
  expect(shown).toMatchObject({ command: 'sync', file });
  const settings = Object.fromEntries(
    shown.settings.map(({ key, value, origin }: Record<string, unknown>) => [key, [value, origin]]),
  );
  expect(settings).toMatchObject({
    region: ['us-west-2', 'AWS_DEFAULT_REGION'],
    profile: [null, 'AWS_ACCESS_KEY_ID'],
    scopes: [
      [{ regions: ['us-east-1'], role: { arn: ROLE, externalId: '****', sessionName: 'nightly' } }],
      `${file}:scopes`,
    ],
    maxRps: [7, '--max-rps'],
    detail: ['full', `${file}:detail`],
    tags: [false, '--no-tags'],
    lease: ['3m', `${file}:lease`],
    maxDelete: ['5%', '--max-delete'],
    concurrency: [16, 'default'],
    to: [null, 'default'],
  });
  expect(Object.keys(settings)).not.toContain('graph');
  expect(stdout).not.toMatch(/geheim/i);
});

test('a command is run with what `config show` shows of it', async () => {
  const file = join(folder, 'shown.json');
  const said = {
    region: 'eu-west-1',
    profile: 'nightly',
    endpoint: 'db:8182',
    maxRps: 5,
    delete: true,
    maxDelete: 9,
  };
  await writeFile(file, JSON.stringify(said));
  const env = { AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'x' };
  const flags = ['--config', file, '--max-rps', '7', '--no-delete'];
  const sync = everyCommand().find(({ command }) => command.name() === 'sync');
  sync?.command.parseOptions(flags);
  if (sync !== undefined) await settleOptions({ ...sync, required: [] }, env);

  const { stdout } = await cliHere(['config', 'show', 'sync', ...flags, '--output', 'json'], { env });

  const { settings } = JSON.parse(stdout);
  const origins = Object.fromEntries(
    settings.map(({ key, origin }: Readonly<Record<string, string>>) => [key, origin]),
  );
  expect(origins).toMatchObject({
    region: 'AWS_REGION',
    profile: 'AWS_ACCESS_KEY_ID',
    endpoint: 'AWS_ENDPOINT_URL',
    maxRps: '--max-rps',
    delete: '--no-delete',
    // The most that may be removed says nothing where nothing is.
    maxDelete: 'default',
  });
  expect(sync?.command.opts()).toMatchObject({ maxRps: 7, delete: false });
  for (const key of ['region', 'profile', 'endpoint', 'maxDelete']) {
    expect(sync?.command.getOptionValue(key), key).toBeUndefined();
  }
});

test('without a command it shows every member, also where there is no file', async () => {
  const { exitCode, stdout } = await cliHere(['config', 'show', '--no-config'], { env: {} });
  const json = await cliHere(['config', 'show', '--no-config', '--output', 'json'], { env: {} });

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^maxRps +— +default$/m);
  expect(stdout).toMatch(/^concurrency +16 +default$/m);
  const { command, file, settings } = JSON.parse(json.stdout);
  expect({ command, file }).toEqual({ command: null, file: null });
  expect(settings.map(({ key }: { readonly key: string }) => key)).toEqual(CONFIG_KEYS);
});

test('a member has one default, whichever command takes it', () => {
  const defaults = new Map<string, Set<unknown>>();
  for (const { command } of everyCommand()) {
    for (const { key } of takenOptions(command)) {
      const option = command.options.find((one) => one.attributeName() === key && !one.negate);
      defaults.set(key, (defaults.get(key) ?? new Set()).add(option?.defaultValue ?? false));
    }
  }

  expect([...defaults].filter(([, values]) => values.size > 1)).toEqual([]);
});

test('commands take what they require from the file', async () => {
  const file = join(folder, 'required.json');
  const out = join(folder, 'runs');
  await writeFile(
    file,
    JSON.stringify({ out, to: 's3://lineage/kept', kinds: ['artifact'], gzip: true, role: ROLE, graph: 'x' }),
  );
  const cli = (...args: readonly string[]) => cliHere([...args, '--config', file]);

  const exported = await cli('export', '--quiet', '--output', 'json');
  const { directory, subset } = JSON.parse(exported.stdout);
  const uploaded = await cli('upload', directory, '--quiet');
  const unlocked = await cli('unlock');

  expect(directory.startsWith(out)).toBe(true);
  expect(subset).toEqual({ kinds: ['artifact'] });
  expect(uploaded.stdout).toMatch(/^s3:\/\/lineage\/kept\/runs\//);
  expect(unlocked).toEqual({ exitCode: 0, stdout: 'Nobody holds the lease.\n', stderr: '' });
});

test('what neither a flag nor the file gives is asked for', async () => {
  const file = join(folder, 'poor.json');
  await writeFile(file, '{}');

  const { exitCode, stderr } = await cliHere(['upload', 'runs/1', '--config', file], { env: {} });

  expect(exitCode).toBe(2);
  expect(stderr).toContain("error: required option '--to <s3-uri>' not specified");
});

test('the file says how failures are logged', async () => {
  const file = join(folder, 'logging.json');
  await writeFile(file, '{ "logFormat": "json", "to": "s3://lineage/kept" }');

  const { stderr } = await cliHere(['upload', join(folder, 'nowhere'), '--config', file]);

  expect(JSON.parse(stderr)).toMatchObject({ event: 'failed', outcome: 'usage' });
});

test('help is there whatever the file says, and --no-config passes over it', async () => {
  const file = join(folder, 'broken.json');
  await writeFile(file, '{');

  expect((await cliHere(['sync', '--config', file, '--help'])).exitCode).toBe(0);
  expect((await cliHere(['sync', '--config', file])).exitCode).toBe(2);
  const passed = await cliHere(['config', 'show', '--config', file, 'sync', '--no-config'], { env: {} });
  expect(passed.exitCode).toBe(0);
});
