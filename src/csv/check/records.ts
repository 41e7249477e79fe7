import type { RuleName } from './rules.ts';
import { createScanner, type ScannedRecord } from './scan.ts';

/** Why a file cannot be read on. */
export type Stop = {
  readonly rule: RuleName;
  readonly line: number;
};

/** Hears each record while its bytes stand; `false` ends the reading. */
type OnRecord = (bytes: Buffer, record: ScannedRecord) => boolean;

const FIRST_BYTES = 256 * 1024;
/** More than two values of the largest size: what is longer is an open quote. Memory holds one record whole. */
const MAX_RECORD_BYTES = 128 * 1024 * 1024;

const LF = 0x0a;

/** Hands on the records of a file, the header first, each once it is whole; lines without fields are left out. */
export async function readRecords(
  chunks: AsyncIterable<Buffer>,
  onRecord: OnRecord,
): Promise<Stop | undefined> {
  const scanner = createScanner();
  const { record } = scanner;
  let capacity = FIRST_BYTES;
  // One more for the scanner's sentinel.
  let work = Buffer.allocUnsafe(capacity + 1);
  let filled = 0;

  function scanFilled(isLast: boolean): Stop | 'ended' | undefined {
    work[filled] = LF;
    let from = 0;
    while (from < filled) {
      const scanned = scanner.scan(work, from, filled, isLast);
      if (scanned === 'incomplete') break;
      if (scanned !== 'record' && scanned !== 'blank') return { rule: scanned, line: record.line };
      if (scanned === 'record' && !onRecord(work, record)) return 'ended';
      from = record.next;
    }
    work.copyWithin(0, from, filled);
    filled -= from;
    return undefined;
  }

  /** Scans again only once the unfinished record may have doubled, so that a long one costs no square of its length. */
  function makeRoom(): Stop | 'ended' | undefined {
    const stop = scanFilled(false);
    if (stop !== undefined || filled <= capacity / 2) return stop;
    if (capacity >= MAX_RECORD_BYTES) return { rule: 'record-too-long', line: record.line };
    capacity *= 2;
    const larger = Buffer.allocUnsafe(capacity + 1);
    work.copy(larger, 0, 0, filled);
    work = larger;
    return undefined;
  }

  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(work, filled, at, Math.min(chunk.length, at + capacity - filled));
      at += taken;
      filled += taken;
      const stop = filled === capacity ? makeRoom() : undefined;
      if (stop !== undefined) return stop === 'ended' ? undefined : stop;
    }
  }
  const stop = scanFilled(true);
  return stop === 'ended' ? undefined : stop;
}
