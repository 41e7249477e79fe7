import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storableText } from '../../src/graph/text.ts';

test.each([
  ['plain text', 'plain text'],
  ['', ''],
  ['a\0b', 'a\ufffdb'],
  ['\ud83d\ude00', '\ud83d\ude00'],
  ['\ud83d', '\ufffd'],
  ['\ude00\ud83d', '\ufffd\ufffd'],
  ['x\ud83d\ud83d\ude00\0', 'x\ufffd\ud83d\ude00\ufffd'],
  ['\u0001\u2028\ufeff', '\u0001\u2028\ufeff'],
])('%j is stored as %j', (text, stored) => {
  expect(storableText(text)).toBe(stored);
});

test('stored text survives UTF-8 and holds no null character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const stored = storableText(text);

      expect(Buffer.from(stored, 'utf8').toString('utf8')).toBe(stored);
      expect(stored).not.toContain('\0');
    }),
  );
});
