import { type Column, DETAILS } from '../graph/columns.ts';
import type { ListedKind } from '../graph/kinds.ts';
import type { DetailCells } from '../graph/rows.ts';
import { json, text } from './cells.ts';

/**
 * The cells that a Describe reply or a Search record adds to those of a listing, as `DETAILS` declares them. The same
 * record gives the same text, whatever the order of its keys, metrics and tags; no number is lost that JSON cannot hold:
 *
 * - `parameters`: an object of text and numbers; a number that JSON has none for is `{"NumberValue":"NaN"}`, which no text is
 * - `metrics`: a list by name, source and time; such a number is its name as text, since only numbers are there
 * - `tags`: an object, its keys the tags'
 */
export function detailCells<K extends ListedKind>(kind: K, record: object): DetailCells<K> {
  const columns: Readonly<Record<string, Column>> = DETAILS[kind].columns;
  const cells = Object.entries(columns).map(([name, column]) => [name, cell(column, record)]);
  return Object.fromEntries(cells) as DetailCells<K>;
}

/** Tags as the cell of a column. */
export function tagsCell(tags: readonly Tag[] | undefined): string | undefined {
  return json(Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])));
}

export type Tag = { readonly Key?: string | undefined; readonly Value?: string | undefined };

function cell(column: Column, record: object): string | undefined {
  const value = memberAt(record, column.source);
  if (value === undefined || value === null || column.type !== 'String') return undefined;
  switch (column.form) {
    case undefined:
      return text(String(value));
    case 'json':
      return json(Object(value));
    case 'parameters':
      return json(parametersOf(Object(value)));
    case 'metrics':
      return json(metricsOf(Array.isArray(value) ? value : []));
    case 'tags':
      return tagsCell(Array.isArray(value) ? value : []);
  }
}

/** A source in parentheses is no member. */
function memberAt(record: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, name) => (Object(at) as Readonly<Record<string, unknown>>)[name], record);
}

function parametersOf(parameters: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, parameter(value)]));
}

/** A union: text, a number, or what a later version of SageMaker may have. */
function parameter(value: unknown): unknown {
  const { StringValue, NumberValue, $unknown } = Object(value) as Readonly<Record<string, unknown>>;
  if (StringValue !== undefined) return StringValue;
  if (typeof NumberValue === 'number')
    return Number.isFinite(NumberValue) ? NumberValue : { NumberValue: String(NumberValue) };
  return Array.isArray($unknown) ? { [String($unknown[0])]: $unknown[1] } : value;
}

type Metric = Readonly<Record<string, unknown>>;

function metricsOf(metrics: readonly Metric[]): readonly Metric[] {
  return metrics
    .map((metric) =>
      Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, jsonNumber(value)])),
    )
    .map((metric) => ({ metric, key: metricKey(metric) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ metric }) => metric);
}

function jsonNumber(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function metricKey({ MetricName, SourceArn, TimeStamp, ...statistics }: Metric): string {
  return JSON.stringify([MetricName ?? '', SourceArn ?? '', TimeStamp ?? '', json(statistics) ?? '']);
}
