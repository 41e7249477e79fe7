import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRun } from '../../src/runs/check.ts';
import { runJob } from '../../src/sandbox/neptune/load-job.ts';
import type { LoadRequest } from '../../src/sandbox/neptune/load-request.ts';
import type { LoadJob } from '../../src/sandbox/neptune/load-status.ts';
import { memoryGraph } from '../../src/sandbox/neptune/memory-graph.ts';

/* `check` and the sandbox's loader know the rules apart from each other: here they judge the same files. */

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smlineage-agreement-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

type Files = Readonly<Record<string, Buffer>>;

let cases = 0;

async function checked(files: Files) {
  cases += 1;
  const directory = join(folder, String(cases));
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  const { findings, errors, notes } = await checkRun({ source: directory, maxFindings: 10_000 });
  await rm(directory, { recursive: true });
  const places = findings.map(({ file, record }) => `${file.slice(directory.length + 1)} ${record}`);
  const unreadable = findings
    .filter(({ level, record }) => level === 'error' && record === 0)
    .map(({ file }) => file.slice(directory.length + 1));
  return { errors, notes, findings, places: new Set(places), unreadable: new Set(unreadable) };
}

/** What the loader makes of the files under its own defaults, but for going on after an error. */
async function loaded(files: Files): Promise<LoadJob> {
  const job: LoadJob = {
    ...{ loadId: 'load', source: 's3://b/', runNumber: 1, status: 'LOAD_NOT_STARTED', startedAt: 0 },
    ...{ finishedAt: undefined, feeds: [], errors: [] },
  };
  const objects = new Map(Object.entries(files));
  const store = {
    bucketRegion: () => 'us-east-1',
    keys: () => [...objects.keys()].sort(),
    get: (bucket: string, key: string) => {
      const body = objects.get(key);
      return body === undefined ? undefined : { bucket, key, etag: key, body };
    },
  };
  const request: LoadRequest = {
    source: 's3://b/',
    bucket: 'b',
    prefix: '',
    region: 'us-east-1',
    mode: 'NEW',
    failOnError: false,
    updateSingleCardinalityProperties: false,
    allowEmptyStrings: false,
    edgeOnlyLoad: false,
    queueRequest: false,
    dependencies: [],
    roles: [],
  };
  const context = {
    ...{ store, graph: memoryGraph(), clock: () => 0, acceptMilliseconds: false },
    ...{ beforeFeed: async () => undefined, previous: undefined },
  };
  await runJob(job, request, context, new AbortController().signal);
  return job;
}

/** Both judgements of the same files, which must not contradict each other. */
async function expectAgreement(files: Files): Promise<'passed' | 'refused' | 'stricter'> {
  const check = await checked(files);
  const { status, errors } = await loaded(files);
  // A header that check refuses ends its reading of the file, where the loader may take it and stumble on a record.
  const atRecords = errors
    .map(({ fileName, recordNum }) => ({ file: fileName.slice('s3://b/'.length), recordNum }))
    .filter(({ file, recordNum }) => recordNum > 0 && !check.unreadable.has(file))
    .map(({ file, recordNum }) => `${file} ${recordNum}`);

  expect(atRecords.filter((place) => !check.places.has(place))).toEqual([]);
  if (check.errors === 0) expect({ status, errors }).toEqual({ status: 'LOAD_COMPLETED', errors: [] });
  if (status !== 'LOAD_COMPLETED') expect(check.errors).toBeGreaterThan(0);
  if (status !== 'LOAD_COMPLETED') return 'refused';
  return check.errors === 0 ? 'passed' : 'stricter';
}

const IDS = ['a', 'b', 'c', 'a b', 'ä', 'x"y', 'n,m', '1'];

const GOOD_VALUES: Readonly<Record<string, readonly string[]>> = {
  Bool: ['true', 'false'],
  Byte: ['0', '-128', '127', '+5', '007'],
  Short: ['32767', '-32768'],
  Int: ['2147483647', '-2147483648', '-0'],
  Long: ['9223372036854775807', '-9223372036854775808', '0000000000000000000000001'],
  Float: ['1.5', '-.5', '5.', '3.4e38', 'NaN', 'Infinity'],
  Double: ['1e308', '-Infinity', '0.1', '1E-400'],
  String: ['x', 'a;b', 'a\nb', 'say "hi"', ' padded ', 'été', '💡', '\\t', 'a\\;b', 'true'],
  Datetime: ['2024-02-29', '0000-01-01', '2024-01-01T23:59', '2024-01-01T00:00:00', '9999-12-31T23:59:59Z'],
};

const BAD_VALUES = [
  ...[
    '128',
    '1.0',
    '1e5',
    '--1',
    '+',
    'x',
    '9223372036854775808',
    '1e39',
    '1e309',
    'INF',
    '+NaN',
    '.',
    '1_0',
  ],
  ...['2023-02-29', '2024-13-01', '2024-01-01T24:00', '2024-01-01T00:00Z', '2024-01-01T00:00:00.5Z', ' 1'],
  ...['2024-1-1', 'TRUE', '\0', '1;2', '1;;2', '1;x', ';', '١', 'a\rb', '\u00a0', '', '2024-01-01T00:00:00z'],
];

/** A field as RFC 4180 has it. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** Mostly in quotes, where text allows it not. */
const field = (values: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...values), fc.boolean(), fc.constantFrom('', '', ' ', '\t'))
    .map(([text, bare, pad]) =>
      bare && /^[\w.+-]+$/.test(text) ? `${pad}${text}${pad}` : `${pad}${quoted(text)}`,
    );

const rawField = fc.oneof(
  { weight: 8, arbitrary: field([...IDS, ...BAD_VALUES, ...Object.values(GOOD_VALUES).flat()]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '""', 'a"b', '"a"b', '"a', 'a\rb', 'a\r', '""""', ' "a" ', '"a" "b"'),
  },
);

const HEADER_FIELDS = [
  ...[
    '~label',
    '~Label',
    '~from',
    '~to',
    '~ID',
    '~x',
    'n',
    'n:Int',
    'm:String(single)',
    'd:datetime',
    'k:DATE',
  ],
  ...[
    'b:Bool',
    'l:Int[]',
    's:String(set)[]',
    'f:float',
    'g:Double(Single)',
    'y:Byte',
    'z:Long',
    'a\\:b:Short',
  ],
  ...[
    'p:Int(single)[]',
    'q:Text',
    'r:',
    ':Int',
    '',
    'u v',
    '"h""i"',
    'c:Int(list)',
    'w:Int[](set)',
    'o:a:b',
    'i\\:',
  ],
];

const row = (cells: fc.Arbitrary<string>, columns: number) =>
  fc.tuple(...Array.from({ length: columns }, () => cells)).map((fields) => fields.join(','));

const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\n\n');

/** So that edges may find their ends; `n,m` and `1` are not there. */
const BASE = Buffer.from(['~id,~label', ...IDS.slice(0, 6).map((id) => `${quoted(id)},p`)].join('\n'));

/** Any header, any rows, most of them of the header's length. */
const wildFile = fc
  .tuple(
    fc.constantFrom([], ['~id'], ['~id'], ['~id', '~from', '~to'], ['~id', '~from', '~to']),
    fc.array(fc.constantFrom(...HEADER_FIELDS), { maxLength: 2 }),
  )
  .chain(([system, others]) => {
    const columns = [...system, ...others];
    const cells = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: systemRow(system, others.length) },
        { weight: 1, arbitrary: row(rawField, Math.max(1, columns.length - 1)) },
        { weight: 1, arbitrary: row(rawField, columns.length + 1) },
      ),
      { maxLength: 4 },
    );
    return fc.tuple(cells, lineEnd, fc.boolean()).map(([rows, end, ends]) => {
      const text = [columns.join(','), ...rows].join(end);
      return Buffer.from(ends ? `${text}${end}` : text);
    });
  });

/** A row whose ids and ends are likely to be met elsewhere. */
function systemRow(system: readonly string[], others: number): fc.Arbitrary<string> {
  const cells = [...system.map(() => field(IDS)), ...Array.from({ length: others }, () => rawField)];
  return fc.tuple(...cells).map((fields) => fields.join(','));
}

/** Bytes put in, left out or replaced. */
const mutations = fc.array(
  fc.tuple(
    fc.nat(),
    fc.constantFrom('insert', 'delete', 'replace'),
    fc.constantFrom(...Buffer.from('",\n\r ;~:\0aé\\')),
  ),
  { maxLength: 2 },
);

function mutated(body: Buffer, changes: readonly (readonly [number, string, number])[]): Buffer {
  const bytes = [...body];
  for (const [at, how, byte] of changes) {
    const place = at % (bytes.length + 1);
    if (how === 'insert') bytes.splice(place, 0, byte);
    else if (how === 'delete') bytes.splice(place, 1);
    else bytes.splice(place, 1, byte);
  }
  return Buffer.from(bytes);
}

/** Rows that any loader takes: the columns are of one type each, ids are met once, ends are there. */
const cleanFiles = fc
  .record({
    columns: fc.uniqueArray(fc.constantFrom(...Object.keys(GOOD_VALUES)), { maxLength: 4 }),
    ids: fc.uniqueArray(
      fc.oneof(fc.constantFrom(...IDS), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 })),
      { minLength: 1, maxLength: 5 },
    ),
    edges: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }),
    end: fc.constantFrom('\n', '\r\n'),
    gzip: fc.boolean(),
    cardinality: fc.constantFrom('', '(single)', '(set)', '(SET)[]'),
  })
  .map(({ ids, ...rest }) => ({ ids: ids.filter((id) => !id.includes('\0')), ...rest }))
  .filter(({ ids }) => ids.length > 0)
  .chain(({ columns, ids, edges, end, gzip, cardinality }) => {
    const cells = fc.tuple(
      ...columns.map((type) => fc.oneof(field(goodValues(type, cardinality)), fc.constant(''))),
    );
    return fc.array(cells, { minLength: ids.length, maxLength: ids.length }).map((rows): Files => {
      const header = ['~id', '~label', ...columns.map((type) => `p${type}:${type}${cardinality}`)].join(',');
      const vertexLines = ids.map((id, at) => [quoted(id), 'l', ...(rows[at] ?? [])].join(','));
      const idAt = (at: number) => quoted(ids[at % ids.length] ?? '');
      const edgeLines = edges.map(([from, to], at) => `e${at},${idAt(from)},${idAt(to)},"made"`);
      const vertexText = Buffer.from([header, ...vertexLines, ''].join(end));
      return {
        [gzip ? 'v.csv.gz' : 'v.csv']: gzip ? gzipSync(vertexText, { level: 1 }) : vertexText,
        'e.csv': Buffer.from(['~id,~from,~to,~label', ...edgeLines].join(end)),
      };
    });
  });

/** In a list a semicolon separates, so that typed parts still fit; two quotes alone would be noted. */
function goodValues(type: string, cardinality: string): readonly string[] {
  const values = GOOD_VALUES[type] ?? [];
  return cardinality.endsWith('[]') ? values.flatMap((value) => [value, `${value};${value}`]) : values;
}

describe('check and the loader', () => {
  test('a thousand generated clean runs have no finding, and load', async () => {
    await fc.assert(
      fc.asyncProperty(cleanFiles, async (files) => {
        expect(await checked(files)).toMatchObject({ findings: [], errors: 0, notes: 0 });
        expect(await loaded(files)).toMatchObject({ status: 'LOAD_COMPLETED', errors: [] });
      }),
      { numRuns: 1000 },
    );
  });

  test('what check passes loads without errors, and what the loader refuses check finds at the same record', async () => {
    const seen = { passed: 0, refused: 0, stricter: 0 };

    await fc.assert(
      fc.asyncProperty(wildFile, async (file) => {
        seen[await expectAgreement({ 'base.csv': BASE, 'wild.csv': file })] += 1;
      }),
      { numRuns: 1200 },
    );

    expect(seen).toEqual({
      passed: expect.toSatisfy((count: number) => count > 20),
      refused: expect.toSatisfy((count: number) => count > 300),
      stricter: expect.toSatisfy((count: number) => count > 20),
    });
  });

  test('clean files with a few bytes changed are judged alike', async () => {
    await fc.assert(
      fc.asyncProperty(cleanFiles, mutations, fc.nat(), async (files, changes, which) => {
        const names = Object.keys(files);
        const name = names[which % names.length] ?? '';
        const before = files[name] ?? Buffer.alloc(0);
        // The text, not the compressed bytes: where a broken gzip file is read to is anybody's choice.
        const after = name.endsWith('.gz')
          ? gzipSync(mutated(gunzipSync(before), changes))
          : mutated(before, changes);
        await expectAgreement({ ...files, [name]: after });
      }),
      { numRuns: 1000 },
    );
  });
});
