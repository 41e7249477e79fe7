import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RULES, type RuleName } from '../../src/csv/check/rules.ts';
import { LineageError } from '../../src/errors.ts';
import { assertChecked, type CheckReport, type CheckRunOptions, checkRun } from '../../src/runs/check.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-check-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

type Files = Readonly<Record<string, string | Buffer>>;

const VERTICES = '~id,~label,name:String(single),age:Int(single)\na,person,"Ann",1\nb,person,"Ben",2\n';
const EDGES = '~id,~from,~to,~label,weight:Double\ne1,a,b,knows,0.5\n';

async function written(files: Files): Promise<string> {
  const directory = await mkdtemp(join(folder, 'case-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  return directory;
}

async function checked(files: Files, options: Partial<CheckRunOptions> = {}): Promise<CheckReport> {
  return checkRun({ source: await written(files), ...options });
}

/** Findings as `rule file:line column id`, the file from its directory. */
async function told(files: Files, options: Partial<CheckRunOptions> = {}): Promise<readonly string[]> {
  const { findings, source } = await checked(files, options);
  return findings.map(({ rule, file, line, column, id }) =>
    [rule, `${file.slice(source.length + 1)}:${line}`, column, id]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

const LONG = 55 * 1024 * 1024 + 1;
const vertices = (...rows: readonly string[]) => ({
  'v.csv': `~id,~label,x:Int(single)\n${rows.join('\n')}\n`,
});
const typed = (type: string, value: string) => ({ 'v.csv': `~id,~label,x:${type}\na,p,1\nb,p,${value}\n` });
const header = (line: string) => ({ 'v.csv': `${line}\n` });

/** One defect each: the files, and everything that must be told of them. */
const DEFECTS: readonly (readonly [string, Files, readonly string[]])[] = [
  ['no bytes', { 'v.csv': '' }, ['empty-file v.csv:1']],
  ['nothing but empty lines', { 'v.csv': '\n\r\n\n' }, ['empty-file v.csv:1']],
  ['a byte order mark', { 'v.csv': `\ufeff${VERTICES}` }, ['byte-order-mark v.csv:1']],
  [
    'a byte order mark, compressed',
    { 'v.csv.gz': gzipSync(`\ufeff${VERTICES}`) },
    ['byte-order-mark v.csv.gz:1'],
  ],
  [
    'Latin-1 in a value',
    { 'v.csv': Buffer.from('~id,~label,n\na,p,x\nb,p,caf\xe9\n', 'latin1') },
    ['not-utf8 v.csv:3 n b'],
  ],
  [
    'a character cut in half',
    { 'v.csv': Buffer.from([...Buffer.from('~id,n\na,"'), 0xe2, 0x82, 0x22, 10]) },
    ['not-utf8 v.csv:2 n a'],
  ],
  ['Latin-1 in the header', { 'v.csv': Buffer.from('~id,caf\xe9\na,1\n', 'latin1') }, ['not-utf8 v.csv:1']],
  ['U+0000 in a value', { 'v.csv': '~id,n\na,"x\0y"\n' }, ['null-character v.csv:2 n a']],
  ['a compressed file without .gz', { 'v.csv': gzipSync(VERTICES) }, ['gzip-name v.csv:1']],
  ['plain text called .gz', { 'v.csv.gz': VERTICES }, ['gzip-name v.csv.gz:1']],
  ['bzip2', { 'v.csv.bz2': 'BZh91AY' }, ['bzip2-unread v.csv.bz2:1']],
  ['a stray quote', vertices('a,p,1', 'b,p"q,2', 'c,p,3'), ['stray-quote v.csv:3']],
  ['text after a quote', vertices('a,p,1', 'b,"p"q,2'), ['text-after-quote v.csv:3']],
  ['a quote with a backslash', { 'v.csv': '~id,n\na,"x\\"y"\n' }, ['text-after-quote v.csv:2']],
  ['an open quote', vertices('a,p,1', 'b,"p,2', 'c,p,3'), ['open-quote v.csv:3']],
  ['a lone carriage return', { 'v.csv': '~id,n\na,x\ry\n' }, ['lone-carriage-return v.csv:2 n a']],
  ['a Unicode space outside quotes', { 'v.csv': '~id,n\na,\u00a0x\n' }, ['unquoted-space v.csv:2 n a']],
  ['too many fields', vertices('a,p,1', 'b,p,2,3'), ['too-many-fields v.csv:3 b']],
  ['too few fields', vertices('a,p,1', 'b,p'), ['too-few-fields v.csv:3 b']],
  [
    'a line number after quoted line breaks and empty lines',
    { 'v.csv': '~id,n\r\na,"x\r\n\r\ny"\r\n\r\nb,1,2\r\n' },
    ['too-many-fields v.csv:6 b'],
  ],
  ['no ~id', header('~label,x'), ['missing-column v.csv:1 ~id']],
  ['no ~to', header('~id,~from'), ['missing-column v.csv:1 ~to']],
  ['an edge file without ~id', header('~from,~to'), ['missing-column v.csv:1 ~id']],
  ['a strange system column', header('~id,~name'), ['unknown-system-column v.csv:1 ~name']],
  ['~id twice', header('~id,~ID'), ['repeated-column v.csv:1 ~id']],
  ['a property twice, typed otherwise', header('~id,x:Int,x:Long'), ['repeated-column v.csv:1 x']],
  ['an unnamed column', header('~id,,x'), ['column-syntax v.csv:1 ']],
  ['a cardinality that is not closed', header('~id,x:Int(single'), ['column-syntax v.csv:1 x']],
  ['text after a type', header('~id,x:Int[](set)'), ['column-syntax v.csv:1 x']],
  ['a colon that is not escaped', header('~id,x:y:Int'), ['column-syntax v.csv:1 x']],
  ['a space in a name', header('~id,full name:String'), ['property-name v.csv:1 full name']],
  ['a comma in a name', header('~id,"a,b:String"'), ['property-name v.csv:1 a,b']],
  ['an unknown type', header('~id,x:Text'), ['unknown-type v.csv:1 x']],
  ['no type after the colon', header('~id,x:'), ['unknown-type v.csv:1 x']],
  ['an unknown cardinality', header('~id,x:Int(list)'), ['unknown-cardinality v.csv:1 x']],
  ['a single list', header('~id,x:Int(single)[]'), ['single-list v.csv:1 x']],
  ['a set in an edge file', header('~id,~from,~to,x:Int(set)'), ['edge-cardinality v.csv:1 x']],
  ['a list in an edge file', header('~id,~from,~to,x:Int[]'), ['edge-cardinality v.csv:1 x']],
  ['a blank id', vertices('a,p,1', ' ,p,2'), ['blank-required v.csv:3 ~id ']],
  [
    'a blank end',
    { 'v.csv': VERTICES, 'e.csv': '~id,~from,~to\ne1,a,\n' },
    ['blank-required e.csv:2 ~to e1'],
  ],
  ['an empty id', vertices('a,p,1', '"",p,2'), ['empty-id v.csv:3 ~id ']],
  ['an empty label', vertices('a,p,1', 'b,"",2'), ['empty-label v.csv:3 ~label b']],
  ['an empty label among others', vertices('a,p;,1', 'b,p;q,2'), ['empty-label v.csv:2 ~label a']],
  [
    'an edge with two labels',
    { 'v.csv': VERTICES, 'e.csv': '~id,~from,~to,~label\ne1,a,b,x;y\n' },
    ['edge-label-list e.csv:2 ~label e1'],
  ],
  ...['1', 'True', 'yes'].map(
    (value) =>
      [
        `${value} for a Bool`,
        { 'v.csv': `~id,x:Bool\na,true\nb,${value}\n` },
        ['bool-value v.csv:3 x b'],
      ] as const,
  ),
  ...(
    [
      ['Byte', '128'],
      ['Byte', '-129'],
      ['Short', '32768'],
      ['Int', '2147483648'],
      ['Int', '1.0'],
      ['Int', '1e3'],
      ['Int', '-'],
      ['Long', '9223372036854775808'],
      ['Long', '-9223372036854775809'],
      ['Long[]', '1;x'],
    ] as const
  ).map(
    ([type, value]) => [`${value} for ${type}`, typed(type, value), ['integer-value v.csv:3 x b']] as const,
  ),
  ...(
    [
      ['Float', '1e39'],
      ['Double', '1e309'],
      ['Double', 'INF'],
      ['Double', '"1,5"'],
      ['Double[]', '1;1_0'],
    ] as const
  ).map(
    ([type, value]) => [`${value} for ${type}`, typed(type, value), ['decimal-value v.csv:3 x b']] as const,
  ),
  ...[
    '2024-02-30',
    '2023-02-29T00:00',
    '2024-01-01T24:00',
    '2024-01-01T00:00Z',
    '2024-01-01 00:00:00',
    '2024-01-01T00:00:60',
    '2024-01-01T00:00:00+01:00',
    '24-1-1',
    '1704067200',
  ].map(
    (value) =>
      [
        `${value} for a Datetime`,
        { 'v.csv': `~id,x:datetime\na,2024-02-29\nb,${value}\n` },
        ['datetime-value v.csv:3 x b'],
      ] as const,
  ),
  [
    'milliseconds',
    { 'v.csv': '~id,x:Datetime\na,2024-01-01T00:00:00.123Z\n' },
    ['datetime-fraction v.csv:2 x a'],
  ],
  [
    'a value that is too long',
    { 'v.csv': Buffer.concat([Buffer.from('~id,x\na,1\nb,"'), Buffer.alloc(LONG, 'x'), Buffer.from('"\n')]) },
    ['value-too-long v.csv:3 x b'],
  ],
  ['a vertex twice in a file', vertices('a,p,1', 'b,p,2', '"a",p,1'), ['duplicate-vertex-id v.csv:4 ~id a']],
  [
    'a vertex in two files',
    { 'v.csv': VERTICES, 'w.csv.gz': gzipSync('~id\nc\nb\n') },
    ['duplicate-vertex-id w.csv.gz:3 ~id b'],
  ],
  [
    'an edge twice',
    { 'v.csv': VERTICES, 'e.csv': EDGES, 'f.csv': EDGES },
    ['duplicate-edge-id f.csv:2 ~id e1'],
  ],
  [
    'an edge id with other ends',
    { 'v.csv': VERTICES, 'e.csv': EDGES, 'f.csv': '~id,~from,~to,~label\n\ne1,b,a,knows\n' },
    ['edge-id-reused f.csv:3 ~id e1'],
  ],
  [
    'an edge from nowhere',
    { 'e.csv': '~id,~from,~to\ne1,a,b\ne2,A,b\n', 'v.csv': VERTICES },
    ['dangling-endpoint e.csv:3 ~from e2'],
  ],
  [
    'an edge to nowhere, the id with a quote',
    { 'v.csv': VERTICES, 'e.csv': '~id,~from,~to\n"e""1",a,"x""y"\n' },
    ['dangling-endpoint e.csv:2 ~to e"1'],
  ],
  [
    'a file that is no load file',
    { 'v.csv': VERTICES, _SUCCESS: '{"ok": true}' },
    ['stray-quote _SUCCESS:1', 'endpoints-unchecked _SUCCESS:1'],
  ],
  [
    'a manifest among the data',
    { 'v.csv': VERTICES, 'm.json': 'x\n' },
    ['missing-column m.json:1 ~id', 'endpoints-unchecked m.json:1'],
  ],
];

/** Whether vertices were read to their ends is a note of its own, which most broken files bring with them. */
function withoutUnchecked(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !line.startsWith('endpoints-unchecked'));
}

describe('defects', () => {
  test.each(DEFECTS)('%s is found, at its place, and nothing else', async (_title, files, expected) => {
    expect(withoutUnchecked(await told(files))).toEqual(withoutUnchecked(expected));
  });

  test('a gzip file that is cut off is found wherever it ends', async () => {
    const whole = gzipSync(VERTICES);

    for (let end = 3; end < whole.length; end += 1) {
      const found = await told({ 'v.csv.gz': whole.subarray(0, end) });
      expect(found[0]).toMatch(/^gzip-broken v\.csv\.gz:/);
    }
  });

  test('a gzip file whose bytes changed is found', async () => {
    const changed = gzipSync(VERTICES);
    changed[changed.length - 6] = (changed[changed.length - 6] ?? 0) ^ 1;

    expect(withoutUnchecked(await told({ 'v.csv.gz': changed }))).toEqual(['gzip-broken v.csv.gz:1']);
  });

  test('a finding says all that there is to say', async () => {
    const { findings, source } = await checked({ 'v.csv': typed('Byte(single)', '300')['v.csv'] });

    expect(findings).toEqual([
      {
        rule: 'integer-value',
        level: 'error',
        file: `${source}/v.csv`,
        line: 3,
        record: 2,
        column: 'x',
        id: 'b',
        expected: RULES['integer-value'].expected,
        found: '300',
      },
    ]);
  });

  test('every error rule but the one for records that fill the memory has a planted defect', () => {
    const planted = new Set(DEFECTS.flatMap(([, , expected]) => expected.map((line) => line.split(' ')[0])));
    const errors = (Object.keys(RULES) as RuleName[]).filter((rule) => RULES[rule].level === 'error');

    expect(errors.filter((rule) => !planted.has(rule))).toEqual(['gzip-broken', 'record-too-long']);
  });
});

describe('notes', () => {
  const PORTABLE = {
    'v.csv.gz': gzipSync('~id,d:Date,x:Double,n\na,2024-01-01,1e3, "x\ny"\nb,,,""\n'),
    'e.csv': '~id,~from,~to,~label\ne1,a,b,p::q\ne2,a,b,\n',
  };

  test('what only Neptune Analytics reads otherwise is noted where asked, once for each file, and fails nothing', async () => {
    const report = await checked(PORTABLE, { analytics: true });

    expect(report.errors).toBe(0);
    expect(() => assertChecked(report)).not.toThrow();
    expect(report.byRule).toEqual({
      'analytics-gzip': 1,
      'analytics-date': 1,
      'analytics-scientific': 1,
      'analytics-multiline': 1,
      'analytics-space-before-quote': 1,
      'analytics-edge-id': 1,
      'empty-string': 1,
      'label-delimiter': 1,
      'blank-label': 1,
    });
  });

  test('text too long for Neptune Analytics is noted', async () => {
    const { byRule } = await checked({ 'v.csv': `~id,n\na,${'x'.repeat(1_048_063)}\n` }, { analytics: true });

    expect(byRule).toEqual({ 'analytics-string-length': 1 });
  });

  test('without being asked, Neptune Analytics is not spoken of', async () => {
    const { byRule } = await checked(PORTABLE);

    expect(byRule).toEqual({ 'empty-string': 1, 'label-delimiter': 1, 'blank-label': 1 });
  });

  test('where vertices cannot be read, edges are not blamed for it', async () => {
    expect(await told({ 'v.csv': 'x', 'e.csv': EDGES })).toEqual([
      'missing-column v.csv:1 ~id',
      'endpoints-unchecked v.csv:1',
    ]);
  });
});

describe('options', () => {
  test('all findings are counted, and as many kept of each level as asked', async () => {
    const { findings, more, errors, byRule } = await checked(vertices('a,p,x', 'b,p,x', 'c,p,x', 'd,p'), {
      maxFindings: 2,
    });

    expect({ kept: findings.map(({ line }) => line), more, errors, byRule }).toEqual({
      kept: [2, 3],
      more: 2,
      errors: 4,
      byRule: { 'integer-value': 3, 'too-few-fields': 1 },
    });
  });

  test('edges of vertices that the graph has can be checked alone', async () => {
    expect(await told({ 'e.csv': EDGES }, { endpoints: false })).toEqual([]);
  });

  test('fractions of a second can be accepted', async () => {
    const files = { 'v.csv': '~id,x:Datetime\na,2024-01-01T00:00:00.123Z\nb,2024-01-01T00:00:00.5\n' };

    expect(await told(files, { acceptMilliseconds: true })).toEqual([]);
  });

  test('more repeated ids than are settled one by one are counted all the same', async () => {
    const rows = Array.from({ length: 10_500 }, (_, at) => `id${at},p,1`);

    const { byRule } = await checked(vertices(...rows, ...rows));

    expect(byRule).toEqual({ 'duplicate-vertex-id': 10_500 });
  });

  test('an aborted signal ends the check', async () => {
    const enough = new Error('enough');

    await expect(checked({ 'v.csv': VERTICES }, { signal: AbortSignal.abort(enough) })).rejects.toMatchObject(
      {
        outcome: 'interrupted',
        message: expect.stringMatching(/^Interrupted while checking \S+\.$/),
        cause: enough,
      },
    );
  });
});

describe('sources', () => {
  test('of a run only what is loaded is checked, and the report says what was read', async () => {
    const report = await checked({
      'manifest.json': '{}',
      'index/artifact.csv': '1,2\n',
      'data/nodes/v.csv': VERTICES,
      'data/edges/e.csv': EDGES,
    });

    expect(report).toEqual({
      source: report.source,
      files: [
        { file: `${report.source}/data/nodes/v.csv`, kind: 'vertex', rows: 2, bytes: VERTICES.length },
        { file: `${report.source}/data/edges/e.csv`, kind: 'edge', rows: 1, bytes: EDGES.length },
      ],
      errors: 0,
      notes: 0,
      byRule: {},
      findings: [],
      more: 0,
    });
  });

  test('a single file is a source', async () => {
    const { errors, files } = await checkRun({ source: join(await written({ 'v.csv': VERTICES }), 'v.csv') });

    expect([errors, files.length]).toEqual([0, 1]);
  });

  test.each([
    ['an empty directory', {}],
    ['a run without data', { 'manifest.json': '{}' }],
  ])('%s is a mistake', async (_title, files) => {
    await expect(checked(files)).rejects.toMatchObject({ outcome: 'usage' });
  });

  test('a directory that is not there is a mistake', async () => {
    await expect(checkRun({ source: join(folder, 'none') })).rejects.toMatchObject({ outcome: 'usage' });
  });

  describe('in S3', () => {
    let sandbox: Sandbox;
    let s3: S3Client;

    beforeAll(async () => {
      sandbox = await startSandbox({ gremlin: false, bucket: 'lineage' });
      s3 = new S3Client({
        endpoint: sandbox.url,
        region: sandbox.region,
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
        forcePathStyle: true,
      });
    });

    afterAll(async () => {
      s3.destroy();
      await sandbox.close();
    });

    test('objects are checked as files are, and those of a neighbour with a longer name are not', async () => {
      const objects: Files = {
        'one/v.csv.gz': gzipSync(VERTICES),
        'one/e.csv': '~id,~from,~to\ne1,a,z\n',
        'one/folder/': '',
        'one-more/x.csv': 'broken',
      };
      for (const [Key, Body] of Object.entries(objects)) {
        await s3.send(new PutObjectCommand({ Bucket: 'lineage', Key, Body }));
      }

      const { findings, files } = await checkRun({ source: 's3://lineage/one', s3 });

      expect(files.map(({ file }) => file)).toEqual(['s3://lineage/one/v.csv.gz', 's3://lineage/one/e.csv']);
      expect(findings).toMatchObject([
        { rule: 'dangling-endpoint', file: 's3://lineage/one/e.csv', line: 2 },
      ]);
    });
  });
});

test('errors become one error, which says how many there are, what the first is and what to do', async () => {
  const report = await checked(vertices('a,p,x', 'b,p,y'));

  expect(() => assertChecked(report)).toThrow(
    new LineageError(
      'validationFailed',
      `${report.source} cannot be loaded as it is: 2 errors, the first: integer-value at ${report.source}/v.csv:2.`,
      {
        hint: 'Mend the files, or export again; `smlineage check` tells every place, and docs/check.md every rule.',
        details: { source: report.source, errors: 2, byRule: { 'integer-value': 2 } },
      },
    ),
  );
});
