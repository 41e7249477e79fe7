import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edgeHeader, vertexHeader } from '../../src/csv/encode.ts';
import { readEdges, readVertices } from '../../src/csv/read.ts';
import { edgeId } from '../../src/graph/ids.ts';
import type { EdgeRow, VertexRow } from '../../src/graph/rows.ts';
import { putText } from '../../src/neptune/upload.ts';
import { checkRun } from '../../src/runs/check.ts';
import { compareRuns } from '../../src/runs/compare-runs.ts';
import { planRun } from '../../src/runs/plan.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { readManifest, writeManifest } from '../../src/snapshot/manifest.ts';
import { type Plan, parsePlan } from '../../src/snapshot/plan.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { filesBelow } from './run-tree.ts';
import { arn, edgeRow, smallAccount, vertexRow, writtenRun } from './written-run.ts';

const BEFORE = new Date('2026-11-20T04:00:00.000Z');
const AFTER = new Date('2026-11-21T04:00:00.000Z');

const foreign = 'arn:aws:sagemaker:us-east-1:999999999999:artifact/foreign';
const later = new Date('2026-11-20T12:00:00.500Z');

/** The small account a day later: everything that can happen to it happened once. */
function nextDay(): { vertices: readonly VertexRow[]; edges: readonly EdgeRow[] } {
  const { vertices, edges } = smallAccount();
  const recreated = vertexRow('context', arn('context/endpoint'), { type: 'Endpoint' });
  return {
    vertices: [
      ...vertices.filter(
        ({ id }) => ![foreign, arn('artifact/lonely'), arn('artifact/model'), recreated.id].includes(id),
      ),
      // A value that changed, and one that is gone.
      vertexRow('artifact', arn('artifact/model'), { name: 'first, "one"\nmodel' }),
      {
        ...recreated,
        orderMs: later.getTime(),
        cells: { ...recreated.cells, creationtime: later },
      } as VertexRow,
      // Listed now; the kind is free of the account.
      vertexRow('artifact', foreign, { type: 'DataSet' }),
      vertexRow('action', arn('action/new')),
    ],
    edges: [
      ...edges.filter(({ label, from }) => !(label === 'Produced' && from.endsWith('/train'))),
      edgeRow(arn('experiment-trial-component/train'), 'AssociatedWith', arn('artifact/model')),
    ],
  };
}

async function twoRuns() {
  const before = await writtenRun(smallAccount(), { time: BEFORE });
  const after = await writtenRun(nextDay(), { time: AFTER });
  return { before, after };
}

let folder: string;
let sandbox: Sandbox;
let s3: S3Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-plan-'));
  sandbox = await startSandbox({});
  const { url: endpoint, region, credentials } = sandbox;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
});

afterAll(async () => {
  s3.destroy();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

async function linesOf(path: string): Promise<unknown[]> {
  const text = await readFile(path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const produced = edgeId(arn('experiment-trial-component/train'), 'Produced', arn('artifact/model'));

describe('A plan', () => {
  test('holds the rows to load, the corrections, the ids to remove, and says by which runs it was made', async () => {
    const { before, after } = await twoRuns();

    const { plan, path } = await planRun({ run: after.directory, since: before.directory, delete: true });

    const directory = `${after.directory}.plan`;
    expect(path).toBe(join(directory, 'plan.json'));
    expect(parsePlan(await readFile(path, 'utf8'), path)).toEqual(plan);
    expect(plan).toMatchObject({
      after: {
        run: after.manifest.run,
        manifestSha256: await sha256Of(join(after.directory, 'manifest.json')),
      },
      before: {
        run: before.manifest.run,
        manifestSha256: await sha256Of(join(before.directory, 'manifest.json')),
      },
      state: null,
      counts: {
        artifact: { before: 4, after: 4, added: 0, updated: 2, removed: 1, relabelled: 1 },
        action: { before: 1, after: 2, added: 1, updated: 0, removed: 0 },
        context: { before: 1, after: 1, added: 0, updated: 1, removed: 0 },
        external: { before: 1, after: 0, added: 0, updated: 0, removed: 0 },
        edge: { before: 10, after: 10, added: 1, updated: 0, removed: 1 },
      },
      load: 'delta',
      removal: 'remove',
      demotion: 'apply',
      corrections: { blank: 2, relabel: 1, ends: 0 },
      refusals: [],
      notes: [],
    } satisfies Partial<Plan> | object);
    expect(plan.files.map(({ path: name, rows }) => [name, rows])).toEqual([
      ['corrections.jsonl', 3],
      ['load/edges/edges.csv', 1],
      ['load/edges/reattached.csv', 1],
      ['load/nodes/action-nodes.csv', 1],
      ['load/nodes/artifacts-nodes.csv', 2],
      ['load/nodes/contexts-nodes.csv', 1],
      ['remove.jsonl', 2],
    ]);
    for (const { path: name, bytes, sha256 } of plan.files) {
      expect((await readFile(join(directory, name))).length).toBe(bytes);
      expect(await sha256Of(join(directory, name))).toBe(sha256);
    }
    expect(await linesOf(join(directory, 'remove.jsonl'))).toEqual([
      { element: 'edge', kind: 'edge', id: produced, creationMs: expect.any(Number) },
      { element: 'vertex', kind: 'artifact', id: arn('artifact/lonely'), creationMs: expect.any(Number) },
    ]);
    expect(await linesOf(join(directory, 'corrections.jsonl'))).toEqual([
      { element: 'vertex', kind: 'artifact', id: arn('artifact/model'), is: 'blank', properties: ['type'] },
      { element: 'vertex', kind: 'artifact', id: foreign, is: 'relabel', from: 'external', to: 'artifact' },
      { element: 'vertex', kind: 'context', id: arn('context/endpoint'), is: 'blank', properties: ['name'] },
    ]);
  });

  test("has load files that are a run's own rows, and that the check passes", async () => {
    const { before, after } = await twoRuns();

    const { path } = await planRun({ run: after.directory, since: before.directory });

    const load = join(dirname(path), 'load');
    const { errors, notes } = await checkRun({ source: load, endpoints: false });
    expect({ errors, notes }).toEqual({ errors: 0, notes: 0 });
    const artifacts = await readFile(join(load, 'nodes/artifacts-nodes.csv'), 'utf8');
    expect(artifacts.slice(0, artifacts.indexOf('\n'))).toBe(vertexHeader('artifact'));
    const ids = [arn('artifact/model'), foreign];
    const ofRun = await all(readVertices(join(after.directory, 'data/nodes/artifacts-nodes.csv')));
    expect(await all(readVertices(join(load, 'nodes/artifacts-nodes.csv')))).toEqual(
      ofRun.filter(({ id }) => ids.includes(id)),
    );
    const edges = await readFile(join(load, 'edges/edges.csv'), 'utf8');
    expect(edges.slice(0, edges.indexOf('\n'))).toBe(edgeHeader());
    // A vertex that goes before it is loaded takes its edges with it: they are loaded again.
    expect(await all(readEdges(join(load, 'edges/reattached.csv')))).toMatchObject([
      { from: foreign, label: 'ContributedTo' },
    ]);
  });

  test('of an unchanged account loads nothing and has no files', async () => {
    const before = await writtenRun(smallAccount(), { time: BEFORE });
    const after = await writtenRun(smallAccount(), { time: AFTER });

    const { plan, path } = await planRun({ run: after.directory, since: before.directory, delete: true });

    expect(plan).toMatchObject({ load: 'nothing', files: [], refusals: [] });
    expect(await readdir(dirname(path))).toEqual(['plan.json']);
  });

  test('of a first run loads all of it, from its own data', async () => {
    const { after } = await twoRuns();

    const { plan } = await planRun({ run: after.directory, out: join(folder, 'first'), delete: true });

    expect(plan).toMatchObject({ before: null, load: 'all', files: [], refusals: [] });
    expect(plan.counts.edge).toEqual({
      ...{ before: 0, after: 10, added: 10 },
      ...{ updated: 0, removed: 0, relabelled: 0 },
    });
  });

  test('takes the place of an older one, whole', async () => {
    const { before, after } = await twoRuns();
    const out = join(folder, 'again');
    await planRun({ run: after.directory, since: before.directory, out });

    await planRun({ run: after.directory, since: after.directory, out });

    expect(await readdir(out)).toEqual(['plan.json']);
  });

  test('never takes the place of anything else, and leaves nothing behind where it fails', async () => {
    const { before, after } = await twoRuns();
    const run = await filesBelow(after.directory);
    const unfinished = join(dirname(after.directory), 'other');
    await mkdir(`${unfinished}.new`);
    await writeFile(join(`${unfinished}.new`, 'mine.txt'), '');

    for (const out of [
      after.directory,
      dirname(after.directory),
      join(after.directory, 'manifest.json'),
      unfinished,
    ])
      expect(await errorOf(planRun({ run: after.directory, since: before.directory, out }))).toMatchObject({
        outcome: 'usage',
        message: expect.stringMatching(/ is there already, and is no plan\.$/),
      });

    expect(await filesBelow(after.directory)).toEqual(run);
    expect(await readdir(dirname(after.directory))).toEqual([after.manifest.run, 'other.new']);
  });

  test('lists nothing to remove where that was not asked for, or is refused; loads all the same', async () => {
    const before = await writtenRun(smallAccount(), { time: BEFORE });
    const { vertices, edges } = nextDay();
    const partial = await writtenRun({ vertices, edges }, { time: AFTER, complete: false });

    const unasked = await planRun({ run: partial.directory, since: before.directory });
    const refused = await planRun({ run: partial.directory, since: before.directory, delete: true });

    expect(unasked.plan).toMatchObject({ removal: 'keep', refusals: [], load: 'delta' });
    expect(refused.plan).toMatchObject({
      removal: 'keep',
      load: 'delta',
      refusals: [{ guard: 'partial', kinds: ['artifact', 'edge'], elements: 2 }],
    });
    expect(refused.plan.files.map(({ path }) => path)).not.toContain('remove.jsonl');
  });

  test('does not make external what another run listed, where a kind came back empty', async () => {
    const { vertices, edges } = smallAccount();
    const before = await writtenRun({ vertices, edges }, { time: BEFORE });
    const without = vertices.map((row) => (row.kind === 'context' ? vertexRow('external', row.id) : row));
    const after = await writtenRun({ vertices: without, edges }, { time: AFTER });

    const { plan } = await planRun({ run: after.directory, since: before.directory });

    expect(plan).toMatchObject({
      demotion: 'keep',
      load: 'nothing',
      files: [],
      notes: ['Vertices that no listing gave this time stay what they are, and do not become external: 1.'],
    });
  });

  test('is refused between runs of different accounts', async () => {
    const { before, after } = await twoRuns();
    const manifest = await readManifest(after.directory);
    await writeManifest(after.directory, {
      ...manifest,
      scopes: [{ account: '210987654321', region: 'us-east-1' }],
    });

    expect(await errorOf(planRun({ run: after.directory, since: before.directory }))).toMatchObject({
      outcome: 'usage',
      message: `${before.directory} and ${after.directory} are runs of different accounts or Regions.`,
    });
  });

  test.each(['data/nodes/artifacts-nodes.csv', 'index/artifact.csv'])(
    'is not made of a %s that was changed',
    async (path) => {
      const { before, after } = await twoRuns();
      await appendFile(join(after.directory, path), '\n');

      const error = await errorOf(planRun({ run: after.directory, since: before.directory }));

      expect(error).toMatchObject({ outcome: 'validationFailed', message: expect.stringContaining(path) });
      expect(await readdir(dirname(after.directory))).toEqual([after.manifest.run]);
    },
  );
});

describe('Since a state in S3', () => {
  async function state(
    run: string | null,
    { prefix = 'nightly', ...rest }: { prefix?: string; residue?: object; attempts?: readonly object[] } = {},
  ) {
    const at = { bucket: 'lineage', key: `${prefix}/state.json` };
    const text = {
      ...{ format: 1, revision: 7, graph: 'cluster', run, verifiedAt: null, residue: null, attempts: [] },
      scope: { account: '123456789012', region: 'us-east-1' },
      ...rest,
    };
    await putText(s3, JSON.stringify(text), at);
    return `s3://lineage/${prefix}/state.json`;
  }

  test('a plan compares with the run that it names, and says which revision that was', async () => {
    const { before, after } = await twoRuns();
    await uploadRun({ s3, directory: before.directory, to: 's3://lineage/nightly', gzip: true });
    const local = await planRun({
      run: after.directory,
      since: before.directory,
      out: join(folder, 'local'),
    });
    const uri = await state(before.manifest.run);

    const { plan } = await planRun({ run: after.directory, since: uri, s3, out: join(folder, 'state') });

    expect(plan.state).toEqual({ uri, revision: 7 });
    expect({ ...plan, before: null, state: null }).toEqual({ ...local.plan, before: null });
  });

  test('a plan tells what the state knows besides', async () => {
    const { before, after } = await twoRuns();
    await uploadRun({ s3, directory: before.directory, to: 's3://lineage/more' });
    const attempts = [{ run: 'x', startedAt: BEFORE.toISOString(), holder: 'h' }];
    const uri = await state(before.manifest.run, {
      prefix: 'more',
      residue: { sha256: '0'.repeat(64), rows: 3 },
      attempts,
    });

    const { plan } = await planRun({ run: after.directory, since: uri, s3, out: join(folder, 'more') });

    expect(plan.notes).toEqual([
      'The graph may hold more than that run (elements that earlier nights left: 3; syncs that did not end: 1): `sync` counts it in, this plan does not.',
    ]);
  });

  test('a plan before the first sync loads everything; where there is no state it is refused', async () => {
    const { after } = await twoRuns();
    const uri = await state(null);

    const { plan } = await planRun({ run: after.directory, since: uri, s3, out: join(folder, 'none') });
    const missing = await errorOf(
      planRun({ run: after.directory, since: 's3://lineage/elsewhere/state.json', s3 }),
    );

    expect(plan).toMatchObject({ before: null, state: { uri, revision: 7 }, load: 'all' });
    expect(missing).toMatchObject({
      outcome: 'usage',
      message: 'There is no state at s3://lineage/elsewhere/state.json.',
    });
  });
});

describe('What changed between two runs', () => {
  test('is told with the values of the columns that differ, from directories and from S3 alike', async () => {
    const { before, after } = await twoRuns();
    const uris = await Promise.all(
      [before, after].map(async ({ directory }) => {
        const { uri } = await uploadRun({ s3, directory, to: 's3://lineage/diff', gzip: true });
        return uri;
      }),
    );

    const compared = await compareRuns({ before: before.directory, after: after.directory });
    const changes = await all(compared.changes());
    const inS3 = await compareRuns({ before: uris[0] ?? '', after: uris[1] ?? '', s3 });

    expect(compared).toMatchObject({
      before: before.manifest.run,
      after: after.manifest.run,
      complete: true,
      notes: [],
    });
    expect(changes.map(({ change, kind, id }) => [change, kind, id])).toEqual([
      ['removed', 'artifact', arn('artifact/lonely')],
      ['updated', 'artifact', arn('artifact/model')],
      ['updated', 'artifact', foreign],
      ['added', 'action', arn('action/new')],
      ['updated', 'context', arn('context/endpoint')],
      ...changes.slice(5).map(({ change, kind, id }) => [change, kind, id]),
    ]);
    expect(changes[2]).toMatchObject({ kindBefore: 'external', created: '2026-01-01T00:00:00.123Z' });
    expect(changes[1]).toEqual({
      ...{ change: 'updated', kind: 'artifact', id: arn('artifact/model') },
      created: '2026-01-01T00:00:00.123Z',
      columns: [
        { column: 'name', before: null, after: 'first, "one"\nmodel' },
        { column: 'type', before: 'Model', after: null },
      ],
    });
    expect(changes[4]?.columns).toEqual([
      { column: 'creationtime', before: '2026-01-01T00:00:00Z', after: '2026-11-20T12:00:00Z' },
      { column: 'creationtimems', before: '1767225600123', after: '1795176000500' },
      { column: 'name', before: 'churn', after: null },
    ]);
    const edges = changes.slice(5).toSorted((a, b) => (a.change < b.change ? -1 : 1));
    expect(edges).toMatchObject([
      { change: 'added', label: 'AssociatedWith', to: arn('artifact/model'), columns: { length: 5 } },
      { change: 'removed', label: 'Produced', to: arn('artifact/model'), id: produced },
    ]);
    expect(await all(inS3.changes())).toEqual(changes);
  });

  test('can be told for some kinds only', async () => {
    const { before, after } = await twoRuns();

    const compared = await compareRuns({
      before: before.directory,
      after: after.directory,
      kinds: ['action', 'context'],
    });

    expect(Object.keys(compared.counts)).toEqual(['action', 'context']);
    expect((await all(compared.changes())).map(({ kind }) => kind)).toEqual(['action', 'context']);
  });

  test('is marked where a run was limited or not finished, and refused where the runs differ in detail', async () => {
    const { before, after } = await twoRuns();
    const manifest = await readManifest(after.directory);
    await writeManifest(after.directory, { ...manifest, complete: false, subset: { kinds: ['action'] } });
    const runs = { before: before.directory, after: after.directory };

    expect(await compareRuns(runs)).toMatchObject({
      complete: false,
      notes: [
        `${after.manifest.run} does not hold the whole account.`,
        `${after.manifest.run} was limited to a subset of the account: {"kinds":["action"]}.`,
      ],
    });
    await writeManifest(after.directory, { ...manifest, detail: 'full' });
    expect(await errorOf(compareRuns(runs))).toMatchObject({
      outcome: 'usage',
      message: `${before.directory} holds summary and ${after.directory} full: every vertex would differ by its columns.`,
    });
  });

  test('is refused where an index and its file do not fit', async () => {
    const { before, after } = await twoRuns();
    const path = 'data/nodes/action-nodes.csv';
    const text = (await readFile(join(after.directory, path), 'utf8')).replaceAll('action/new', 'action/old');
    await writeFile(join(after.directory, path), text);
    const manifest = await readManifest(after.directory);
    const sha256 = await sha256Of(join(after.directory, path));
    const files = manifest.files.map((file) => (file.path === path ? { ...file, sha256 } : file));
    await writeManifest(after.directory, { ...manifest, files });

    const compared = await compareRuns({ before: before.directory, after: after.directory });

    expect(await errorOf(all(compared.changes()))).toMatchObject({
      outcome: 'validationFailed',
      message: `The index of action does not fit its file: expected the row of ${arn('action/new')}, found ${arn('action/old')}.`,
    });
  });
});
