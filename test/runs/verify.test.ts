import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GremlinText, gremlin, literal, queryAsWritten } from '../../src/graph/gremlin.ts';
import { edgeId } from '../../src/graph/ids.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { type LoadRunOptions, loadRun } from '../../src/runs/load.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import { type VerifyRunOptions, verifyRun } from '../../src/runs/verify.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { SMALL_COUNTS } from './small-account-counts.ts';
import { arn, smallAccount, writtenRun } from './written-run.ts';

/* Sabotage: what is altered in the files or in the graph, and what `load` and `verify` then say. The engine is the real one. */

let sandbox: Sandbox;
let s3: S3Client;
let neptune: ReturnType<typeof neptuneClient>;

beforeAll(async () => {
  sandbox = await startSandbox({});
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

const send = (query: GremlinText) => gremlinClient(neptune)(query);

async function uploaded({ gzip = false } = {}) {
  const { directory, manifest } = await writtenRun(smallAccount());
  const { uri, dataUri } = await uploadRun({ s3, directory, to: `s3://lineage/${randomUUID()}`, gzip });
  return { directory, uri, dataUri, run: manifest.run };
}

function load(source: string, options: Partial<LoadRunOptions> = {}) {
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  return loadRun({ neptune, s3, source, roleArn, region: sandbox.region, verifySample: 'all', ...options });
}

/** A run that is uploaded and in the graph. */
async function loaded(options = {}) {
  const run = await uploaded(options);
  expect(await load(run.uri)).toMatchObject({ verified: true });
  return run;
}

function verify(source: string, options: Partial<VerifyRunOptions> = {}) {
  return verifyRun({ neptune, s3, source, sample: 'all', ...options });
}

/** Replaces text in an uploaded object. */
async function alter(uri: string, path: string, change: (text: string) => string): Promise<void> {
  const address = { Bucket: 'lineage', Key: `${uri.slice('s3://lineage/'.length)}${path}` };
  const { Body } = await s3.send(new GetObjectCommand(address));
  const text = (await Body?.transformToString()) ?? '';
  expect(change(text)).not.toBe(text);
  await s3.send(new PutObjectCommand({ ...address, Body: change(text) }));
}

async function remove(uri: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: 'lineage', Key: uri.slice('s3://lineage/'.length) }));
}

const MODEL = arn('artifact/model');
const DEPLOY = arn('action/deploy');
const EDGE = edgeId(MODEL, 'ContributedTo', DEPLOY);
const NODES = 'data/nodes/artifacts-nodes.csv';
const EDGES = 'data/edges/edges.csv';

describe('a graph that holds a run', () => {
  test.each([
    ['its directory', (run: { directory: string; uri: string }) => run.directory],
    ['its objects', (run: { directory: string; uri: string }) => run.uri],
  ])('is equal to %s', async (_, sourceOf) => {
    const run = await loaded();

    expect(await verify(sourceOf(run))).toEqual({
      source: sourceOf(run),
      run: run.run,
      verified: true,
      byLabel: SMALL_COUNTS,
      files: [],
      sample: {
        ...{ vertices: 10, edges: 10, seed: null, differences: [] },
        counts: { missing: 0, other: 0, more: 0 },
      },
      notes: [],
    });
  });

  test('is equal to objects that are compressed', async () => {
    const { uri } = await loaded({ gzip: true });

    expect(await verify(uri)).toMatchObject({ verified: true, sample: { vertices: 10, edges: 10 } });
  });

  test('is compared in as many places as asked for, in the same ones each time, in others for another seed', async () => {
    const { directory } = await loaded();
    await send(queryAsWritten('g.V().property(single,"name","altered")'));
    const differing = async (options: Partial<VerifyRunOptions>) => {
      const { sample, verified } = await verify(directory, options);
      expect(verified).toBe(false);
      return [sample.vertices, sample.edges, sample.seed, sample.differences.map(({ id }) => id)];
    };

    const [vertices, edges, seed, ids] = await differing({ sample: 3 });

    expect([vertices, edges]).toEqual([3, 3]);
    expect(ids).toHaveLength(3);
    expect(await differing({ sample: 3 })).toEqual([3, 3, seed, ids]);
    expect(await differing({ sample: 3, seed: 1 })).not.toEqual([3, 3, 1, ids]);
  });
});

describe('sabotage of the graph', () => {
  type Sabotage = {
    readonly how: string;
    readonly query: GremlinText;
    readonly differences: readonly unknown[];
    readonly notes: readonly unknown[];
  };
  const difference = (
    property: string,
    expected: readonly string[],
    found: readonly string[],
    is: string,
  ) => ({
    ...{ element: 'vertex', id: MODEL, file: expect.stringMatching(/artifacts-nodes\.csv$/) },
    ...{ line: expect.any(Number), property, expected, found, is },
  });
  const ofEdge = { element: 'edge', id: EDGE, file: expect.stringMatching(/edges\.csv$/) };
  const counted = (text: string) => expect.stringMatching(new RegExp(`^The graph holds ${text}\\.$`));
  const sampled = expect.stringMatching(/^Found \d differences? in 10 vertices and 10 edges, the first: /);
  const model = gremlin`g.V(${literal(MODEL)})`;

  const SABOTAGE: readonly Sabotage[] = [
    {
      how: 'a value changed',
      query: gremlin`${model}.property(single,'type','Image')`,
      differences: [difference('type', ['Model'], ['Image'], 'other')],
      notes: [sampled],
    },
    {
      how: 'a value removed',
      query: gremlin`${model}.properties('type').drop()`,
      differences: [difference('type', ['Model'], [], 'missing')],
      notes: [sampled],
    },
    {
      how: 'a second value beside the first',
      query: gremlin`${model}.property(set,'type','Image')`,
      differences: [difference('type', ['Model'], ['Image', 'Model'], 'more')],
      notes: [sampled],
    },
    {
      how: 'a value where the row has none',
      query: gremlin`${model}.property(single,'sourceuri','s3://elsewhere')`,
      differences: [difference('sourceuri', [], ['s3://elsewhere'], 'more')],
      notes: [sampled],
    },
    {
      how: 'a property that no column has',
      query: gremlin`${model}.property(single,'mine',7)`,
      differences: [difference('mine', [], ['7'], 'more')],
      notes: [sampled],
    },
    {
      how: 'a time moved by a second',
      query: gremlin`${model}.property(single,'creationtime',datetime('2026-01-01T00:00:01Z'))`,
      differences: [difference('creationtime', ['2026-01-01T00:00:00Z'], ['2026-01-01T00:00:01Z'], 'other')],
      notes: [sampled],
    },
    {
      how: 'a number where text may be',
      query: gremlin`${model}.property(single,'name',5)`,
      differences: [difference('name', [], ['5 (not text)'], 'more')],
      notes: [sampled],
    },
    {
      how: 'a vertex removed, and its edges with it',
      query: gremlin`${model}.drop()`,
      differences: [
        difference('~id', [MODEL], [], 'missing'),
        ...[EDGE, edgeId(arn('experiment-trial-component/train'), 'Produced', MODEL)].map((id) => ({
          ...{ ...ofEdge, id, line: expect.any(Number) },
          ...{ property: '~id', expected: [id], found: [], is: 'missing' },
        })),
      ],
      notes: [counted('less: artifact 3 of 4, ContributedTo 3 of 4, Produced 1 of 2'), sampled],
    },
    {
      how: 'an edge removed',
      query: gremlin`g.E(${literal(EDGE)}).drop()`,
      differences: [
        { ...ofEdge, line: expect.any(Number), property: '~id', expected: [EDGE], found: [], is: 'missing' },
      ],
      notes: [counted('less: ContributedTo 3 of 4'), sampled],
    },
    {
      how: 'an edge doubled under another id',
      query: gremlin`${model}.as('m').V(${literal(DEPLOY)}).as('d').addE('ContributedTo').from('m').to('d').property(id,'twin')`,
      differences: [
        {
          ...ofEdge,
          line: expect.any(Number),
          property: '~id',
          expected: [EDGE],
          found: [EDGE, 'twin'],
          is: 'more',
        },
      ],
      notes: [counted('more: ContributedTo 5 of 4'), sampled],
    },
    {
      how: 'a value of an edge changed',
      query: gremlin`g.E(${literal(EDGE)}).property('creationtimems',1)`,
      differences: [
        {
          ...{ ...ofEdge, line: expect.any(Number), property: 'creationtimems' },
          ...{ expected: ['1767225600123'], found: ['1'], is: 'other' },
        },
      ],
      notes: [sampled],
    },
    {
      how: 'a vertex and an edge of nobody',
      query: gremlin`g.addV('artifact').property(id,'stranger').as('s').addE('Knows').from('s').to('s')`,
      differences: [],
      notes: [counted('more: artifact 5 of 4, Knows 1 of 0')],
    },
  ];

  test.each(SABOTAGE.map((sabotage) => [sabotage.how, sabotage] as const))('%s', async (_, sabotage) => {
    const { query, differences, notes } = sabotage;
    const { directory } = await loaded();
    await send(query);

    const report = await verify(directory);

    expect(report).toMatchObject({ verified: false, files: [], notes });
    expect(report.sample.differences).toHaveLength(differences.length);
    expect(report.sample.differences).toEqual(expect.arrayContaining([...differences]));
    const isMore =
      report.sample.differences.every(({ is }) => is === 'more') && !/less/.test(report.notes.join());
    expect(await verify(directory, { allowMore: true })).toMatchObject({ verified: isMore });
  });

  test('an edge that leads elsewhere under its id is found', async () => {
    const { directory } = await loaded();
    await send(gremlin`g.E(${literal(EDGE)}).drop()`);
    await send(
      gremlin`${model}.as('m').addE('ContributedTo').from('m').to('m').property(id,${literal(EDGE)})`,
    );

    const { sample } = await verify(directory);

    expect(sample.differences.map(({ property, expected, found }) => [property, expected, found])).toEqual([
      ['~to', [DEPLOY], [MODEL]],
      ['creationtime', ['2026-01-01T00:00:00Z'], []],
      ['creationtimems', ['1767225600123'], []],
    ]);
  });

  test('a label beside the first is found, and counts as one of each', async () => {
    const { directory } = await loaded();
    await send(gremlin`g.V(${literal(DEPLOY)}).drop()`);
    await send(gremlin`g.addV('mine::action').property(id,${literal(DEPLOY)})`);

    const { sample, notes } = await verify(directory);

    expect(sample.differences.find(({ property }) => property === '~label')).toMatchObject({
      id: DEPLOY,
      expected: ['action'],
      found: ['action', 'mine'],
    });
    expect(notes[0]).toBe('The graph holds less: AssociatedWith 0 of 1, ContributedTo 3 of 4.');
    expect(notes[1]).toBe('The graph holds more: mine 1 of 0.');
  });
});

describe('sabotage of the uploaded files', () => {
  const rowOf = (id: string, text: string) => new RegExp(`^"${id}",.*\\n`, 'm').exec(text)?.[0] ?? '';
  const TWIN = EDGE.replace(/^./, (digit) => (digit === 'f' ? 'e' : 'f'));
  const TRAINED = edgeId(arn('experiment-trial-component/train'), 'Produced', MODEL);

  type Sabotage = {
    readonly how: string;
    readonly path: string;
    readonly change: (text: string) => string;
    /** What is wrong with the object, by `load`. */
    readonly said: RegExp;
    /** What is wrong with a graph into which the objects were loaded all the same, by `verify`. */
    readonly found: readonly (readonly [id: string, property: string, is: string])[];
    readonly note?: string;
  };

  const SABOTAGE: readonly Sabotage[] = [
    {
      how: 'a row removed',
      path: NODES,
      change: (text) => text.replace(rowOf(MODEL, text), ''),
      said: /artifacts-nodes\.csv has \d+ bytes, not \d+/,
      found: [MODEL, EDGE, TRAINED].map((id) => [id, '~id', 'missing']),
      note: 'The graph holds less: artifact 3 of 4, ContributedTo 3 of 4, Produced 1 of 2.',
    },
    {
      how: 'a value changed for one as long',
      path: NODES,
      change: (text) => text.replace('"Model"', '"Image"'),
      said: /artifacts-nodes\.csv has 4 rows in \d+ bytes with SHA-256 /,
      found: [[MODEL, 'type', 'other']],
    },
    {
      how: 'an edge doubled under another id',
      path: EDGES,
      change: (text) => `${text}${rowOf(EDGE, text).replace(EDGE, TWIN)}`,
      said: /edges\.csv has \d+ bytes, not \d+/,
      found: [[EDGE, '~id', 'more']],
      note: 'The graph holds more: ContributedTo 5 of 4.',
    },
    {
      how: 'an edge under another id',
      path: EDGES,
      change: (text) => text.replace(EDGE, TWIN),
      said: /edges\.csv has 10 rows in \d+ bytes with SHA-256 /,
      found: [[EDGE, '~id', 'missing']],
    },
    {
      // One edge in the graph, as in the run.
      how: 'the row of an edge doubled',
      path: EDGES,
      change: (text) => `${text}${rowOf(EDGE, text)}`,
      said: /edges\.csv has \d+ bytes, not \d+/,
      found: [],
    },
  ];

  test.each(SABOTAGE.map((sabotage) => [sabotage.how, sabotage] as const))('%s', async (_, sabotage) => {
    const { path, change, said, found, note } = sabotage;
    const { directory, uri, dataUri } = await uploaded();
    await alter(uri, path, change);
    const startsBefore = sandbox.log.calls('neptune-db', 'StartLoaderJob');

    const error = await errorOf(load(uri));
    const startsAfter = sandbox.log.calls('neptune-db', 'StartLoaderJob');
    await remove(`${uri}manifest.json`);
    await load(dataUri, { check: false, verify: false, maxErrors: 2 });
    const { verified, sample, notes } = await verify(directory);

    expect(error).toMatchObject({ outcome: 'validationFailed', message: expect.stringMatching(said) });
    expect(startsAfter).toBe(startsBefore);
    expect(verified).toBe(found.length === 0);
    const differences = sample.differences.map(({ id, property, is }) => [id, property, is]);
    expect(differences).toHaveLength(found.length);
    expect(differences).toEqual(expect.arrayContaining([...found]));
    if (note !== undefined) expect(notes).toContain(note);
  });

  test('verify names the file, and the graph that is right all the same', async () => {
    const { uri, run } = await loaded();
    await alter(uri, NODES, (text) => text.replace('"Model"', '"Image"'));

    const { verified, files, notes, sample } = await verify(uri);

    expect({ verified, run }).toEqual({ verified: false, run });
    expect(files.map(({ file }) => file)).toEqual([`${uri}${NODES}`]);
    expect(notes[0]).toMatch(/^s3:.*artifacts-nodes\.csv has 4 rows in .*, not 4 rows in .*\.$/);
    expect(sample.differences.map(({ property, expected, found }) => [property, expected, found])).toEqual([
      ['type', ['Image'], ['Model']],
    ]);
  });

  test.each([
    ['changed', (path: string) => writeFile(path, '~id,~label\n')],
    ['gone', (path: string) => rm(path)],
  ])('verify names a file of a directory that is %s', async (_, sabotage) => {
    const { directory } = await loaded();
    await sabotage(join(directory, NODES));

    const { verified, files } = await verify(directory);

    expect(verified).toBe(false);
    expect(files).toMatchObject([
      { file: join(directory, NODES), expected: { rows: 4 }, found: { rows: 0 } },
    ]);
  });
});

test.each([
  [
    'a prefix of other files',
    's3://lineage/plain/',
    'is not a run: there is no manifest.json beside the data',
  ],
  ['a directory of other files', '/', 'is not a run: it holds no manifest.json'],
])('%s is no run', async (_, source, said) => {
  await s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: 'plain/nodes.csv', Body: '~id\n1\n' }));

  expect(await errorOf(verify(source))).toMatchObject({
    outcome: 'usage',
    message: expect.stringContaining(said),
  });
});

describe('files of others', () => {
  const put = (key: string, lines: readonly string[]) =>
    s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: key, Body: `${lines.join('\n')}\n` }));

  test('with values of every type, lists and several labels are in the graph as they are written', async () => {
    const prefix = `types/${randomUUID()}`;
    await put(`${prefix}/v.csv`, [
      '~id,~label,b:Bool,y:Byte,s:Short,i:Int,l:Long,f:Float,d:Double,d2:Double,t:Datetime,day:Date,tags:String[],n:Int(set)[]',
      '"v1","a;b",true,-128,32767,-2147483648,9007199254740991,1.1,1e300,NaN,2026-01-02T03:04:05Z,1969-07-20,"x;y\\;z;x",3;1;2',
      '"v2",,yes,0,0,+7,-1,-0.5,.5,-Infinity,2026-01-02T03:04,2026-01-02,"",',
    ]);
    await put(`${prefix}/e.csv`, [
      '~id,~from,~to,~label,w:Double,b:Bool,t:Datetime',
      'e1,v1,v2,knows,0.1,false,2026-01-02T03:04:05',
      'e2,v2,v1,,,,',
    ]);

    // The check calls a Bool of `yes` an error; the loader takes it for false.
    const { sample, verified, notes } = await load(`s3://lineage/${prefix}/`, { check: false });

    expect(sample).toMatchObject({ vertices: 2, edges: 2, differences: [] });
    expect(verified).toBe(false);
    expect(notes).toEqual([
      'Not verified: there is no manifest.json beside the data, so nothing says what the graph should hold.',
    ]);
  });

  test('that another file adds to are not called different for it', async () => {
    const prefix = `sets/${randomUUID()}`;
    await put(`${prefix}/one.csv`, ['~id,~label,tag', 'v1,a,x']);
    await load(`s3://lineage/${prefix}/`);
    await put(`${prefix}-more/two.csv`, ['~id,~label,tag', 'v1,b,y']);

    const { sample, notes } = await load(`s3://lineage/${prefix}-more/`);

    expect(
      sample?.differences.map(({ property, expected, found, is }) => [property, expected, found, is]),
    ).toEqual([
      ['~label', ['b'], ['a', 'b'], 'more'],
      ['tag', ['y'], ['x', 'y'], 'more'],
    ]);
    expect(notes).toHaveLength(1);
  });
});
