import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { crawlClients } from '../../src/crawl/clients.ts';
import { gremlin, literal, queryAsWritten } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { cancelLoad } from '../../src/neptune/load-job.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { exportLineage } from '../../src/runs/export.ts';
import { type LoadRunOptions, type LoadRunProgress, loadRun, startRun } from '../../src/runs/load.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import type { FaultPlan } from '../../src/sandbox/faults.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { writeManifest } from '../../src/snapshot/manifest.ts';
import { errorOf, quickClock, scriptedServer } from '../neptune/scripted-server.ts';
import { temporaryDirectory } from './run-tree.ts';
import { SMALL_COUNTS } from './small-account-counts.ts';
import { arn, edgeRow, smallAccount, vertexRow, writtenRun } from './written-run.ts';

let sandbox: Sandbox;
let s3: S3Client;
let neptune: ReturnType<typeof neptuneClient>;

beforeAll(async () => {
  sandbox = await startSandbox({ records: generateLineage({ entities: 400, seed: 11 }) });
  const { url: endpoint, region, credentials } = sandbox;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  neptune = neptuneClient({ endpoint, region, credentials });
});

afterAll(async () => {
  s3.destroy();
  neptune.destroy();
  await sandbox.close();
});

beforeEach(async () => {
  await send(queryAsWritten('g.V().drop()'));
});

const send = (query: ReturnType<typeof queryAsWritten>) => gremlinClient(neptune)(query);

function loadOptions(clients: { readonly neptune: typeof neptune; readonly s3: S3Client }) {
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  return { ...clients, roleArn, region: sandbox.region };
}

function load(source: string, overrides: Partial<LoadRunOptions> = {}) {
  return loadRun({ ...loadOptions({ neptune, s3 }), source, ...overrides });
}

async function uploaded(rows = smallAccount()): Promise<{ uri: string; dataUri: string }> {
  const { directory } = await writtenRun(rows);
  return uploadRun({ s3, directory, to: `s3://lineage/${randomUUID()}` });
}

/** Everything in the graph, by id. */
async function dump(): Promise<readonly unknown[]> {
  const vertices = await send(
    queryAsWritten(
      'g.V().order().by(id).project("id","label","values").by(id).by(label).by(valueMap().order(local).by(keys))',
    ),
  );
  const edges = await send(queryAsWritten('g.E().order().by(id).elementMap()'));
  return [vertices, edges];
}

describe('an uploaded run', () => {
  test('is loaded, watched, and equal to its manifest in the graph', async () => {
    const { uri, dataUri } = await uploaded();
    const steps: LoadRunProgress[] = [];

    const report = await load(uri, { onProgress: (step) => steps.push(step) });

    expect(report).toEqual({
      loadId: expect.any(String),
      source: dataUri,
      status: 'LOAD_COMPLETED',
      jobs: [{ loadId: report.loadId, mode: 'NEW', status: 'LOAD_COMPLETED' }],
      records: expect.any(Number),
      duplicates: 0,
      durations: { load: expect.any(Number), total: expect.any(Number) },
      verified: true,
      byLabel: SMALL_COUNTS,
      sample: {
        ...{ vertices: 10, edges: 10, seed: expect.any(Number), differences: [] },
        counts: { missing: 0, other: 0, more: 0 },
      },
      notes: [],
      errors: [],
    });
    const [checked, started] = steps.filter(({ step }) => step !== 'checking' && step !== 'reading');
    expect(checked).toEqual({ step: 'checked', source: dataUri, errors: 0, notes: 0 });
    expect(started).toEqual({
      ...{ step: 'started', mode: 'NEW', joined: false },
      ...{ loadId: report.loadId, source: dataUri },
    });
    expect(steps.at(-1)).toEqual({ step: 'verifying', loadId: report.loadId });
    expect(steps.at(-2)).toMatchObject({
      step: 'watched',
      status: 'LOAD_COMPLETED',
      records: report.records,
    });
  });

  test.each([
    ['without its last slash', (uri: string) => uri.slice(0, -1)],
    ['by its data folder', (uri: string) => `${uri}data/`],
    ['by its data folder, without the slash', (uri: string) => `${uri}data`],
  ])('is recognised %s', async (_, form) => {
    const { uri, dataUri } = await uploaded();

    expect(await load(form(uri))).toMatchObject({ source: dataUri, verified: true });
  });

  test('loaded twice gives the same graph, in full', async () => {
    const clients = crawlClients({
      endpoint: sandbox.url,
      region: sandbox.region,
      credentials: sandbox.credentials,
    });
    const { directory, entities } = await exportLineage({
      clients,
      region: sandbox.region,
      out: await temporaryDirectory(),
    });
    clients.destroy();
    const { uri } = await uploadRun({ s3, directory, to: 's3://lineage/twice' });

    expect(await load(uri)).toMatchObject({ verified: true });
    const first = await dump();
    expect(await load(uri)).toMatchObject({ verified: true });

    expect(await dump()).toEqual(first);
    expect((first[0] as unknown[]).length).toBeGreaterThanOrEqual(entities);
    expect(sandbox.log.calls('neptune-db', 'StartLoaderJob')).toBeGreaterThanOrEqual(2);
  });

  test('beside older data is loaded but not verified, and says which labels there are more of', async () => {
    await send(gremlin`g.addV('artifact').property(T.id,${literal('old')}).addV('mine').iterate()`);
    const { uri } = await uploaded();

    const { verified, notes, byLabel } = await load(uri);

    expect(verified).toBe(false);
    expect(notes).toEqual([
      expect.stringMatching(
        /^The graph holds more than run \S+: artifact 5 of 4, mine 1 of 0\. Older runs or other applications wrote it\.$/,
      ),
    ]);
    expect(byLabel.vertices).toEqual({
      ...SMALL_COUNTS.vertices,
      artifact: { manifest: 4, graph: 5 },
      mine: { manifest: 0, graph: 1 },
    });
  });

  test('of which the graph holds less is a failed load, though the job completed', async () => {
    const { directory, manifest } = await writtenRun(smallAccount());
    await writeManifest(directory, {
      ...manifest,
      vertices: { ...manifest.vertices, action: 2 },
      edges: { ...manifest.edges, Produced: 3 },
    });
    const { uri, run } = await uploadRun({ s3, directory, to: `s3://lineage/${randomUUID()}` });

    expect(await errorOf(load(uri))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringMatching(
        new RegExp(
          `^Load \\S+ ended well, but the graph holds less than run ${run}: action 1 of 2, Produced 2 of 3\\.$`,
        ),
      ),
      details: { run, byLabel: { vertices: { action: { manifest: 2, graph: 1 } } } },
    });
  });

  test('is not verified where that is switched off', async () => {
    const { uri } = await uploaded();

    expect(await load(uri, { verify: false })).toMatchObject({
      verified: false,
      byLabel: { vertices: {}, edges: {} },
      notes: ['Not verified: verification was switched off.'],
    });
  });

  test('with an edge to nowhere fails with the loader’s errors by code, the file, and what to do', async () => {
    const rows = smallAccount();
    const dangling = edgeRow(arn('artifact/gone'), 'ContributedTo', arn('artifact/model'));
    const { uri, dataUri } = await uploaded({ ...rows, edges: [...rows.edges, dangling] });

    expect(await errorOf(load(uri, { check: false }))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringMatching(
        /^Load \S+ of \S+ ended as LOAD_FAILED with 1 × FROM_OR_TO_VERTEX_ARE_MISSING \(an edge whose vertex is neither in the files nor in the graph\)\.$/,
      ),
      hint: expect.stringContaining('vertex files of the same run'),
      details: {
        source: dataUri,
        status: 'LOAD_FAILED',
        errors: [
          {
            code: 'FROM_OR_TO_VERTEX_ARE_MISSING',
            count: 1,
            retry: 'never',
            examples: [
              {
                code: 'FROM_OR_TO_VERTEX_ARE_MISSING',
                file: `${dataUri}edges/edges.csv`,
                line: expect.any(Number),
                ids: [arn('artifact/gone'), arn('artifact/model')],
              },
            ],
          },
        ],
      },
    });
  });

  test.each([
    ['an object that is not in the manifest', 'data/nodes/extra.csv', 'is not in the manifest'],
    ['an object of another size', 'data/edges/edges.csv', /has 10 bytes, not \d+/],
  ])('with %s is not loaded', async (_, path, complaint) => {
    const { uri } = await uploaded();
    const key = `${uri.slice('s3://lineage/'.length)}${path}`;
    await s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: key, Body: '~id,~label' }));
    const startsBefore = sandbox.log.calls('neptune-db', 'StartLoaderJob');

    const error = await errorOf(load(uri));

    expect(error).toMatchObject({ outcome: 'validationFailed', message: expect.stringContaining(key) });
    expect((error as Error).message).toMatch(complaint);
    expect(sandbox.log.calls('neptune-db', 'StartLoaderJob')).toBe(startsBefore);
  });
});

test('a run of which an object is missing is not loaded', async () => {
  const { uri } = await uploaded();
  const key = `${uri.slice('s3://lineage/'.length)}data/edges/edges.csv`;
  await s3.send(new DeleteObjectCommand({ Bucket: 'lineage', Key: key }));

  expect(await errorOf(load(uri))).toMatchObject({
    outcome: 'validationFailed',
    message: `The objects of ${uri} are not those of its manifest: ${key} is missing.`,
  });
});

describe('the verdict', () => {
  /** A cluster whose loader says this of every job, once with an error log of two rows. */
  async function loaderThatSays(overallStatus: object) {
    const { client } = await scriptedServer(({ call }) => {
      if (call.startsWith('GET /loader?')) return { json: { payload: { loadIds: [] } } };
      if (call === 'POST /loader') return { json: { payload: { loadId: 'load-1' } } };
      const row = { errorCode: 'PARSING_ERROR', errorMessage: 'bad', fileName: 's3://b/x.csv', recordNum: 3 };
      const errorLogs = /[?&]page=1\b/.test(call) && 'parsingErrors' in overallStatus ? [row, row] : [];
      return { json: { payload: { overallStatus, errors: { errorLogs } } } };
    });
    return client;
  }

  test.each([
    ['LOAD_COMMITTED_W_WRITE_CONFLICTS', ', after 3 more tries of the failed files'],
    ['LOAD_FAILED', ''],
    ['LOAD_S3_READ_ERROR', ', after 3 more tries of the failed files'],
    ['LOAD_DATA_DEADLOCK', ', after 1 more try of the failed files'],
    ['LOAD_UNEXPECTED_ERROR', ', after 1 more try of the failed files'],
    ['LOAD_S3_ACCESS_DENIED_ERROR', ''],
    ['LOAD_FAILED_INVALID_REQUEST', ''],
    ['LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED', ''],
    ['LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED', ''],
    ['LOAD_CANCELLED_BY_USER', ''],
    ['LOAD_CANCELLED_DUE_TO_ERRORS', ''],
  ])('of a load that ended as %s is a failure%s, with what to do', async (status, again) => {
    const { uri, dataUri } = await uploaded();
    const neptune = await loaderThatSays({ status });

    expect(await errorOf(load(uri, { neptune, ...quickClock() }))).toMatchObject({
      outcome: 'loadFailed',
      message: `Load load-1 of ${dataUri} ended as ${status}${again}.`,
      hint: expect.stringMatching(/\.$/),
      details: { loadId: 'load-1', status, errors: [] },
    });
  });

  test('of a load that completed with errors is a failure, too', async () => {
    const { uri, dataUri } = await uploaded();
    const neptune = await loaderThatSays({ status: 'LOAD_COMPLETED', totalRecords: 100, parsingErrors: 2 });

    expect(await errorOf(load(uri, { neptune }))).toMatchObject({
      outcome: 'loadFailed',
      message: `Load load-1 of ${dataUri} ended as LOAD_COMPLETED with 2 × PARSING_ERROR (a line is not what the header promises).`,
      hint: 'Correct the line at its source and export again.',
      details: {
        counters: { parsing: 2, datatypeMismatch: 0, insert: 0 },
        errors: [
          { code: 'PARSING_ERROR', count: 2, examples: [{ file: 's3://b/x.csv', record: 3 }, { record: 3 }] },
        ],
      },
    });
  });

  test('of a status that nobody knows is the deadline’s', async () => {
    const { uri } = await uploaded();
    const neptune = await loaderThatSays({ status: 'LOAD_COMMITTING' });

    expect(await errorOf(load(uri, { neptune, deadlineMs: 60_000, ...quickClock() }))).toMatchObject({
      outcome: 'deadline',
      message: expect.stringContaining('LOAD_COMMITTING'),
    });
  });
});

describe('any other prefix', () => {
  const put = (key: string, body: string | Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: key, Body: body }));

  test('is loaded, its folder only, and called unverified', async () => {
    await put('plain/1/nodes.csv', '~id,~label\n1,x\n');
    await put('plain/10/nodes.csv', '~id,~label\n10,x\n');

    expect(await load('s3://lineage/plain/1')).toMatchObject({
      source: 's3://lineage/plain/1/',
      status: 'LOAD_COMPLETED',
      records: 1,
      verified: false,
      notes: [
        'Not verified: there is no manifest.json beside the data, so nothing says what the graph should hold.',
      ],
    });
    expect(await send(queryAsWritten('g.V().id()'))).toEqual(['1']);
  });

  test.each([
    ['holds nothing', 'nothing', undefined],
    ['holds only the mark of a folder', 'marked', 'marked/'],
  ])('that %s is refused before a job is started', async (_, prefix, mark) => {
    if (mark !== undefined) await put(mark, Buffer.alloc(0));
    const startsBefore = sandbox.log.calls('neptune-db', 'StartLoaderJob');

    expect(await errorOf(load(`s3://lineage/${prefix}`))).toMatchObject({
      outcome: 'usage',
      message: `There is nothing to load under s3://lineage/${prefix}/.`,
    });
    expect(sandbox.log.calls('neptune-db', 'StartLoaderJob')).toBe(startsBefore);
  });

  test('that holds runs, but is none, is refused with the name of one', async () => {
    const { directory } = await writtenRun(smallAccount());
    const { uri } = await uploadRun({ s3, directory, to: 's3://lineage/many' });

    expect(await errorOf(load('s3://lineage/many'))).toMatchObject({
      outcome: 'usage',
      message:
        's3://lineage/many/ is not a run, but holds runs: the loader would take their manifests for data.',
      hint: `Pass one of them: ${uri}`,
    });
  });

  test('with a manifest of another make is refused', async () => {
    await put('other/manifest.json', '{"format":99}');

    expect(await errorOf(load('s3://lineage/other'))).toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringMatching(
        /^s3:\/\/lineage\/other\/manifest\.json is not a manifest of this version: /,
      ),
    });
  });
});

describe('a load that cannot be', () => {
  test('without a bucket', async () => {
    expect(await errorOf(load('s3://no-such-bucket/x'))).toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining('there is no bucket no-such-bucket'),
    });
  });

  test('from a client of another region than the bucket', async () => {
    const { url: endpoint, credentials } = sandbox;
    const elsewhere = new S3Client({ endpoint, region: 'eu-west-1', credentials, forcePathStyle: true });

    expect(await errorOf(load('s3://lineage/x', { s3: elsewhere }))).toMatchObject({
      outcome: 'usage',
      message:
        'Cannot read the object at s3://lineage/x/manifest.json: the bucket lineage is in us-east-1, and this command works in eu-west-1.',
    });
    elsewhere.destroy();
  });

  test('on a cluster of another region', async () => {
    const { uri } = await uploaded();
    const { url: endpoint, credentials } = sandbox;
    const elsewhere = neptuneClient({ endpoint, region: 'eu-west-1', credentials });

    expect(await errorOf(load(uri, { neptune: elsewhere }))).toMatchObject({
      outcome: 'accessDenied',
      hint: "Requests are signed for eu-west-1: pass the cluster's own region as --region.",
    });
    elsewhere.destroy();
  });

  test('because the caller stopped it', async () => {
    const { uri } = await uploaded();

    expect(await errorOf(load(uri, { signal: AbortSignal.abort() }))).toMatchObject({
      outcome: 'interrupted',
    });
  });
});

/** A sandbox without an engine that plays these faults, the clients for it, and an uploaded run. */
async function faulty(faults: FaultPlan) {
  const played = await startSandbox({ gremlin: false, faults });
  const { url: endpoint, region, credentials } = played;
  const clients = {
    s3: new S3Client({ endpoint, region, credentials, forcePathStyle: true }),
    neptune: neptuneClient({ endpoint, region, credentials }),
  };
  onTestFinished(async () => {
    clients.s3.destroy();
    clients.neptune.destroy();
    await played.close();
  });
  const { directory } = await writtenRun(smallAccount());
  const { uri } = await uploadRun({ s3: clients.s3, directory, to: 's3://lineage/faulty' });
  return { clients, uri, starts: () => played.log.calls('neptune-db', 'StartLoaderJob') };
}

describe('what happens while a job is under way', () => {
  test('a command that was stopped is run again: it takes the job that it left, and ends verified', async () => {
    const { clients, uri, starts } = await faulty({
      rules: [],
      loads: [{ file: 'edges', status: 'LOAD_IN_PROGRESS', milliseconds: 2_500 }],
    });
    const stop = new AbortController();
    const onProgress = ({ step }: LoadRunProgress) => step === 'watched' && stop.abort();
    const first = await errorOf(load(uri, { ...clients, signal: stop.signal, onProgress }));
    const steps: LoadRunProgress[] = [];

    const report = await load(uri, { ...clients, onProgress: (step) => steps.push(step) });

    expect(first).toMatchObject({ outcome: 'interrupted', details: { loadId: report.loadId } });
    expect(report).toMatchObject({ verified: true, jobs: [{ mode: 'NEW' }] });
    expect(steps).toContainEqual(expect.objectContaining({ step: 'started', joined: true }));
    expect(starts()).toBe(1);
  });

  test('an overwritten file fails the load, which is not tried again', async () => {
    const { clients, uri, starts } = await faulty({
      rules: [],
      loads: [{ file: 'edges', milliseconds: 200 }],
    });
    const key = `${uri.slice('s3://lineage/'.length)}data/edges/edges.csv`;
    const overwrite = () =>
      clients.s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: key, Body: '~id,~from,~to\n' }));
    const onProgress = ({ step }: LoadRunProgress) => void (step === 'started' && overwrite());

    expect(await errorOf(load(uri, { ...clients, onProgress }))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringContaining('1 × FILE_MODIFICATION_OR_DELETION_ERROR'),
      hint: expect.stringContaining('nothing else writes to'),
      details: {
        failedFiles: [
          { file: `s3://lineage/${key}`, status: 'LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED' },
        ],
      },
    });
    expect(starts()).toBe(1);
  });

  test('somebody else cancels it: the load has failed, and says who did not', async () => {
    const { clients, uri, starts } = await faulty({ rules: [], loads: [{ status: 'LOAD_IN_PROGRESS' }] });
    const onProgress = (progress: LoadRunProgress) => {
      if (progress.step === 'watched' && progress.status === 'LOAD_IN_PROGRESS')
        void cancelLoad(clients.neptune, progress.loadId).catch(() => undefined);
    };

    expect(await errorOf(load(uri, { ...clients, onProgress }))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringContaining('LOAD_CANCELLED_BY_USER'),
      hint: expect.stringContaining('Somebody cancelled the load'),
    });
    expect(starts()).toBe(1);
  });

  test('another load goes first: ours waits in the queue, and ends verified', async () => {
    const { clients, uri } = await faulty({ rules: [], loads: [{ at: 1, status: 'LOAD_IN_PROGRESS' }] });
    await clients.s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: 'other/v.csv', Body: '~id\nx\n' }));
    const other = await startRun({ ...loadOptions(clients), source: 's3://lineage/other/' });
    const statuses = new Set<string>();
    const onProgress = (progress: LoadRunProgress) => {
      if (progress.step !== 'watched') return;
      statuses.add(progress.status);
      // It would go on for ever.
      if (progress.status === 'LOAD_IN_QUEUE')
        void cancelLoad(clients.neptune, other.loadId).catch(() => undefined);
    };

    expect(await load(uri, { ...clients, onProgress })).toMatchObject({ verified: true });
    expect([...statuses]).toEqual(expect.arrayContaining(['LOAD_IN_QUEUE', 'LOAD_COMPLETED']));
  });
});

/** The small account with two edges to nowhere. */
function dangling() {
  const rows = smallAccount();
  const edges = ['one', 'two'].map((name) =>
    edgeRow(arn(`artifact/${name}`), 'ContributedTo', arn('artifact/model')),
  );
  return { ...rows, edges: [...rows.edges, ...edges] };
}

describe('files that Neptune would not take', () => {
  const starts = () => sandbox.log.calls('neptune-db', 'StartLoaderJob');

  test.each([
    ['a load that is watched', load],
    [
      'a load that is left to the cluster',
      (source: string) => startRun({ ...loadOptions({ neptune, s3 }), source }),
    ],
  ])('are refused before %s begins', async (_, begin) => {
    const { uri, dataUri } = await uploaded(dangling());
    const before = starts();

    expect(await errorOf(begin(uri))).toMatchObject({
      outcome: 'validationFailed',
      message: expect.stringMatching(
        `^${dataUri} cannot be loaded as it is: 2 errors, the first: dangling-endpoint at ${dataUri}edges/edges.csv:`,
      ),
      details: { source: dataUri, errors: 2 },
    });
    expect(starts()).toBe(before);
  });

  test('are loaded where they are borne, and told', async () => {
    const { uri, dataUri } = await uploaded(dangling());
    const steps: LoadRunProgress[] = [];

    await load(uri, { maxErrors: 2, onProgress: (step) => steps.push(step) });

    expect(steps).toContainEqual({ step: 'checked', source: dataUri, errors: 2, notes: 0 });
  });

  test('are all that is checked of a prefix: the graph may have the vertices of its edges', async () => {
    const put = (key: string, body: string) =>
      s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: key, Body: body }));
    await put('step/1/v.csv', '~id,~label\na,A\nb,A\n');
    await put('step/2/e.csv', '~id,~from,~to,~label\ne,a,b,X\n');
    await put('step/3/v.csv', '~id,n:Int(single)\nc,many\n');

    expect(await load('s3://lineage/step/1/')).toMatchObject({ status: 'LOAD_COMPLETED' });
    expect(await load('s3://lineage/step/2/')).toMatchObject({ status: 'LOAD_COMPLETED' });
    expect(await errorOf(load('s3://lineage/step/3/'))).toMatchObject({ outcome: 'validationFailed' });
  });
});

describe('records that the loader refuses', () => {
  test('are borne up to maxErrors: the load is not verified, and says what the graph lacks', async () => {
    const { uri } = await uploaded(dangling());
    const rows: unknown[] = [];

    const report = await load(uri, { maxErrors: 2, onErrorRows: (all) => void rows.push(...all) });

    expect(report).toMatchObject({
      status: 'LOAD_FAILED',
      verified: false,
      errors: [{ code: 'FROM_OR_TO_VERTEX_ARE_MISSING', count: 2 }],
      notes: [
        expect.stringMatching(
          /^The graph holds less than run \S+, within --max-errors: ContributedTo 4 of 6\.$/,
        ),
        expect.stringMatching(
          /^The graph does not hold what run \S+ says, within --max-errors: 2 differences in 10 vertices and 12 edges, the first: ~id of /,
        ),
      ],
    });
    expect(rows).toHaveLength(2);
  });

  test('are a failed load above it', async () => {
    const { uri } = await uploaded(dangling());

    expect(await errorOf(load(uri, { maxErrors: 1, check: false }))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringContaining('2 × FROM_OR_TO_VERTEX_ARE_MISSING'),
    });
  });

  test('do not excuse that more is missing than they are', async () => {
    const { directory, manifest } = await writtenRun(dangling());
    await writeManifest(directory, { ...manifest, vertices: { ...manifest.vertices, action: 4 } });
    const { uri } = await uploadRun({ s3, directory, to: `s3://lineage/${randomUUID()}` });

    expect(await errorOf(load(uri, { maxErrors: 2 }))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringContaining('action 1 of 4, ContributedTo 4 of 6'),
    });
  });
});

test('a load whose start lost its reply is found in the job list, and the graph is verified', async () => {
  const lossy = await startSandbox({
    faults: { rules: [{ service: 'neptune-db', operation: 'StartLoaderJob', fault: 'lost-reply', at: 1 }] },
  });
  const { url: endpoint, region, credentials } = lossy;
  const clients = {
    s3: new S3Client({ endpoint, region, credentials, forcePathStyle: true }),
    neptune: neptuneClient({ endpoint, region, credentials }),
  };
  const { directory } = await writtenRun({ vertices: [vertexRow('artifact', arn('artifact/1'))], edges: [] });
  const { uri } = await uploadRun({ s3: clients.s3, directory, to: 's3://lineage/lost' });

  expect(await load(uri, clients)).toMatchObject({ verified: true });
  expect(lossy.log.calls('neptune-db', 'StartLoaderJob')).toBe(1);

  clients.s3.destroy();
  clients.neptune.destroy();
  await lossy.close();
});
