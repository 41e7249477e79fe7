import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEdges, readVertices } from '../../src/csv/read.ts';
import { LineageError } from '../../src/errors.ts';
import { type ExportEvent, type ExportOptions, exportLineage } from '../../src/runs/export.ts';
import { readManifest } from '../../src/snapshot/manifest.ts';
import { accountScript, PREFIX, type ScriptedAccount, smallAccount } from '../crawl/scripted-account.ts';
import { type Answer, type Call, withScript } from '../crawl/scripted-sagemaker.ts';
import { filesBelow, fingerprint, readJson, temporaryDirectory } from './run-tree.ts';

const START = new Date('2026-11-21T04:15:00.123Z');

/** A clock that a test can read times off: one second later at every look. */
function tickingClock(): () => Date {
  let ms = START.getTime() - 1_000;
  return () => {
    ms += 1_000;
    return new Date(ms);
  };
}

type Extra = Partial<Omit<ExportOptions, 'clients' | 'region'>>;

async function exported(script: (call: Call) => Answer, extra: Extra = {}) {
  const out = extra.out ?? (await temporaryDirectory());
  return withScript(script, ({ clients }) =>
    exportLineage({ clients, region: 'us-east-1', out, clock: tickingClock(), ...extra }),
  );
}

async function failed(script: (call: Call) => Answer, extra: Extra = {}) {
  const out = extra.out ?? (await temporaryDirectory());
  const error = await exported(script, { ...extra, out }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LineageError);
  return { error: error as LineageError, out, names: await readdir(out) };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a run holds the files of the design, a manifest that describes them, and a report', async () => {
  const result = await exported(accountScript(smallAccount(), 1));

  expect(await filesBelow(result.directory)).toEqual([
    'data/edges/edges.csv',
    'data/nodes/action-nodes.csv',
    'data/nodes/artifacts-nodes.csv',
    'data/nodes/contexts-nodes.csv',
    'data/nodes/experiments-nodes.csv',
    'data/nodes/external-nodes.csv',
    'data/nodes/tcs-nodes.csv',
    'data/nodes/trials-nodes.csv',
    'index/action.csv',
    'index/artifact.csv',
    'index/context.csv',
    'index/edge.csv',
    'index/experiment.csv',
    'index/external.csv',
    'index/trial.csv',
    'index/trial_component.csv',
    'manifest.json',
    'report.json',
  ]);
  const manifest = await readManifest(result.directory);
  expect({ ...manifest, tool: undefined, files: undefined }).toEqual({
    format: 1,
    run: '20261121T041500.123Z',
    startedAt: '2026-11-21T04:15:00.123Z',
    finishedAt: expect.any(String),
    complete: true,
    scopes: [{ account: '111111111111', region: 'us-east-1' }],
    subset: null,
    detail: 'summary',
    tags: false,
    promoted: [],
    vertices: {
      artifact: 2,
      trial_component: 2,
      action: 1,
      context: 1,
      experiment: 1,
      trial: 1,
      external: 1,
    },
    edges: {
      AssociatedWith: 1,
      ContributedTo: 1,
      HasTrial: 1,
      HasTrialComponent: 2,
      Produced: 1,
      SameAs: 1,
      Untyped: 1,
    },
  });
  expect(manifest.tool).toMatch(/^sagemaker-lineage-neptune \d/);
  const hashes = await fingerprint(result.directory);
  expect(Object.fromEntries(manifest.files.map(({ path, sha256 }) => [path, sha256]))).toEqual(hashes);
  const edges = await readFile(join(result.directory, 'data/edges/edges.csv'));
  expect(manifest.files[0]).toMatchObject({ path: 'data/edges/edges.csv', rows: 8, bytes: edges.length });
});

test('the result counts what was read and written', async () => {
  const result = await exported(accountScript(smallAccount(), 1), { concurrency: 1 });

  const { files, ...counts } = result;
  expect(counts).toEqual({
    run: '20261121T041500.123Z',
    directory: result.directory,
    scopes: [{ account: '111111111111', region: 'us-east-1' }],
    complete: true,
    account: '111111111111',
    region: 'us-east-1',
    subset: null,
    detail: 'summary',
    promoted: [],
    kinds: {
      artifact: { rows: 2, pages: 2 },
      trial_component: { rows: 2, pages: 2 },
      action: { rows: 1, pages: 1 },
      context: { rows: 1, pages: 1 },
      experiment: { rows: 1, pages: 1 },
      trial: { rows: 1, pages: 1 },
      external: { rows: 1, pages: 0 },
      edge: { rows: 8, pages: 8 },
    },
    entities: 8,
    associations: 5,
    memberships: 3,
    pages: 16,
    calls: 16,
    throttles: 0,
    retries: 0,
    described: 0,
    cached: 0,
    alteredTexts: 0,
    duplicates: 0,
  });
  expect(files).toEqual((await readManifest(result.directory)).files);
});

test('edges lie in order between vertices that the run holds, in their listed spelling', async () => {
  const { directory } = await exported(accountScript(smallAccount(), 2));

  const edges = await collect(readEdges(join(directory, 'data/edges/edges.csv')));
  const nodes = await readdir(join(directory, 'data/nodes'));
  const vertices = await Promise.all(
    nodes.map((name) => collect(readVertices(join(directory, 'data/nodes', name)))),
  );
  const ids = new Set(vertices.flat().map(({ id }) => id));

  const short = (id: string) => id.replace(`${PREFIX}:`, '');
  expect(edges.map(({ from, label, to }) => [short(from), label, short(to)])).toEqual([
    ['experiment/churn', 'HasTrial', 'experiment-trial/first'],
    ['experiment-trial/first', 'HasTrialComponent', 'experiment-trial-component/prepare-aws-processing-job'],
    ['experiment-trial/first', 'HasTrialComponent', 'experiment-trial-component/train-aws-training-job'],
    ['artifact/data', 'ContributedTo', 'experiment-trial-component/train-aws-training-job'],
    ['experiment-trial-component/train-aws-training-job', 'Produced', 'artifact/model'],
    ['artifact/model', 'Untyped', 'action/deploy'],
    ['action/deploy', 'AssociatedWith', 'context/churn'],
    ['artifact/model', 'SameAs', 'arn:aws:sagemaker:us-east-1:222222222222:artifact/model'],
  ]);
  expect(edges.flatMap(({ from, to }) => [from, to]).filter((id) => !ids.has(id))).toEqual([]);
});

test('an unchanged account gives the same bytes, whatever the pages, the order of ties and the concurrency', async () => {
  const tied = (order: 1 | -1): ScriptedAccount => {
    const ids = Array.from({ length: 250 }, (_, index) => (order === 1 ? index : 249 - index));
    return {
      ...smallAccount(),
      ListArtifacts: ids.map((id) => ({
        ArtifactArn: `${PREFIX}:artifact/${id}`,
        CreationTime: 1_700_000_000.001,
      })),
    };
  };

  const [first, second, third] = [
    await exported(accountScript(tied(1), 100)),
    await exported(accountScript(tied(-1), 7), { concurrency: 1 }),
    await exported(accountScript(tied(-1), 100), { concurrency: 100 }),
  ];

  const expected = await fingerprint(first.directory);
  expect(first.kinds.artifact.rows).toBe(250);
  expect(await fingerprint(second.directory)).toEqual(expected);
  expect(await fingerprint(third.directory)).toEqual(expected);
});

test('a compressed run has the same rows in files that say so by their name', async () => {
  const plain = await exported(accountScript(smallAccount()));
  const compressed = await exported(accountScript(smallAccount()), { gzip: true });

  expect((await filesBelow(compressed.directory)).filter((path) => path.startsWith('data/'))).toEqual(
    (await filesBelow(plain.directory))
      .filter((path) => path.startsWith('data/'))
      .map((path) => `${path}.gz`),
  );
  expect(await collect(readEdges(join(compressed.directory, 'data/edges/edges.csv.gz')))).toEqual(
    await collect(readEdges(join(plain.directory, 'data/edges/edges.csv'))),
  );
});

test('an empty account is a complete run of headers', async () => {
  const { account, entities, kinds } = await exported(accountScript({}));

  expect([account, entities, kinds.edge.rows]).toEqual([null, 0, 0]);
});

test('ends that are spelled otherwise than listed in mixed case take the listed spelling', async () => {
  const account: ScriptedAccount = {
    ListActions: [{ ActionArn: `${PREFIX}:action/MyAction`, CreationTime: 1 }],
    ListArtifacts: [{ ArtifactArn: `${PREFIX}:artifact/a`, CreationTime: 1 }],
    ListAssociations: [
      { SourceArn: `${PREFIX}:artifact/a`, DestinationArn: `${PREFIX}:action/myaction`, CreationTime: 2 },
      { SourceArn: `${PREFIX}:action/MYACTION`, DestinationArn: `${PREFIX}:artifact/A`, CreationTime: 3 },
    ],
  };

  const { directory, kinds } = await exported(accountScript(account));

  const edges = await collect(readEdges(join(directory, 'data/edges/edges.csv')));
  expect(edges.map(({ from, to }) => [from, to])).toEqual([
    [`${PREFIX}:artifact/a`, `${PREFIX}:action/MyAction`],
    [`${PREFIX}:action/MyAction`, `${PREFIX}:artifact/a`],
  ]);
  expect(kinds.external.rows).toBe(0);
});

test('an entity that was created anew while it was listed is one vertex', async () => {
  const twice = [1, 2].map((CreationTime) => ({ ArtifactArn: `${PREFIX}:artifact/a`, CreationTime }));

  const { kinds, duplicates } = await exported(accountScript({ ListArtifacts: twice }));

  expect([kinds.artifact.rows, duplicates]).toEqual([1, 1]);
});

test('texts that Neptune cannot hold are altered and counted', async () => {
  const account = {
    ListArtifacts: [{ ArtifactArn: `${PREFIX}:artifact/a`, CreationTime: 1, ArtifactName: 'a\0b\ud83d' }],
  };

  const { directory, alteredTexts } = await exported(accountScript(account));

  const [vertex] = await collect(readVertices(join(directory, 'data/nodes/artifacts-nodes.csv')));
  expect([vertex?.cells, alteredTexts]).toEqual([expect.objectContaining({ name: 'a\ufffdb\ufffd' }), 1]);
});

test('progress tells the run, each listing from start to verdict, the edges and the end', async () => {
  const events: ExportEvent[] = [];

  const { directory, run } = await exported(accountScript(smallAccount(), 1), {
    onProgress: (event) => events.push(event),
  });

  expect(events[0]).toEqual({ type: 'run-started', run, directory: `${directory}.partial` });
  expect(events.filter((event) => 'listing' in event && event.listing === 'artifact')).toEqual([
    listingEvent('listing-started', 0),
    listingEvent('page', 1),
    listingEvent('page', 2),
    { ...listingEvent('listing-finished', 2), verdict: 'complete' },
  ]);
  expect(events.filter(({ type }) => type === 'edges').at(-1)).toEqual({ type: 'edges', edges: 8 });
  expect(events.at(-1)).toEqual({ type: 'run-finished', run, directory });
});

function listingEvent(type: string, pages: number) {
  const counts = { pages, records: pages, calls: pages, throttles: 0 };
  return { type, listing: 'artifact', operation: 'ListArtifacts', ...counts };
}

const throttle: Answer = { error: 'ThrottlingException', message: 'Rate exceeded' };
const denied: Answer = {
  error: 'AccessDeniedException',
  message: 'User: arn:aws:iam::111111111111:user/ana is not authorized to perform: sagemaker:ListContexts',
};

test.each<[string, Answer, string, string, string]>([
  ['throttled for good', throttle, 'partialExport', 'failed', 'SageMaker still throttled the call'],
  ['failing with 500', { error: 'InternalFailure', status: 500 }, 'partialExport', 'failed', 'answered 500'],
  ['answered in HTML', { text: '<html>' }, 'partialExport', 'failed', 'the reply is not JSON'],
  [
    'with an expired token',
    { error: 'ExpiredTokenException' },
    'partialExport',
    'failed',
    'credentials expired',
  ],
  ['denied', denied, 'accessDenied', 'denied', 'arn:aws:iam::111111111111:user/ana may not perform'],
  ['without its ARN', { json: { ContextSummaries: [{}] } }, 'partialExport', 'failed', 'without ContextArn'],
])(
  'a page %s ends the export with a report and without a run',
  async (_, answer, outcome, verdict, message) => {
    const healthy = accountScript(smallAccount());
    const script = (call: Call) => (call.operation === 'ListContexts' ? answer : healthy(call));

    const { error, out, names } = await failed(script);

    expect(error.outcome).toBe(outcome);
    expect(error.message).toContain(message);
    expect(error.details).toMatchObject({ listing: 'context', operation: 'ListContexts', page: 1 });
    expect(names).toEqual(['20261121T041500.123Z.partial']);
    const report = await readJson(join(out, '20261121T041500.123Z.partial/report.json'));
    expect(report).toMatchObject({
      complete: false,
      error: { outcome, message: error.message },
      listings: {
        context: { verdict, operation: 'ListContexts', error: { message: error.message } },
      },
    });
    expect(await filesBelow(join(out, '20261121T041500.123Z.partial'))).not.toContain('manifest.json');
  },
);

test('the first listing that fails for good stops the others within a page', async () => {
  const endless = ({ operation, number }: Call): Answer =>
    operation === 'ListTrials' && number === 20
      ? { error: 'ValidationException', message: 'no' }
      : { json: { NextToken: `${operation}-${number}` } };

  const { error, out, names } = await failed(endless, { concurrency: 100 });

  expect(error.details).toMatchObject({ listing: 'trial', page: 20, error: 'ValidationException' });
  const { listings } = await readJson(join(out, String(names[0]), 'report.json'));
  const verdicts = Object.entries(listings as Record<string, { verdict: string; error?: unknown }>).map(
    ([listing, report]) => [listing, report.verdict, report.error !== undefined],
  );
  expect(verdicts.sort()).toEqual([
    ['HasTrial', 'stopped', false],
    ['HasTrialComponent', 'stopped', false],
    ['action', 'stopped', false],
    ['artifact', 'stopped', false],
    ['association', 'stopped', false],
    ['context', 'stopped', false],
    ['experiment', 'stopped', false],
    ['trial', 'failed', true],
    ['trial_component', 'stopped', false],
  ]);
});

test('throttles and repeated requests are in the report of their listing', async () => {
  const healthy = accountScript(smallAccount(), 1);
  const script = (call: Call): Answer => {
    if (call.operation === 'ListArtifacts' && call.number === 1) return throttle;
    if (call.operation === 'ListArtifacts' && call.number === 3) return 'drop';
    return healthy(call);
  };

  const { directory, calls, throttles, retries } = await exported(script, { concurrency: 1 });

  expect([calls, throttles, retries]).toEqual([18, 1, 2]);
  const { listings } = await readJson(join(directory, 'report.json'));
  expect(listings).toMatchObject({
    artifact: {
      verdict: 'complete',
      pages: 2,
      records: 2,
      calls: 4,
      throttles: 1,
      retries: 2,
      duplicates: 0,
    },
    context: { verdict: 'complete', pages: 1, records: 1, calls: 1, throttles: 0, retries: 0 },
  });
});

test.each([
  ['a plain abort', undefined, 'interrupted'],
  ['a timeout', new DOMException('late', 'TimeoutError'), 'deadline'],
  ['an error of ours', new LineageError('deadline', 'out of time'), 'deadline'],
])('%s ends the export with its outcome and without a run', async (_, reason, outcome) => {
  const stop = new AbortController();
  const endless = ({ operation, number }: Call): Answer => ({
    json: { NextToken: `${operation}-${number}` },
  });
  let pages = 0;
  const onProgress = ({ type }: ExportEvent) => {
    if (type === 'page') pages += 1;
    if (pages === 20) stop.abort(reason);
  };

  const { error, names } = await failed(endless, { signal: stop.signal, onProgress });

  expect(error.outcome).toBe(outcome);
  expect(names).toEqual(['20261121T041500.123Z.partial']);
});

test('an abort while the edges are written ends the export without a run', async () => {
  const stop = new AbortController();
  const onProgress = ({ type }: ExportEvent) => {
    if (type === 'edges') stop.abort();
  };

  const { error, names } = await failed(accountScript(smallAccount()), { signal: stop.signal, onProgress });

  expect([error.outcome, names]).toEqual(['interrupted', ['20261121T041500.123Z.partial']]);
});

test('a run whose millisecond is taken, by a run or by one under way, takes the next', async () => {
  const out = await temporaryDirectory();
  await mkdir(join(out, '20261121T041500.123Z'));
  await mkdir(join(out, '20261121T041500.124Z.partial'));

  const { run, directory } = await exported(accountScript({}), { out });

  expect([run, directory]).toEqual(['20261121T041500.125Z', join(out, '20261121T041500.125Z')]);
});

test('a path that is a file, or runs through one, is refused with the path', async () => {
  const base = await temporaryDirectory();
  const file = join(base, 'file');
  await writeFile(file, '');

  for (const out of [file, join(file, 'below')]) {
    await expect(exported(accountScript({}), { out })).rejects.toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining(`Cannot write the run to ${out}: `),
      details: { path: out },
    });
  }
});

test('a disk that refuses while listings are written is told with the path, and stops the export', async () => {
  const onProgress = (event: ExportEvent) => {
    if (event.type !== 'run-started') return;
    rmSync(join(event.directory, 'data'), { recursive: true });
    writeFileSync(join(event.directory, 'data'), '');
  };

  const { error, out } = await failed(accountScript(smallAccount()), { onProgress });

  expect(error).toMatchObject({ outcome: 'usage', details: { code: 'ENOTDIR' } });
  expect(error.message).toContain(`Cannot write the run to ${out}/20261121T041500.123Z.partial: `);
});
