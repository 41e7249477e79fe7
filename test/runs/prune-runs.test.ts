import { access, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listObjects, putText } from '../../src/neptune/upload.ts';
import { choosePrunable, pruneRuns } from '../../src/runs/prune-runs.ts';
import { type ListedRun, listRuns } from '../../src/runs/run-list.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { smallAccount, writtenRun } from './written-run.ts';

const SCOPES = [{ account: '123456789012', region: 'us-east-1' }];

function listed(run: string, members: Partial<ListedRun> = {}): ListedRun {
  return {
    ...{ run, at: `/runs/${run}`, status: 'finished', finishedAt: null, scopes: SCOPES, complete: true },
    ...{ subset: null, vertices: 0, edges: 0, bytes: 0, needed: null },
    ...members,
  };
}

describe('Of the runs at a place', () => {
  test.each<[string, readonly ListedRun[], number, readonly string[]]>([
    ['the latest stay', [listed('1'), listed('2'), listed('3')], 2, ['1']],
    ['all stay where there are no more', [listed('1'), listed('2')], 2, []],
    ['what the state names stays', [listed('1', { needed: 'state' }), listed('2'), listed('3')], 1, ['2']],
    ['what an unfinished sync loaded stays', [listed('1', { needed: 'attempt' }), listed('2')], 1, []],
    ['what is being written stays', [listed('1', { needed: 'lock' }), listed('2')], 1, []],
    [
      'what is not finished, or is none of this version, stays, and counts for nothing',
      [listed('1'), listed('2'), listed('3', { status: 'unfinished' }), listed('4', { status: 'damaged' })],
      1,
      ['1'],
    ],
    [
      'those of another account or subset are counted apart',
      [listed('1'), listed('2', { scopes: [] }), listed('3', { subset: { kinds: ['action'] } }), listed('4')],
      1,
      ['1'],
    ],
    [
      'one that lacks scopes does not take the place of one that has them',
      [listed('1'), listed('2'), listed('3', { complete: false }), listed('4', { complete: false })],
      1,
      ['1', '3'],
    ],
  ])('%s', (_, runs, keep, removed) => {
    const pruned = choosePrunable(runs.toReversed(), keep);

    expect(pruned.removed.map(({ run }) => run)).toEqual(removed);
    expect(pruned.kept.map(({ run }) => run)).toEqual(
      runs.map(({ run }) => run).filter((run) => !removed.includes(run)),
    );
  });
});

let sandbox: Sandbox;
let s3: S3Client;

beforeAll(async () => {
  sandbox = await startSandbox({});
  const { url: endpoint, region, credentials } = sandbox;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
});

afterAll(async () => {
  s3.destroy();
  await sandbox.close();
});

/** A directory with a run a day. */
async function days(...names: readonly number[]): Promise<{ out: string; runs: readonly string[] }> {
  const [first, ...rest] = names.map((day) => new Date(Date.UTC(2026, 10, day)));
  const { directory } = await writtenRun(smallAccount(), { time: first as Date });
  const out = dirname(directory);
  const directories = [directory];
  for (const time of rest) {
    const run = await writtenRun(smallAccount(), { time });
    await cp(run.directory, join(out, run.manifest.run), { recursive: true });
    directories.push(join(out, run.manifest.run));
  }
  return { out, runs: directories.map((path) => path.slice(out.length + 1)) };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const runOf = ({ run }: ListedRun) => run;

describe('On disk', () => {
  test('runs are listed with what they hold; others, and files that are none, beside them', async () => {
    const { out, runs } = await days(1, 2);
    await mkdir(join(out, '20261103T000000.000Z.partial'));
    await rm(join(out, runs[0] as string, 'manifest.json'));
    await mkdir(join(out, 'something'));
    await writeFile(join(out, `${runs[1]}.lock`), JSON.stringify({ pid: process.pid, host: hostname() }));

    expect(await listRuns({ at: out })).toEqual([
      {
        ...listed(runs[0] as string),
        ...{ at: join(out, runs[0] as string), status: 'damaged', scopes: [], complete: false },
      },
      {
        ...listed(runs[1] as string),
        ...{ at: join(out, runs[1] as string), finishedAt: '2026-11-02T00:00:00.000Z', needed: 'lock' },
        ...{ vertices: 10, edges: 10, bytes: expect.any(Number) },
      },
      {
        ...listed('20261103T000000.000Z'),
        ...{
          at: join(out, '20261103T000000.000Z.partial'),
          status: 'unfinished',
          scopes: [],
          complete: false,
        },
      },
    ]);
  });

  test('old runs go, with their plans; a dry run only says which', async () => {
    const { out, runs } = await days(1, 2, 3);
    const [oldest = '', middle = '', latest = ''] = runs;
    await mkdir(join(out, `${oldest}.plan`));

    const planned = await pruneRuns({ at: out, keep: 1, dryRun: true });
    expect(await exists(join(out, oldest))).toBe(true);
    const gone: string[] = [];
    const pruned = await pruneRuns({ at: out, keep: 1, onRemoved: ({ run }) => gone.push(run) });

    expect(pruned.removed.map(runOf)).toEqual([oldest, middle]);
    expect(planned).toEqual(pruned);
    expect(gone).toEqual([oldest, middle]);
    expect((await listRuns({ at: out })).map(runOf)).toEqual([latest]);
    expect(await exists(join(out, `${oldest}.plan`))).toBe(false);
  });

  test('the run that a state in S3 names stays', async () => {
    const { out, runs } = await days(1, 2, 3);
    const state = await putState('disk', { run: runs[0] ?? null });

    const { removed } = await pruneRuns({ at: out, keep: 1, state, s3 });

    expect(removed.map(runOf)).toEqual([runs[1]]);
  });

  test('a place that is none is refused', async () => {
    expect(await errorOf(listRuns({ at: '/nowhere/runs' }))).toMatchObject({
      outcome: 'usage',
      message: 'There is no directory /nowhere/runs.',
    });
    const { out } = await days(1);
    expect(await errorOf(listRuns({ at: out, state: 's3://lineage/none/state.json', s3 }))).toMatchObject({
      outcome: 'usage',
      message: 'There is no state at s3://lineage/none/state.json.',
    });
  });
});

async function putState(
  prefix: string,
  { run, attempts = [] }: { run: string | null; attempts?: readonly string[] },
): Promise<string> {
  const [scope] = SCOPES;
  const startedAt = '2026-11-20T00:00:00Z';
  const state = {
    ...{ format: 1, revision: 1, scope, graph: 'cluster', run, verifiedAt: null, residue: null },
    attempts: attempts.map((attempt) => ({ run: attempt, startedAt, holder: 'h' })),
  };
  await putText(s3, JSON.stringify(state), { bucket: 'lineage', key: `${prefix}/state.json` });
  return `s3://lineage/${prefix}/state.json`;
}

async function uploadedDays(prefix: string, ...names: readonly number[]) {
  const { out, runs } = await days(...names);
  for (const run of runs) await uploadRun({ s3, directory: join(out, run), to: `s3://lineage/${prefix}` });
  return runs;
}

async function keysUnder(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects(s3, { bucket: 'lineage', key: `${prefix}/` })) keys.push(key);
  return keys;
}

describe('In S3', () => {
  test('runs are listed beside what was not uploaded to its end', async () => {
    const runs = await uploadedDays('listed', 1);
    const half = '20261102T000000.000Z';
    await putText(s3, 'x', { bucket: 'lineage', key: `listed/runs/${half}/data/nodes/x.csv` });
    await putText(s3, '{}', { bucket: 'lineage', key: 'listed/runs/20261103T000000.000Z/manifest.json' });
    await putState('listed', { run: runs[0] ?? null, attempts: [half] });

    expect(await listRuns({ at: 's3://lineage/listed', s3 })).toMatchObject([
      { run: runs[0], at: `s3://lineage/listed/runs/${runs[0]}/`, status: 'finished', needed: 'state' },
      { run: half, status: 'unfinished', needed: 'attempt' },
      { run: '20261103T000000.000Z', status: 'damaged', needed: null },
    ]);
  });

  test('old runs go, object by object, but for what the state names and its unfinished syncs', async () => {
    const [first = '', second = '', third = '', fourth = ''] = await uploadedDays('pruned', 1, 2, 3, 4);
    await putState('pruned', { run: first, attempts: [third] });

    const { removed } = await pruneRuns({ at: 's3://lineage/pruned', keep: 1, s3 });

    expect(removed.map(runOf)).toEqual([second]);
    const left = new Set((await keysUnder('pruned')).map((key) => key.split('/')[2]));
    expect(left).toEqual(new Set([first, third, fourth, undefined]));
  });

  test('nothing goes while a sync is at work, whose lease has not run out', async () => {
    const runs = await uploadedDays('leased', 1, 2);
    const lease = { format: 1, holder: 'night', host: 'box', pid: 7, since: '2026-11-21T00:00:00Z' };
    const until = '2026-11-21T00:02:00Z';
    await putText(s3, JSON.stringify({ ...lease, until }), { bucket: 'lineage', key: 'leased/lease.json' });
    const at = 's3://lineage/leased';
    const clockAt = (time: string) => ({ now: () => Date.parse(time), sleep: async () => undefined });

    const during = await errorOf(pruneRuns({ at, keep: 1, s3, clock: clockAt('2026-11-21T00:01:59Z') }));
    expect(during).toMatchObject({
      outcome: 'locked',
      message: 'A sync is at work: night (process 7 on box) since 2026-11-21T00:00:00Z.',
    });
    expect((await listRuns({ at, s3 })).map(runOf)).toEqual(runs);

    const after = await pruneRuns({ at, keep: 1, s3, clock: clockAt(until) });
    expect(after.removed.map(runOf)).toEqual([runs[0]]);
  });
});
