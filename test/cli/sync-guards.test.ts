import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { artifactRecord, associationRecord, componentRecord, plainAccount } from '../runs/plain-account.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { type Dump, dumped } from '../runs/sync-dump.ts';
import { account, region, type SyncSandbox, startSyncSandbox } from '../runs/sync-sandbox.ts';
import { cliHere } from './in-process.ts';
import type { Ended } from './smlineage.ts';

/*
 * Each way in which an account can look emptier than it is, as somebody meets it who has `--delete` in a nightly job: exit
 * code 6, nothing removed or even asked to be, the reason on the screen. `scripts/break-guards.mjs` takes the guards out of the
 * code one by one, and sees these tests fail.
 */

let sandbox: SyncSandbox;
let out: string;

beforeAll(async () => {
  sandbox = await startSyncSandbox();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
  vi.stubEnv('AWS_REGION', region);
  vi.stubEnv('AWS_ENDPOINT_URL', sandbox.url);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

beforeEach(async () => {
  await sandbox.clear();
  out = await temporaryDirectory();
});

const STATE = 's3://lineage/nightly/state.json';

async function smlineage(command: string, ...flags: readonly string[]): Promise<Ended> {
  return await cliHere([command, ...flags]);
}

/** A night of the job. */
async function sync(...flags: readonly string[]): Promise<Ended> {
  const role = `arn:aws:iam::${account}:role/NeptuneLoadFromS3`;
  const places = ['--to', 's3://lineage/nightly', '--endpoint', sandbox.url, '--role', role, '--out', out];
  return await smlineage('sync', ...places, ...flags);
}

function pairs(count: number): AccountRecord[] {
  return Array.from({ length: count }, (_, n) => n).flatMap((n) => {
    const created = Date.UTC(2026, 0, 1) + n;
    return [artifactRecord(n, created), componentRecord(n, created), associationRecord(n, created)];
  });
}

const ACCOUNT = plainAccount(3, 100);

function without(...kinds: readonly AccountRecord['kind'][]): readonly AccountRecord[] {
  return ACCOUNT.filter(({ kind }) => !kinds.includes(kind));
}

/** Exports, says of the run that a listing did not end by itself, as a run of an older night may, and plans with it. */
async function planOfPartialRun(): Promise<string> {
  const exported = await smlineage('export', '--out', out);
  const run = exported.stdout.trim();
  const manifest = join(run, 'manifest.json');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('"complete": true', '"complete": false'));
  expect((await smlineage('plan', run, '--since', STATE, '--delete')).exitCode).toBe(6);
  return join(`${run}.plan`, 'plan.json');
}

type Night = () => Promise<Ended>;

type Row = {
  readonly before: readonly AccountRecord[];
  readonly after: readonly AccountRecord[];
  /** Nights without `--delete` in between. */
  readonly between?: readonly Night[];
  readonly last: Night;
  readonly reason: string;
};

const SUBSET = 'the run was limited to a subset, and the graph may hold what is outside of it';

test.each<[string, Row]>([
  [
    'a run that does not hold the whole account',
    {
      before: ACCOUNT,
      after: ACCOUNT.slice(0, 16),
      last: async () => sync('--plan', await planOfPartialRun()),
      reason: 'the run does not hold the whole account, so that what it lacks may still be there',
    },
  ],
  [
    'a run of a subset',
    { before: ACCOUNT, after: ACCOUNT, last: () => sync('--delete', '--types', 'Other'), reason: SUBSET },
  ],
  [
    'a second run of a subset, where a run of everything came before the first',
    {
      before: ACCOUNT,
      after: ACCOUNT,
      between: [() => sync('--types', 'Other')],
      last: () => sync('--delete', '--types', 'Other'),
      reason: SUBSET,
    },
  ],
  [
    'a kind that is empty now',
    {
      before: ACCOUNT,
      after: without('action'),
      last: () => sync('--delete'),
      reason: 'the account had some of action before, and has none now',
    },
  ],
  [
    'no associations alone',
    {
      before: ACCOUNT,
      after: without('association'),
      last: () => sync('--delete', '--force'),
      reason: 'the account had some of association before, and has none now',
    },
  ],
  [
    'no members of trials alone',
    {
      before: ACCOUNT,
      after: without('membership'),
      last: () => sync('--tombstone'),
      reason: 'the account had some of HasTrialComponent before, and has none now',
    },
  ],
  [
    'no members of trials for the second night, the first of which removed nothing',
    {
      before: ACCOUNT,
      after: without('membership'),
      between: [() => sync(), () => sync('--delete')],
      last: () => sync('--delete', '--force'),
      reason: 'the account had some of HasTrialComponent before, and has none now',
    },
  ],
  [
    'more gone than may go at once',
    {
      before: pairs(105),
      after: pairs(3),
      last: () => sync('--delete'),
      reason:
        '204 of 210 vertices would be removed, and at most 100 may be at once; 102 of 105 edges would be removed, and at most 100 may be at once',
    },
  ],
])(
  '%s: exit code 6, nothing is removed, the reason is printed',
  async (_, { before, after, between = [], last, reason }) => {
    sandbox.hold(before);
    expect(await sync()).toMatchObject({ exitCode: 0 });
    sandbox.hold(after);
    for (const night of between) await night();
    const held = await dumped(sandbox);
    const asked = sandbox.queries.length;

    const { exitCode, stdout, stderr } = await last();

    expect({ exitCode, stderr }).toEqual({
      exitCode: 6,
      stderr: expect.stringContaining(`Nothing is removed: ${reason}`),
    });
    for (const part of reason.split('; ')) expect(stdout).toContain(`Nothing was removed: ${part}`);
    expect(await dumped(sandbox)).toEqual(held);
    expect(sandbox.queries.slice(asked).filter((query) => /drop\(|deletedAt/.test(query))).toEqual([]);
  },
);

test('what was refused as empty goes once it is said to be right, and is not asked about again', async () => {
  sandbox.hold(ACCOUNT);
  await sync();
  sandbox.hold(without('membership'));
  await sync('--delete');

  const allowed = await sync('--delete', '--allow-empty', 'HasTrialComponent');
  const after = await sync('--delete');

  expect(allowed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Removed 3;') });
  expect(after).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing changed') });
  expect(labels(await dumped(sandbox))).not.toContain('HasTrialComponent');
});

test('a dry run says what would be loaded, removed, kept or refused', async () => {
  sandbox.hold(ACCOUNT);
  const first = await sync('--dry-run');
  await sync();
  const same = await sync('--dry-run', '--delete');
  sandbox.hold(ACCOUNT.slice(8));
  const [keep, remove, mark, refuse] = [
    await sync('--dry-run'),
    await sync('--dry-run', '--delete'),
    await sync('--dry-run', '--tombstone'),
    await sync('--dry-run', '--delete', '--max-delete', '1'),
  ];

  const lines = [first, same, keep, remove, mark, refuse].map(({ exitCode, stdout }) => {
    expect(exitCode).toBe(0);
    return stdout.split('\n').filter((line) => /^(Would|Nothing)/.test(line));
  });
  const nothing = 'Nothing would be loaded';
  expect(lines).toEqual([
    ['Would load 28 that are new and 0 that changed, unless the graph holds them so already'],
    ['Nothing changed: nothing would be done'],
    [
      nothing,
      expect.stringMatching(/^Would keep \d+ that SageMaker no longer has \(--delete removes them\)$/),
    ],
    [nothing, expect.stringMatching(/^Would remove \d+ that SageMaker no longer has$/)],
    [nothing, expect.stringMatching(/^Would mark \d+ that SageMaker no longer has as deleted$/)],
    [nothing, ...Array(2).fill(expect.stringMatching(/^Nothing would be removed: \d+ of \d+ /))],
  ]);
});

function labels({ edges }: Dump): readonly string[] {
  return Object.values(edges).map((edge) => (edge as { label: string }).label);
}
