import { expect, test } from 'vitest';
import {
  countPromoted,
  parsePromotion,
  promotedValue,
  promotionsOf,
  settleTypes,
} from '../../src/graph/promotion.ts';
import type { VertexRow } from '../../src/graph/rows.ts';

function artifact(properties: Record<string, string>): VertexRow {
  return {
    kind: 'artifact',
    id: 'a',
    orderMs: 0,
    cells: { properties: JSON.stringify(properties) },
  } as VertexRow;
}

function typeOf(...values: readonly string[]) {
  const promotion = parsePromotion('properties.x');
  const rows = values.map((x) => artifact({ x }));
  const { columns, conflicts } = settleTypes([promotion], countPromoted(rows, [promotion]));
  return [columns[0]?.type, conflicts.length];
}

test.each([
  [['1', '-2', '0'], 'Long', 0],
  [['9007199254740993', '1'], 'Long', 0],
  [['9223372036854775807', '-9223372036854775808'], 'Long', 0],
  [['9223372036854775808'], 'String', 0],
  [['1', '0.5'], 'Double', 0],
  [['1e-3', '-2.5E+10'], 'Double', 0],
  // A double would not hold the first exactly.
  [['9007199254740993', '0.5'], 'String', 1],
  [['true', 'false'], 'Bool', 0],
  [['true', '1'], 'String', 1],
  [['True'], 'String', 0],
  [['007'], 'String', 0],
  [['+1'], 'String', 0],
  [['1e999'], 'String', 0],
  [[' 1'], 'String', 0],
  [['NaN'], 'String', 0],
  [['churn', 'fraud'], 'String', 0],
  [['churn', '1', '1'], 'String', 1],
  [[], 'String', 0],
])('the values %j make a column of type %s', (values, type, conflicts) => {
  expect(typeOf(...values)).toEqual([type, conflicts]);
});

test.each([
  ['properties', 'expected <map>.<key>'],
  ['properties.', 'expected <map>.<key>'],
  ['team', 'expected <map>.<key>'],
  ['name.x', 'expected <map>.<key>'],
  ['properties.first line', 'no property name with a space'],
])('%s cannot be promoted: %s', (column, message) => {
  expect(() => parsePromotion(column)).toThrow(message);
});

test('a promoted column is where its map is', () => {
  const all = ['properties.x', 'parameters.x', 'tags.x'].map(parsePromotion);

  const columns = (kind: VertexRow['kind']) => promotionsOf(kind, all).map(({ column }) => column);

  expect(columns('artifact')).toEqual(['properties.x', 'tags.x']);
  expect(columns('trial_component')).toEqual(['parameters.x', 'tags.x']);
  expect(columns('external')).toEqual([]);
});

test('values come from own keys only, from the value of an artifact, and from metrics by name or by statistic', () => {
  const cells = {
    parameters: '{"a.b":1,"bad":{"NumberValue":"-Infinity"}}',
    inputartifacts: '{"train":{"MediaType":"text/csv","Value":"s3://b"}}',
    metrics:
      '[{"Last":0.5,"Max":"NaN","MetricName":"loss"},{"Last":7,"MetricName":"loss.max"},{"Min":2,"MetricName":"auc"}]',
  };
  const component = { kind: 'trial_component', id: 'c', orderMs: 0, cells } as VertexRow;
  const value = (column: string) => promotedValue(component, parsePromotion(column));

  expect(value('parameters.a.b')).toBe(1);
  expect(value('parameters.bad')).toBe(Number.NEGATIVE_INFINITY);
  expect(value('parameters.constructor')).toBeUndefined();
  expect(value('inputartifacts.train')).toBe('s3://b');
  expect(value('metrics.loss')).toBe(0.5);
  // A metric of that very name comes before a statistic.
  expect(value('metrics.loss.max')).toBe(7);
  expect(value('metrics.loss.Max')).toBeNaN();
  expect(value('metrics.auc.min')).toBe(2);
  expect(value('metrics.auc')).toBeUndefined();
});
