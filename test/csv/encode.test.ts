import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  csvLines,
  datetime,
  edgeHeader,
  encodeEdge,
  encodeVertex,
  vertexHeader,
} from '../../src/csv/encode.ts';

test('a vertex header begins with the columns of the governance notebook and makes every property single', () => {
  expect(vertexHeader('artifact')).toBe(
    '~id,~label,arn:String(single),sourceuri:String(single),type:String(single),creationtime:Datetime(single),' +
      'LastModifiedTime:Datetime(single),name:String(single),sourcetypes:String(single),account:String(single),' +
      'region:String(single),creationtimems:Long(single),lastmodifiedtimems:Long(single)',
  );
  expect(vertexHeader('external')).toBe(
    '~id,~label,arn:String(single),type:String(single),name:String(single),account:String(single),' +
      'region:String(single)',
  );
});

test('an edge header leaves the cardinality out', () => {
  expect(edgeHeader()).toBe(
    '~id,~from,~to,~label,creationtime:Datetime,sourcetype:String,destinationtype:String,sourcename:String,' +
      'destinationname:String,createdby:String,creationtimems:Long',
  );
});

test('text is quoted, times and numbers are not, nothing is a blank', () => {
  const lines = csvLines([
    ['id', 'say "hi", or\nnot', new Date('2024-01-02T03:04:05.999Z'), 1_704_164_645_999, undefined],
    ['plain', ' spaced ', undefined, -1, undefined],
    [undefined, '😀;\\', undefined, 0, 'last'],
  ]);

  expect(lines).toBe(
    '"id","say ""hi"", or\nnot",2024-01-02T03:04:05Z,1704164645999,\n' +
      '"plain"," spaced ",,-1,\n' +
      ',"😀;\\",,0,"last"\n',
  );
});

test.each([
  ['2024-01-02T03:04:05.000Z', '2024-01-02T03:04:05Z'],
  ['2024-01-02T03:04:05.999Z', '2024-01-02T03:04:05Z'],
  ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00Z'],
  ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59Z'],
  ['1969-12-31T23:59:58.001Z', '1969-12-31T23:59:58Z'],
  ['0001-01-01T00:00:00.500Z', '0001-01-01T00:00:00Z'],
])('%s is written as %s', (time, written) => {
  expect(datetime(new Date(time))).toBe(written);
});

test('a vertex is encoded in the order of its header, its times a second time in milliseconds', () => {
  const created = new Date(1_500);

  const cells = encodeVertex({
    kind: 'artifact',
    id: 'arn',
    orderMs: 1_500,
    cells: {
      arn: 'arn',
      sourceuri: 'uri',
      type: 'DataSet',
      creationtime: created,
      LastModifiedTime: undefined,
      name: 'name',
      sourcetypes: undefined,
      account: '1',
      region: 'r',
    },
  });

  expect(cells).toEqual([
    ...['arn', 'artifact', 'arn', 'uri', 'DataSet', created, undefined],
    ...['name', undefined, '1', 'r', 1_500, undefined],
  ]);
});

test('an edge is encoded in the order of its header', () => {
  const created = new Date(-1);

  const cells = encodeEdge({
    id: 'id',
    from: 'a',
    to: 'b',
    label: 'Produced',
    orderMs: -1,
    cells: {
      creationtime: created,
      sourcetype: 's',
      destinationtype: 'd',
      sourcename: undefined,
      destinationname: 'dn',
      createdby: '{}',
    },
  });

  expect(cells).toEqual(['id', 'a', 'b', 'Produced', created, 's', 'd', undefined, 'dn', '{}', -1]);
});

test('lines are those of csv-stringify, whatever the cells hold', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('"', ',', '\n', '\r\n', ' '),
    fc.integer(),
    fc.date({ noInvalidDate: true }),
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { maxLength: 5 }), (rows) => {
      expect(csvLines(rows)).toBe(stringify(rows, { quoted_string: true, cast: { date: datetime } }));
    }),
  );
});

test('a time is its ISO text without the fraction, whatever was written before', () => {
  fc.assert(
    fc.property(fc.array(fc.date({ noInvalidDate: true }), { maxLength: 5 }), (times) => {
      expect(times.map(datetime)).toEqual(times.map((time) => time.toISOString().replace(/\.\d{3}Z$/, 'Z')));
    }),
  );
});
