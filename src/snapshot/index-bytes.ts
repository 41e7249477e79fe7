import { createHash } from 'node:crypto';
import { LineageError } from '../errors.ts';
import { INDEX_HEADER } from './index-line.ts';

/** An index of a run, and what the run's manifest says of it. */
export type IndexFile = {
  /** As errors call it. */
  readonly name: string;
  /** 64 hex digits, which the bytes must give. */
  readonly sha256: string;
  /** Reads it from its beginning. May be called more than once. */
  open(): AsyncIterable<Buffer>;
};

/** One line of an index. */
export type IndexedRow = {
  /** In epoch milliseconds; 0 where there is none. */
  readonly creationMs: number;
  readonly id: string;
  readonly hash: string;
  /** Its place in the file of data, which has the same order: from 0. */
  readonly row: number;
};

/** A line that only one of two indexes has, or that both have with different hashes. */
export type IndexDifference = {
  readonly before: IndexedRow | undefined;
  readonly after: IndexedRow | undefined;
};

/** How many lines each of two indexes has. */
export type IndexSizes = { readonly before: number; readonly after: number };

/**
 * What two indexes do not have in common, in their order, some differences at a time. Lines are compared as bytes, many at
 * once, and only those that differ are made into text; memory holds a piece of each file.
 *
 * @param before undefined where there is none: it then has no lines
 * @returns how many lines there were
 * @throws LineageError (validationFailed) where a file is no index, or its bytes are not those of its manifest: at its end
 */
export async function* compareIndexFiles(
  before: IndexFile | undefined,
  after: IndexFile | undefined,
  signal?: AbortSignal,
): AsyncGenerator<readonly IndexDifference[], IndexSizes> {
  const [old, young] = [openSide(before), openSide(after)];
  try {
    await Promise.all([old.fill(), young.fill()]);
    while (!old.isEmpty() || !young.isEmpty()) {
      signal?.throwIfAborted();
      const found: IndexDifference[] = [];
      while (hasWholeLine(old) && hasWholeLine(young)) {
        if (skipCommon(old, young) === 0) found.push(nextDifference(old, young));
        if (found.length >= DIFFERENCES_AT_A_TIME) break;
      }
      while (old.isEmpty() && hasWholeLine(young) && found.length < DIFFERENCES_AT_A_TIME)
        found.push({ before: undefined, after: young.take() });
      while (young.isEmpty() && hasWholeLine(old) && found.length < DIFFERENCES_AT_A_TIME)
        found.push({ before: old.take(), after: undefined });
      if (found.length > 0) yield found;
      await Promise.all([old.fill(), young.fill()]);
    }
    return { before: old.rows(), after: young.rows() };
  } finally {
    await Promise.all([old.close(), young.close()]);
  }
}

const DIFFERENCES_AT_A_TIME = 1_000;

/** So many bytes are kept of each file, and more only where a line is longer. */
const PIECE_BYTES = 1024 * 1024;

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** One of two indexes, as far as it is read. */
type Side = {
  bytes: Buffer;
  at: number;
  end: number;
  /** Reads on until there is a good piece to work on. */
  fill(): Promise<void>;
  /** Whether all lines are taken. */
  isEmpty(): boolean;
  /** The next line, without taking it. */
  peek(): IndexedRow;
  take(): IndexedRow;
  /** Passes over so many lines in so many bytes. */
  skip(bytes: number, lines: number): void;
  rows(): number;
  close(): Promise<void>;
};

function openSide(file: IndexFile | undefined): Side {
  const chunks = file?.open()[Symbol.asyncIterator]();
  const sha256 = createHash('sha256');
  let isRead = file === undefined;
  let row = 0;
  let isBegun = file === undefined;
  let next: { readonly line: IndexedRow; readonly bytes: number } | undefined;

  const side: Side = {
    bytes: Buffer.allocUnsafeSlow(file === undefined ? 0 : 2 * PIECE_BYTES),
    at: 0,
    end: 0,
    async fill() {
      if (side.end - side.at >= PIECE_BYTES && hasWholeLine(side)) return;
      side.bytes.copyWithin(0, side.at, side.end);
      side.end -= side.at;
      side.at = 0;
      while (!isRead && (side.end < PIECE_BYTES || !hasWholeLine(side))) {
        const { done, value } = (await chunks?.next()) ?? { done: true, value: undefined };
        if (done === true || value === undefined) assertWhole();
        else append(value);
      }
      if (!isBegun) passHeader();
      if (side.at < side.end && !hasWholeLine(side)) throw unreadable(row + 2);
    },
    isEmpty: () => isRead && side.at === side.end,
    peek() {
      next ??= parsed();
      return next.line;
    },
    take() {
      const { line, bytes } = next ?? parsed();
      side.skip(bytes, 1);
      return line;
    },
    skip(bytes, lines) {
      side.at += bytes;
      row += lines;
      next = undefined;
    },
    rows: () => row,
    async close() {
      await chunks?.return?.();
    },
  };

  function append(chunk: Buffer): void {
    sha256.update(chunk);
    if (side.end + chunk.length > side.bytes.length) {
      const room = Buffer.allocUnsafeSlow(2 * (side.end + chunk.length));
      side.bytes.copy(room, 0, 0, side.end);
      side.bytes = room;
    }
    side.end += chunk.copy(side.bytes, side.end);
  }

  function assertWhole(): void {
    isRead = true;
    const found = sha256.digest('hex');
    if (file !== undefined && found !== file.sha256) throw changed(file, found);
  }

  function passHeader(): void {
    isBegun = true;
    const header = `${INDEX_HEADER}\n`;
    if (side.bytes.toString('latin1', 0, Math.min(side.end, header.length)) !== header) throw unreadable(1);
    side.at = header.length;
  }

  function parsed() {
    const end = lineEnd(side, side.at);
    const text = side.bytes.toString('utf8', side.at, end);
    const [, ms, id = '', hash = ''] = LINE.exec(text) ?? [];
    if (ms === undefined) throw unreadable(row + 2);
    return {
      line: { creationMs: Number(ms), id: id.replaceAll('""', '"'), hash, row },
      bytes: end - side.at,
    };
  }

  function unreadable(line: number): LineageError {
    const name = file?.name ?? '';
    return new LineageError('validationFailed', `${name}:${line} is not a line of an index.`, {
      hint: 'The run is damaged, or another version wrote it: export again.',
      details: { file: name, line },
    });
  }

  return side;
}

/** See `indexLine`. */
const LINE = /^(-?\d+),"((?:[^"]|"")*)","([0-9a-z]*)"\n$/s;

function changed({ name, sha256 }: IndexFile, found: string): LineageError {
  return new LineageError(
    'validationFailed',
    `${name} is not what its manifest says: expected SHA-256 ${sha256}, found ${found}.`,
    {
      hint: 'The file was changed after the export: take the run from its copy in S3, or export again.',
      details: { file: name, expected: sha256, found },
    },
  );
}

function hasWholeLine(side: Side): boolean {
  return side.end > side.at && lineEnd(side, side.at) <= side.end;
}

/** The place behind the line that begins at `from`; beyond the end where it is not whole. */
function lineEnd({ bytes, end }: Side, from: number): number {
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < end; at = bytes.indexOf(LF, at + 1))
    if (isLineEnd(bytes, at)) return at + 1;
  return end + 1;
}

/**
 * Whether the line feed at this place ends a line, and is not one within an id: `","`, a word, `"` go before it. Within an
 * id every quote is doubled, so that one before a line feed never stands alone.
 */
function isLineEnd(bytes: Buffer, at: number): boolean {
  if (bytes[at - 1] !== QUOTE) return false;
  let word = at - 2;
  while (isWordByte(bytes[word])) word -= 1;
  return bytes[word] === QUOTE && bytes[word - 1] === COMMA && bytes[word - 2] === QUOTE;
}

function isWordByte(byte = 0): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a);
}

const BLOCK_BYTES = 16 * 1024;

/** Passes over the lines that both have next. @returns how many */
function skipCommon(old: Side, young: Side): number {
  const most = Math.min(old.end - old.at, young.end - young.at);
  let common = 0;
  for (; common < most; common += BLOCK_BYTES) {
    const size = Math.min(BLOCK_BYTES, most - common);
    const [a, b] = [old.at + common, young.at + common];
    if (old.bytes.compare(young.bytes, b, b + size, a, a + size) === 0) continue;
    while (old.bytes[old.at + common] === young.bytes[young.at + common]) common += 1;
    break;
  }
  common = Math.min(common, most);
  let lines = 0;
  let passed = 0;
  const limit = old.at + common;
  for (let at = old.bytes.indexOf(LF, old.at); at !== -1 && at < limit; at = old.bytes.indexOf(LF, at + 1)) {
    if (!isLineEnd(old.bytes, at)) continue;
    lines += 1;
    passed = at + 1 - old.at;
  }
  old.skip(passed, lines);
  young.skip(passed, lines);
  return lines;
}

function nextDifference(old: Side, young: Side): IndexDifference {
  const [was, is] = [old.peek(), young.peek()];
  const order = was.creationMs - is.creationMs || (was.id < is.id ? -1 : was.id > is.id ? 1 : 0);
  return {
    before: order <= 0 ? old.take() : undefined,
    after: order >= 0 ? young.take() : undefined,
  };
}
