import { type Columns, type Detail, EDGE_COLUMNS, vertexColumns } from '../graph/columns.ts';
import { ALL_KINDS, type Kind } from '../graph/kinds.ts';
import { type PromotedColumn, type Promotion, promotedValue, promotionsOf } from '../graph/promotion.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';

/** One field of a line: text, a number, a time, or nothing. */
export type Cell = string | number | Date | undefined;

/** What the vertex files of a run look like. */
export type Layout = {
  readonly detail: Detail;
  /** Keys of maps that have a column of their own, behind all others. */
  readonly promotions: readonly Promotion[];
};

/** The layout of a run that was exported without options. */
export const SUMMARY: Layout = { detail: 'summary', promotions: [] };

/**
 * The first line of a vertex file, without its end. Every property is `(single)`: the loader's default would add a changed
 * value beside the old one (Neptune user guide, "Gremlin load data format": property column headers).
 */
export function vertexHeader(
  kind: Kind,
  detail: Detail = 'summary',
  promoted: readonly PromotedColumn[] = [],
): string {
  const columns = propertyHeaders(vertexColumns(kind, detail), '(single)');
  const promotedHeaders = promotionsOf(kind, promoted).map(
    ({ column, type }) => `${column.replaceAll(':', '\\:')}:${type}(single)`,
  );
  return ['~id', '~label', ...columns, ...promotedHeaders].join(',');
}

/** The first line of the edge file. Edge properties are always single, and AWS's own tools write them bare. */
export function edgeHeader(): string {
  return ['~id', '~from', '~to', '~label', ...propertyHeaders(EDGE_COLUMNS, '')].join(',');
}

/** The cells of a vertex of a run of summaries, in the order of the header. */
export function encodeVertex(row: VertexRow): readonly Cell[] {
  return vertexEncoder(SUMMARY)(row);
}

/** What gives the cells of vertices in a layout, in the order of its header. */
export function vertexEncoder({ detail, promotions }: Layout): (row: VertexRow) => readonly Cell[] {
  return (row) => {
    const cells: Cell[] = [row.id, row.kind];
    appendCells(cells, row.cells, VERTEX_SOURCES[detail][row.kind]);
    for (const promotion of promotionsOf(row.kind, promotions)) cells.push(promotedValue(row, promotion));
    return cells;
  };
}

/** The cells of an edge, in the order of the header. */
export function encodeEdge(row: EdgeRow): readonly Cell[] {
  const cells: Cell[] = [row.id, row.from, row.to, row.label];
  appendCells(cells, row.cells, EDGE_SOURCES);
  return cells;
}

/**
 * A line, with its end, as RFC 4180 has it: text always in quotes (the loader trims what is not, and stops at a stray
 * comma), numbers and times never, a blank for nothing. Times are whole seconds in UTC, the finest form that Neptune
 * documents. Written here because every row of an account passes through it: csv-stringify takes four times as long.
 */
export function csvLine(cells: readonly Cell[]): string {
  let line = '';
  let separator = '';
  for (const cell of cells) {
    line += separator;
    separator = ',';
    if (typeof cell === 'string') line += quoted(cell);
    else if (typeof cell === 'number') line += cell;
    else if (cell !== undefined) line += datetime(cell);
  }
  return `${line}\n`;
}

/** Lines, one after the other. */
export function csvLines(rows: readonly (readonly Cell[])[]): string {
  return rows.map(csvLine).join('');
}

function quoted(text: string): string {
  return text.includes('"') ? `"${text.replaceAll('"', '""')}"` : `"${text}"`;
}

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** The day of the time that was written last: rows come in order, so the next is mostly of the same day. */
let lastDay = { number: Number.NaN, text: '' };

/** The time as `2024-01-02T03:04:05Z`, rounded down to the second, before 1970 too. */
export function datetime(time: Date): string {
  const ms = time.getTime();
  const number = Math.floor(ms / DAY_MS);
  if (number !== lastDay.number)
    lastDay = { number, text: time.toISOString().slice(0, -'03:04:05.000Z'.length) };
  const seconds = Math.floor((ms - number * DAY_MS) / 1_000);
  const [hour, minute] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return `${lastDay.text}${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[seconds % 60]}Z`;
}

function propertyHeaders(columns: Columns, cardinality: '' | '(single)'): string[] {
  return Object.entries(columns).map(([name, { type }]) => `${name}:${type}${cardinality}`);
}

/** Where the value of a column comes from: the cell of a name, as it is or as epoch milliseconds. */
type Source = { readonly cell: string; readonly asMilliseconds: boolean };

const EDGE_SOURCES = sources(EDGE_COLUMNS);
const VERTEX_SOURCES = { summary: vertexSources('summary'), full: vertexSources('full') };

function vertexSources(detail: Detail): Readonly<Record<Kind, readonly Source[]>> {
  const entries = ALL_KINDS.map((kind) => [kind, sources(vertexColumns(kind, detail))]);
  return Object.fromEntries(entries) as Record<Kind, readonly Source[]>;
}

function sources(columns: Columns): readonly Source[] {
  return Object.entries(columns).map(([name, column]) =>
    column.type === 'Long'
      ? { cell: column.millisecondsOf, asMilliseconds: true }
      : { cell: name, asMilliseconds: false },
  );
}

function appendCells(cells: Cell[], values: object, columns: readonly Source[]): void {
  const byName = values as Readonly<Record<string, string | Date | undefined>>;
  for (const { cell, asMilliseconds } of columns) {
    const value = byName[cell];
    cells.push(asMilliseconds && value instanceof Date ? value.getTime() : value);
  }
}
