import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oneLine, textTable } from '../../src/render/text-table.ts';

test('columns are as wide as their widest cell, numbers to the right', () => {
  const table = textTable(
    [{ title: 'kind' }, { title: 'rows', align: 'right' }],
    [
      ['artifact', '7'],
      ['edge', '1,234'],
    ],
  );

  expect(table).toBe(['kind       rows', 'artifact      7', 'edge      1,234'].join('\n'));
});

test('a table that is too wide gives up its widest column, at the end that tells least', () => {
  const row = [
    'artifact',
    'arn:aws:sagemaker:us-east-1:123456789012:artifact/0123',
    's3://bucket/a/long/path/data.csv',
  ];
  const table = textTable(
    [{ title: 'kind' }, { title: 'arn', cut: 'start' }, { title: 'source' }],
    [row],
    50,
  );

  for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(50);
  expect(table).toMatch(/…\S*artifact\/0123 {2}s3:\/\/\S*…$/);
});

test.each([
  ['wide characters', '数据集', 6],
  ['an emoji', '🚀', 2],
  ['an emoji of several code points', '👩‍🔬', 2],
  ['a letter with a combining mark', 'e\u0301', 1],
])('%s take their columns of the terminal', (_, text, width) => {
  const [, first = '', second = ''] = textTable(
    [{ title: 'a' }, { title: 'b' }],
    [
      [text, 'x'],
      ['y'.repeat(8), 'x'],
    ],
  ).split('\n');

  expect(first).toBe(`${text}${' '.repeat(8 - width)}  x`);
  expect(second).toBe('yyyyyyyy  x');
});

test('wide text is cut between characters, never within one', () => {
  const table = textTable([{ title: 'name' }], [['👩‍🔬👩‍🔬👩‍🔬👩‍🔬👩‍🔬']], 7);

  expect(table.split('\n')[1]).toBe('👩‍🔬👩‍🔬👩‍🔬…');
});

test('no text can break its line, move the cursor, change colours or turn the direction of writing', () => {
  expect(oneLine('a\nb\r\tc\u001b[31md\u202ee\u2028f')).toBe('a\\nb\\r\\tc\\u001b[31md\\u202ee\\u2028f');
});

test('any text stays on its line and within the width', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string()), { maxLength: 5 }),
      fc.integer({ min: 20, max: 60 }),
      (rows, width) => {
        const lines = textTable([{ title: 'left' }, { title: 'right' }], rows, width).split('\n');

        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(line).not.toMatch(/[\p{Control}]/u);
      },
    ),
  );
});
