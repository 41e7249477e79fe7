import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStoredRows } from '../../src/csv/stored-rows.ts';
import type { StoredRow } from '../../src/graph/stored.ts';

/** Reads a file that comes in chunks of so many bytes. */
async function read(content: string | Buffer, { name = 'x.csv', chunk = 1 << 20 } = {}) {
  const body = Buffer.from(content);
  const rows: StoredRow[] = [];
  const open = async function* () {
    for (let at = 0; at < body.length; at += chunk) yield body.subarray(at, at + chunk);
  };
  const tally = await readStoredRows(
    { name, bytes: body.length, open },
    { onRow: (_, row) => void rows.push(row()) },
  );
  return { rows, tally };
}

const VERTICES = [
  '~id,~label,name:String(single),tags:String[],born:Datetime(single),n:Long(single)',
  '"v1","artifact","say ""hi"", twice","a;b\\;c;;a",2026-01-01T00:00:00Z,5',
  '',
  '"v2","a;b","two\nlines",,,',
  'v3,, bare ,"",,-1',
  '',
].join('\n');

test('a vertex is read as the loader stores it: labels and lists in parts, blanks as nothing', async () => {
  const { rows, tally } = await read(VERTICES);

  const row = (
    id: string,
    line: number,
    labels: readonly string[],
    cells: readonly (readonly string[])[],
  ) => {
    const [name = [], tags = [], born = [], n = []] = cells;
    return {
      ...{ element: 'vertex', id, labels, file: 'x.csv', line },
      properties: [
        { name: 'name', type: 'String', values: name },
        { name: 'tags', type: 'String', values: tags },
        { name: 'born', type: 'Datetime', values: born },
        { name: 'n', type: 'Long', values: n },
      ],
    };
  };
  expect(rows).toEqual([
    row('v1', 2, ['artifact'], [['say "hi", twice'], ['a', 'b;c', 'a'], ['2026-01-01T00:00:00Z'], ['5']]),
    row('v2', 4, ['a', 'b'], [['two\nlines']]),
    row('v3', 6, ['vertex'], [['bare'], [], [], ['-1']]),
  ]);
  expect(tally).toEqual({
    rows: 3,
    records: 1 + 1 + 3 + 1 + 1 + (2 + 1) + (1 + 1 + 1),
    edges: 0,
    isWhole: true,
  });
});

test('an edge is read with its ends and one label, and is one record with it', async () => {
  const { rows, tally } = await read('~id,~from,~to,~label,w:Double\ne1,a,b,"x;y",1.5\ne2,a,b,,\n');

  const edge = (id: string, line: number, label: string, values: readonly string[]) => ({
    ...{ element: 'edge', id, labels: [label], ends: { from: 'a', to: 'b' } },
    ...{ properties: [{ name: 'w', type: 'Double', values }], file: 'x.csv', line },
  });
  expect(rows).toEqual([edge('e1', 2, 'x;y', ['1.5']), edge('e2', 3, 'edge', [])]);
  expect(tally).toEqual({ rows: 2, records: 3, edges: 2, isWhole: true });
});

test.each([
  ['in bytes one by one', VERTICES, { chunk: 1 }],
  ['compressed', gzipSync(VERTICES), { name: 'x.csv.gz', chunk: 7 }],
])('a file reads the same %s', async (_, content, options: { name?: string; chunk: number }) => {
  const { rows, tally } = await read(content, options);
  const whole = await read(VERTICES);

  expect(tally).toEqual(whole.tally);
  expect(rows).toEqual(whole.rows.map((row) => ({ ...row, file: options.name ?? 'x.csv' })));
});

test.each([
  ['without a header', '', 0],
  ['with a header that is none', 'id,label\n1,x\n', 0],
  ['with a wider row', '~id,~label\n1,x\n2,x,y\n3,x\n', 2],
  ['with a quote that is not closed', '~id,~label\n1,x\n"2,x\n', 1],
  ['whose end is missing', gzipSync('~id,~label\n1,x\n').subarray(0, 20), 0],
])('a file %s is not whole', async (_, content, rows) => {
  const name = typeof content === 'string' ? 'x.csv' : 'x.csv.gz';

  const { tally } = await read(content, { name });

  expect(tally).toMatchObject({ rows, isWhole: false });
});

test('what was gathered can be worked off between the pieces of a file, in turn', async () => {
  const line = `"${'x'.repeat(1_000)}","a"\n`;
  const body = Buffer.from(`~id,~label\n${line.repeat(2_000)}`);
  const open = async function* () {
    for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
  };
  let gathered = 0;
  let most = 0;
  let total = 0;

  await readStoredRows(
    { name: 'x.csv', bytes: body.length, open },
    {
      onRow: () => {
        gathered += 1;
        most = Math.max(most, gathered);
      },
      onPiece: async () => {
        await new Promise(setImmediate);
        total += gathered;
        gathered = 0;
      },
    },
  );

  expect(total).toBe(2_000);
  expect(most).toBeLessThan(600);
});

test('any text between quotes comes back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }),
      async (texts) => {
        const storable = texts.map((text) => text.replaceAll('\0', '0'));
        const lines = storable.map((text, at) => `v${at},"${text.replaceAll('"', '""')}"\n`);

        const { rows } = await read(`~id,name\n${lines.join('')}`);

        expect(rows.map(({ properties }) => properties[0]?.values[0])).toEqual(storable);
      },
    ),
  );
});
