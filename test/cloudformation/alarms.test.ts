import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { emfLines } from '../../src/runs/sync-metrics.ts';
import { SYNC_REPORT } from '../runs/sync-report-sample.ts';

/* What the alarms and the dashboard of the nightly watch is what its function `report` prints, of this deployment. */

const TEMPLATE = parse(readFileSync(new URL('../../cloudformation/nightly.yaml', import.meta.url), 'utf8'), {
  logLevel: 'error',
});
/** As CloudFormation refers to its parameters. */
const TO = `s3://${'$'}{BucketName}/${'$'}{Prefix}`;
const PRINTED = JSON.parse(
  emfLines(SYNC_REPORT, { to: 's3://lineage/nightly', region: 'eu-west-1' })[0] ?? '',
);
const [{ Namespace: namespace, Dimensions: dimensions, Metrics: metrics }] = PRINTED._aws.CloudWatchMetrics;
const NAMES = new Set(metrics.map(({ Name: name }: { Name: string }) => name));

type Alarm = {
  readonly Type: string;
  readonly Properties: {
    readonly Namespace?: string;
    readonly MetricName?: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  };
};

test('an alarm on a metric of ours names one that is printed, under the dimensions that it is printed with', () => {
  const alarms = Object.values<Alarm>(TEMPLATE.Resources)
    .filter(({ Type: type }) => type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties: properties }) => properties)
    .filter(({ Namespace: of }) => of === namespace);

  expect(alarms.map(({ MetricName: name }) => name)).toEqual(['Throttles', 'Partial', 'Refused', 'Verified']);
  for (const { MetricName: name, Dimensions: under } of alarms) {
    expect(NAMES).toContain(name);
    expect([under?.map(({ Name: dimension }) => dimension)]).toEqual(dimensions);
    expect(under?.map(({ Value: value }) => value)).toEqual([TO]);
  }
});

test('every metric of the dashboard is printed, of what the functions are told', () => {
  const body: string = TEMPLATE.Resources.Dashboard.Properties.DashboardBody;
  const rows = [...body.matchAll(/\["SageMakerLineageNeptune", "(\w+)", "(\w+)", "([^"]*)"\](.*?)\] \}/gs)];
  const shown = rows.flatMap(([, first = '', , , others = '']) => [
    first,
    ...[...others.matchAll(/\["\.", "(\w+)"/g)].map(([, name = '']) => name),
  ]);
  const told = Object.values<{
    Type: string;
    Properties: { Environment?: { Variables: { SMLINEAGE_TO: string } } };
  }>(TEMPLATE.Resources).flatMap(
    ({ Properties: properties }) => properties.Environment?.Variables.SMLINEAGE_TO ?? [],
  );

  expect(shown.length).toBeGreaterThan(10);
  expect(shown.filter((name) => !NAMES.has(name))).toEqual([]);
  expect(new Set(rows.map(([, , dimension, value]) => [dimension, value].join(' ')))).toEqual(
    new Set([`${dimensions[0][0]} ${TO}`]),
  );
  expect(new Set(told)).toEqual(new Set([TO]));
});
