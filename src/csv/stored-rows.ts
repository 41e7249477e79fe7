import type { Ends, StoredProperty, StoredRow } from '../graph/stored.ts';
import { pieceOf, textOf, textsOf } from './check/fields.ts';
import { type Column, type Header, readHeader } from './check/header.ts';
import { readRecords } from './check/records.ts';
import { QUOTED, type ScannedRecord } from './check/scan.ts';
import { type CheckedFile, readText, UnreadableText } from './check/text.ts';
import { listParts } from './check/value.ts';

/** What a load file holds, as the loader counts. */
export type RowTally = {
  readonly rows: number;
  /**
   * One for each label, each value, and each edge with its label (Neptune user guide, "Neptune Loader Get-Status
   * responses").
   */
  readonly records: number;
  /** Of them, those that are an edge with its label. */
  readonly edges: number;
  /** Whether the file could be read to its end, and every row has the header's form. */
  readonly isWhole: boolean;
};

type RowHandlers = {
  /** Hears of each row; `row` gives it, and `bytes` a copy of its line, while the call lasts. */
  readonly onRow: (kind: StoredRow['element'], row: () => StoredRow, bytes: () => Buffer) => void;
  /** Asked after each piece of the file: what was gathered of it can be worked off before the next is read. */
  readonly onPiece?: (() => Promise<void>) | undefined;
};

/**
 * Reads the rows of a file in Neptune's Gremlin load format as the loader stores them: labels and lists in parts, blanks
 * and `""` as no value. What it cannot read it leaves out, as the loader does: to say what is wrong is the check's part.
 */
export async function readStoredRows(file: CheckedFile, { onRow, onPiece }: RowHandlers): Promise<RowTally> {
  const tally = { rows: 0, records: 0, edges: 0, isWhole: true };
  let reader: RowReader | undefined;

  function onRecord(bytes: Buffer, record: ScannedRecord): boolean {
    if (reader === undefined) {
      const header = readHeader(textsOf(bytes, record));
      tally.isWhole = header.broken.length === 0;
      reader = rowReader(header, file.name);
      return tally.isWhole;
    }
    const { columns, kind, read } = reader;
    if (record.count !== columns.length) {
      tally.isWhole = false;
      return true;
    }
    tally.rows += 1;
    tally.edges += kind === 'edge' ? 1 : 0;
    tally.records += recordsOf(columns, kind, bytes, record);
    onRow(
      kind,
      () => read(bytes, record),
      () => lineOf(bytes, record),
    );
    return true;
  }

  async function* pieces(): AsyncGenerator<Buffer> {
    for await (const piece of readText(file)) {
      yield piece;
      await onPiece?.();
    }
  }

  try {
    if ((await readRecords(pieces(), onRecord)) !== undefined) tally.isWhole = false;
  } catch (error) {
    if (!(error instanceof UnreadableText)) throw error;
    tally.isWhole = false;
  }
  await onPiece?.();
  return { ...tally, isWhole: tally.isWhole && reader !== undefined };
}

/** The bytes of a record, with its line end, as `csvLine` writes it: without blanks before its first field. */
function lineOf(bytes: Buffer, { starts, flags, next }: ScannedRecord): Buffer {
  const isQuoted = ((flags[0] ?? 0) & QUOTED) !== 0;
  return Buffer.from(bytes.subarray((starts[0] ?? 0) - (isQuoted ? 1 : 0), next));
}

type RowReader = {
  readonly kind: StoredRow['element'];
  readonly columns: readonly Column[];
  readonly read: (bytes: Buffer, record: ScannedRecord) => StoredRow;
};

function rowReader({ kind, columns }: Header, file: string): RowReader {
  const systemIndex = (name: string) =>
    columns.findIndex((column) => column.type === undefined && column.name === name);
  const [id, label, from, to] = ['~id', '~label', '~from', '~to'].map(systemIndex);
  return {
    kind,
    columns,
    read(bytes, record) {
      const text = (index = -1) => (index < 0 ? '' : textOf(bytes, record, index));
      const ends: Ends = { from: text(from), to: text(to) };
      return {
        element: kind,
        id: text(id),
        // Without a label an element is given the name of its kind.
        labels: text(label) === '' ? [kind] : kind === 'edge' ? [text(label)] : split(text(label)),
        ...(kind === 'edge' ? { ends } : {}),
        properties: columns.flatMap((column, index) => propertyOf(column, text(index))),
        file,
        line: record.line,
      };
    },
  };
}

function propertyOf({ name, type, list }: Column, text: string): readonly StoredProperty[] {
  if (type === undefined) return [];
  const values = (list === true ? split(text) : [text]).filter((value) => value !== '');
  return [{ name, type, values }];
}

/** The parts between semicolons; `\;` is a semicolon inside a part. */
function split(text: string): readonly string[] {
  return text.split(/(?<!\\);/).map((part) => part.replaceAll('\\;', ';'));
}

function recordsOf(
  columns: readonly Column[],
  kind: StoredRow['element'],
  bytes: Buffer,
  record: ScannedRecord,
): number {
  let records = kind === 'edge' ? 1 : 0;
  let isLabelled = kind === 'edge';
  for (let index = 0; index < record.count; index += 1) {
    const { name, type, list } = columns[index] as Column;
    const isEmpty = record.starts[index] === record.ends[index];
    if (isEmpty || (type === undefined && (name !== '~label' || kind === 'edge'))) continue;
    if (type === undefined) isLabelled = true;
    if (type !== undefined && list !== true) records += 1;
    else
      records += [...listParts(pieceOf(bytes, record, index))].filter(({ start, end }) => start < end).length;
  }
  return isLabelled ? records : records + 1;
}
