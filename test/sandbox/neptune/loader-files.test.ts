import { gzipSync } from 'node:zlib';
import { ExecuteGremlinQueryCommand } from '@aws-sdk/client-neptunedata';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GremlinEngine } from '../../../src/sandbox/neptune/gremlin-engine.ts';
import { bucketStore, load, serveNeptune, summary } from './served-neptune.ts';
import { startedEngine } from './started-engine.ts';

const bucket = bucketStore();
let engine: GremlinEngine;
let neptune: Awaited<ReturnType<typeof serveNeptune>>;
let inMemory: Awaited<ReturnType<typeof serveNeptune>>;
beforeAll(async () => {
  engine = await startedEngine();
  neptune = await serveNeptune({ store: bucket.store, engine, region: 'us-east-1', clock: Date.now });
});
afterAll(async () => {
  await neptune?.close();
  await engine?.close();
});
beforeEach(async () => {
  bucket.clear();
  await gremlin('g.V().drop()');
  inMemory = await serveNeptune({ store: bucket.store, region: 'us-east-1', clock: Date.now });
});
afterEach(() => inMemory?.close());

async function gremlin(gremlinQuery: string): Promise<unknown> {
  const serializer = 'application/vnd.gremlin-v3.0+json;types=false';
  const { result } = await neptune.client.send(new ExecuteGremlinQueryCommand({ gremlinQuery, serializer }));
  return (result as { data: unknown }).data;
}

type Case = {
  readonly name: string;
  readonly file: string;
  readonly counters: readonly number[];
  readonly errors?: readonly string[];
  readonly allowEmptyStrings?: boolean;
  readonly update?: boolean;
};

/** `counters`: totalRecords, totalDuplicates, parsingErrors, datatypeMismatchErrors, insertErrors. */
const VERTICES: readonly Case[] = [
  { name: 'ids alone', file: '~id\na\nb\n', counters: [2, 0, 0, 0, 0] },
  { name: 'a header alone', file: '~id,~label,x\n', counters: [0, 0, 0, 0, 0] },
  { name: 'label and untyped property', file: '~id,~label,x\na,l,1\n', counters: [2, 0, 0, 0, 0] },
  {
    name: 'CRLF line ends, and none at the end',
    file: '~id,~label,x\r\na,l,1\r\nb,l,"2"',
    counters: [4, 0, 0, 0, 0],
  },
  { name: 'several labels', file: '~id,~label\na,l;m\\;n\n', counters: [2, 0, 0, 0, 0] },
  { name: 'a blank label, which is none given', file: '~id,~label\na,\n', counters: [1, 0, 0, 0, 0] },
  { name: 'an empty id, which is an id', file: '~id,~label\n"",l\n', counters: [1, 0, 0, 0, 0] },
  {
    name: 'every type',
    file: '~id,a:Bool,b:Byte,c:Short,d:Int,e:Long,f:Float,g:Double,h:String,i:Date,j:Datetime\nx,true,-128,32767,-2147483648,9223372036854775807,1.5,1e300,s,2024-01-02,2024-01-02T03:04:05Z\n',
    counters: [11, 0, 0, 0, 0],
  },
  {
    name: 'type names in any case, boolean as bool',
    file: '~id,a:BOOLEAN,b:int,c:dateTime\nx,yes,+1,2024-01-02T03:04\n',
    counters: [4, 0, 0, 0, 0],
  },
  {
    name: 'Infinity and NaN',
    file: '~id,a:Double,b:Float,c:Double\nx,Infinity,-Infinity,NaN\n',
    counters: [4, 0, 0, 0, 0],
  },
  {
    name: 'the four forms of a time',
    file: '~id,t:Datetime\na,2024-02-29\nb,2024-01-02T03:04\nc,2024-01-02T03:04:05\nd,2024-01-02T03:04:05Z\n',
    counters: [8, 0, 0, 0, 0],
  },
  {
    name: 'commas, quotes and line breaks in quotes',
    file: '~id,x\na,"1,""2""\n3"\n',
    counters: [2, 0, 0, 0, 0],
  },
  { name: 'spaces around fields', file: '~id , x\n a , 1 2 \nb," 3 "\n', counters: [4, 0, 0, 0, 0] },
  { name: 'a colon in a property name', file: '~id,a\\:b:Int\nx,1\n', counters: [2, 0, 0, 0, 0] },
  {
    name: 'cardinalities',
    file: '~id,a:String(single),b:Int(set),c:String(set)[],d:Int[]\nx,1,2,3;4,5;6\n',
    counters: [7, 0, 0, 0, 0],
  },
  { name: 'an escaped semicolon in a list', file: '~id,c:String[]\nx,a\\;b;c\n', counters: [3, 0, 0, 0, 0] },
  { name: 'a semicolon outside a list', file: '~id,c:String\nx,a;b\\;c\n', counters: [2, 0, 0, 0, 0] },
  { name: 'one value twice in a list', file: '~id,c:Int[]\nx,1;1;2\n', counters: [4, 1, 0, 0, 0] },
  {
    name: 'blank and empty values, which are none',
    file: '~id,a,b,c:Int\nx,,"",\n',
    counters: [1, 0, 0, 0, 0],
  },
  {
    name: 'empty values where they are allowed',
    file: '~id,a,b,c:Int\nx,,"",""\n',
    counters: [2, 0, 0, 0, 0],
    allowEmptyStrings: true,
  },
  { name: 'blank lines', file: '~id,a\nx,1\n\ny,2\n\n', counters: [4, 0, 0, 0, 0] },
  { name: 'a line shorter than the header', file: '~id,~label,a\nx,l\n', counters: [1, 0, 0, 0, 0] },
  { name: 'the same line twice', file: '~id,~label,a\nx,l,1\nx,l,1\n', counters: [4, 2, 0, 0, 0] },
  {
    name: 'one id twice, with another label and value',
    file: '~id,~label,a\nx,l,1\nx,m,2\n',
    counters: [4, 0, 0, 0, 0],
  },
  { name: 'equal single values', file: '~id,a:Int(single)\nx,1\nx,1\n', counters: [4, 2, 0, 0, 0] },
  {
    name: 'a single value updated',
    file: '~id,a:Int(single)\nx,1\nx,2\n',
    counters: [4, 1, 0, 0, 0],
    update: true,
  },
  {
    name: 'emoji, and text that is no UTF-8 as replacement characters',
    file: '~id,a\n😀,é\n',
    counters: [2, 0, 0, 0, 0],
  },
];

const BAD_VERTICES: readonly Case[] = [
  { name: 'an empty file', file: '', counters: [1, 0, 1, 0, 0], errors: ['PARSING_ERROR 0'] },
  { name: 'no ~id', file: '~label,x\nl,1\n', counters: [1, 0, 1, 0, 0], errors: ['PARSING_ERROR 0'] },
  {
    name: 'a byte order mark before ~id',
    file: '\uFEFF~id,x\na,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'an edge file without ~to',
    file: '~id,~from\ne,a\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'an edge file without ~id',
    file: '~from,~to\na,b\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'an unknown system column',
    file: '~id,~kind\na,b\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a system column twice',
    file: '~id,~label,~label\na,b,c\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a property column twice',
    file: '~id,x:Int,x:String\na,1,2\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a column without a name',
    file: '~id,,x\na,1,2\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'an unknown type',
    file: '~id,x:Integer\na,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'an unknown cardinality',
    file: '~id,x:Int(list)\na,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a single list',
    file: '~id,x:Int(single)[]\na,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a space in a property name',
    file: '~id,x y:Int\na,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a colon in a property name that is not escaped',
    file: '~id,a:b:Int\nx,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a comma in a property name',
    file: '~id,"x,y:Int"\na,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a line longer than the header',
    file: '~id,x\na,1\nb,2,3\nc,4\n',
    counters: [5, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 2'],
  },
  { name: 'a blank id', file: '~id,x\n,1\n', counters: [1, 0, 1, 0, 0], errors: ['PARSING_ERROR 1'] },
  {
    name: 'an empty label',
    file: '~id,~label\na,""\nb,l\n',
    counters: [2, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'an empty label among others',
    file: '~id,~label\na,l;;m\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a number that is text',
    file: '~id,x:Int,y\na,one,2\n',
    counters: [3, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'an integer with a fraction',
    file: '~id,x:Long\na,1.0\n',
    counters: [2, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'integers out of range',
    file: '~id,a:Byte,b:Short,c:Int,d:Long\nx,128,-32769,2147483648,9223372036854775808\n',
    counters: [5, 0, 0, 4, 0],
    errors: ['PARSING_ERROR 1', 'PARSING_ERROR 1', 'PARSING_ERROR 1', 'PARSING_ERROR 1'],
  },
  { name: 'INF', file: '~id,x:Double\na,INF\n', counters: [2, 0, 0, 1, 0], errors: ['PARSING_ERROR 1'] },
  {
    name: 'a float that is too large',
    file: '~id,x:Float\na,1e39\n',
    counters: [2, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a hexadecimal number',
    file: '~id,x:Double\na,0x10\n',
    counters: [2, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a time with milliseconds',
    file: '~id,t:Datetime\na,2024-01-02T03:04:05.678Z\n',
    counters: [2, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a time with an offset',
    file: '~id,t:Datetime\na,2024-01-02T03:04:05+01:00\n',
    counters: [2, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a day that is none',
    file: '~id,t:Date\na,2023-02-29\nb,2024-13-01\n',
    counters: [4, 0, 0, 2, 0],
    errors: ['PARSING_ERROR 1', 'PARSING_ERROR 2'],
  },
  {
    name: 'a time with a space',
    file: '~id,t:Datetime\na,2024-01-02 03:04:05\n',
    counters: [2, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a member of a list of another type',
    file: '~id,x:Int[]\na,1;two;3\n',
    counters: [4, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'U+0000 in a value',
    file: '~id,x\na,1\u00002\n',
    counters: [2, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'U+0000 in an id',
    file: '~id,x\na\u0000,1\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a quote inside a field, which ends the file',
    file: '~id,x\na,1\nb,2"3\nc,4\n',
    counters: [3, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 2'],
  },
  {
    name: 'text after a closing quote',
    file: '~id,x\na,"1"2\n',
    counters: [1, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'a quote that is never closed',
    file: '~id,x\na,1\nb,"2\nc,3\n',
    counters: [3, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 2'],
  },
  {
    name: 'another single value',
    file: '~id,a:Int(single),b:Int\nx,1,1\nx,2,2\n',
    counters: [6, 1, 0, 0, 1],
    errors: ['SINGLE_CARDINALITY_VIOLATION 0'],
  },
];

/** Edge files, loaded beside a vertex file of three ids, which are three more records. */
const EDGES: readonly Case[] = [
  {
    name: 'edges with labels and properties',
    file: '~id,~from,~to,~label,w:Double,t:Datetime\ne,a,b,l,0.5,2024-01-02T03:04:05Z\n',
    counters: [6, 0, 0, 0, 0],
  },
  {
    name: 'an edge without a label column, a loop, and parallel edges',
    file: '~id,~from,~to\ne,a,a\nf,a,b\ng,a,b\n',
    counters: [6, 0, 0, 0, 0],
  },
  {
    name: 'a semicolon in the label of an edge',
    file: '~id,~from,~to,~label\ne,a,b,l;m\n',
    counters: [4, 0, 0, 0, 0],
  },
  {
    name: '(single) on a column of an edge file',
    file: '~id,~from,~to,w:Int(single)\ne,a,b,1\n',
    counters: [5, 0, 0, 0, 0],
  },
  {
    name: 'the same edge twice',
    file: '~id,~from,~to,~label,w:Int\ne,a,b,l,1\ne,a,b,l,1\n',
    counters: [7, 2, 0, 0, 0],
  },
  { name: 'an edge with the id of a vertex', file: '~id,~from,~to\na,a,b\n', counters: [4, 0, 0, 0, 0] },
  {
    name: 'a set on an edge',
    file: '~id,~from,~to,w:Int(set)\ne,a,b,1\n',
    counters: [4, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'a list on an edge',
    file: '~id,~from,~to,w:Int[]\ne,a,b,1\n',
    counters: [4, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 0'],
  },
  {
    name: 'an end that is blank',
    file: '~id,~from,~to\ne,a,\nf,a,b\n',
    counters: [5, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'an edge whose label is empty',
    file: '~id,~from,~to,~label\ne,a,b,""\n',
    counters: [4, 0, 1, 0, 0],
    errors: ['PARSING_ERROR 1'],
  },
  {
    name: 'an end that is missing',
    file: '~id,~from,~to\ne,a,b\nf,a,z\ng,y,z\nh,b,c\n',
    counters: [7, 0, 0, 0, 2],
    errors: ['FROM_OR_TO_VERTEX_ARE_MISSING 0', 'FROM_OR_TO_VERTEX_ARE_MISSING 0'],
  },
  {
    name: 'an id in another case',
    file: '~id,~from,~to\ne,A,b\n',
    counters: [4, 0, 0, 0, 1],
    errors: ['FROM_OR_TO_VERTEX_ARE_MISSING 0'],
  },
  {
    name: 'one id for edges with other ends',
    file: '~id,~from,~to\ne,a,b\ne,b,a\n',
    counters: [5, 0, 0, 0, 1],
    errors: ['ID_ASSIGNED_TO_MULTIPLE_EDGES 0'],
  },
  {
    name: 'one id for edges with other labels',
    file: '~id,~from,~to,~label\ne,a,b,l\ne,a,b,m\n',
    counters: [5, 0, 0, 0, 1],
    errors: ['ID_ASSIGNED_TO_MULTIPLE_EDGES 0'],
  },
  {
    name: 'another value of an edge',
    file: '~id,~from,~to,w:Int,v\ne,a,b,1,x\ne,a,b,2,x\n',
    counters: [9, 2, 0, 0, 1],
    errors: ['SINGLE_CARDINALITY_VIOLATION 0'],
  },
  {
    name: 'another value of an edge, to be updated',
    file: '~id,~from,~to,w:Int\ne,a,b,1\ne,a,b,2\n',
    counters: [7, 1, 0, 0, 0],
    update: true,
  },
];

describe.each([
  ['the engine', () => neptune],
  ['memory, without an engine', () => inMemory],
])('into %s', (_, served) => {
  async function loadCase({ file, allowEmptyStrings = false, update = false }: Case) {
    bucket.put('run/f.csv', file);
    const report = await load(served().client, {
      failOnError: false,
      updateSingleCardinalityProperties: update,
      parserConfiguration: { allowEmptyStrings: String(allowEmptyStrings) },
    });
    return summary(report);
  }

  test.each([...VERTICES, ...EDGES.filter(({ errors }) => errors === undefined)])(
    'takes $name',
    async (row) => {
      if (row.file.includes('~from')) bucket.put('run/v.csv', '~id\na\nb\nc\n');

      expect(await loadCase(row)).toEqual({ status: 'LOAD_COMPLETED', counters: row.counters, errors: [] });
    },
  );

  test.each([...BAD_VERTICES, ...EDGES.filter(({ errors }) => errors !== undefined)])(
    'refuses $name',
    async (row) => {
      if (EDGES.includes(row)) bucket.put('run/v.csv', '~id\na\nb\nc\n');

      expect(await loadCase(row)).toEqual({
        status: 'LOAD_FAILED',
        counters: row.counters,
        errors: row.errors,
      });
    },
  );
});

test('every type arrives in the graph as the value that was written', async () => {
  bucket.put(
    'run/f.csv',
    '~id,~label,a:Bool,b:Byte,c:Short,d:Int,e:Long,f:Float,g:Double,h:String(single),i:Date,j:Datetime,k:Int[]\n' +
      'x,l;m,TRUE,-128,32767,-2147483648,9223372036854775807,0.1,1e300,"a ""b""\n😀;",2024-01-02,2024-01-02T03:04:05,1;2\n',
  );

  await load(neptune.client);

  const [vertex] = (await engine.run(
    "g.V(rows).as('v').project('label', 'values').by(label).by(properties().project('k', 'v').by(key).by(value).fold())",
    'x',
  )) as readonly Map<string, unknown>[];
  const values = vertex?.get('values') as readonly Map<string, unknown>[];
  expect(vertex?.get('label')).toBe('l::m');
  expect(values.map((entry) => [...entry.values()]).toSorted()).toEqual([
    ['a', false],
    ['b', { '@type': 'gx:Byte', '@value': -128 }],
    ['c', { '@type': 'gx:Int16', '@value': 32767 }],
    ['d', { '@type': 'g:Int32', '@value': -2147483648 }],
    ['e', { '@type': 'g:Int64', '@value': '9223372036854775807' }],
    ['f', { '@type': 'g:Float', '@value': 0.1 }],
    ['g', { '@type': 'g:Double', '@value': 1e300 }],
    ['h', 'a "b"\n😀;'],
    ['i', { '@type': 'g:Date', '@value': Date.UTC(2024, 0, 2) }],
    ['j', { '@type': 'g:Date', '@value': Date.UTC(2024, 0, 2, 3, 4, 5) }],
    ['k', { '@type': 'g:Int32', '@value': 1 }],
    ['k', { '@type': 'g:Int32', '@value': 2 }],
  ]);
});

test('what is loaded again into the engine: all duplicates, and the graph as it was', async () => {
  bucket.put(
    'run/v.csv',
    '~id,~label,e:Long(single),f:Float,g:Double,t:Datetime,k:Int[]\nx,l;m,9007199254740993,0.10000000001,1,2024-01-02,1;2\ny,l,1,2,3,,\n',
  );
  bucket.put('run/e.csv', '~id,~from,~to,~label,w:Float\ne,x,y,l,0.30000001\n');
  const first = summary(await load(neptune.client));
  const before = await graph();

  const second = summary(await load(neptune.client));

  expect(first).toEqual({ status: 'LOAD_COMPLETED', counters: [14, 0, 0, 0, 0], errors: [] });
  expect(second).toEqual({ status: 'LOAD_COMPLETED', counters: [14, 14, 0, 0, 0], errors: [] });
  expect(await graph()).toEqual(before);
});

test('a changed row: single values replaced, sets and labels added to, other edges kept', async () => {
  bucket.put('run/v.csv', '~id,~label,s:Int(single),t:Int\nx,l,1,1\ny,l,1,1\n');
  bucket.put('run/e.csv', '~id,~from,~to,~label,w:Int,v:Int\ne,x,y,r,1,1\nf,y,x,r,1,1\ng,x,x,r,1,1\n');
  await load(neptune.client);
  bucket.clear();
  bucket.put('run/v2.csv', '~id,~label,s:Int(single),t:Int\nx,m,2,2\n');
  bucket.put('run/e2.csv', '~id,~from,~to,~label,w:Int\ne,x,y,r,2\n');

  const report = await load(neptune.client, { updateSingleCardinalityProperties: true });

  expect(summary(report)).toEqual({ status: 'LOAD_COMPLETED', counters: [5, 1, 0, 0, 0], errors: [] });
  expect(await graph()).toEqual({
    vertices: [
      { id: 'x', label: 'l::m', s: [2], t: [1, 2] },
      { id: 'y', label: 'l', s: [1], t: [1] },
    ],
    edges: [
      { id: 'e', label: 'r', IN: { id: 'y', label: 'l' }, OUT: { id: 'x', label: 'l::m' }, w: 2, v: 1 },
      { id: 'f', label: 'r', IN: { id: 'x', label: 'l::m' }, OUT: { id: 'y', label: 'l' }, w: 1, v: 1 },
      { id: 'g', label: 'r', IN: { id: 'x', label: 'l::m' }, OUT: { id: 'x', label: 'l::m' }, w: 1, v: 1 },
    ],
  });
});

test('good cells of a bad row are loaded, and good rows of a bad file, when errors are to be skipped', async () => {
  bucket.put('run/f.csv', '~id,~label,n:Int,s\nx,l,bad,good\ny,l,1,2,3\nz,l,1,2\n');

  const report = await load(neptune.client, { failOnError: false });

  expect(summary(report)).toEqual({
    status: 'LOAD_FAILED',
    counters: [7, 0, 1, 1, 0],
    errors: ['PARSING_ERROR 1', 'PARSING_ERROR 2'],
  });
  expect(report.errors.errorLogs).toEqual([
    {
      errorCode: 'PARSING_ERROR',
      errorMessage: 'n: "bad" is not a value of type Int',
      fileName: 's3://b/run/f.csv',
      recordNum: 1,
    },
    {
      errorCode: 'PARSING_ERROR',
      errorMessage: 'Record has more columns than header',
      fileName: 's3://b/run/f.csv',
      recordNum: 2,
    },
  ]);
  expect((await graph()).vertices).toEqual([
    { id: 'x', label: 'l', s: ['good'] },
    { id: 'z', label: 'l', n: [1], s: ['2'] },
  ]);
});

test('the first error ends a load that is to fail on errors; what came before stays', async () => {
  bucket.put('run/1.csv', '~id\na\n');
  bucket.put('run/2.csv', '~id,n:Int\nb,1\nc,x\nd,1\n');
  bucket.put('run/3.csv', '~id\ne\n');

  const report = await load(neptune.client, { failOnError: true });

  expect(report.feedCount).toEqual([
    { LOAD_COMPLETED: 1 },
    { LOAD_FAILED: 1 },
    { LOAD_CANCELLED_DUE_TO_ERRORS: 1 },
  ]);
  expect(summary(report)).toEqual({
    status: 'LOAD_FAILED',
    counters: [4, 0, 0, 1, 0],
    errors: ['PARSING_ERROR 2'],
  });
  expect((await graph()).vertices.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a header that is refused keeps a load that is to fail on errors from loading anything', async () => {
  bucket.put('run/1.csv', '~id\na\n');
  bucket.put('run/2.csv', 'id\nb\n');

  const report = await load(neptune.client);

  expect(report.feedCount).toEqual([{ LOAD_FAILED: 1 }, { LOAD_CANCELLED_DUE_TO_ERRORS: 1 }]);
  expect(await graph()).toEqual({ vertices: [], edges: [] });
});

test('compressed files are read by the end of their name', async () => {
  bucket.put('run/a.csv.gz', gzipSync('~id\na\n'));
  bucket.put('run/b.csv', gzipSync('~id\nb\n'));
  bucket.put('run/c.gz', '~id\nc\n');
  bucket.put('run/d.csv.bz2', '~id\nd\n');
  bucket.put('run/e.csv.gz', gzipSync('~id\ne\n').subarray(0, 20));

  const report = await load(neptune.client, { failOnError: false });

  const told = report.errors.errorLogs
    .map(({ fileName, errorMessage }) => [fileName.slice(11), errorMessage])
    .toSorted();
  expect(told).toEqual([
    ['b.csv', 'The header has no ~id column'],
    ['c.gz', 'The file cannot be read: incorrect header check'],
    ['d.csv.bz2', 'The sandbox cannot read .bz2; the real loader can'],
    ['e.csv.gz', 'The file cannot be read: unexpected end of file'],
  ]);
  expect((await graph()).vertices.map(({ id }) => id)).toEqual(['a']);
});

test('milliseconds are taken by a loader that is told to', async () => {
  const lenient = await serveNeptune({
    store: bucket.store,
    region: 'us-east-1',
    clock: Date.now,
    acceptMilliseconds: true,
  });
  bucket.put('run/f.csv', '~id,t:Datetime\na,2024-01-02T03:04:05.678Z\n');

  const report = await load(lenient.client);

  await lenient.close();
  expect(summary(report)).toEqual({ status: 'LOAD_COMPLETED', counters: [2, 0, 0, 0, 0], errors: [] });
});

test('a file of several batches is loaded whole, its errors under their own record numbers', async () => {
  const lines = Array.from({ length: 2500 }, (_, index) =>
    index % 1000 === 999 ? `v${index},x` : `v${index},${index}`,
  );
  bucket.put('run/f.csv', `~id,n:Int\n${lines.join('\n')}\n`);

  const report = await load(neptune.client, { failOnError: false });

  expect(summary(report)).toEqual({
    status: 'LOAD_FAILED',
    counters: [5000, 0, 0, 2, 0],
    errors: ['PARSING_ERROR 1000', 'PARSING_ERROR 2000'],
  });
  expect(await gremlin('g.V().count()')).toEqual([2500]);
});

type Dumped = Readonly<Record<string, unknown>>;

async function graph() {
  const vertices = (await gremlin('g.V().order().by(id).valueMap(true)')) as readonly Dumped[];
  const edges = (await gremlin('g.E().order().by(id).elementMap()')) as readonly Dumped[];
  return { vertices, edges };
}
