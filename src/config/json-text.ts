/** Where something stands in a text: both count from 1. */
export type Place = { readonly line: number; readonly column: number };

/** A JSON text as values, and where each member and element stands, by its key path (`scopes[0].role.arn`). */
export type ReadJson = {
  readonly value: unknown;
  /** Of a member its key, of an element its beginning; of the whole, whose path is empty, the first character. */
  placeOf(path: string): Place | undefined;
  /** Members whose key the object has already. */
  readonly repeated: readonly string[];
};

/** Why a text is not JSON. */
export type JsonFault = { readonly place: Place; readonly expected: string; readonly found: string };

/** Deeper nesting than any configuration has: it would end in a stack that is too deep. */
const MOST_LEVELS = 64;

/**
 * Reads a JSON text (RFC 8259) as `JSON.parse` does, and says besides where everything stands and which keys come twice, both of
 * which `JSON.parse` keeps to itself.
 */
export function readJson(text: string): ReadJson | { readonly fault: JsonFault } {
  const starts = new Map<string, number>();
  const repeated: string[] = [];
  let at = 0;

  try {
    skipSpace();
    const value = readValue('', 0);
    skipSpace();
    if (at < text.length) throw fault('the end of the file');
    return {
      value,
      repeated,
      placeOf: (path) => (starts.has(path) ? placeAt(text, starts.get(path)) : undefined),
    };
  } catch (error) {
    if (error instanceof NotJson) return { fault: error.fault };
    throw error;
  }

  function readValue(path: string, level: number): unknown {
    if (!starts.has(path)) starts.set(path, at);
    if (level > MOST_LEVELS) throw fault(`at most ${MOST_LEVELS} levels`);
    const character = text[at];
    if (character === '{') return readObject(path, level);
    if (character === '[') return readArray(path, level);
    if (character === '"') return readString('a text');
    const [word] = match(/(?:true|false|null)(?![\w$])/y) ?? match(NUMBER) ?? [];
    if (word === undefined) throw fault('a value');
    return JSON.parse(word);
  }

  function readObject(path: string, level: number): object {
    const entries: [string, unknown][] = [];
    const keys = new Set<string>();
    at += 1;
    skipSpace();
    while (text[at] !== '}') {
      const start = at;
      const key = readString('a key in double quotes');
      const inner = memberPath(path, key);
      if (keys.has(key)) repeated.push(inner);
      keys.add(key);
      starts.set(inner, start);
      skipSpace();
      take(':', 'a colon');
      skipSpace();
      entries.push([key, readValue(inner, level + 1)]);
      skipSpace();
      if (text[at] === '}') break;
      take(',', 'a comma or }');
      skipSpace();
      if (text[at] === '}') throw fault('a key in double quotes');
    }
    at += 1;
    return Object.fromEntries(entries);
  }

  function readArray(path: string, level: number): readonly unknown[] {
    const elements: unknown[] = [];
    at += 1;
    skipSpace();
    while (text[at] !== ']') {
      elements.push(readValue(`${path}[${elements.length}]`, level + 1));
      skipSpace();
      if (text[at] === ']') break;
      take(',', 'a comma or ]');
      skipSpace();
      if (text[at] === ']') throw fault('a value');
    }
    at += 1;
    return elements;
  }

  function readString(expected: string): string {
    if (text[at] !== '"') throw fault(expected);
    const [whole] = match(STRING) ?? [];
    if (whole !== undefined) return JSON.parse(whole);
    at += BEGINNING.exec(text.slice(at))?.[0].length ?? 0;
    throw fault(text[at] === '\\' ? 'an escape such as \\n, \\" or \\u00e9' : 'a double quote');
  }

  function take(character: string, expected: string): void {
    if (text[at] !== character) throw fault(expected);
    at += 1;
  }

  function skipSpace(): void {
    match(/[ \t\r\n]*/y);
  }

  function match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  }

  function fault(expected: string): NotJson {
    return new NotJson({ place: placeAt(text, at), expected, found: foundAt(text, at) });
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.$+-])/y;
const ESCAPE = String.raw`\\(?:["\\/bfnrt]|u[\da-fA-F]{4})`;
const PLAIN = String.raw`[^"\\\u0000-\u001f]`;
const STRING = new RegExp(`"(?:${PLAIN}|${ESCAPE})*"`, 'y');
/** A text up to what is wrong with it. */
const BEGINNING = new RegExp(`^"(?:${PLAIN}|${ESCAPE})*`);

/** Carries a fault out of the reader. */
class NotJson extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super(fault.expected);
    this.fault = fault;
  }
}

/** `scopes[0].role`, or `scopes[0]["a key"]` for a key that is no word. */
export function memberPath(path: string, key: string): string {
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function placeAt(text: string, at: number | undefined): Place {
  const before = text.slice(0, at).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** The character there, and nothing more: the rest may be a secret. */
function foundAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  if (code === undefined) return 'the end of the file';
  if (code === 0x0a || code === 0x0d) return 'the end of the line';
  const character = String.fromCodePoint(code);
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character)
    ? character
    : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
