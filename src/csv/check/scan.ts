/** What a field is besides its bytes. */
export const QUOTED = 1;
/** Holds doubled quotes. */
export const ESCAPED = 2;
export const MULTILINE = 4;
/** Holds U+0000. */
export const NULL_BYTE = 8;
/** Holds bytes outside ASCII. */
export const NON_ASCII = 16;
export const LONE_RETURN = 32;
export const SPACE_BEFORE_QUOTE = 64;

/** The fields of the record that was scanned last: places in the bytes, quotes and surrounding blanks left out. */
export type ScannedRecord = {
  count: number;
  starts: Uint32Array;
  ends: Uint32Array;
  flags: Uint8Array;
  /** The flags of all fields together. */
  allFlags: number;
  /** Where the next record begins. */
  next: number;
  /** Physical line on which it begins, from 1; where quotes are broken, the line of the quote. */
  line: number;
};

/** `blank` is a line without fields; `incomplete` asks for more bytes from the same place. */
type Scanned = 'record' | 'blank' | 'incomplete' | 'stray-quote' | 'text-after-quote' | 'open-quote';

export type Scanner = {
  readonly record: ScannedRecord;
  /**
   * Scans one record from `from`. `bytes[to]` must be a line feed that the scanner may take for the end (a sentinel).
   *
   * @param isLast whether nothing follows `to`
   */
  scan(bytes: Buffer, from: number, to: number, isLast: boolean): Scanned;
};

const TAB = 0x09;
const LF = 0x0a;
const VT = 0x0b;
const FF = 0x0c;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** 1 for the bytes at which a field's loop must look closer. */
const STOPS_IN_QUOTES = stops([LF, QUOTE, 0]);
const STOPS_OUTSIDE = stops([LF, CR, QUOTE, COMMA, 0]);

/**
 * Splits bytes into records and fields as the load format has it: RFC 4180, blanks around fields ignored, LF or CRLF as
 * line ends, empty lines left out. Works on bytes, since making strings of all fields would cost most of the time; no byte
 * of a longer UTF-8 sequence is an ASCII character.
 */
export function createScanner(): Scanner {
  let room = 64;
  let line = 1;
  const record: ScannedRecord = {
    count: 0,
    starts: new Uint32Array(room),
    ends: new Uint32Array(room),
    flags: new Uint8Array(room),
    allFlags: 0,
    next: 0,
    line: 1,
  };

  function grow(): void {
    room *= 2;
    const { starts, ends, flags } = record;
    record.starts = new Uint32Array(room);
    record.ends = new Uint32Array(room);
    record.flags = new Uint8Array(room);
    record.starts.set(starts);
    record.ends.set(ends);
    record.flags.set(flags);
  }

  function broken(what: Scanned, linesBefore: number): Scanned {
    record.line = line + linesBefore;
    return what;
  }

  function scan(bytes: Buffer, from: number, to: number, isLast: boolean): Scanned {
    let at = from;
    let count = 0;
    let allFlags = 0;
    let lines = 0;
    record.line = line;
    for (;;) {
      let flags = 0;
      const fieldAt = at;
      for (; at < to; at += 1) {
        const byte = bytes[at];
        if (byte === SPACE || byte === TAB || byte === VT || byte === FF) continue;
        if (byte !== CR || (at + 1 < to && bytes[at + 1] === LF)) break;
        if (at + 1 === to && !isLast) return 'incomplete';
        flags |= LONE_RETURN;
      }
      let start = at;
      let end = at;
      if (at < to && bytes[at] === QUOTE) {
        flags |= at > fieldAt ? QUOTED | SPACE_BEFORE_QUOTE : QUOTED;
        const quoteLine = lines;
        at += 1;
        start = at;
        for (;;) {
          while (STOPS_IN_QUOTES[bytes[at] as number] === 0) at += 1;
          if (at >= to) {
            if (isLast) return broken('open-quote', quoteLine);
            return 'incomplete';
          }
          const byte = bytes[at] as number;
          if (byte === QUOTE) {
            if (at + 1 === to && !isLast) return 'incomplete';
            if (at + 1 === to || bytes[at + 1] !== QUOTE) break;
            flags |= ESCAPED;
            at += 1;
          } else if (byte === LF) {
            flags |= MULTILINE;
            lines += 1;
          } else {
            flags |= byte === 0 ? NULL_BYTE : NON_ASCII;
          }
          at += 1;
        }
        end = at;
        for (at += 1; at < to; at += 1) {
          const byte = bytes[at];
          if (byte === SPACE || byte === TAB || byte === VT || byte === FF) continue;
          if (byte !== CR || (at + 1 < to && bytes[at + 1] === LF)) break;
          if (at + 1 === to && !isLast) return 'incomplete';
          flags |= LONE_RETURN;
        }
        if (at < to && bytes[at] !== COMMA && bytes[at] !== LF && bytes[at] !== CR) {
          return broken('text-after-quote', lines);
        }
      } else {
        for (;;) {
          while (STOPS_OUTSIDE[bytes[at] as number] === 0) at += 1;
          if (at >= to) break;
          const byte = bytes[at] as number;
          if (byte === COMMA || byte === LF) break;
          if (byte === QUOTE) return broken('stray-quote', lines);
          if (byte === CR) {
            if (at + 1 === to && !isLast) return 'incomplete';
            if (at + 1 < to && bytes[at + 1] === LF) break;
            flags |= LONE_RETURN;
          } else {
            flags |= byte === 0 ? NULL_BYTE : NON_ASCII;
          }
          at += 1;
        }
        end = at;
        while (end > start && isBlank(bytes[end - 1] as number)) end -= 1;
      }
      if (at >= to && !isLast) return 'incomplete';
      if (count === room) grow();
      record.starts[count] = start;
      record.ends[count] = end;
      record.flags[count] = flags;
      count += 1;
      allFlags |= flags;
      if (at < to && bytes[at] === COMMA) {
        at += 1;
        continue;
      }
      record.next = at >= to ? to : bytes[at] === CR ? at + 2 : at + 1;
      line += at >= to ? lines : lines + 1;
      record.count = count;
      record.allFlags = allFlags;
      return count === 1 && (flags & QUOTED) === 0 && start === end ? 'blank' : 'record';
    }
  }

  return { record, scan };
}

function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CR);
}

function stops(special: readonly number[]): Uint8Array {
  const table = new Uint8Array(256).fill(1, 0x80);
  for (const byte of special) table[byte] = 1;
  return table;
}
