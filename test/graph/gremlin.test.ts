import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import { gremlin, integer, literal, literals, withTimeout } from '../../src/graph/gremlin.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';

const AWKWARD = [
  '',
  "'",
  "''",
  '\\',
  "\\'",
  "\\').drop()//",
  "');g.V().drop();g.V('",
  '"',
  '$',
  ['$', '{1+1}'].join(''),
  '#{}',
  '\\n',
  '\\u0027',
  '//',
  '/* */',
  ';',
  'a\nb\r\nc\td\be\ff',
  '\u0001\u001b[31m\u007f\u0085\u009f',
  '\u2028\u2029\ufeff\u202e',
  'é数据集',
  '👩‍🔬\u{10ffff}',
  'x'.repeat(100_000),
];

/** Text that a Neptune graph can hold, from an alphabet that is out to break out of quotes. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '\\',
        '"',
        '$',
        '{',
        '}',
        '(',
        ')',
        ';',
        '/',
        '\n',
        '\r',
        '\t',
        '\b',
        '\f',
        '\u001b',
        '\u2028',
      ),
      fc.constantFrom('drop()', 'u0027', '\\u', '\\x41', 'é', '🚀', ' '),
      fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !text.includes('\0')),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

/** Undoes a literal, strictly: exactly the escapes of the gremlin-language grammar of TinkerPop 3.7, and no bare quote. */
function decoded(text: string): string {
  expect(text).toMatch(/^'(?:[^'\\]|\\(?:[btnfr"'\\]|u[0-9a-f]{4}))*'$/su);
  const short: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-f]{4})|(.))/gsu, (_, hex: string | undefined, character: string) =>
      hex === undefined ? (short[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

describe('literal', () => {
  test.each([
    ['plain', `'plain'`],
    ["it's", `'it\\'s'`],
    ['back\\slash', `'back\\\\slash'`],
    ['a\nb\rc\td\be\ff', `'a\\nb\\rc\\td\\be\\ff'`],
    ['\u0001\u007f', `'\\u0001\\u007f'`],
    ['$ "quoted" é 🚀', `'$ "quoted" é 🚀'`],
  ])('writes %j as %s', (text, expected) => {
    expect(literal(text)).toBe(expected);
  });

  test('any text comes back from its literal, by the grammar alone', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.constantFrom(...AWKWARD)), (text) => {
        expect(decoded(literal(text))).toBe(text);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['nul\0', 'U+0000', 3],
    ['\ud800', 'U+D800', 0],
    ['ab\udfff', 'U+DFFF', 2],
  ])('refuses %j, which no graph can hold', (text, name, position) => {
    const error = expect.objectContaining({
      outcome: 'usage',
      message: `Expected text that Neptune can hold, got ${name} at position ${position} of ${JSON.stringify(text)}.`,
    });

    expect(() => literal(text)).toThrow(LineageError);
    expect(() => literal(text)).toThrow(error);
  });
});

test('a template joins its own text with what was made for it', () => {
  expect(gremlin`g.V(${literals(['a', "b'"])}).limit(${integer(5)})`).toBe(`g.V('a','b\\'').limit(5)`);
});

test('integers beyond 32 bits are Longs, and nothing but a whole number is one', () => {
  expect([0, -1, 2_147_483_647, 2_147_483_648, Number.MIN_SAFE_INTEGER].map(integer)).toEqual([
    '0',
    '-1',
    '2147483647',
    '2147483648L',
    '-9007199254740991L',
  ]);
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    expect(() => integer(value)).toThrow(RangeError);
  }
});

describe('the real engine', () => {
  let engine: GremlinEngine;
  beforeAll(async () => {
    engine = await startedEngine();
  });
  afterAll(() => engine.close());

  const PLAIN = 'application/vnd.gremlin-v3.0+json;types=false';

  async function resultsOf(query: string): Promise<readonly unknown[]> {
    const { status, body } = await engine.send(query, { accept: PLAIN });
    expect(`${status} ${status === 200 ? '' : body.slice(0, 300)}`).toBe('200 ');
    return JSON.parse(body).result.data;
  }

  test('reads 5,000 hostile texts from their literals as they were', async () => {
    // Distinct: the engine gives equal values of a traversal together.
    const texts = [...new Set([...AWKWARD, ...fc.sample(hostileText, 5_000)])];
    for (let start = 0; start < texts.length; start += 500) {
      const batch = texts.slice(start, start + 500);
      expect(await resultsOf(gremlin`g.inject(${literals(batch)})`)).toEqual(batch);
    }
  });

  test('finds vertices by hostile ids and properties, and drops none of them', async () => {
    const texts = [...new Set([...AWKWARD.slice(1), ...fc.sample(hostileText, 100)])].filter(Boolean);
    for (const text of texts) {
      await resultsOf(
        gremlin`g.addV('artifact').property(T.id,${literal(text)}).property(single,'name',${literal(text)}).id()`,
      );
    }

    for (const text of texts) {
      expect(
        await resultsOf(gremlin`g.V(${literal(text)}).has('name',${literal(text)}).values('name')`),
      ).toEqual([text]);
    }
    expect(await resultsOf('g.V().count()')).toEqual([texts.length]);
  });

  test('takes integers and a time limit as they are written', async () => {
    expect(await resultsOf(gremlin`g.inject(${integer(2 ** 40)})`)).toEqual([2 ** 40]);
    expect(await resultsOf(withTimeout(gremlin`g.inject(1)`, 5_000))).toEqual([1]);
  });
});
