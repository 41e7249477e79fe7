import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson } from '../../src/config/json-text.ts';

test('a JSON text has the values that JSON.parse gives it, however it is written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);

      expect(readJson(text)).toMatchObject({ value: JSON.parse(text), repeated: [] });
    }),
  );
});

test('a text that somebody damaged is JSON where JSON.parse says so', () => {
  const damage = fc.record({
    at: fc.nat(),
    cut: fc.nat(3),
    put: fc.constantFrom(
      '',
      ',',
      '"',
      '{',
      ']',
      ':',
      '\\',
      '0',
      '-',
      '.',
      'e',
      'nul',
      '\n',
      '\u0001',
      '\ufeff',
    ),
  });
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: 'small' }), damage, (value, { at, cut, put }) => {
      const whole = JSON.stringify(value);
      const from = at % (whole.length + 1);
      const text = whole.slice(0, from) + put + whole.slice(from + cut);

      expect('value' in readJson(text)).toBe(isJson(text));
    }),
    { numRuns: 2_000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('it says where each member and element stands, and which keys come twice', () => {
  const read = readJson('{\n  "a": [1,\r\n {"b c": 2}],\n  "a": 3, "__proto__": 4\n}');

  if ('fault' in read) throw new Error(read.fault.expected);
  expect(Object.entries(read.value as object)).toEqual([
    ['a', 3],
    ['__proto__', 4],
  ]);
  expect(read.repeated).toEqual(['a']);
  expect(['', 'a', 'a[0]', 'a[1]', 'a[1]["b c"]', 'nothing'].map((path) => read.placeOf(path))).toEqual([
    { line: 1, column: 1 },
    { line: 4, column: 3 },
    { line: 2, column: 9 },
    { line: 3, column: 2 },
    { line: 3, column: 3 },
    undefined,
  ]);
});

test.each([
  ['', 1, 1, 'a value', 'the end of the file'],
  ['{"a" 1}', 1, 6, 'a colon', '1'],
  ['{"a": 1,}', 1, 9, 'a key in double quotes', '}'],
  ['{\n  // why\n}', 2, 3, 'a key in double quotes', '/'],
  ["{'a': 1}", 1, 2, 'a key in double quotes', "'"],
  ['{"a": 01}', 1, 7, 'a value', '0'],
  ['{"a": True}', 1, 7, 'a value', 'T'],
  ['{"a": "x\n"}', 1, 9, 'a double quote', 'the end of the line'],
  ['{"a": "\\x"}', 1, 8, 'an escape such as \\n, \\" or \\u00e9', '\\'],
  ['{"a": 1} {', 1, 10, 'the end of the file', '{'],
  ['{"a":\u00a01}', 1, 6, 'a value', 'U+00A0'],
  [`${'['.repeat(70)}`, 1, 66, 'at most 64 levels', '['],
])('%j: line %i, column %i, expected %s, found %s', (text, line, column, expected, found) => {
  expect(readJson(text)).toEqual({ fault: { place: { line, column }, expected, found } });
});
