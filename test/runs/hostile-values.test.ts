import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GremlinText, gremlin, literal, literals } from '../../src/graph/gremlin.ts';
import { storableText } from '../../src/graph/text.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { exportLineage } from '../../src/runs/export.ts';
import { loadRun } from '../../src/runs/load.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { hostileText } from '../csv/hostile-rows.ts';
import { temporaryDirectory } from './run-tree.ts';
import { servedAccount } from './served-account.ts';
import { arn } from './written-run.ts';

/*
 * Hostile texts on the whole way: a record of SageMaker's, a row, a file, an object, a load job, the graph of the real
 * engine, and a query that asks for the text itself.
 */

const VALUES = 5_000;

/** What has broken one tool or another. */
const FIXED: readonly string[] = [
  ...['"', '""', "'", "''", '`', '"quoted"', `it's "both"`, '"\n"', '",', ',"', '"""', "\\'", '\\"'],
  ...['\\', '\\\\', '\\n', '\\u0041', '\\x41', '\\$', 'ends in \\', '\\;', 'C:\\temp\\new'],
  ...[
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    'two\nlines',
    'two\r\nlines',
    'cr\ronly',
    'ends in \n',
    '\u0085',
    '\u2028',
    '\u2029',
  ],
  ...[
    '$',
    '$$',
    `$${'{'}1+1}`,
    '$x',
    '#{1}',
    '{{7*7}}',
    '%s',
    '%n',
    '%2F',
    '&amp;',
    '<b>',
    '</script>',
    '<!--',
  ],
  ...['=1+1', '=cmd|" /C calc"!A0', '+1', '-1', '@SUM(A1)', '\t=1', '|', '~id', '~label', '#'],
  ...[';', ';;', 'a;b', '\\;', '::', 'a::b', ':', 'name:String(single)', '[]', '(single)', ','],
  ...[
    ' ',
    '  ',
    ' leading',
    'trailing ',
    '\t',
    '\ttab\t',
    '\u00a0',
    '\u3000',
    '\u200b',
    '\ufeff',
    '\ufeffbom',
  ],
  ...[
    '😀',
    '👩‍👩‍👧‍👦',
    '🇩🇪',
    'é',
    'e\u0301',
    'ﬁ',
    'Å',
    'A\u030a',
    '漢字',
    'שלום',
    '\u202eevil\u202c',
    '\u2067x\u2069',
    'İi',
    'ß',
  ],
  ...[
    'null',
    'NULL',
    'undefined',
    'true',
    'false',
    'NaN',
    'Infinity',
    '0',
    '-0',
    '1e9',
    '0x1F',
    '007',
    '1.0',
  ],
  ...['2024-01-02', '2024-01-02T03:04:05Z', 'None', '{}', '[]', '{"a":1}', '[1]', "[(T.id):'x']"],
  ...[
    "').drop();g.V('",
    "'); g.V().drop().iterate(); //",
    '").drop()//',
    '// comment',
    '/* */',
    "x' or '1'='1",
  ],
  ...Array.from({ length: 31 }, (_, at) => `control ${String.fromCharCode(at + 1)} character`),
  ...[
    '\u007f',
    '\u009b31m',
    '\u001b[31m',
    '\ufffe',
    '\uffff',
    '\ufffd',
    '\u{10ffff}',
    '\u{1f600}'.repeat(500),
  ],
  ...[
    'nul \0 byte',
    'lone \ud800 surrogate',
    '\udc00',
    'x'.repeat(30_000),
    '"'.repeat(999),
    '\\'.repeat(999),
  ],
];

/** Texts, no two of which are stored as the same: the fixed ones, and as many generated ones as it takes. */
function hostileValues(): readonly string[] {
  const byStored = new Map(FIXED.map((text) => [storableText(text), text]));
  const anyText = fc.oneof(hostileText, fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }));
  for (const text of fc.sample(anyText, 2 * VALUES)) {
    if (byStored.size < VALUES) byStored.set(storableText(text), text);
  }
  return [...byStored.values()];
}

/** A record that says its text in three members. */
function recordOf(text: string, at: number): AccountRecord {
  const CreationTime = Date.UTC(2026, 0, 1) + at;
  return {
    kind: 'artifact',
    ArtifactArn: arn(`artifact/${at}`),
    ArtifactName: text,
    ArtifactType: text,
    Source: { SourceUri: text },
    CreationTime,
    LastModifiedTime: CreationTime,
  };
}

/** What the graph gives for such a record. */
function elementOf(text: string, at: number) {
  const stored = storableText(text);
  const milliseconds = [Date.UTC(2026, 0, 1) + at];
  return {
    id: arn(`artifact/${at}`),
    label: 'artifact',
    values: {
      ...{ arn: [arn(`artifact/${at}`)], account: ['123456789012'], region: ['us-east-1'] },
      ...{ name: [stored], type: [stored], sourceuri: [stored] },
      creationtime: milliseconds.map((ms) => ms - (ms % 1_000)),
      LastModifiedTime: milliseconds.map((ms) => ms - (ms % 1_000)),
      ...{ creationtimems: milliseconds, lastmodifiedtimems: milliseconds },
    },
  };
}

const PROJECTED = gremlin`.project('id','label','values').by(id).by(label).by(valueMap())`;

test('5,000 hostile texts come back from the graph, asked for by the text, on the record that they came from', async () => {
  const texts = hostileValues();
  const { region, s3, neptune, clients } = await servedAccount(texts.map(recordOf));
  const send = gremlinClient(neptune);
  const ask = (condition: GremlinText) => send(gremlin`g.V().${condition}${PROJECTED}`);

  const { directory } = await exportLineage({ clients, region, out: await temporaryDirectory() });
  const { uri } = await uploadRun({ s3, directory, to: 's3://lineage/hostile' });
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  const load = await loadRun({ neptune, s3, source: uri, roleArn, region, verifySample: 'all' });

  expect(texts).toHaveLength(VALUES);
  expect(load).toMatchObject({ verified: true, sample: { vertices: VALUES, differences: [] } });
  for (let at = 0; at < VALUES; at += 200) {
    const some = texts.slice(at, at + 200);
    const found = await ask(gremlin`has('sourceuri',within(${literals(some.map(storableText))}))`);
    const byId = new Map(found.map((element) => [(element as { id: string }).id, element]));
    expect(found).toHaveLength(some.length);
    for (const [nth, text] of some.entries()) {
      const element = elementOf(text, at + nth);
      expect(byId.get(element.id), JSON.stringify(text)).toEqual(element);
    }
  }
  // One by one, too: `within` compares by hash.
  for (const [at, text] of texts.slice(0, FIXED.length).entries()) {
    if (at % 5 > 0) continue;
    const found = await ask(gremlin`has('artifact','name',${literal(storableText(text))})`);
    expect(found, JSON.stringify(text)).toEqual([elementOf(text, at)]);
  }
});
