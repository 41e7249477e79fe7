import { LineageError } from '../errors.ts';
import { DETAILS } from './columns.ts';
import type { Kind } from './kinds.ts';
import type { VertexRow } from './rows.ts';

/** A key of a map column that gets a column of its own. */
export type Promotion = {
  /** The column's name, as it was asked for: `properties.team`. */
  readonly column: string;
  /** The column that holds the map. */
  readonly map: PromotableMap;
  /** All after the first dot, dots included. */
  readonly key: string;
};

/** Types that a promoted column can have, in Neptune's words. */
type PromotedType = 'Bool' | 'Long' | 'Double' | 'String';

/** A promoted column, once all values are known. */
export type PromotedColumn = Promotion & { readonly type: PromotedType };

const MAPS = [
  'properties',
  'parameters',
  'metrics',
  'inputartifacts',
  'outputartifacts',
  'tags',
  'sourcetags',
] as const;

/** A column that holds a map with keys that the account's people chose. */
type PromotableMap = (typeof MAPS)[number];

/** Neptune takes no property name with one of these (user guide, "Gremlin load data format"). */
const UNNAMEABLE = /[\s,]/;

/**
 * What `--promote` names, such as `properties.team`.
 *
 * @throws LineageError (usage) where it names no map, no key, or a key that cannot be in a property name
 */
export function parsePromotion(column: string): Promotion {
  const dot = column.indexOf('.');
  const map = MAPS.find((name) => name === column.slice(0, Math.max(0, dot)));
  const key = column.slice(dot + 1);
  if (map === undefined || key === '') {
    throw new LineageError('usage', `Cannot promote ${column}: expected <map>.<key>.`, {
      hint: `Name a key of one of ${MAPS.join(', ')}: \`--promote properties.team,parameters.lr\`.`,
    });
  }
  if (UNNAMEABLE.test(column)) {
    throw new LineageError(
      'usage',
      `Cannot promote ${JSON.stringify(column)}: Neptune takes no property name with a space, a comma or a line break.`,
      { hint: `The value is in the column ${map} all the same.` },
    );
  }
  return { column, map, key };
}

/** Whether a property has the name of a promoted column. */
export function isPromotedColumn(name: string): boolean {
  return MAPS.some((map) => name.startsWith(`${map}.`));
}

/** The promoted columns that a file of this kind has. */
export function promotionsOf<P extends Promotion>(kind: Kind, promotions: readonly P[]): readonly P[] {
  return promotions.filter(({ map }) => Object.hasOwn(DETAILS[kind].columns, map));
}

/** The value that a row has for a promotion, as SageMaker gave it. */
export function promotedValue({ cells }: VertexRow, { map, key }: Promotion): string | number | undefined {
  const text = (cells as Readonly<Record<string, unknown>>)[map];
  if (typeof text !== 'string') return undefined;
  const held: unknown = JSON.parse(text);
  return map === 'metrics' ? metricValue(held, key) : plainValue(own(held, key));
}

/** How many values of each sort were met, by promoted column. */
export type PromotedCounts = Readonly<Record<string, Readonly<Partial<Record<ValueSort, number>>>>>;

/** `BigLong` is an integer that a double cannot hold exactly. */
type ValueSort = 'Bool' | 'Long' | 'BigLong' | 'Double' | 'String';

export const VALUE_SORTS = ['Bool', 'Long', 'BigLong', 'Double', 'String'] as const satisfies ValueSort[];

/** The sorts of the values of some rows. */
export function countPromoted(rows: readonly VertexRow[], promotions: readonly Promotion[]): PromotedCounts {
  const counts: Record<string, Partial<Record<ValueSort, number>>> = {};
  for (const row of rows) {
    for (const promotion of promotionsOf(row.kind, promotions)) {
      const value = promotedValue(row, promotion);
      if (value === undefined) continue;
      const sort = sortOf(value);
      const own = counts[promotion.column] ?? {};
      counts[promotion.column] = { ...own, [sort]: (own[sort] ?? 0) + 1 };
    }
  }
  return counts;
}

export function addPromotedCounts(all: readonly (PromotedCounts | undefined)[]): PromotedCounts {
  const total: Record<string, Partial<Record<ValueSort, number>>> = {};
  for (const counts of all) {
    for (const [column, bySort] of Object.entries(counts ?? {})) {
      const own = { ...total[column] };
      for (const sort of VALUE_SORTS) {
        if (bySort[sort] !== undefined) own[sort] = (own[sort] ?? 0) + bySort[sort];
      }
      total[column] = own;
    }
  }
  return total;
}

/** A column whose values have no type in common but text. */
export type PromotionConflict = { readonly column: string; readonly found: PromotedCounts[string] };

/**
 * The type of each promoted column: the narrowest that holds every value exactly. Text that is a number as JSON writes one
 * counts as a number, `true` and `false` as booleans; an id such as `007` stays text.
 */
export function settleTypes(
  promotions: readonly Promotion[],
  counts: PromotedCounts,
): { readonly columns: readonly PromotedColumn[]; readonly conflicts: readonly PromotionConflict[] } {
  const conflicts: PromotionConflict[] = [];
  const columns = promotions.map((promotion): PromotedColumn => {
    const found = counts[promotion.column] ?? {};
    const sorts = VALUE_SORTS.filter((sort) => (found[sort] ?? 0) > 0);
    const type = typeOf(sorts);
    if (type === 'String' && sorts.length > 1) conflicts.push({ column: promotion.column, found });
    return { ...promotion, type };
  });
  return { columns, conflicts };
}

function typeOf(sorts: readonly ValueSort[]): PromotedType {
  const only = (...allowed: readonly ValueSort[]) =>
    sorts.length > 0 && sorts.every((sort) => allowed.includes(sort));
  if (only('Bool')) return 'Bool';
  if (only('Long', 'BigLong')) return 'Long';
  return only('Long', 'Double') ? 'Double' : 'String';
}

const INTEGER = /^(0|-?[1-9]\d*)$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function sortOf(value: string | number): ValueSort {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'Long' : 'Double';
  if (value === 'true' || value === 'false') return 'Bool';
  if (INTEGER.test(value)) {
    const integer = BigInt(value);
    if (BigInt.asIntN(64, integer) !== integer) return 'String';
    return Number.isSafeInteger(Number(value)) ? 'Long' : 'BigLong';
  }
  return NUMBER.test(value) && Number.isFinite(Number(value)) ? 'Double' : 'String';
}

function own(map: unknown, key: string): unknown {
  if (typeof map !== 'object' || map === null || !Object.hasOwn(map, key)) return undefined;
  return (map as Readonly<Record<string, unknown>>)[key];
}

/** Text or a number; of an artifact its value, of a number that JSON has not, that number (see src/crawl/detail-cells.ts). */
function plainValue(value: unknown): string | number | undefined {
  if (typeof value === 'string' || typeof value === 'number') return value === '' ? undefined : value;
  const text = own(value, 'Value');
  if (typeof text === 'string') return text === '' ? undefined : text;
  return nonFinite(own(value, 'NumberValue'));
}

const STATISTICS = ['Max', 'Min', 'Last', 'Count', 'Avg', 'StdDev'];

/** `<metric>`: its last value; `<metric>.<statistic>`: that one. Metric names may hold dots. */
function metricValue(metrics: unknown, key: string): number | undefined {
  const dot = key.lastIndexOf('.');
  const statistic = STATISTICS.find((name) => name.toLowerCase() === key.slice(dot + 1).toLowerCase());
  return (
    statisticOf(metrics, key, 'Last') ??
    (dot === -1 || statistic === undefined ? undefined : statisticOf(metrics, key.slice(0, dot), statistic))
  );
}

function statisticOf(metrics: unknown, name: string, statistic: string): number | undefined {
  const metric: unknown = Array.isArray(metrics)
    ? metrics.find((item: unknown) => own(item, 'MetricName') === name)
    : undefined;
  const value = own(metric, statistic);
  return typeof value === 'number' ? value : nonFinite(value);
}

const NON_FINITE: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function nonFinite(value: unknown): number | undefined {
  return NON_FINITE.get(value);
}
