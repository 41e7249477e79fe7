import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Gremlin, gremlin, literal } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { dropLabels } from '../../src/runs/drop.ts';
import { dropRun } from '../../src/runs/drop-run.ts';
import { loadRun } from '../../src/runs/load.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { arn, smallAccount, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

/* A cluster that others share: what `drop` takes from it, and what it leaves. */

const HOST = '127.0.0.1';
const CONFIRMED = ['--confirm', HOST];

let sandbox: Sandbox;
let s3: S3Client;
let neptune: ReturnType<typeof neptuneClient>;
let send: Gremlin;

beforeAll(async () => {
  sandbox = await startSandbox();
  const { url: endpoint, region, credentials } = sandbox;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  neptune = neptuneClient({ endpoint, region, credentials });
  send = gremlinClient(neptune);
  // The SDK's chain of credentials looks at the process itself.
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  s3.destroy();
  neptune.destroy();
  await sandbox.close();
});

beforeEach(async () => {
  await send(gremlin`g.V().drop()`);
});

const cli = (...args: readonly string[]) => cliHere(['drop', ...args], { env: sandbox.environment });

const counts = async () => [...(await send(gremlin`g.V().count()`)), ...(await send(gremlin`g.E().count()`))];

/** Another application's vertices; `at` joins one of them to a vertex of ours. */
async function shared({ at }: { readonly at?: string } = {}): Promise<void> {
  await send(
    gremlin`g.addV('theirs').property(T.id,'t1').as('a').addV('theirs').property(T.id,'t2').as('b').addE('knows').from('a').to('b').iterate()`,
  );
  if (at !== undefined)
    await send(gremlin`g.V('t1').as('a').V(${literal(at)}).addE('looksAt').from('a').iterate()`);
}

async function loadedRun() {
  const { directory } = await writtenRun(smallAccount());
  const { uri } = await uploadRun({ s3, directory, to: `s3://lineage/${randomUUID()}` });
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  await loadRun({ neptune, s3, source: uri, roleArn, region: sandbox.region });
  return { directory, uri };
}

const MODEL = arn('artifact/model');

describe('--run', () => {
  test.each([['directory'], ['uri']] as const)('deletes exactly what the %s of a run names', async (form) => {
    const run = await loadedRun();
    await shared();

    const looked = await cli('--run', run[form], '--dry-run');
    const left = await counts();
    const { exitCode, stdout } = await cli('--run', run[form], ...CONFIRMED);

    expect(looked).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^Run \S+ names 10 vertices and 10 edges; 10 vertices and 10 edges of them are at 127\.0\.0\.1\.\nTo go on, /,
      ),
    });
    expect(left).toEqual([12, 11]);
    expect([exitCode, stdout]).toEqual([0, `10 vertices and 10 edges deleted at ${HOST}\n`]);
    expect(await send(gremlin`g.V().id().order()`)).toEqual(['t1', 't2']);
    expect(await counts()).toEqual([2, 1]);
  });

  test('goes on where it stopped, and a second time finds nothing', async () => {
    const { directory } = await loadedRun();
    await send(gremlin`g.V(${literal(MODEL)}).drop()`);

    const first = await cli('--run', directory, ...CONFIRMED);
    const second = await cli('--run', directory, ...CONFIRMED);

    expect(first.stdout).toBe(`9 vertices and 8 edges deleted at ${HOST}, 3 were not there\n`);
    expect(second).toMatchObject({
      exitCode: 0,
      stdout: `0 vertices and 0 edges deleted at ${HOST}, 20 were not there\n`,
    });
  });

  test('keeps a vertex that others hold on to, says so, and exits as a guard does', async () => {
    const { directory } = await loadedRun();
    await shared({ at: MODEL });

    const looked = await cli('--run', directory, '--dry-run');
    const { exitCode, stdout, stderr } = await cli('--run', directory, ...CONFIRMED);

    expect(looked.stdout).toContain(
      'There is 1 edge of others at these vertices, which are kept with them unless --force.',
    );
    expect(exitCode).toBe(6);
    expect(stdout).toBe(`9 vertices and 10 edges deleted at ${HOST}, 1 vertex kept\n`);
    expect(stderr).toContain(`1 of the vertices at ${HOST} are kept`);
    expect(stderr).toContain(MODEL);
    expect(await counts()).toEqual([3, 2]);
  });

  test('--force deletes it with the edges of others, which are counted first', async () => {
    const { directory } = await loadedRun();
    await shared({ at: MODEL });

    const { exitCode, stdout, stderr } = await cli('--run', directory, ...CONFIRMED, '--force');

    expect([exitCode, stdout]).toEqual([
      0,
      `10 vertices and 10 edges deleted at ${HOST}, 1 edge of others with them\n`,
    ]);
    expect(stderr).toMatch(
      /^Deleting 10 vertices and 10 edges of run \S+, and 1 edge of others, at 127\.0\.0\.1\n$/,
    );
    expect(await counts()).toEqual([2, 1]);
  });

  test('--audit names every id that is gone', async () => {
    const { directory } = await loadedRun();
    const file = join(await temporaryDirectory(), 'gone.jsonl');
    const ids = [
      ...(await send(gremlin`g.E().id()`)).map((id) => ({ element: 'edge', id })),
      ...(await send(gremlin`g.V().id()`)).map((id) => ({ element: 'vertex', id })),
    ];

    await cli('--run', directory, ...CONFIRMED, '--audit', file);

    const written = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(written).toHaveLength(20);
    expect(written).toEqual(expect.arrayContaining(ids));
    expect(written.map(({ element }) => element)).toEqual([
      ...Array.from({ length: 10 }, () => 'edge'),
      ...Array.from({ length: 10 }, () => 'vertex'),
    ]);
  });

  test('touches nothing where a file of the run was changed', async () => {
    const { directory } = await loadedRun();
    const file = join(directory, 'data/nodes/artifacts-nodes.csv');
    await writeFile(file, (await readFile(file, 'utf8')).replace(MODEL, 't1'));
    await shared();

    const { exitCode, stderr } = await cli('--run', directory, ...CONFIRMED);

    expect(exitCode).toBe(8);
    expect(stderr).toContain(`The files are not those of the manifest: ${file} has`);
    expect(stderr).toContain('Nothing was deleted.');
    expect(await counts()).toEqual([12, 11]);
  });

  test('an interruption ends it cleanly', async () => {
    const { directory } = await loadedRun();

    expect(
      await cliHere(['drop', '--run', directory, ...CONFIRMED], {
        env: sandbox.environment,
        signal: AbortSignal.abort(),
      }),
    ).toMatchObject({ exitCode: 130 });
    expect(await counts()).toEqual([10, 10]);
  });
});

test('a cluster that throttles, meets conflicts and loses replies ends as one that does not', async () => {
  const query = { service: 'neptune-db', operation: 'ExecuteGremlinQuery' } as const;
  const troubled = await startSandbox({
    faults: {
      rules: [
        { ...query, fault: 'lost-reply', every: 4 },
        { ...query, fault: 'throttle', every: 5 },
        { ...query, fault: 'conflict', every: 7 },
      ],
    },
  });
  const { url: endpoint, region, credentials } = troubled;
  const own = {
    s3: new S3Client({ endpoint, region, credentials, forcePathStyle: true }),
    neptune: neptuneClient({ endpoint, region, credentials }),
  };
  onTestFinished(async () => {
    own.s3.destroy();
    own.neptune.destroy();
    await troubled.close();
  });
  const { directory: source } = await writtenRun(smallAccount());
  const { uri } = await uploadRun({ ...own, directory: source, to: 's3://lineage/troubled' });
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  await loadRun({ ...own, source: uri, roleArn, region, verify: false });

  const first = await dropRun({ ...own, source, confirm: HOST });
  const second = await dropRun({ ...own, source, confirm: HOST });

  expect([first.vertices.deleted, first.edges.deleted]).toEqual([10, 10]);
  expect([second.vertices.absent, second.edges.absent]).toEqual([10, 10]);
});

describe('--label', () => {
  test('deletes the edges and the vertices of these labels, and nothing else', async () => {
    await loadedRun();
    await shared();

    const looked = await cli('--label', 'theirs', 'knows', '--dry-run');
    const { exitCode, stdout, stderr } = await cli('--label', 'theirs', 'knows', ...CONFIRMED);

    expect(looked.stdout).toBe(
      `${[
        'element  label   count',
        'vertex   theirs      2',
        'edge     knows       1',
        '',
        `2 vertices and 1 edge have these labels at ${HOST}.`,
        `To go on, run it without --dry-run, and with --confirm ${HOST}`,
      ].join('\n')}\n`,
    );
    expect([exitCode, stdout, stderr]).toEqual([
      0,
      `2 vertices and 1 edge deleted at ${HOST}\n`,
      `Deleting 2 vertices and 1 edge at ${HOST}\n`,
    ]);
    expect(await counts()).toEqual([10, 10]);
  });

  test('keeps vertices with edges of labels that are not named', async () => {
    await loadedRun();
    await shared({ at: MODEL });

    const looked = await cli('--label', 'theirs', 'knows', '--dry-run');
    const { exitCode, stdout, stderr } = await cli('--label', 'theirs', 'knows', ...CONFIRMED);

    expect(looked.stdout).toContain(
      'At these vertices are 1 edge of other labels (looksAt 1), which keep them unless --force.',
    );
    expect([exitCode, stdout]).toEqual([6, `1 vertex and 1 edge deleted at ${HOST}, 1 vertex kept\n`]);
    expect(stderr).toContain('t1');
    expect(await counts()).toEqual([11, 11]);
  });

  test('--force deletes them, and what hangs on them', async () => {
    await loadedRun();
    await shared({ at: MODEL });

    const { exitCode, stdout } = await cli('--label', 'theirs', ...CONFIRMED, '--force');

    expect([exitCode, stdout]).toEqual([
      0,
      `2 vertices and 0 edges deleted at ${HOST}, 2 edges of others with them\n`,
    ]);
    expect(await counts()).toEqual([10, 10]);
  });

  test('of which there is none deletes nothing', async () => {
    await loadedRun();

    const { exitCode, stdout } = await cli('--label', 'nothing', "it's", ...CONFIRMED, '--output', 'json');

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      host: HOST,
      vertices: { asked: 0, deleted: 0, absent: 0, kept: 0, keptEdges: 0, edgesDeleted: 0 },
      edges: { asked: 0, deleted: 0, absent: 0 },
      keptVertices: [],
    });
    expect(await counts()).toEqual([10, 10]);
  });

  test('takes as many listings as it needs, and passes over what is kept', async () => {
    await send(gremlin`g.inject(0).repeat(addV('many').constant(0)).times(40).iterate()`);
    await send(gremlin`g.V().hasLabel('many').limit(10).as('a').addE('holds').to('a').iterate()`);

    const report = await dropLabels({ neptune, confirm: HOST, labels: ['many'], idsPerRound: 7 });

    expect(report).toMatchObject({
      vertices: { asked: 40, deleted: 30, absent: 0, kept: 10 },
      edges: { deleted: 0 },
    });
    expect(report.keptVertices).toHaveLength(10);
    expect(await counts()).toEqual([10, 10]);
  });
});

test.each([
  [['--label', 'theirs'], 'nothing confirms it'],
  [['--run', '/no/such/run'], 'nothing confirms it'],
  [['--label', 'theirs', '--confirm', 'other'], '--confirm says "other"'],
  [[], 'Expected --label or --run, got neither.'],
  [['--label', 'a', '--run', 'b', ...CONFIRMED], 'Expected --label or --run, got both.'],
  [['--run', '/no/such/run', ...CONFIRMED], '/no/such/run is not a run'],
  [['--label', 'a', ...CONFIRMED, '--audit', '/no/such/folder/x'], 'The audit log cannot be written to'],
])('%j is misuse, and deletes nothing', async (args, message) => {
  await shared();

  expect(await cli(...args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
  expect(await counts()).toEqual([2, 1]);
});
