import type { NormalizedSchema } from '@smithy/core/schema';
import { validation } from './refusal.ts';

/** The members of one object by name: an entity's are worked out only when they are asked for. */
export type Members = (name: string) => unknown;

export type PropertyValue = string | number;

/** One property of a resource as an expression names it, such as `Parents.TrialName` or `Metrics.loss.Min`. */
export type Property = {
  readonly name: string;
  /** `any` for trial component parameters, whose values are text or numbers. */
  readonly type: 'text' | 'number' | 'time' | 'any';
  /** All values: several where a list is on the way; times in epoch milliseconds. */
  values(of: Members): readonly PropertyValue[];
};

/**
 * The property of that name, whatever the case (the SDK's ExperimentAnalytics sorts by `metrics.loss.max`).
 * @throws Refusal where the resource has no such property
 */
export function property(schema: NormalizedSchema, name: string): Property {
  const found = propertyAt(schema, name);
  if (found === undefined) throw validation(`Unknown property name: ${name}`);
  return { ...found, name };
}

type Unnamed = Omit<Property, 'name'>;

function propertyAt(schema: NormalizedSchema, path: string): Unnamed | undefined {
  const [first, rest] = split(path);
  const member = [...schema.structIterator()].find(([name]) => name.toLowerCase() === first.toLowerCase());
  if (member === undefined) return undefined;
  const [name, memberSchema] = member;
  if (rest === undefined) {
    return { type: typeOf(memberSchema), values: (of) => flat(of(name)) };
  }
  if (name === 'Tags') return keyed(name, (tags) => itemsWhere(tags, 'Key', rest).map((tag) => tag.Value));
  if (name === 'Metrics') return metric(rest);
  if (memberSchema.isMapSchema()) return entry(name, memberSchema, rest);
  const inner = memberSchema.isListSchema() ? memberSchema.getValueSchema() : memberSchema;
  const within = inner.isStructSchema() ? propertyAt(inner, rest) : undefined;
  return (
    within && {
      ...within,
      values: (of) => objects(of(name)).flatMap((item) => within.values(membersOf(item))),
    }
  );
}

/** An object's own members. */
export function membersOf(item: Readonly<Record<string, unknown>>): Members {
  return (name) => item[name];
}

/** The objects of a list, or the one that the value is. */
export function objects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}

const STATISTICS = ['Max', 'Min', 'Last', 'Count', 'Avg', 'StdDev'];

/** `<metric>` or `<metric>.<statistic>`: metric names may hold dots. The last value stands for the metric. */
function metric(rest: string): Unnamed {
  const suffix = rest.slice(rest.lastIndexOf('.') + 1).toLowerCase();
  const statistic = rest.includes('.') ? STATISTICS.find((name) => name.toLowerCase() === suffix) : undefined;
  const metricName = statistic === undefined ? rest : rest.slice(0, rest.lastIndexOf('.'));
  return {
    type: 'number',
    values: (of) =>
      itemsWhere(of('Metrics'), 'MetricName', metricName).flatMap((item) => flat(item[statistic ?? 'Last'])),
  };
}

/** An entry of a map: a parameter's value; of an artifact its Value, or the member named behind its key. */
function entry(name: string, schema: NormalizedSchema, rest: string): Unnamed {
  const value = schema.getValueSchema();
  if (value.isUnionSchema()) {
    return { type: 'any', values: (of) => flat(objects(of(name)).map((map) => map[rest])) };
  }
  const [key, member] = /^(.*)\.(Value|MediaType)$/.exec(rest)?.slice(1) ?? [rest, 'Value'];
  return keyed(name, (map) =>
    objects(map).flatMap((entries) => objects(entries[key ?? '']).map((item) => item[member ?? ''])),
  );
}

function keyed(name: string, pick: (value: unknown) => unknown): Unnamed {
  return { type: 'text', values: (of) => flat(pick(of(name))) };
}

function itemsWhere(list: unknown, member: string, value: string) {
  return objects(list).filter((item) => item[member] === value);
}

/** Every text and number in a value, however deep: what Exists and Contains see of a map or list. */
function flat(value: unknown): readonly PropertyValue[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(flat);
  return Object.entries(value).flatMap(([key, item]) => [key, ...flat(item)]);
}

function typeOf(schema: NormalizedSchema): Property['type'] {
  if (schema.isTimestampSchema()) return 'time';
  return schema.isNumericSchema() ? 'number' : 'text';
}

function split(path: string): [first: string, rest: string | undefined] {
  const dot = path.indexOf('.');
  return dot === -1 ? [path, undefined] : [path.slice(0, dot), path.slice(dot + 1)];
}
