import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { LineageError } from '../errors.ts';
import { type Columns, type Detail, EDGE_COLUMNS, vertexColumns } from '../graph/columns.ts';
import { ALL_KINDS, type Kind } from '../graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import { edgeHeader, vertexHeader } from './encode.ts';

/**
 * The rows of a vertex file of a run (`.csv` or `.csv.gz`) of any detail, one at a time, equal to those that were written:
 * times are exact to the millisecond. Promoted columns are in the maps that they come from.
 *
 * @throws LineageError (validationFailed) where the file is no vertex file of this version.
 */
export async function* readVertices(file: string): AsyncGenerator<VertexRow> {
  let header: string | undefined;
  for await (const fields of readRecords(file)) {
    if (header === undefined) {
      header = fields.join(',');
      if (!ALL_KINDS.some((kind) => detailOf(kind, header) !== undefined))
        throw notOurs(file, `the header ${header}`);
      continue;
    }
    const [, label = ''] = fields;
    const kind = ALL_KINDS.find((known) => known === label);
    const detail = kind && detailOf(kind, header);
    if (detail === undefined) throw notOurs(file, `a vertex labelled ${label} under the header ${header}`);
    yield decodeVertex(fields, detail);
  }
}

/**
 * The rows of the edge file of a run, one at a time. Membership edges have no time in the file: their `orderMs` is 0.
 *
 * @throws LineageError (validationFailed) where the file is no edge file of this version.
 */
export async function* readEdges(file: string): AsyncGenerator<EdgeRow> {
  let header: string | undefined;
  for await (const fields of readRecords(file)) {
    if (header === undefined) {
      header = fields.join(',');
      assertHeader(header, EDGE_HEADERS, file);
      continue;
    }
    yield decodeEdge(fields);
  }
}

/** The row of a line of a vertex file, from its fields (see {@link splitLine}). */
export function decodeVertex(
  [id = '', kind = '', ...values]: readonly string[],
  detail: Detail = 'summary',
): VertexRow {
  const cells = decodeCells(COLUMNS[detail][kind as Kind], values);
  return { kind, id, orderMs: orderMs(cells), cells } as VertexRow;
}

/** How much a file of this header says of each vertex of the kind; undefined where it is no header of this version. */
export function detailOf(kind: Kind, header = ''): Detail | undefined {
  if (header === HEADERS.summary[kind]) return 'summary';
  const full = HEADERS.full[kind];
  return header === full || header.startsWith(`${full},`) ? 'full' : undefined;
}

/** The row of a line of the edge file, from its fields. */
export function decodeEdge([id = '', from = '', to = '', label = '', ...values]: readonly string[]): EdgeRow {
  const cells = decodeCells(EDGE_COLUMNS, values);
  return { id, from, to, label, orderMs: orderMs(cells), cells: cells as EdgeRow['cells'] };
}

/** The fields of one line as `csvLine` wrote it, with its end. For files of unknown origin there is csv-parse. */
export function splitLine(line: string): string[] {
  const fields: string[] = [];
  let at = 0;
  while (at < line.length) {
    const end = line[at] === '"' ? afterQuoted(line, at) : nextOf(line, at);
    const field = line.slice(at, end);
    fields.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    at = end + 1;
  }
  return fields;
}

function nextOf(line: string, at: number): number {
  const comma = line.indexOf(',', at);
  return comma === -1 ? line.length - 1 : comma;
}

/** Behind the quote that ends the field: one that no second quote follows. */
function afterQuoted(line: string, at: number): number {
  for (let quote = line.indexOf('"', at + 1); ; quote = line.indexOf('"', quote + 2)) {
    if (line[quote + 1] !== '"') return quote + 1;
  }
}

async function* readRecords(file: string): AsyncGenerator<readonly string[]> {
  const parser = parse({ record_delimiter: '\n' });
  const stages = file.endsWith('.gz') ? [createReadStream(file), createGunzip()] : [createReadStream(file)];
  // The parser is destroyed with the error of any stage, and the loop below throws it.
  pipeline([...stages, parser], () => undefined);
  try {
    for await (const record of parser) yield record;
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || !String(cause.code).startsWith('CSV_'))
      throw cause;
    throw new LineageError('validationFailed', `${file} is not valid CSV: ${cause.message}`, {
      cause,
      hint: 'The file changed after it was written: export again.',
      details: { file },
    });
  }
}

const COLUMNS = { summary: columnsOf('summary'), full: columnsOf('full') };

function columnsOf(detail: Detail): Readonly<Record<Kind, Columns>> {
  return byKind((kind) => vertexColumns(kind, detail));
}

const HEADERS = {
  summary: byKind((kind) => vertexHeader(kind)),
  full: byKind((kind) => vertexHeader(kind, 'full')),
};

function byKind<T>(of: (kind: Kind) => T): Readonly<Record<Kind, T>> {
  return Object.fromEntries(ALL_KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, T>;
}

const EDGE_HEADERS: ReadonlySet<string> = new Set([edgeHeader()]);

function assertHeader(header: string, known: ReadonlySet<string>, file: string): void {
  if (!known.has(header)) throw notOurs(file, `the header ${header}`);
}

function notOurs(file: string, found: string): LineageError {
  return new LineageError('validationFailed', `${file} was not written by this version: it has ${found}.`, {
    hint: 'Export again with this version.',
    details: { file },
  });
}

type AnyCells = Readonly<Record<string, string | Date | undefined>>;

/** The cells of a line; a time takes its milliseconds from the column that holds them. */
function decodeCells(columns: Columns, values: readonly string[]): AnyCells {
  const cells: Record<string, string | Date | undefined> = {};
  Object.entries(columns).forEach(([name, column], index) => {
    const value = values[index] || undefined;
    if (column.type === 'String') cells[name] = value;
    else if (column.type === 'Datetime') cells[name] = value === undefined ? undefined : new Date(value);
    else if (value !== undefined) cells[column.millisecondsOf] = new Date(Number(value));
  });
  return cells;
}

function orderMs({ creationtime }: AnyCells): number {
  return creationtime instanceof Date ? creationtime.getTime() : 0;
}
