import type { CellType } from './csv-header.ts';
import type { GraphSonValue } from './graphson.ts';

/** A cell's value, or why it is none: of another type than the column, or text that no column can hold. */
export type CellValue =
  | { readonly value: GraphSonValue }
  | { readonly counter: 'datatypeMismatchErrors' | 'parsingErrors'; readonly problem: string };

export type CellOptions = {
  /** Take times with fractions of a second, which Neptune's documentation leaves out of its list. */
  readonly acceptMilliseconds: boolean;
};

/** What Neptune's limits page allows one property value, label or id. */
const MAX_VALUE_BYTES = 55 * 1024 * 1024;

export function parseCell(text: string, type: CellType, options: CellOptions): CellValue {
  const problem = textProblem(text);
  if (problem !== undefined) return { counter: 'parsingErrors', problem };
  const value = typed(text, type, options);
  if (value !== undefined) return { value };
  const shown = JSON.stringify(text.slice(0, 100));
  return { counter: 'datatypeMismatchErrors', problem: `${shown} is not a value of type ${type}` };
}

/** Why no id, label or value may be this text. */
export function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'A string holds the character U+0000';
  // UTF-8 needs at most three bytes for each UTF-16 unit: most texts need no count.
  if (text.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(text) > MAX_VALUE_BYTES) {
    return 'A string is longer than 55 MB';
  }
  return undefined;
}

function typed(text: string, type: CellType, options: CellOptions): GraphSonValue | undefined {
  if (type === 'String') return text;
  // Any other value than `true` counts as false, without an error.
  if (type === 'Bool') return text === 'true';
  if (type === 'Datetime') return datetime(text, options.acceptMilliseconds);
  if (type === 'Float' || type === 'Double') return floating(text, type);
  return integer(text, type);
}

const INTEGERS = {
  Byte: { graphSon: 'gx:Byte', bits: 8 },
  Short: { graphSon: 'gx:Int16', bits: 16 },
  Int: { graphSon: 'g:Int32', bits: 32 },
  Long: { graphSon: 'g:Int64', bits: 64 },
} as const;

function integer(text: string, type: keyof typeof INTEGERS): GraphSonValue | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const { graphSon, bits } = INTEGERS[type];
  const value = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(bits, value) !== value) return undefined;
  return { '@type': graphSon, '@value': type === 'Long' ? value.toString() : Number(value) };
}

function floating(text: string, type: 'Float' | 'Double'): GraphSonValue | undefined {
  const graphSon = type === 'Float' ? 'g:Float' : 'g:Double';
  const special = /^([+-]?Infinity|NaN)$/.exec(text)?.[1];
  if (special !== undefined) return { '@type': graphSon, '@value': special.replace(/^\+/, '') };
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(type === 'Float' ? Math.fround(value) : value)) return undefined;
  return { '@type': graphSon, '@value': value };
}

const DOCUMENTED = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}Z?)?)?$/;
const WITH_FRACTION = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{1,9}Z?$/;

/** The four documented forms; a time without zone is taken as UTC, as TinkerPop does. */
function datetime(text: string, acceptMilliseconds: boolean): GraphSonValue | undefined {
  if (!DOCUMENTED.test(text) && !(acceptMilliseconds && WITH_FRACTION.test(text))) return undefined;
  const utc = text.length > 10 && !text.endsWith('Z') ? `${text}Z` : text;
  const milliseconds = Date.parse(utc);
  // Date.parse rolls 30 February over into March; what it read must say the same day.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 10) !== text.slice(0, 10)) {
    return undefined;
  }
  return { '@type': 'g:Date', '@value': milliseconds };
}
