import { ESCAPED, type ScannedRecord } from './scan.ts';
import type { Piece } from './value.ts';

/** All fields of a record as texts. */
export function textsOf(bytes: Buffer, record: ScannedRecord): readonly string[] {
  return Array.from({ length: record.count }, (_, index) => textOf(bytes, record, index));
}

export function textOf(bytes: Buffer, record: ScannedRecord, index: number): string {
  const piece = pieceOf(bytes, record, index);
  return piece.bytes.toString('utf8', piece.start, piece.end);
}

/** The bytes of a field, doubled quotes made single. */
export function pieceOf(bytes: Buffer, record: ScannedRecord, index: number): Piece {
  const start = record.starts[index] ?? 0;
  const end = record.ends[index] ?? 0;
  const flags = record.flags[index] ?? 0;
  return (flags & ESCAPED) === 0 ? { bytes, start, end } : unescaped(bytes, start, end);
}

export function unescaped(bytes: Buffer, start: number, end: number): Piece {
  const text = Buffer.from(bytes.toString('latin1', start, end).replaceAll('""', '"'), 'latin1');
  return { bytes: text, start: 0, end: text.length };
}
