import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createScanner, ESCAPED, NON_ASCII, QUOTED, type ScannedRecord } from '../../csv/check/scan.ts';
import { LineageError } from '../../errors.ts';

/** A record while its bytes stand, and the place of its line in the file, decompressed. */
type OnRecord = (bytes: Buffer, record: ScannedRecord, line: { start: number; length: number }) => void;

type FileScan = {
  readonly signal?: AbortSignal | undefined;
  /** Hears the names of the columns first. */
  readonly onHeader: (names: readonly string[]) => void;
  readonly onRecord: OnRecord;
};

const FIRST_BYTES = 1024 * 1024;
const LF = 0x0a;

/** Reads a whole file: see {@link scanPieces}. */
export async function scanFile(file: string, scan: FileScan): Promise<void> {
  for await (const _ of scanPieces(file, scan)) scan.signal?.throwIfAborted();
}

/**
 * Reads a CSV file of a run, compressed or not, without making strings of its fields; stops for breath after each piece.
 *
 * @throws LineageError (validationFailed) where it is no CSV, or a record has more or fewer fields than the header.
 */
export async function* scanPieces(
  file: string,
  { signal, onHeader, onRecord }: FileScan,
): AsyncGenerator<undefined> {
  const scanner = createScanner();
  const { record } = scanner;
  // One more for the scanner's sentinel.
  let work: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES + 1);
  let filled = 0;
  let scannedBefore = 0;
  let columns: number | undefined;

  function scan(isLast: boolean): void {
    work[filled] = LF;
    let from = 0;
    while (from < filled) {
      const scanned = scanner.scan(work, from, filled, isLast);
      if (scanned === 'incomplete') break;
      if (scanned !== 'record' && scanned !== 'blank')
        throw unreadable(file, `line ${record.line}: ${scanned}`);
      if (scanned === 'record') {
        if (columns === undefined) {
          columns = record.count;
          onHeader(fieldsOf(work, record));
        } else {
          if (record.count !== columns)
            throw unreadable(file, `line ${record.line}: ${record.count} fields, not ${columns}`);
          onRecord(work, record, { start: scannedBefore + from, length: record.next - from });
        }
      }
      from = record.next;
    }
    work.copyWithin(0, from, filled);
    filled -= from;
    scannedBefore += from;
  }

  for await (const chunk of chunksOf(file, signal)) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === work.length - 1) work = larger(work);
      const taken = chunk.copy(work, filled, at, Math.min(chunk.length, at + work.length - 1 - filled));
      at += taken;
      filled += taken;
      if (filled < work.length - 1) continue;
      scan(false);
      yield;
    }
  }
  scan(true);
  yield;
  if (columns === undefined) throw unreadable(file, 'it is empty');
}

/** The text of a field; blanks around it and quotes are not part of it. */
export function fieldText(bytes: Buffer, { starts, ends, flags }: ScannedRecord, index: number): string {
  const text = bytes.toString('utf8', starts[index], ends[index]);
  return ((flags[index] ?? 0) & ESCAPED) === 0 ? text : text.replaceAll('""', '"');
}

/** Whether a field holds a text that is neither blank nor empty. */
export function isFilled({ starts, ends }: ScannedRecord, index: number): boolean {
  return (starts[index] ?? 0) < (ends[index] ?? 0);
}

/** Whether the bytes of a field are its text, and all of them ASCII. */
export function isPlain({ flags }: ScannedRecord, index: number): boolean {
  return ((flags[index] ?? 0) & ~QUOTED & (ESCAPED | NON_ASCII)) === 0;
}

/** Splits lines: gives the fields of the one that begins at a place. The last of the bytes must be a line feed to spare. */
export function lineSplitter(): (bytes: Buffer, start: number) => readonly string[] {
  const { record, scan } = createScanner();
  return (bytes, start) => {
    scan(bytes, start, bytes.length - 1, true);
    return fieldsOf(bytes, record);
  };
}

/** The texts of all fields. */
export function fieldsOf(bytes: Buffer, record: ScannedRecord): readonly string[] {
  return Array.from({ length: record.count }, (_, index) => fieldText(bytes, record, index));
}

/** A record that fills the whole room needs more. */
function larger(work: Buffer): Buffer {
  const room = Buffer.allocUnsafeSlow((work.length - 1) * 2 + 1);
  work.copy(room);
  return room;
}

async function* chunksOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: FIRST_BYTES, ...(signal && { signal }) });
  const gunzip = file.endsWith('.gz') ? createGunzip() : undefined;
  // The last stage is destroyed with the error of any, and the loop below throws it.
  if (gunzip !== undefined) pipeline(source, gunzip, () => undefined);
  const chunks = gunzip ?? source;
  try {
    for await (const chunk of chunks) yield chunk;
  } catch (cause) {
    if (signal?.aborted || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    throw unreadable(file, (cause as Error).message, cause);
  }
}

function unreadable(file: string, why: string, cause?: unknown): LineageError {
  return new LineageError('validationFailed', `${file} cannot be read as CSV: ${why}`, {
    ...(cause !== undefined && { cause }),
    hint: 'The file is damaged: export again.',
    details: { file },
  });
}
