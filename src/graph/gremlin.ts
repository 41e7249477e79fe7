import { LineageError } from '../errors.ts';
import { hasOwnTimeout, traversalStart } from './query-text.ts';
import type { TypedValue } from './typed-element.ts';

declare const minted: unique symbol;

/** Text that Neptune parses as Gremlin. Only this file makes it, so that no value can reach a query unescaped. */
export type GremlinText = string & { readonly [minted]: true };

/** How one query is to be run. */
export type GremlinOptions = {
  readonly signal?: AbortSignal | undefined;
  /** How long the engine may work on the query, in milliseconds. @default the cluster's own limit (120 s as delivered) */
  readonly timeoutMs?: number | undefined;
  /** Whether to send it twice does what to send it once does, so that a write may be repeated as a read is. @default false */
  readonly isIdempotent?: boolean | undefined;
};

/**
 * Sends a query and gives its results as plain values: lists and sets as arrays, maps, vertices and edges as objects,
 * dates as epoch milliseconds.
 */
export type Gremlin = (query: GremlinText, options?: GremlinOptions) => Promise<readonly unknown[]>;

/**
 * A Gremlin query as a tagged template: the template's own text is ours, and what is put into it must have been made
 * here: gremlin`g.V(${literals(ids)}).out().count()`.
 */
export function gremlin(template: TemplateStringsArray, ...parts: readonly GremlinText[]): GremlinText {
  return String.raw(template, ...parts) as GremlinText;
}

/**
 * A text value as a Gremlin string literal, quotes included. This is the one way by which a value enters a query: Neptune
 * takes no bindings (Neptune user guide, "Gremlin standards compliance"), so this function is the wall against injection.
 *
 * Single quotes, and of escapes only those that the gremlin-language grammar of TinkerPop 3.7 knows: `\$`, which Groovy
 * wants, is a syntax error there.
 *
 * @throws LineageError (usage) for U+0000, which Neptune cannot store, and for a lone surrogate, which UTF-8 cannot carry.
 */
export function literal(text: string): GremlinText {
  const unstorable = UNSTORABLE.exec(text);
  if (unstorable !== null) {
    const codePoint = unstorable[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw new LineageError(
      'usage',
      `Expected text that Neptune can hold, got U+${codePoint} at position ${unstorable.index} of ${JSON.stringify(text.slice(0, 80))}.`,
      { hint: 'Remove that character: no string in a Neptune graph can contain it.' },
    );
  }
  return `'${text.replace(ESCAPED, escapeOf)}'` as GremlinText;
}

/** Parts of one query, one after the other. */
export function chained(parts: readonly GremlinText[]): GremlinText {
  return parts.join('') as GremlinText;
}

/** Queries of one request, which are one transaction; none gives a result (Neptune user guide, "Gremlin standards compliance"). */
export function statements(queries: readonly GremlinText[]): GremlinText {
  return queries.map((query) => `${query}.iterate()`).join('\n') as GremlinText;
}

/** Text values as the arguments of a step: `'a','b'`. */
export function literals(texts: readonly string[]): GremlinText {
  return texts.map(literal).join(',') as GremlinText;
}

/** A whole number. Beyond 32 bits it is marked as a Long. @throws RangeError for any other number. */
export function integer(value: number): GremlinText {
  if (!Number.isSafeInteger(value)) throw new RangeError(`Expected a safe integer, got ${value}.`);
  return (Math.abs(value) <= MAX_INT ? String(value) : `${value}L`) as GremlinText;
}

/**
 * A value of a property as a literal of its type. Decimals are never bare: the grammar would take them for a BigDecimal,
 * which Neptune cannot store.
 *
 * @throws LineageError (usage) as `literal` does; RangeError for a value that is none of its type.
 */
export function typedLiteral({ type, value }: TypedValue): GremlinText {
  switch (type) {
    case 'String':
      return literal(value);
    case 'Bool':
      return (value === 'true' ? 'true' : 'false') as GremlinText;
    case 'Datetime':
      return gremlin`datetime(${literal(value)})`;
    case 'Float':
    case 'Double':
      return decimal(value, type === 'Float' ? 'f' : 'd');
    default:
      if (!/^-?\d+$/.test(value)) throw new RangeError(`Expected a whole number, got ${value}.`);
      return `${value}${INTEGER_SUFFIX[type]}` as GremlinText;
  }
}

/** A whole query that a person wrote. Nothing of ours is ever put into it, and it is never put into a query of ours. */
export function queryAsWritten(text: string): GremlinText {
  return text as GremlinText;
}

/**
 * The query with Neptune's time limit for it, which can only lower the cluster's own (Neptune user guide, "Gremlin query
 * timeout hint"). It is put where the first traversal begins, and holds for the whole request. A text that has a limit of
 * its own, or that does not begin with `g.`, comes back as it is.
 */
export function withTimeout(query: GremlinText, timeoutMs: number): GremlinText {
  const start = traversalStart(query);
  if (start === undefined || hasOwnTimeout(query)) return query;
  const steps = query.slice(start).replace(/^g\s*\./, '');
  return `${query.slice(0, start)}g.with('evaluationTimeout',${integer(timeoutMs)}).${steps}` as GremlinText;
}

const MAX_INT = 2 ** 31 - 1;

const INTEGER_SUFFIX = { Byte: 'b', Short: 's', Int: 'i', Long: 'L' } as const;

function decimal(value: string, suffix: 'f' | 'd'): GremlinText {
  if (value === 'NaN') return 'NaN' as GremlinText;
  if (value === 'Infinity' || value === '-Infinity') return value as GremlinText;
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) throw new RangeError(`Expected a number, got ${value}.`);
  return `${value}${suffix}` as GremlinText;
}

/** In unicode mode a surrogate with its partner is part of a code point, so this meets lone ones only. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

const ESCAPED = /['\\\p{Control}]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

function escapeOf(character: string): string {
  return SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
