import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, expect, test } from 'vitest';
import { type ExportResult, exportLineage } from '../../src/runs/export.ts';
import { accountScript, PREFIX, type ScriptedAccount, smallAccount } from '../crawl/scripted-account.ts';
import { withScript } from '../crawl/scripted-sagemaker.ts';
import { temporaryDirectory } from './run-tree.ts';

/*
 * AWS's "model governance graph" notebook, which this package replaces, has eleven defects. Each has a test here that an
 * export as the notebook does it would fail.
 */

const MESSAGE = 'Status: Completed, exit message: null,\nfailure reason: null';

let first: ExportResult;
let second: ExportResult;

beforeAll(async () => {
  first = await exported(smallAccount());
  second = await exported(smallAccount());
});

async function exported(account: ScriptedAccount): Promise<ExportResult> {
  const out = await temporaryDirectory();
  return withScript(accountScript(account), ({ clients }) =>
    exportLineage({ clients, region: 'us-east-1', out }),
  );
}

/** The lines of a file as objects, by column name without its type. */
async function lines({ directory }: ExportResult, file: string): Promise<Record<string, string>[]> {
  return parse(await readFile(join(directory, 'data', file)), {
    columns: (header: string[]) => header.map((name) => name.replace(/:.*/, '')),
  });
}

async function everyLine(run: ExportResult): Promise<Record<string, string>[]> {
  const nodes = await readdir(join(run.directory, 'data/nodes'));
  const files = [...nodes.map((name) => `nodes/${name}`), 'edges/edges.csv'];
  return (await Promise.all(files.map((file) => lines(run, file)))).flat();
}

test('defect 1: a context row has as many values as its header has columns, each in its own column', async () => {
  expect(await lines(first, 'nodes/contexts-nodes.csv')).toEqual([
    {
      '~id': `${PREFIX}:context/churn`,
      '~label': 'context',
      arn: `${PREFIX}:context/churn`,
      sourceuri: `${PREFIX}:endpoint/churn`,
      type: 'Endpoint',
      creationtime: '2023-11-14T22:13:51Z',
      LastModifiedTime: '2023-11-14T22:13:51Z',
      name: 'churn',
      sourcetype: '',
      sourceid: '',
      account: '111111111111',
      region: 'us-east-1',
      creationtimems: '1700000031000',
      lastmodifiedtimems: '1700000031250',
    },
  ]);
});

test('defect 2: every file that the manifest sends on its way was written, the contexts among them', async () => {
  const written = await Promise.all(
    first.files.map(async ({ path, bytes }) => [
      path,
      (await readFile(join(first.directory, path))).length === bytes,
    ]),
  );

  expect(written.filter(([, whole]) => !whole)).toEqual([]);
  expect(written.map(([path]) => path)).toContain('data/nodes/contexts-nodes.csv');
});

test('defect 3: an account of more than fifty entities of a kind is exported whole', async () => {
  const artifacts = Array.from({ length: 251 }, (_, index) => ({
    ArtifactArn: `${PREFIX}:artifact/${index}`,
    CreationTime: 1_700_000_000 + index,
  }));
  const associations = artifacts.slice(1).map(({ ArtifactArn, CreationTime }) => ({
    SourceArn: `${PREFIX}:artifact/0`,
    DestinationArn: ArtifactArn,
    CreationTime,
  }));

  const { kinds } = await exported({ ListArtifacts: artifacts, ListAssociations: associations });

  expect([kinds.artifact, kinds.edge]).toEqual([
    { rows: 251, pages: 3 },
    { rows: 250, pages: 5 },
  ]);
});

test('defect 4: commas, quotes, semicolons and line breaks in any text come through a CSV parser unchanged', async () => {
  const [artifact] = await lines(first, 'nodes/artifacts-nodes.csv');
  const [component] = await lines(first, 'nodes/tcs-nodes.csv');

  expect([artifact?.sourceuri, component?.message]).toEqual(['s3://bucket/a,b "c";d', MESSAGE]);
});

test('defect 5: ids are the same in every run, so that a second load changes nothing', async () => {
  const ids = async (run: ExportResult) => (await everyLine(run)).map((line) => line['~id']);

  expect(await ids(second)).toEqual(await ids(first));
  expect(new Set(await ids(first)).size).toBe((await ids(first)).length);
  const [artifact] = await lines(first, 'nodes/artifacts-nodes.csv');
  expect(artifact?.['~id']).toBe(`${PREFIX}:artifact/data`);
});

test('defect 6: what is absent is a blank, and an absent association type is Untyped; None is nowhere', async () => {
  const edges = await lines(first, 'edges/edges.csv');

  expect(edges.map((edge) => edge['~label'])).toContain('Untyped');
  const cells = (await everyLine(first)).flatMap((line) => Object.values(line));
  expect(
    cells.filter((cell) => ['None', 'null', 'undefined', 'NaN', '[object Object]'].includes(cell)),
  ).toEqual([]);
  const [artifact] = await lines(first, 'nodes/artifacts-nodes.csv');
  expect([artifact?.name, artifact?.sourcetypes]).toEqual(['', '']);
});

test('defect 7: times are typed columns in the form that the loader documents', async () => {
  const header = (await readFile(join(first.directory, 'data/nodes/artifacts-nodes.csv'), 'utf8')).split(
    '\n',
    1,
  );
  const [artifact] = await lines(first, 'nodes/artifacts-nodes.csv');

  expect(header[0]).toContain('creationtime:Datetime(single),LastModifiedTime:Datetime(single)');
  expect([artifact?.creationtime, artifact?.LastModifiedTime]).toEqual([
    '2023-11-14T22:13:21Z',
    '2023-11-14T22:13:21Z',
  ]);
});

test('defect 8: no edge is dropped: neither those of foreign or unlisted ends nor those of membership', async () => {
  const edges = await lines(first, 'edges/edges.csv');
  const foreign = 'arn:aws:sagemaker:us-east-1:222222222222:artifact/model';

  expect(edges.map((edge) => edge['~label']).sort()).toEqual([
    'AssociatedWith',
    'ContributedTo',
    'HasTrial',
    'HasTrialComponent',
    'HasTrialComponent',
    'Produced',
    'SameAs',
    'Untyped',
  ]);
  expect(edges.find((edge) => edge['~label'] === 'SameAs')?.['~to']).toBe(foreign);
  expect(await lines(first, 'nodes/external-nodes.csv')).toEqual([
    {
      '~id': foreign,
      '~label': 'external',
      arn: foreign,
      type: 'Model',
      name: 'theirs',
      account: '222222222222',
      region: 'us-east-1',
    },
  ]);
  const experiments = await lines(first, 'nodes/experiments-nodes.csv');
  const trials = await lines(first, 'nodes/trials-nodes.csv');
  expect([...experiments, ...trials].map(({ name }) => name)).toEqual(['Churn', 'First']);
});

test('defect 9: names are columns of every kind of vertex', async () => {
  const names = (await everyLine(first)).filter((line) => '~from' in line === false).map(({ name }) => name);

  expect(names.filter(Boolean).sort()).toEqual([
    'Churn',
    'First',
    'churn',
    'deploy',
    'model 😀',
    'prepare-aws-processing-job',
    'theirs',
    'train-aws-training-job',
  ]);
});

test('defect 10: a trial component whose source has no type is a row with a blank type', async () => {
  const components = await lines(first, 'nodes/tcs-nodes.csv');

  expect(components.map(({ name, type, sourcearn }) => [name, type, sourcearn])).toEqual([
    ['prepare-aws-processing-job', 'Job', `${PREFIX}:job/prepare-aws-processing-job`],
    ['train-aws-training-job', '', `${PREFIX}:job/train-aws-training-job`],
  ]);
});

test('defect 11: a status message keeps its commas and line breaks, in a row of full width', async () => {
  const components = await lines(first, 'nodes/tcs-nodes.csv');

  expect(
    components.map(({ status, message, lastmodifiedtimems }) => [status, message, lastmodifiedtimems]),
  ).toEqual([
    ['Completed', MESSAGE, '1700000010250'],
    ['Completed', MESSAGE, '1700000011250'],
  ]);
});
