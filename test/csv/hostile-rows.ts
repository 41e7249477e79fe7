import fc from 'fast-check';
import { type Columns, EDGE_COLUMNS, VERTEX_COLUMNS } from '../../src/graph/columns.ts';
import { edgeId } from '../../src/graph/ids.ts';
import { ALL_KINDS } from '../../src/graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../../src/graph/rows.ts';
import { storableText } from '../../src/graph/text.ts';

/** Text of the characters that quoting, line splitting, trimming and type guessing trip over. */
const HOSTILE = [
  ...['"', '""', ',', '\n', '\r', '\r\n', ';', '::', '\\', '\\"', "'", '\t', ' ', '#', '=', '~id', '\ufeff'],
  ...['\u0001', '\u001a', '\u0085', '\u2028', 'é', 'e\u0301', '😀', '漢', 'null', 'None', '1e9', 'true'],
  ...['2024-01-02T03:04:05Z', '$x', 's3://bucket/key'],
];

/** Storable text, and never empty. */
export const hostileText = fc
  .oneof(
    fc.array(fc.constantFrom(...HOSTILE), { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ minLength: 1 }),
  )
  .map(storableText);

const time = fc
  .integer({ min: Date.UTC(0, 1), max: Date.UTC(9999, 11) })
  .map((ms) => new Date(ms))
  .filter((date) => date.getUTCFullYear() >= 1);

const optional = (value: fc.Arbitrary<string | Date>) => fc.option(value, { nil: undefined });

const cellsOf = (columns: Columns) =>
  fc.record(
    Object.fromEntries(
      Object.entries(columns)
        .filter(([, { type }]) => type !== 'Long')
        .map(([name, { type }]) => [name, optional(type === 'Datetime' ? time : hostileText)]),
    ),
  );

/** Vertex rows of every kind, as hostile as a storable row can be. */
export const hostileVertex: fc.Arbitrary<VertexRow> = fc
  .constantFrom(...ALL_KINDS)
  .chain((kind) =>
    fc.record({ kind: fc.constant(kind), id: hostileText, cells: cellsOf(VERTEX_COLUMNS[kind]) }),
  )
  .map((row) => ({ ...row, orderMs: orderMs(row.cells) }) as VertexRow);

export const hostileEdge: fc.Arbitrary<EdgeRow> = fc
  .record({ from: hostileText, to: hostileText, label: hostileText, cells: cellsOf(EDGE_COLUMNS) })
  .map(
    (row) => ({ ...row, id: edgeId(row.from, row.label, row.to), orderMs: orderMs(row.cells) }) as EdgeRow,
  );

function orderMs(cells: object): number {
  return 'creationtime' in cells && cells.creationtime instanceof Date ? cells.creationtime.getTime() : 0;
}
