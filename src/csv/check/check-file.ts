import { isUtf8 } from 'node:buffer';
import { pieceOf, textOf, textsOf, unescaped } from './fields.ts';
import type { Findings, Place } from './findings.ts';
import { createHashedIds, type HashedIds } from './hashed-ids.ts';
import { type Column, type FileKind, type Header, readHeader } from './header.ts';
import { readRecords } from './records.ts';
import type { RuleName } from './rules.ts';
import {
  ESCAPED,
  LONE_RETURN,
  MULTILINE,
  NON_ASCII,
  NULL_BYTE,
  QUOTED,
  type ScannedRecord,
  SPACE_BEFORE_QUOTE,
} from './scan.ts';
import { type CheckedFile, readText, UnreadableText } from './text.ts';
import { brokenValue, listParts, type Piece } from './value.ts';

export type FileRules = {
  /** Take times with fractions of a second. */
  readonly acceptMilliseconds: boolean;
  /** Note what Neptune Analytics reads otherwise. */
  readonly analytics: boolean;
  /** Whether the ends of edges must be vertices of the files. */
  readonly endpoints: boolean;
};

/** What is known of all files so far: ids as hashes, those met twice apart. */
export type KnownIds = Readonly<Record<FileKind, { readonly all: HashedIds; readonly repeated: Repeated }>>;

/** Ids that came twice, or whose hash did: to be settled by a second reading. */
type Repeated = {
  readonly hashes: HashedIds;
  /** Rows that came when there was no more room. */
  beyond: number;
};

export type FileSummary = {
  /** Unknown where the header cannot be read. */
  readonly kind: FileKind | undefined;
  readonly rows: number;
  /** Whether it was read to its end. */
  readonly isWhole: boolean;
};

/** So many different ids are settled exactly; a Map of their texts must fit in memory. */
const MOST_REPEATED = 10_000;

export function createKnownIds(): KnownIds {
  const known = () => ({ all: createHashedIds(), repeated: { hashes: createHashedIds(), beyond: 0 } });
  return { vertex: known(), edge: known() };
}

/** Whose file it is, by its header; undefined where that cannot be read. */
export async function kindOf(file: CheckedFile): Promise<FileKind | undefined> {
  let header: Header | undefined;
  try {
    await readRecords(readText(file), (bytes, record) => {
      header = readHeader(textsOf(bytes, record));
      return false;
    });
  } catch (error) {
    if (!(error instanceof UnreadableText)) throw error;
  }
  return header?.broken.length === 0 ? header.kind : undefined;
}

/**
 * Checks one file against all rules but those that take other files to judge, for which it leaves its ids in `known`.
 * Vertex files must come before edge files.
 */
export async function checkFile(
  file: CheckedFile,
  rules: FileRules,
  known: KnownIds,
  findings: Findings,
): Promise<FileSummary> {
  const noted = new Set<RuleName>();
  let header: Header | undefined;
  let recordNum = -1;
  let line = 1;

  function note(rule: RuleName, say: () => Place & { column?: string }): void {
    if (noted.has(rule)) return;
    noted.add(rule);
    findings.add(rule, say);
  }

  function onRecord(bytes: Buffer, record: ScannedRecord): boolean {
    recordNum += 1;
    line = record.line;
    if (header === undefined) {
      header = readHeader(textsOf(bytes, record));
      return checkHeader(header, bytes, record);
    }
    checkRow(header, bytes, record);
    return true;
  }

  function checkHeader({ kind, columns, broken }: Header, bytes: Buffer, record: ScannedRecord): boolean {
    const place = { file: file.name, line, record: 0 };
    for (const { rule, ...rest } of broken) findings.add(rule, () => ({ ...place, ...rest }));
    if ((record.allFlags & LONE_RETURN) !== 0) findings.add('lone-carriage-return', () => place);
    if ((record.allFlags & NON_ASCII) !== 0 && !isUtf8(bytes.subarray(record.starts[0], record.next))) {
      findings.add('not-utf8', () => place);
    }
    if (rules.analytics && kind === 'edge') note('analytics-edge-id', () => ({ ...place, column: '~id' }));
    const date = columns.find(({ type }) => type === 'Date');
    if (rules.analytics && date !== undefined)
      note('analytics-date', () => ({ ...place, column: date.name }));
    return broken.length === 0;
  }

  function checkRow({ kind, columns }: Header, bytes: Buffer, record: ScannedRecord): void {
    const { count } = record;
    const idIndex = columns.findIndex(isId);
    const number = recordNum;
    const place = (): Place => ({
      ...{ file: file.name, line: record.line, record: number },
      id: idIndex < count ? textOf(bytes, record, idIndex) : undefined,
    });
    const report = (rule: RuleName, index?: number) =>
      findings.add(rule, () => ({
        ...place(),
        column: index === undefined ? undefined : columns[index]?.name,
        found: index === undefined ? undefined : excerpt(textOf(bytes, record, index)),
      }));
    if (count !== columns.length) {
      findings.add(count > columns.length ? 'too-many-fields' : 'too-few-fields', () => ({
        ...place(),
        found: `${count} fields for ${columns.length} columns`,
      }));
      if (count > columns.length) return;
    }
    if ((record.allFlags & ODD) !== 0) checkOddFields(columns, bytes, record, report, place);
    for (let index = 0; index < count; index += 1) {
      const column = columns[index] as Column;
      const flags = record.flags[index] as number;
      const start = record.starts[index] as number;
      const end = record.ends[index] as number;
      if (start === end) {
        checkNothing(column, kind, (flags & QUOTED) !== 0, index, report, place);
        continue;
      }
      const piece = (flags & ESCAPED) === 0 ? { bytes, start, end } : unescaped(bytes, start, end);
      if (column.type === undefined) checkSystemCell(column.name, kind, piece, index, report, place);
      else if (column.type !== 'String' || column.list === true) {
        for (const part of column.list === true ? listParts(piece) : [piece]) {
          const rule = brokenValue(part, column.type, rules.acceptMilliseconds);
          if (rule !== undefined) report(rule, index);
        }
        if (rules.analytics && isScientific(column, piece)) {
          note('analytics-scientific', () => ({ ...place(), column: column.name }));
        }
      }
      if (end - start > LONG_BYTES) checkLength(column, piece, index, report, place);
    }
  }

  function checkOddFields(
    columns: readonly Column[],
    bytes: Buffer,
    record: ScannedRecord,
    report: (rule: RuleName, index: number) => void,
    place: () => Place,
  ): void {
    for (let index = 0; index < record.count; index += 1) {
      const flags = record.flags[index] as number;
      const field = bytes.subarray(record.starts[index], record.ends[index]);
      if ((flags & NULL_BYTE) !== 0) report('null-character', index);
      if ((flags & LONE_RETURN) !== 0) report('lone-carriage-return', index);
      if ((flags & NON_ASCII) !== 0) {
        if (!isUtf8(field)) report('not-utf8', index);
        else if ((flags & QUOTED) === 0 && hasOuterSpace(field)) report('unquoted-space', index);
      }
      if (!rules.analytics) continue;
      const column = columns[index]?.name ?? '';
      if ((flags & MULTILINE) !== 0) note('analytics-multiline', () => ({ ...place(), column }));
      if ((flags & SPACE_BEFORE_QUOTE) !== 0) {
        note('analytics-space-before-quote', () => ({ ...place(), column }));
      }
    }
  }

  function checkNothing(
    { name, type }: Column,
    kind: FileKind,
    isQuoted: boolean,
    index: number,
    report: (rule: RuleName, index: number) => void,
    place: () => Place,
  ): void {
    if (type !== undefined) {
      if (isQuoted) note('empty-string', () => ({ ...place(), column: name }));
    } else if (name === '~label') {
      if (isQuoted) report('empty-label', index);
      else note('blank-label', () => ({ ...place(), column: name }));
    } else {
      report(isQuoted ? 'empty-id' : 'blank-required', index);
      // The vertex is there all the same, and an edge may lead to it.
      if (isQuoted && name === '~id' && kind === 'vertex') known.vertex.all.add(NO_BYTES, 0, 0);
    }
  }

  function checkSystemCell(
    name: string,
    kind: FileKind,
    { bytes, start, end }: Piece,
    index: number,
    report: (rule: RuleName, index: number) => void,
    place: () => Place,
  ): void {
    if (name === '~label') {
      checkLabel(kind, { bytes, start, end }, index, report, place);
    } else if (name === '~id') {
      const { all, repeated } = known[kind];
      if (!all.add(bytes, start, end)) keepRepeated(repeated, bytes, start, end);
    } else if (rules.endpoints && !known.vertex.all.has(bytes, start, end)) {
      report('dangling-endpoint', index);
    }
  }

  function checkLabel(
    kind: FileKind,
    piece: Piece,
    index: number,
    report: (rule: RuleName, index: number) => void,
    place: () => Place,
  ): void {
    const { bytes, start, end } = piece;
    let isList = false;
    let hasDelimiter = false;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === SEMICOLON) isList = true;
      else if (byte === COLON && at + 1 < end && bytes[at + 1] === COLON) hasDelimiter = true;
    }
    if (isList && kind === 'edge') report('edge-label-list', index);
    else if (isList && [...listParts(piece)].some((part) => part.start === part.end)) {
      report('empty-label', index);
    }
    if (hasDelimiter) note('label-delimiter', () => ({ ...place(), column: '~label' }));
  }

  function checkLength(
    { name, type, list }: Column,
    piece: Piece,
    index: number,
    report: (rule: RuleName, index: number) => void,
    place: () => Place,
  ): void {
    const isList = list === true || (name === '~label' && type === undefined);
    for (const { start, end } of isList ? listParts(piece) : [piece]) {
      if (end - start > MAX_VALUE_BYTES) report('value-too-long', index);
      if (rules.analytics && end - start > ANALYTICS_BYTES) {
        note('analytics-string-length', () => ({ ...place(), column: name }));
      }
    }
  }

  if (rules.analytics && file.name.endsWith('.gz')) {
    note('analytics-gzip', () => ({ file: file.name, line: 1, record: 0 }));
  }
  const stop = await readRecords(readText(file), onRecord).catch((error: unknown) => {
    if (!(error instanceof UnreadableText)) throw error;
    return { rule: error.rule, line: recordNum < 0 ? 1 : line, found: error.message };
  });
  if (stop !== undefined) {
    const { rule, ...where } = stop;
    const isInRow = QUOTE_RULES.has(rule);
    const record = recordNum < 0 ? 0 : isInRow ? recordNum + 1 : recordNum;
    findings.add(rule, () => ({ file: file.name, record, ...where }));
  } else if (header === undefined) {
    findings.add('empty-file', () => ({ file: file.name, line: 1, record: 0 }));
  }
  const isSound = header?.broken.length === 0;
  return {
    kind: isSound ? header?.kind : undefined,
    rows: isSound ? recordNum : 0,
    isWhole: isSound && stop === undefined,
  };
}

/** Where an id was met first, and what an edge of it is. */
type Met = { readonly file: string; readonly line: number; readonly edge: string | undefined };

/**
 * Reads a file again for the ids that seemed to come twice, and tells those that do: their texts are compared, not their
 * hashes.
 *
 * @param met of all files read before; takes in what this one has
 */
export async function settleRepeated(
  file: CheckedFile,
  known: KnownIds,
  met: Map<string, Met>,
  findings: Findings,
): Promise<void> {
  let header: Header | undefined;
  let recordNum = -1;
  const onRecord = (bytes: Buffer, record: ScannedRecord): boolean => {
    recordNum += 1;
    if (header === undefined) {
      header = readHeader(textsOf(bytes, record));
      return known[header.kind].repeated.hashes.size > 0;
    }
    const { kind, columns } = header;
    const idIndex = columns.findIndex(isId);
    if (record.count > columns.length || idIndex >= record.count) return true;
    const { bytes: idBytes, start, end } = pieceOf(bytes, record, idIndex);
    if (start === end || !known[kind].repeated.hashes.has(idBytes, start, end)) return true;
    const id = idBytes.toString('utf8', start, end);
    const edge = kind === 'edge' ? edgeOf(columns, bytes, record) : undefined;
    const first = met.get(id);
    if (first === undefined) {
      met.set(id, { file: file.name, line: record.line, edge });
      return true;
    }
    const again = kind === 'vertex' ? 'duplicate-vertex-id' : 'duplicate-edge-id';
    findings.add(first.edge === edge ? again : 'edge-id-reused', () => ({
      ...{ file: file.name, line: record.line, record: recordNum, id, column: '~id' },
      found: `the id of ${first.file}:${first.line}`,
    }));
    return true;
  };
  await readRecords(readText(file), onRecord).catch((error: unknown) => {
    // Told by the first reading.
    if (!(error instanceof UnreadableText)) throw error;
  });
}

const SEMICOLON = 0x3b;
const COLON = 0x3a;
const NO_BYTES = Buffer.alloc(0);

/** Neptune user guide, "Neptune limits". */
const MAX_VALUE_BYTES = 55 * 1024 * 1024;
/** Neptune Analytics user guide, "Using CSV data". */
const ANALYTICS_BYTES = 1_048_062;
const LONG_BYTES = ANALYTICS_BYTES;

const ODD = NULL_BYTE | NON_ASCII | LONE_RETURN | MULTILINE | SPACE_BEFORE_QUOTE;

/** These are found before their record is. */
const QUOTE_RULES: ReadonlySet<RuleName> = new Set<RuleName>([
  'stray-quote',
  'text-after-quote',
  'open-quote',
  'record-too-long',
]);

function isId({ name, type }: Column): boolean {
  return name === '~id' && type === undefined;
}

function keepRepeated(repeated: Repeated, bytes: Buffer, start: number, end: number): void {
  if (repeated.hashes.size < MOST_REPEATED) repeated.hashes.add(bytes, start, end);
  else if (!repeated.hashes.has(bytes, start, end)) repeated.beyond += 1;
}

/** What makes an edge another one under the same id. */
function edgeOf(columns: readonly Column[], bytes: Buffer, record: ScannedRecord): string {
  const cell = (name: string) => {
    const index = columns.findIndex((column) => column.name === name && column.type === undefined);
    return index < 0 ? '' : textOf(bytes, record, index);
  };
  return JSON.stringify([cell('~from'), cell('~to'), cell('~label') || 'edge']);
}

const EXCERPT_LENGTH = 100;

function excerpt(text: string): string {
  return text.length <= EXCERPT_LENGTH ? text : `${text.slice(0, EXCERPT_LENGTH)}…`;
}

/** Whether the text begins or ends with a space that is not ASCII. */
function hasOuterSpace(field: Buffer): boolean {
  const text = field.toString();
  return text.trim().length !== text.length;
}

function isScientific({ type }: Column, { bytes, start, end }: Piece): boolean {
  return (
    (type === 'Float' || type === 'Double') &&
    /\d[eE]/.test(bytes.toString('latin1', start, Math.min(end, start + 1000)))
  );
}
