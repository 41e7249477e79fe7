import fc from 'fast-check';
import { expect, test } from 'vitest';
import { childText, readXml } from '../../../src/sandbox/s3/read-xml.ts';
import { xmlDocument } from '../../../src/sandbox/s3/xml.ts';

test('elements, text and references are read; attributes, comments and the declaration are passed over', () => {
  const text =
    '<?xml version="1.0" encoding="UTF-8"?>\n<a:Root xmlns:a="urn:x" b=\'1\'><!-- no -->\r\n' +
    '<Key>&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos; &#10;&#x1F600;</Key><Empty /></a:Root>';

  expect(readXml(text, 'a:Root')).toEqual({
    name: 'a:Root',
    text: '\n',
    children: [
      { name: 'Key', text: '<a> & "b" \'c\' \n😀', children: [] },
      { name: 'Empty', text: '', children: [] },
    ],
  });
});

test.each([
  '',
  'text',
  '<Other/>',
  '<Root>',
  '</Root>',
  '<Root></Other>',
  '<Root/><Root/>',
  '<Root/>text',
  '<Root><</Root>',
  '<Root>&</Root>',
  '<Root>&nbsp;</Root>',
  '<Root>&#x110000;</Root>',
  '<Root a=1/>',
  '<Root><![CDATA[x]]></Root>',
  '<!DOCTYPE Root [<!ENTITY e "x">]><Root>&e;</Root>',
  '<Root><!-- -- --></Root>',
])('%j is refused as malformed', (text) => {
  expect(() => readXml(text, 'Root')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
});

test('a child that may come once is refused when it comes twice', () => {
  const root = readXml('<Root><Key>a</Key><Key>b</Key></Root>', 'Root');

  expect(() => childText(root, 'Key')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
});

test('any text that is written is read back', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('&', '<', ']]>', '\r', '\n', '\t', '"', '\u0000', '\u0085', '&amp;'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });

  fc.assert(
    fc.property(text, (value) => {
      const root = readXml(
        xmlDocument('Root', { Key: value, List: ['1', value], Absent: undefined }),
        'Root',
      );

      expect(root.children.map(({ name, text: inner }) => [name, inner])).toEqual([
        ['Key', value],
        ['List', '1'],
        ['List', value],
      ]);
    }),
  );
});
