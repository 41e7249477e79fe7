import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type CastingContext, CsvError, parse } from 'csv-parse';
import { type CellOptions, parseCell, textProblem } from './csv-cell.ts';
import type { FeedHeader, HeaderColumn } from './csv-header.ts';
import { parseHeader } from './csv-header.ts';
import type { GraphSonValue } from './graphson.ts';
import type { ErrorCounter, LoadErrorCode } from './load-status.ts';

export type FeedOptions = CellOptions & {
  /** Whether `""` is an empty text; otherwise it is no value. */
  readonly allowEmptyStrings: boolean;
};

export type RowProblem = {
  readonly counter: ErrorCounter;
  readonly code: LoadErrorCode;
  readonly message: string;
};

/** One property of a row. */
export type RowProperty = {
  readonly name: string;
  readonly single: boolean;
  readonly values: readonly GraphSonValue[];
};

/** One line of a file as the graph should see it. */
export type FeedRow = {
  readonly id: string;
  readonly labels: readonly string[];
  /** Of an edge. */
  readonly ends?: { readonly from: string; readonly to: string };
  readonly properties: readonly RowProperty[];
};

/** One line of a file: what of it is good, and what is not. Without `row`, none of it is. */
export type FeedRecord = {
  /** From 1, the header not counted. */
  readonly recordNum: number;
  readonly row?: FeedRow;
  readonly problems: readonly RowProblem[];
  /** UTF-16 units of the line's fields: what a batch is measured by. */
  readonly size: number;
};

/** A file that cannot be read on, or at all. Record 0 is none: the header, or the file itself. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly recordNum: number;

  constructor(recordNum: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.recordNum = recordNum;
  }
}

/** The header of a file. @throws FeedError where it breaks the load format. */
export async function readHeader(body: Buffer, name: string): Promise<FeedHeader> {
  for await (const fields of readFields(body, name)) return headerOf(fields);
  throw new FeedError(0, 'The file is empty: it has no header');
}

/**
 * The lines of a file in Neptune's Gremlin load format, after its header. Reads as it is asked: memory holds one chunk.
 * @throws FeedError where quotes are wrong, which the loader does not read past, or where the header is.
 */
export async function* readFeed(
  body: Buffer,
  name: string,
  options: FeedOptions,
): AsyncGenerator<FeedRecord> {
  let header: FeedHeader | undefined;
  let recordNum = 0;
  for await (const fields of readFields(body, name)) {
    if (header === undefined) {
      header = headerOf(fields);
    } else {
      recordNum += 1;
      yield parseRecord(fields, recordNum, header, options);
    }
  }
  if (header === undefined) throw new FeedError(0, 'The file is empty: it has no header');
}

/** A field: null where nothing stood between the commas, `''` for two quotes. */
type Field = string | null;

const CHUNK_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a file as fields. csv-parse also ignores other Unicode spaces than U+0020 around fields that are not
 * quoted; what the real loader makes of those is not documented.
 */
async function* readFields(body: Buffer, name: string): AsyncGenerator<readonly Field[]> {
  if (name.endsWith('.bz2')) throw new FeedError(0, 'The sandbox cannot read .bz2; the real loader can');
  const tellsEmptyText = mayHoldEmptyText(body, name);
  let lines: (readonly Field[])[] = [];
  let count = 0;
  const parser = parse({
    trim: true,
    relaxColumnCount: true,
    skipEmptyLines: true,
    recordDelimiter: ['\r\n', '\n'],
    // Tells two quotes from nothing, and costs as much as the parsing: so only where the file may hold two quotes.
    ...(tellsEmptyText && {
      cast: (text: string, { quoting }: CastingContext) => (text === '' && !quoting ? null : text),
    }),
    // Taken here and not from the stream, which drops the lines before an error along with it.
    onRecord: (line: readonly Field[]) => {
      lines.push(tellsEmptyText ? line : line.map((field) => (field === '' ? null : field)));
      return undefined;
    },
  });
  const taken = function* () {
    const batch = lines;
    lines = [];
    for (const line of batch) {
      count += 1;
      yield line;
    }
  };
  const failed = once(parser, 'error').then(([error]: unknown[]) => error);
  const written = (act: (done: (error?: Error | null) => void) => void) =>
    Promise.race([new Promise<unknown>((resolve) => act(resolve)), failed]);
  try {
    for await (const chunk of textChunks(body, name)) {
      const error = await written((done) => parser.write(chunk, done));
      yield* taken();
      if (error) throw error;
    }
    const error = await written((done) => parser.end(done));
    yield* taken();
    if (error) throw error;
  } catch (error) {
    throw feedError(error, count);
  } finally {
    parser.destroy();
  }
}

const COMMA = 0x2c;

/** Whether a field may be `""`. True as well for what only looks so, and for a compressed file. */
function mayHoldEmptyText(body: Buffer, name: string): boolean {
  if (name.endsWith('.gz')) return true;
  const isBorder = (byte: number | undefined) =>
    byte === undefined || byte === COMMA || byte <= 0x20 || byte >= 0x80;
  for (let at = body.indexOf('""'); at >= 0; at = body.indexOf('""', at + 1)) {
    if (isBorder(body[at - 1]) && isBorder(body[at + 2])) return true;
  }
  return false;
}

async function* textChunks(body: Buffer, name: string): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of name.endsWith('.gz') ? unzipped(body) : chunks(body)) {
    if (isFirst && BYTE_ORDER_MARK.equals(chunk.subarray(0, BYTE_ORDER_MARK.length))) {
      throw new FeedError(0, 'A byte order mark stands before the first column, which so is not ~id');
    }
    isFirst = false;
    yield chunk;
  }
}

async function* unzipped(body: Buffer): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const ended = pipeline(Readable.from(chunks(body)), gunzip).then(
    () => undefined,
    (error: unknown) => error,
  );
  for await (const chunk of gunzip) yield chunk;
  const error = await ended;
  if (error !== undefined) throw error;
}

function* chunks(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += CHUNK_BYTES)
    yield body.subarray(start, start + CHUNK_BYTES);
}

/** `count` lines came before, the header among them: so the next record has that number. */
function feedError(cause: unknown, count: number): FeedError {
  if (cause instanceof FeedError) return cause;
  if (cause instanceof CsvError)
    return new FeedError(count, QUOTE_PROBLEMS[cause.code] ?? cause.message, cause);
  return new FeedError(count, `The file cannot be read: ${(cause as Error).message}`, cause);
}

const QUOTE_PROBLEMS: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'A quote stands inside a field that is not quoted',
  CSV_INVALID_CLOSING_QUOTE: 'Text follows the closing quote of a field',
  CSV_QUOTE_NOT_CLOSED: 'The file ends inside a quoted field',
};

function headerOf(fields: readonly Field[]): FeedHeader {
  const header = parseHeader(fields.map((field) => field ?? ''));
  if ('problem' in header) throw new FeedError(0, header.problem);
  return header;
}

function parseRecord(
  fields: readonly Field[],
  recordNum: number,
  header: FeedHeader,
  options: FeedOptions,
): FeedRecord {
  const size = fields.reduce((sum, field) => sum + (field?.length ?? 0), 0);
  if (fields.length > header.columns.length) {
    return { recordNum, size, problems: [parsingProblem('Record has more columns than header')] };
  }
  const cells = header.columns.map((column, index) => ({ column, field: fields[index] ?? null }));
  const element = systemCells(cells, header);
  if ('code' in element) return { recordNum, size, problems: [element] };

  const problems: RowProblem[] = [];
  const properties: RowProperty[] = [];
  for (const { column, field } of cells) {
    if ('system' in column || field === null) continue;
    const values: GraphSonValue[] = [];
    for (const text of column.list ? splitList(field) : [field]) {
      if (text === '' && !(options.allowEmptyStrings && column.type === 'String')) continue;
      const cell = parseCell(text, column.type, options);
      if ('value' in cell) values.push(cell.value);
      else
        problems.push({
          counter: cell.counter,
          code: 'PARSING_ERROR',
          message: `${column.name}: ${cell.problem}`,
        });
    }
    if (values.length > 0) properties.push({ name: column.name, single: column.single, values });
  }
  return { recordNum, size, row: { ...element, properties }, problems };
}

type FilledCell = { readonly column: HeaderColumn; readonly field: Field };

function systemCells(
  cells: readonly FilledCell[],
  { kind }: FeedHeader,
): Omit<FeedRow, 'properties'> | RowProblem {
  let id = '';
  let from = '';
  let to = '';
  let labels: readonly string[] = [kind];
  for (const { column, field } of cells) {
    if (!('system' in column)) continue;
    if (field === null) {
      // A blank label is none given; the others must be there.
      if (column.system === '~label') continue;
      return parsingProblem(`The required column ${column.system} is blank`);
    }
    const problem = textProblem(field);
    if (problem !== undefined) return parsingProblem(`${column.system}: ${problem}`);
    if (column.system === '~id') id = field;
    else if (column.system === '~from') from = field;
    else if (column.system === '~to') to = field;
    else labels = kind === 'edge' ? [field] : splitList(field);
  }
  if (labels.includes('')) return parsingProblem('A label is empty');
  return kind === 'edge' ? { id, labels, ends: { from, to } } : { id, labels: [...new Set(labels)] };
}

/** The parts between semicolons; `\;` is a semicolon inside a part. */
function splitList(text: string): readonly string[] {
  if (!text.includes(';')) return [text];
  return text.split(/(?<!\\);/).map((part) => part.replaceAll('\\;', ';'));
}

function parsingProblem(message: string): RowProblem {
  return { counter: 'parsingErrors', code: 'PARSING_ERROR', message };
}
