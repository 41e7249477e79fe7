import type { ValueType } from '../../graph/stored.ts';
import type { RuleName } from './rules.ts';

/** Bytes of one value: those of a cell, or a part of a list. */
export type Piece = { readonly bytes: Buffer; readonly start: number; readonly end: number };

/** Which rule a value breaks, if any. Empty text is no value, whatever the type. */
export function brokenValue(
  { bytes, start, end }: Piece,
  type: ValueType,
  acceptMilliseconds: boolean,
): RuleName | undefined {
  if (start === end) return undefined;
  switch (type) {
    case 'String':
      return undefined;
    case 'Bool':
      return isBool(bytes.toString('latin1', start, end)) ? undefined : 'bool-value';
    case 'Float':
    case 'Double':
      return isDecimal(bytes.toString('latin1', start, end), type) ? undefined : 'decimal-value';
    case 'Date':
    case 'Datetime':
      return brokenMoment(bytes, start, end, acceptMilliseconds);
    default:
      return isInteger(bytes, start, end, type) ? undefined : 'integer-value';
  }
}

/** Parts of a list: between semicolons that no backslash precedes. */
export function* listParts({ bytes, start, end }: Piece): Generator<Piece> {
  let from = start;
  for (let at = start; at < end; at += 1) {
    if (bytes[at] !== SEMICOLON || (at > start && bytes[at - 1] === BACKSLASH)) continue;
    yield { bytes, start: from, end: at };
    from = at + 1;
  }
  yield { bytes, start: from, end };
}

const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** Any other value than `true` counts as false, so that `True`, `1` and `yes` are mistakes that nothing else would tell. */
function isBool(text: string): boolean {
  return text === 'true' || text === 'false';
}

const BITS = { Byte: 8, Short: 16, Int: 32, Long: 64 } as const;

/** Up to here all digits are exact in a number of JavaScript. */
const EXACT_DIGITS = 15;

function isInteger(bytes: Buffer, start: number, end: number, type: keyof typeof BITS): boolean {
  const isSigned = bytes[start] === MINUS || bytes[start] === PLUS;
  const from = isSigned ? start + 1 : start;
  if (from === end) return false;
  let value = 0;
  for (let at = from; at < end; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return false;
    value = value * 10 + digit;
  }
  const bits = BITS[type];
  if (end - from > EXACT_DIGITS) {
    // BigInt takes no sign of plus.
    const exact = BigInt(bytes.toString('latin1', bytes[start] === PLUS ? from : start, end));
    return BigInt.asIntN(bits, exact) === exact;
  }
  const limit = 2 ** (bits - 1);
  return bytes[start] === MINUS ? value <= limit : value < limit;
}

function isDecimal(text: string, type: 'Float' | 'Double'): boolean {
  if (/^(?:[+-]?Infinity|NaN)$/.test(text)) return true;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return false;
  const value = Number(text);
  return Number.isFinite(type === 'Float' ? Math.fround(value) : value);
}

const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const T = 0x54;
const Z = 0x5a;

/** Lengths of the documented forms. */
const DAY = 10;
const MINUTE = 16;
const SECOND = 19;

function brokenMoment(
  bytes: Buffer,
  start: number,
  end: number,
  acceptMilliseconds: boolean,
): RuleName | undefined {
  const length = end - start;
  if (!isDay(bytes, start, length)) return 'datetime-value';
  if (length === DAY) return undefined;
  const hasMinute =
    length >= MINUTE &&
    bytes[start + DAY] === T &&
    isBelow(bytes, start + 11, 24) &&
    bytes[start + 13] === COLON &&
    isBelow(bytes, start + 14, 60);
  if (!hasMinute) return 'datetime-value';
  if (length === MINUTE) return undefined;
  if (length < SECOND || bytes[start + MINUTE] !== COLON || !isBelow(bytes, start + 17, 60)) {
    return 'datetime-value';
  }
  if (length === SECOND || (length === SECOND + 1 && bytes[end - 1] === Z)) return undefined;
  if (!isFraction(bytes, start + SECOND, bytes[end - 1] === Z ? end - 1 : end)) return 'datetime-value';
  return acceptMilliseconds ? undefined : 'datetime-fraction';
}

function isDay(bytes: Buffer, start: number, length: number): boolean {
  if (length < DAY || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return false;
  const century = twoDigits(bytes, start);
  const ofCentury = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  if (century < 0 || ofCentury < 0 || month < 1 || month > 12) return false;
  return day >= 1 && day <= daysOf(century * 100 + ofCentury, month);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isFraction(bytes: Buffer, start: number, end: number): boolean {
  const digits = end - start - 1;
  if (bytes[start] !== DOT || digits < 1 || digits > 9) return false;
  for (let at = start + 1; at < end; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}

function isBelow(bytes: Buffer, at: number, limit: number): boolean {
  const value = twoDigits(bytes, at);
  return value >= 0 && value < limit;
}

/** -1 where they are no digits. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}
