import type { GremlinEntry, GremlinValue } from '../graph/gremlin-value.ts';
import { oneLine, type TableColumn, textTable } from './text-table.ts';

/** Forms of the results of a query, the default first. */
export const RESULT_FORMATS = ['table', 'json', 'jsonl'] as const;

export type ResultFormat = (typeof RESULT_FORMATS)[number];

/**
 * The results of a query as text: `json` one array, `jsonl` one result a line, `table` for people. In JSON a time is ISO
 * 8601, a number has all its digits, a set is an array, a vertex `{id, label, …}`, a path `{objects, labels}`; a key that
 * is no text is told as JSON.
 *
 * @param width of the terminal in columns. @default unlimited
 */
export function renderResults(
  results: readonly GremlinValue[],
  format: ResultFormat,
  { width }: { readonly width?: number | undefined } = {},
): string {
  if (format === 'table') return resultsTable(results, width);
  if (format === 'jsonl') return results.map((result) => jsonOf(result)).join('\n');
  return jsonOf(results, 0);
}

const INDENT = '  ';

/** @param depth of indentation; on one line without it */
function jsonOf(value: GremlinValue, depth?: number): string {
  if (value === null || typeof value !== 'object') return scalarJson(value);
  if (value instanceof Date) return JSON.stringify(timeText(value));
  if (isList(value))
    return bracketed(
      '[]',
      value.map((member) => jsonOf(member, deeper(depth))),
      depth,
    );
  switch (value.is) {
    case 'number':
      return value.text;
    case 'set':
      return jsonOf(value.members, depth);
    case 'map':
      return jsonObject(value.entries, depth);
    case 'path':
      return jsonObject(
        [
          ['objects', value.objects],
          ['labels', value.labels],
        ],
        depth,
      );
    default:
      return jsonObject(elementEntries(value), depth);
  }
}

/** JSON has no such numbers. */
function scalarJson(value: null | boolean | string | number): string {
  return typeof value === 'number' && !Number.isFinite(value)
    ? JSON.stringify(String(value))
    : JSON.stringify(value);
}

function jsonObject(entries: readonly GremlinEntry[], depth: number | undefined): string {
  const names = new Set<string>();
  const members = entries.map(([key, member]) => {
    let name = nameOf(key);
    // A property may be called as a token is: no member may hide another.
    while (names.has(name)) name += '_';
    names.add(name);
    return `${JSON.stringify(name)}:${depth === undefined ? '' : ' '}${jsonOf(member, deeper(depth))}`;
  });
  return bracketed('{}', members, depth);
}

function bracketed(
  [open = '', close = '']: string,
  members: readonly string[],
  depth: number | undefined,
): string {
  if (members.length === 0 || depth === undefined) return `${open}${members.join(',')}${close}`;
  const end = `\n${INDENT.repeat(depth)}`;
  return `${open}${end}${INDENT}${members.join(`,${end}${INDENT}`)}${end}${close}`;
}

function deeper(depth: number | undefined): number | undefined {
  return depth === undefined ? undefined : depth + 1;
}

function nameOf(key: GremlinValue): string {
  return typeof key === 'string' ? key : jsonOf(key);
}

/** `2024-01-02T03:04:05Z`, with milliseconds where there are some. */
function timeText(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

type Element = Extract<GremlinValue, { readonly is: 'vertex' | 'edge' }>;

function elementEntries(element: Element): readonly GremlinEntry[] {
  const ends: readonly GremlinEntry[] =
    element.is === 'edge'
      ? [
          ['from', element.from],
          ['to', element.to],
        ]
      : [];
  return [['id', element.id], ['label', element.label], ...ends, ...element.properties];
}

/** The column of results that are neither maps nor elements nor paths. */
const VALUE = 'value';

/**
 * Maps and elements become a column for each name, paths one for each step, all else one column; that column alone has no title. A single map, such as
 * groupCount() gives, is told entry by entry, a single list or set member by member.
 */
function resultsTable(results: readonly GremlinValue[], width: number | undefined): string {
  const rows = opened(results).map((result) => distinct(cellsOf(result)));
  if (rows.length === 0) return '(no results)';
  const names = [...new Set(rows.flatMap((row) => row.map(([name]) => name)))];
  const byName = rows.map((row) => new Map(row));
  // Plain values need no title, so that a script can take a count as it is.
  if (names.length === 1 && names[0] === VALUE) {
    return byName.map((row) => oneLine(row.get(VALUE)?.text ?? '')).join('\n');
  }
  const columns = names.map((name): TableColumn => {
    const cells = byName.flatMap((row) => row.get(name) ?? []);
    const isNumeric = cells.every(({ value }) => isNumber(value));
    return { title: name, cut: 'start', align: isNumeric ? 'right' : 'left' };
  });
  return textTable(
    columns,
    byName.map((row) => names.map((name) => row.get(name)?.text ?? '')),
    width,
  );
}

function opened(results: readonly GremlinValue[]): readonly GremlinValue[] {
  const [only] = results;
  if (results.length !== 1 || only === null || typeof only !== 'object' || only instanceof Date)
    return results;
  if (isList(only)) return only;
  if (only === undefined || !('is' in only)) return results;
  if (only.is === 'set') return only.members;
  if (only.is !== 'map') return results;
  return only.entries.map(([key, value]) => ({
    is: 'map',
    entries: [
      ['key', key],
      ['value', value],
    ],
  }));
}

type Cell = readonly [name: string, cell: { readonly text: string; readonly value: GremlinValue }];

function cellsOf(result: GremlinValue): readonly Cell[] {
  const cell = (name: string, value: GremlinValue): Cell => [name, { text: shown(value), value }];
  if (result === null || typeof result !== 'object' || result instanceof Date || isList(result))
    return [cell(VALUE, result)];
  switch (result.is) {
    case 'map':
      return result.entries.map(([key, value]) => cell(shown(key), value));
    case 'path':
      return result.objects.map((object, at) => cell(stepTitle(result.labels[at], at), object));
    case 'vertex':
    case 'edge':
      return elementEntries(result).map(([key, value]) => cell(shown(key), value));
    default:
      return [cell(VALUE, result)];
  }
}

/** A name that comes again, as of a step that is repeated, gets a number. */
function distinct(cells: readonly Cell[]): readonly Cell[] {
  const seen = new Map<string, number>();
  return cells.map(([name, value]) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return [times === 1 ? name : `${name} (${times})`, value];
  });
}

/** The labels that `as()` gave the step, or its number. */
function stepTitle(labels: readonly string[] = [], at: number): string {
  return labels.length === 0 ? String(at + 1) : labels.join(', ');
}

/** A value within a cell, as TinkerPop's console tells it: `v[id]`, `e[id][from-label->to]`, `[a, b]`, `{a, b}`, `{k: v}`. */
function shown(value: GremlinValue): string {
  if (value === null || typeof value !== 'object') return String(value);
  if (value instanceof Date) return timeText(value);
  if (isList(value)) return value.length === 1 ? shown(value[0] ?? null) : `[${value.map(shown).join(', ')}]`;
  switch (value.is) {
    case 'number':
      return value.text;
    case 'set':
      return `{${value.members.map(shown).join(', ')}}`;
    case 'map':
      return `{${value.entries.map(([key, member]) => `${shown(key)}: ${shown(member)}`).join(', ')}}`;
    case 'path':
      return value.objects.map(shown).join(' → ');
    case 'vertex':
      return `v[${shown(value.id)}]`;
    default:
      return `e[${shown(value.id)}][${shown(value.from)}-${value.label}->${shown(value.to)}]`;
  }
}

function isNumber(value: GremlinValue): boolean {
  if (typeof value === 'number') return true;
  return typeof value === 'object' && value !== null && 'is' in value && value.is === 'number';
}

/** Array.isArray does not narrow what is read-only. */
function isList(value: GremlinValue): value is readonly GremlinValue[] {
  return Array.isArray(value);
}
