import type { TrialComponentMetricSummary, TrialComponentParameterValue } from '@aws-sdk/client-sagemaker';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gremlin, literal, queryAsWritten } from '../../src/graph/gremlin.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { type ExportEvent, exportLineage } from '../../src/runs/export.ts';
import { loadRun } from '../../src/runs/load.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { hostileText } from '../csv/hostile-rows.ts';
import { temporaryDirectory } from './run-tree.ts';
import { servedAccount } from './served-account.ts';
import { arn } from './written-run.ts';

/*
 * Parameters, metrics and properties that break careless tools, on the whole way: Search and Describe, a run of full
 * detail, the load, the graph of the real engine, and back.
 */

const START_MS = Date.UTC(2026, 0, 1);
const LIFETIME = { CreationTime: START_MS, LastModifiedTime: START_MS };

/** Texts that JSON, JavaScript objects and CSV each have their own trouble with. */
const KEYS = [
  ...[
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    '0',
    '10',
    '9',
    '-1',
    'a.b',
    'a,b',
    'a:b',
    '"',
    '\\',
    '\n',
  ],
  ...[
    ' ',
    '::',
    ';',
    '$',
    "'",
    '模型',
    '🚀',
    '\u0000',
    '\ud800',
    '\u2028',
    'NumberValue',
    'StringValue',
    'x'.repeat(320),
  ],
];
const VALUES = [
  '',
  'NaN',
  'null',
  '9007199254740993',
  '1e400',
  '{"a":1}',
  '"',
  '\0',
  '\udc00',
  'é'.repeat(2_500),
  'x'.repeat(2_500),
];
const NUMBERS = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1, -1, 0.1, 0.1 + 0.2, 1e21, 5e-324],
  ...[2 ** 53, 2 ** 53 + 2, 2 ** 63, -(2 ** 63), 1.7976931348623157e308, 123456789012345.67],
];

type Parameters = Record<string, TrialComponentParameterValue>;

/** So many, the known trouble first. */
function parameters(count: number): Parameters {
  const known: [string, TrialComponentParameterValue][] = [
    ...NUMBERS.map((NumberValue, at): [string, TrialComponentParameterValue] => [
      `number ${at}`,
      { NumberValue },
    ]),
    ...VALUES.map((StringValue, at): [string, TrialComponentParameterValue] => [
      `text ${at}`,
      { StringValue },
    ]),
    ...KEYS.filter((key) => key !== '').map((key): [string, TrialComponentParameterValue] => [
      key,
      { StringValue: 'v' },
    ]),
  ];
  const others = fc
    .sample(fc.tuple(hostileText, hostileText), 2 * count)
    .map(([key, StringValue]): [string, TrialComponentParameterValue] => [
      key.slice(0, 320),
      { StringValue },
    ]);
  return Object.fromEntries(Object.entries(Object.fromEntries([...others, ...known])).slice(-count));
}

function metrics(): TrialComponentMetricSummary[] {
  return NUMBERS.map((value, at) => ({
    MetricName: `${KEYS[at]}`,
    SourceArn: arn('training-job/j'),
    TimeStamp: new Date(START_MS + at),
    Max: value,
    Min: -value,
    Last: value,
    Count: at,
    Avg: value,
    StdDev: Number.NaN,
  }));
}

function component(
  name: string,
  Parameters: Parameters,
  Metrics: TrialComponentMetricSummary[] = [],
): AccountRecord {
  return {
    kind: 'trial_component',
    TrialComponentArn: arn(`experiment-trial-component/${name}`),
    TrialComponentName: name,
    Parameters,
    Metrics,
    ...LIFETIME,
  };
}

function artifact(name: string, Properties: Record<string, string>): AccountRecord {
  const Source = { SourceUri: `s3://b/${name}` };
  return {
    kind: 'artifact',
    ArtifactArn: arn(`artifact/${name}`),
    ArtifactType: 'Model',
    Source,
    Properties,
    ...LIFETIME,
  };
}

/** Exports, loads, compares every row with the graph, and gives what asks it. */
async function loaded(records: readonly AccountRecord[], promote: readonly string[] = []) {
  const { region, s3, neptune, clients } = await servedAccount(records);
  const events: ExportEvent[] = [];
  const result = await exportLineage({
    clients,
    region,
    out: await temporaryDirectory(),
    detail: 'full',
    promote,
    onProgress: (event) => events.push(event),
  });
  const { uri } = await uploadRun({ s3, directory: result.directory, to: 's3://lineage/hostile' });
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  const load = await loadRun({ neptune, s3, source: uri, roleArn, region, verifySample: 'all' });
  expect(load).toMatchObject({ verified: true, sample: { differences: [] } });
  const send = gremlinClient(neptune);
  const values = (id: string, property: string) =>
    send(gremlin`g.V(${literal(id)}).values(${literal(property)})`);
  return { result, events, send, values };
}

/** Parameters as the graph holds them, told apart again. */
function parametersOf(text: unknown): Parameters {
  const held = JSON.parse(String(text)) as Record<string, string | number | { NumberValue: string }>;
  return Object.fromEntries(
    Object.entries(held).map(([key, value]) => {
      if (typeof value === 'string') return [key, { StringValue: value }];
      return [key, { NumberValue: Number(typeof value === 'object' ? value.NumberValue : value) }];
    }),
  );
}

test('300 parameters with hostile keys and values, metrics and properties come back from the graph as they were', async () => {
  const given = {
    many: parameters(300),
    few: { lr: { NumberValue: Number.NaN }, note: { StringValue: 'NaN' } },
  };
  const measured = metrics();
  const properties = Object.fromEntries(
    [...KEYS, ...VALUES]
      .slice(-30)
      .map((text, at) => [text === '' ? 'empty' : text, VALUES[at % VALUES.length] ?? '']),
  );
  const { values } = await loaded([
    component('many', given.many, measured),
    component('few', given.few),
    artifact('m', properties),
  ]);
  const [many] = await values(arn('experiment-trial-component/many'), 'parameters');
  const [few] = await values(arn('experiment-trial-component/few'), 'parameters');
  const [metricText] = await values(arn('experiment-trial-component/many'), 'metrics');
  const [propertyText] = await values(arn('artifact/m'), 'properties');

  expect(Object.keys(given.many)).toHaveLength(300);
  expect(parametersOf(many)).toEqual(given.many);
  expect(few).toBe('{"lr":{"NumberValue":"NaN"},"note":"NaN"}');
  const found = (JSON.parse(String(metricText)) as Record<string, unknown>[]).map((metric) => ({
    ...Object.fromEntries(
      ['Max', 'Min', 'Last', 'Count', 'Avg', 'StdDev'].map((name) => [name, Number(metric[name])]),
    ),
    MetricName: metric.MetricName,
    SourceArn: metric.SourceArn,
    TimeStamp: new Date(String(metric.TimeStamp)),
  }));
  expect(found.sort((a, b) => a.TimeStamp.getTime() - b.TimeStamp.getTime())).toEqual(
    measured.map((metric) => ({ ...metric, Min: 0 + (metric.Min ?? 0) })),
  );
  expect(JSON.parse(String(propertyText))).toEqual(properties);
});

test('promoted keys have a column of the type that holds all their values, and conflicts are told', async () => {
  const records = [
    artifact('a', { big: '9007199254740993', team: 'churn', flag: 'true', id: '007', 模型: '2', mixed: '1' }),
    artifact('b', {
      big: '-9223372036854775808',
      team: 'fraud',
      flag: 'false',
      id: '12',
      模型: '0.5',
      mixed: 'x',
    }),
    artifact('c', { rest: 'y' }),
    component('d', { lr: { NumberValue: 0.1 }, n: { NumberValue: 3 } }, [
      { MetricName: 'train:loss', Max: 2, Last: 1 },
    ]),
    component('e', { lr: { NumberValue: Number.NaN }, n: { StringValue: '4' } }, [
      { MetricName: 'train:loss', Max: Number.POSITIVE_INFINITY, Last: 0.5 },
    ]),
  ];
  const promote = [
    'properties.big',
    'properties.team',
    'properties.flag',
    'properties.id',
    'properties.模型',
  ];
  const { result, events, send } = await loaded(records, [
    ...promote,
    'properties.mixed',
    'parameters.lr',
    'parameters.n',
    'metrics.train:loss',
    'metrics.train:loss.max',
  ]);

  expect(result.promoted).toEqual([
    { column: 'properties.big', type: 'Long' },
    { column: 'properties.team', type: 'String' },
    { column: 'properties.flag', type: 'Bool' },
    { column: 'properties.id', type: 'String' },
    { column: 'properties.模型', type: 'Double' },
    { column: 'properties.mixed', type: 'String' },
    { column: 'parameters.lr', type: 'Double' },
    { column: 'parameters.n', type: 'Long' },
    { column: 'metrics.train:loss', type: 'Double' },
    { column: 'metrics.train:loss.max', type: 'Double' },
  ]);
  expect(events.filter(({ type }) => type === 'promotion-conflict')).toEqual([
    { type: 'promotion-conflict', conflict: { column: 'properties.id', found: { String: 1, Long: 1 } } },
    { type: 'promotion-conflict', conflict: { column: 'properties.mixed', found: { String: 1, Long: 1 } } },
  ]);
  const ids = async (condition: string) => {
    const found = await send(queryAsWritten(`g.V().${condition}.id()`));
    return found.map((id) => String(id).split('/').at(-1)).sort();
  };
  expect(await ids("has('properties.big',9007199254740993L)")).toEqual(['a']);
  expect(await ids("has('properties.big',lt(-9223372036854775807L))")).toEqual(['b']);
  expect(await ids("has('properties.team','fraud')")).toEqual(['b']);
  expect(await ids("has('properties.flag',true)")).toEqual(['a']);
  expect(await ids("has('properties.id','007')")).toEqual(['a']);
  expect(await ids("has('properties.模型',lt(1d))")).toEqual(['b']);
  expect(await ids("has('parameters.lr',0.1d)")).toEqual(['d']);
  expect(await ids("has('parameters.n',gt(3))")).toEqual(['e']);
  expect(await ids("has('metrics.train:loss',lt(0.6d))")).toEqual(['e']);
  expect(await ids("has('metrics.train:loss.max',gt(1000d))")).toEqual(['e']);
  expect(await ids("hasLabel('artifact').has('properties.team')")).toEqual(['a', 'b']);
});
