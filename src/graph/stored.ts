/** What a row or a graph element is: a vertex or an edge. */
export type ElementKind = 'vertex' | 'edge';

/** Types of property columns in Neptune's Gremlin load format. */
export type ValueType =
  | 'Bool'
  | 'Byte'
  | 'Short'
  | 'Int'
  | 'Long'
  | 'Float'
  | 'Double'
  | 'String'
  | 'Date'
  | 'Datetime';

export type Ends = { readonly from: string; readonly to: string };

/** A row of a load file, as the loader is to store it. */
export type StoredRow = {
  readonly element: ElementKind;
  readonly id: string;
  /** Of an edge, one. */
  readonly labels: readonly string[];
  /** Of an edge. */
  readonly ends?: Ends;
  /** Every property column of the file, in its order. */
  readonly properties: readonly StoredProperty[];
  readonly file: string;
  /** Where the row begins, from 1. */
  readonly line: number;
};

export type StoredProperty = {
  readonly name: string;
  readonly type: ValueType;
  /** As the file writes them; none where the cell is blank. */
  readonly values: readonly string[];
};

/** A vertex or an edge as the graph holds it. */
export type GraphElement = {
  readonly id: string;
  readonly labels: readonly string[];
  /** Of an edge. */
  readonly ends?: Ends;
  /** Every value of every property, as Gremlin gives them: times as epoch milliseconds. */
  readonly properties: Readonly<Record<string, readonly unknown[]>>;
};

/** One thing that a row says and the graph does not, or the other way round. */
export type Difference = {
  readonly element: ElementKind;
  readonly id: string;
  readonly file: string;
  readonly line: number;
  /** The name of a property; `~label`, `~from`, `~to`; `~id` where it is about the whole element. */
  readonly property: string;
  /** The values by the file; empty where there should be none. Long ones are cut to where they differ. */
  readonly expected: readonly string[];
  /** The values in the graph. */
  readonly found: readonly string[];
  /** `missing`: not in the graph. `other`: another value stands there. `more`: there is something besides. */
  readonly is: 'missing' | 'other' | 'more';
};

/** Separates the labels of a vertex that has several (Neptune user guide, "Gremlin standards compliance": labels). */
export const LABEL_SEPARATOR = '::';

/**
 * What differs between a row and the element of its id, property by property. Values are compared by the type of their
 * column: times to the second, which is what the load format documents; numbers as numbers; text letter by letter. Several
 * values or labels have no order.
 *
 * @param found undefined where the graph has no element of that id
 */
export function compareStored(row: StoredRow, found: GraphElement | undefined): readonly Difference[] {
  const { element, id, file, line } = row;
  const place = { element, id, file, line };
  if (found === undefined) return [{ ...place, property: '~id', expected: [id], found: [], is: 'missing' }];
  return [
    compareValues('~label', TEXT, row.labels.flatMap(parts), found.labels.flatMap(parts)),
    ...endDifferences(row.ends, found.ends),
    ...row.properties.map(({ name, type, values }) =>
      compareValues(name, VALUE_KEYS[type], values, ownValues(found.properties, name)),
    ),
    ...unexpected(row, found),
  ].flatMap((difference) => (difference === undefined ? [] : [{ ...place, ...difference }]));
}

type Found = Pick<Difference, 'property' | 'expected' | 'found' | 'is'>;

/** One text for all forms of one value, in the file and in the graph, where it has no such value another. */
type ValueKey = (value: unknown) => string;

const TEXT: ValueKey = (value) => (typeof value === 'string' ? value : notOfType(value));

const INTEGER: ValueKey = (value) =>
  // 64 bits may come as text, and beyond 2^53 as the nearest double.
  (typeof value === 'number' || typeof value === 'string') && Number.isInteger(Number(value))
    ? String(Number(value))
    : notOfType(value);

const DECIMAL: ValueKey = (value) =>
  typeof value === 'number' || typeof value === 'string' ? String(Number(value)) : notOfType(value);

const TIME: ValueKey = (value) => {
  const ms = typeof value === 'string' ? epochMs(value) : value;
  if (typeof ms !== 'number' || Number.isNaN(ms)) return notOfType(value);
  return new Date(Math.floor(ms / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
};

const VALUE_KEYS: Readonly<Record<ValueType, ValueKey>> = {
  // The loader takes any other text than `true` for false.
  Bool: (value) => (typeof value === 'string' ? String(value === 'true') : String(value)),
  Byte: INTEGER,
  Short: INTEGER,
  Int: INTEGER,
  Long: INTEGER,
  Float: (value) => {
    const key = DECIMAL(value);
    return key === String(Number(key)) ? String(Math.fround(Number(key))) : key;
  },
  Double: DECIMAL,
  String: TEXT,
  Date: TIME,
  Datetime: TIME,
};

/** A time without zone is UTC, as the loader and TinkerPop take it. */
function epochMs(text: string): number {
  const hasTimeOnly = /T[\d:.]+$/.test(text);
  return Date.parse(hasTimeOnly ? `${text}Z` : text);
}

function notOfType(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

function compareValues(
  property: string,
  keyOf: ValueKey,
  expectedValues: readonly string[],
  foundValues: readonly unknown[],
): Found | undefined {
  const expected = [...new Set(expectedValues.map(keyOf))];
  const found = [...new Set(foundValues.map((value) => foundKey(keyOf, value)))];
  const lacks = expected.some((key) => !found.includes(key));
  if (!lacks && expected.length === found.length) return undefined;
  const is = lacks ? (found.length === 0 ? 'missing' : 'other') : 'more';
  return { property, ...shown(expected.sort(), found.sort()), is };
}

/** A number where text should be reads like it, and yet is none. */
function foundKey(keyOf: ValueKey, value: unknown): string {
  const key = keyOf(value);
  return keyOf === TEXT && typeof value !== 'string' ? `${key} (not text)` : key;
}

function endDifferences(expected: Ends | undefined, found: Ends | undefined): readonly (Found | undefined)[] {
  if (expected === undefined) return [];
  return (['from', 'to'] as const).map((end) =>
    compareValues(`~${end}`, TEXT, [expected[end]], found === undefined ? [] : [found[end]]),
  );
}

/** Properties that no column of the file has. */
function unexpected({ properties }: StoredRow, found: GraphElement): readonly (Found | undefined)[] {
  const known = new Set(properties.map(({ name }) => name));
  return Object.entries(found.properties)
    .filter(([name]) => !known.has(name))
    .map(([name, values]) => compareValues(name, notOfType, [], values));
}

function ownValues(properties: GraphElement['properties'], name: string): readonly unknown[] {
  return Object.hasOwn(properties, name) ? (properties[name] ?? []) : [];
}

function parts(label: string): readonly string[] {
  return label.split(LABEL_SEPARATOR);
}

const LONGEST_SHOWN = 200;
const SHOWN_BEFORE = 40;

/** Two long texts are shown from shortly before the place where they part. */
function shown(expected: readonly string[], found: readonly string[]): Pick<Found, 'expected' | 'found'> {
  const [one, other] = [expected[0] ?? '', found[0] ?? ''];
  const isPair = expected.length === 1 && found.length === 1;
  const from = isPair ? Math.max(0, firstDifference(one, other) - SHOWN_BEFORE) : 0;
  const cut = (text: string) => {
    if (text.length <= LONGEST_SHOWN) return text;
    const end = from + LONGEST_SHOWN;
    return `${from > 0 ? '…' : ''}${text.slice(from, end)}${end < text.length ? '…' : ''}`;
  };
  return { expected: expected.map(cut), found: found.map(cut) };
}

function firstDifference(one: string, other: string): number {
  for (let at = 0; ; at += 1) if (one[at] !== other[at] || at >= one.length) return at;
}
