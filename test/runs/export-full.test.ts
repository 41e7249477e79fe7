import { appendFile, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readVertices } from '../../src/csv/read.ts';
import { LISTED_KINDS, type ListedKind } from '../../src/graph/kinds.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import type { ExportEvent } from '../../src/runs/export.ts';
import { edgeFile, vertexFile } from '../../src/runs/run-directory.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { readManifest } from '../../src/snapshot/manifest.ts';
import { detailedAccount, detailedArn } from './detailed-account.ts';
import { fingerprint, readJson, temporaryDirectory } from './run-tree.ts';
import { exported, records } from './sandbox-export.ts';

const SMALL = detailedAccount({
  artifact: 130,
  action: 20,
  context: 12,
  trial_component: 110,
  trial: 9,
  experiment: 3,
});
/** Entities that are described one by one. */
const DESCRIBED = 130 + 20 + 12;
/** Of the trial components, one is an experiment run, and Search does not give the tags of the jobs of some. */
const RUNS = 1;
const WITHOUT_JOB_TAGS = 36;

/** Small enough that one request of three may fail, and large enough that every operation has some. */
const TINY = detailedAccount({
  artifact: 30,
  action: 6,
  context: 5,
  trial_component: 20,
  trial: 4,
  experiment: 2,
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function rowsOf(directory: string, kind: ListedKind): Promise<VertexRow[]> {
  return collect(readVertices(join(directory, vertexFile(kind, false))));
}

async function cellsOf(directory: string, kind: ListedKind, n: number): Promise<Record<string, unknown>> {
  const arn = detailedArn(kind, n);
  const row = (await rowsOf(directory, kind)).find(({ id }) => id === arn);
  return { ...row?.cells };
}

test('a run of full detail has the edges of one of summaries, and its vertices with more cells', async () => {
  const held = records(300, 11);
  const summary = await exported(held);

  const full = await exported(held, { detail: 'full' });

  const [before, after] = [await fingerprint(summary.directory), await fingerprint(full.directory)];
  expect(after[edgeFile(false)]).toBe(before[edgeFile(false)]);
  expect(full.kinds.edge.rows).toBe(summary.kinds.edge.rows);
  for (const kind of LISTED_KINDS) {
    const plain = await rowsOf(summary.directory, kind);
    const rich = await rowsOf(full.directory, kind);
    expect(rich.map(({ id, orderMs }) => ({ id, orderMs }))).toEqual(
      plain.map(({ id, orderMs }) => ({ id, orderMs })),
    );
    for (const [at, row] of plain.entries()) expect(rich[at]?.cells).toMatchObject(row.cells);
  }
});

test('every kind has the cells that only Describe or Search gives', async () => {
  const { directory } = await exported(SMALL, { detail: 'full', tags: true });

  const author = { createdby: expect.any(String), createdbyuser: 'ana', createdbydomain: 'd-1' };
  const group = 'arn:aws:sagemaker:eu-west-1:123456789012:lineage-group/sagemaker-default-lineage-group';
  expect(await cellsOf(directory, 'artifact', 8)).toMatchObject({
    properties: '{"rows":"8000","team":"team-1"}',
    commitid: 'c8',
    repository: 'r',
    generatedby: 'g',
    projectid: 'p',
    lineagegroup: group,
    tags: '{"owner":"owner-2"}',
    ...author,
  });
  expect(await cellsOf(directory, 'action', 8)).toMatchObject({
    description: 'step, "8"',
    properties: '{"n":"8"}',
    projectid: 'p',
    commitid: undefined,
    lineagegroup: group,
    tags: undefined,
    ...author,
  });
  expect(await cellsOf(directory, 'context', 8)).toMatchObject({
    description: 'first\nsecond',
    properties: '{"stage":"test"}',
    lineagegroup: group,
    ...author,
  });
  expect(await cellsOf(directory, 'experiment', 2)).toMatchObject({
    description: 'study 2',
    tags: '{"area":"x"}',
    ...author,
  });
  expect(await cellsOf(directory, 'trial', 8)).toMatchObject({
    experimentname: 'study-2',
    commitid: 'c8',
    ...author,
  });
  const job = 'arn:aws:sagemaker:eu-west-1:123456789012:training-job/job-8';
  const execution = 'arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p/execution/8';
  expect(await cellsOf(directory, 'trial_component', 8)).toMatchObject({
    parameters: '{"lr":0.009000000000000001,"optimizer":"adam"}',
    metrics: `[{"Count":8,"Last":1.1428571428571428,"MetricName":"loss","SourceArn":"${job}","TimeStamp":"2026-01-01T00:00:56.000Z"}]`,
    inputartifacts: '{"train":{"MediaType":"text/csv","Value":"s3://detailed/8"}}',
    outputartifacts: '{"model":{"Value":"s3://detailed/model/8"}}',
    lineagegroup: group,
    tags: `{"sagemaker:pipeline-execution-arn":"${execution}"}`,
    sourcetags: `{"sagemaker:pipeline-execution-arn":"${execution}"}`,
    pipelineexecution: execution,
    createdbyuser: 'ana',
  });
  expect(await cellsOf(directory, 'trial_component', 7)).toMatchObject({
    runname: 'run-7',
    sources: `[{"SourceArn":"${job.replace('-8', '-7')}"},{"SourceArn":"${job.replace('-8', '-7-b')}"}]`,
    sourcetags: `{"sagemaker:pipeline-execution-arn":"${execution.replace('/8', '/7')}"}`,
    pipelineexecution: execution.replace('/8', '/7'),
  });
});

test('the manifest and the report say which detail a run has, and what it took', async () => {
  const { directory, described } = await exported(SMALL, { detail: 'full' });

  expect(await readManifest(directory)).toMatchObject({ detail: 'full', tags: false, promoted: [] });
  expect(described).toBe(DESCRIBED + RUNS);
  expect(await readJson(join(directory, 'report.json'))).toMatchObject({
    detail: 'full',
    listings: { artifact: { described: 130, cached: 0, undescribed: 0, retries: 0 } },
  });
});

/** The account after a night: so many artifacts, actions and contexts have other properties. */
function changed(held: readonly AccountRecord[], changes: number): readonly AccountRecord[] {
  let left = changes;
  return held.map((record) => {
    if (left === 0 || !('Properties' in record)) return record;
    left -= 1;
    const LastModifiedTime = record.LastModifiedTime + 86_400_000;
    return { ...record, LastModifiedTime, Properties: { ...record.Properties, state: 'new' } };
  });
}

test('20,000 entities: the first run takes a call for those that are described, the second one for those that changed', async () => {
  const sizes = {
    artifact: 9_000,
    action: 1_500,
    context: 900,
    trial_component: 8_000,
    trial: 500,
    experiment: 100,
  };
  const held = detailedAccount(sizes);
  const out = await temporaryDirectory();
  const summary = await exported(held);

  const first = await exported(held, { out, detail: 'full' });
  const second = await exported(changed(held, 50), { out, detail: 'full' });

  const apart = sizes.artifact + sizes.action + sizes.context;
  expect(first.entities).toBe(20_000);
  expect(first.calls).toBeLessThanOrEqual((summary.calls + apart) * 1.02);
  expect(second.calls).toBeLessThanOrEqual(summary.calls + 60);
  expect([second.described, second.cached]).toEqual([50, apart - 50 + sizes.trial_component / 1_000]);
});

test.each([
  ['plain', { gzip: false }],
  ['compressed', { gzip: true }],
])(
  'what was not modified since a %s run is taken from it, to the bytes that describing gives',
  async (_, gzip) => {
    const out = await temporaryDirectory();
    await exported(SMALL, { out, detail: 'full', tags: true, ...gzip });
    const held = changed(SMALL, 5);
    const events: ExportEvent[] = [];

    const second = await exported(held, {
      out,
      detail: 'full',
      tags: true,
      onProgress: (event) => events.push(event),
    });

    // Five are described, and their tags listed.
    expect([second.described, second.cached]).toEqual([10, DESCRIBED - 5 + RUNS + WITHOUT_JOB_TAGS]);
    const [previous = ''] = (await readdir(out)).sort();
    expect(events.filter(({ type }) => type === 'details-kept')).toEqual([
      { type: 'details-kept', run: previous },
    ]);
    const fresh = await exported(held, { detail: 'full', tags: true });
    expect(await fingerprint(second.directory)).toEqual(await fingerprint(fresh.directory));
  },
);

test('tags that an earlier run has are not in a run that is to have none; those that it lacks are listed', async () => {
  const out = await temporaryDirectory();
  await exported(SMALL, { out, detail: 'full', tags: true });

  const without = await exported(SMALL, { out, detail: 'full' });
  const withTags = await exported(SMALL, { out, detail: 'full', tags: true });

  expect(without.described).toBe(0);
  expect(withTags.described).toBe(DESCRIBED + WITHOUT_JOB_TAGS);
  expect(await fingerprint(without.directory)).toEqual(
    await fingerprint((await exported(SMALL, { detail: 'full' })).directory),
  );
  expect((await cellsOf(withTags.directory, 'artifact', 8)).tags).toBe('{"owner":"owner-2"}');
});

test('--since none describes everything; --since a run of summaries is refused, and so is one that was changed', async () => {
  const out = await temporaryDirectory();
  const first = await exported(SMALL, { out, detail: 'full' });
  const summary = await exported(SMALL, { out });

  const anew = await exported(SMALL, { out, detail: 'full', since: null });
  expect([anew.described, anew.cached]).toEqual([DESCRIBED + RUNS, 0]);
  const named = await exported(SMALL, { out, detail: 'full', since: first.run });
  expect([named.described, named.cached]).toEqual([0, DESCRIBED + RUNS]);
  await expect(exported(SMALL, { out, detail: 'full', since: summary.run })).rejects.toMatchObject({
    outcome: 'usage',
    details: { detail: 'summary' },
  });
  const file = join(first.directory, vertexFile('artifact', false));
  await appendFile(file, ' ');
  await expect(exported(SMALL, { out, detail: 'full', since: first.run })).rejects.toMatchObject({
    outcome: 'validationFailed',
    details: { path: file },
  });
});

test.each<[string, (file: string) => Promise<void>]>([
  ['changed', (file) => appendFile(file, ' ')],
  ['taken away', (file) => rm(file)],
  ['cut short', (file) => truncate(file, 1_000)],
])('a file of the run before that was %s is told, and its entities are described', async (_, spoil) => {
  const out = await temporaryDirectory();
  const first = await exported(SMALL, { out, detail: 'full', gzip: true });
  await spoil(join(first.directory, vertexFile('artifact', true)));
  const events: ExportEvent[] = [];

  const second = await exported(SMALL, { out, detail: 'full', onProgress: (event) => events.push(event) });

  expect([second.described, second.cached]).toEqual([130, DESCRIBED - 130 + RUNS]);
  expect(events.filter(({ type }) => type === 'details-refused')).toEqual([
    { type: 'details-refused', run: first.run, reason: expect.any(String) },
  ]);
});

test.each([
  ['tags', { tags: true }],
  ['promote', { promote: ['properties.team'] }],
  ['since', { since: null }],
])('--%s says nothing of a run of summaries', async (option, given) => {
  await expect(exported(SMALL, given)).rejects.toMatchObject({
    outcome: 'usage',
    message: `--${option} says nothing of a run of summaries.`,
  });
});

test('an entity that is deleted between its listing and its description keeps what the listing says', async () => {
  const gone = detailedArn('action', 3);
  const { directory } = await exported(SMALL, {
    detail: 'full',
    concurrency: 1,
    onAnswered(operation, { entities }) {
      const id = entities.find(gone);
      if (operation === 'ListActions' && id !== undefined) entities.remove(id);
    },
  });

  expect(await cellsOf(directory, 'action', 3)).toMatchObject({ name: 'step-3', properties: undefined });
  expect(await readJson(join(directory, 'report.json'))).toMatchObject({
    listings: { action: { described: 20, undescribed: 1 } },
  });
});

const THIRD = 1 / 3;

test.each<[string, FaultRule[]]>([
  ['throttled', [{ fault: 'throttle', probability: THIRD }]],
  ['failing with 500', [{ fault: 'error-500', probability: THIRD }]],
  ['answered in HTML', [{ fault: 'html', probability: THIRD }]],
  ['dropped', [{ fault: 'drop', probability: THIRD }]],
  ['lost on the way back', [{ fault: 'lost-reply', probability: THIRD }]],
])(
  'with a third of all requests %s, a run of full detail is the bytes of the undisturbed',
  async (_, faults) => {
    const calm = await exported(TINY, { detail: 'full', tags: true });

    const disturbed = await exported(TINY, { detail: 'full', tags: true, faults });

    expect(await fingerprint(disturbed.directory)).toEqual(await fingerprint(calm.directory));
    expect(disturbed.retries).toBeGreaterThan(20);
  },
);

test.each([
  { operation: 'DescribeArtifact', at: 17, listing: 'artifact', fault: 'denied', outcome: 'accessDenied' },
  { operation: 'DescribeArtifact', at: 17, listing: 'artifact', fault: 'throttle', outcome: 'partialExport' },
  { operation: 'DescribeAction', at: 1, listing: 'action', fault: 'html', outcome: 'partialExport' },
  { operation: 'DescribeContext', at: 5, listing: 'context', fault: 'expired', outcome: 'partialExport' },
  { operation: 'Search', at: 1, listing: 'trial_component', fault: 'error-500', outcome: 'partialExport' },
  { operation: 'Search', at: 1, listing: 'trial_component', fault: 'denied', outcome: 'accessDenied' },
  { operation: 'ListTags', at: 3, listing: 'trial_component', fault: 'denied', outcome: 'accessDenied' },
] as const)(
  '$operation with $fault for good is $outcome, and resumed to the bytes of the undisturbed',
  async (row) => {
    const { operation, at, listing, fault, outcome } = row;
    const options = { detail: 'full', tags: true, concurrency: 1, maxAttempts: 2 } as const;
    const calm = await exported(TINY, options);
    const out = await temporaryDirectory();
    const forGood = Array.from({ length: 300 }, (_, index) => at + index);

    const failing = exported(TINY, { ...options, out, faults: [{ operation, fault, at: forGood }] });

    await expect(failing).rejects.toMatchObject({
      outcome,
      details: { listing, operation, ...(fault === 'denied' ? { action: `sagemaker:${operation}` } : {}) },
    });
    const [name = ''] = await readdir(out);
    const resumed = await exported(TINY, { out, resume: name.replace(/\.partial$/, '') });
    expect(await fingerprint(resumed.directory)).toEqual(await fingerprint(calm.directory));
  },
);

test('a resume describes only what was not journalled, and may find the earlier run gone', async () => {
  const out = await temporaryDirectory();
  const { directory } = await exported(SMALL, { out, detail: 'full' });
  const large = detailedAccount({
    artifact: 1_300,
    action: 0,
    context: 0,
    trial_component: 0,
    trial: 0,
    experiment: 1,
  });
  const calm = await exported(large, { detail: 'full' });
  const stop = new AbortController();
  const stopped = exported(large, {
    out,
    detail: 'full',
    signal: stop.signal,
    onProgress: (event) => event.type === 'page' && (event.described ?? 0) > 700 && stop.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ outcome: 'interrupted' });
  await rm(directory, { recursive: true });
  const described: string[] = [];
  const [name = ''] = await readdir(out);

  const resumed = await exported(large, {
    out,
    resume: name.replace(/\.partial$/, ''),
    onAnswered: (operation) => operation.startsWith('Describe') && described.push(operation),
  });

  expect(described.length).toBeLessThanOrEqual(800);
  expect(resumed.described).toBeLessThan(1_300 + 600);
  expect(await fingerprint(resumed.directory)).toEqual(await fingerprint(calm.directory));
});

test('a run is not resumed with another detail', async () => {
  const out = await temporaryDirectory();
  await exported(SMALL, {
    out,
    detail: 'full',
    faults: [{ operation: 'ListActions', fault: 'denied' }],
  }).catch(() => undefined);
  const [name = ''] = await readdir(out);

  await expect(
    exported(SMALL, { out, detail: 'summary', resume: name.replace(/\.partial$/, '') }),
  ).rejects.toMatchObject({
    outcome: 'usage',
    details: { setting: 'detail', expected: 'full', found: 'summary' },
  });
});

test('a subset of full detail is described where it is in the subset, and has the edges of one of summaries', async () => {
  const subset = {
    kinds: ['artifact', 'trial_component', 'trial'],
    createdBefore: '2026-01-01T00:05:00Z',
  } as const;

  const plain = await exported(SMALL, { subset });
  const full = await exported(SMALL, { subset, detail: 'full' });

  expect(full.described).toBe(plain.kinds.artifact.rows + RUNS);
  const [before, after] = [await fingerprint(plain.directory), await fingerprint(full.directory)];
  expect(after[edgeFile(false)]).toBe(before[edgeFile(false)]);
  expect(await cellsOf(full.directory, 'trial_component', 8)).toMatchObject({
    parameters: expect.stringContaining('adam'),
  });
});

test('associations that are asked for entity by entity, and those that are verified, are those of full detail as well', async () => {
  const sweep = await exported(TINY, { detail: 'full', verify: 20 });

  const perNode = await exported(TINY, { detail: 'full', associations: 'per-node' });

  expect(await fingerprint(perNode.directory)).toEqual(await fingerprint(sweep.directory));
});
