import { type IdEntry, idEntry } from '../crawl/id-set.ts';
import { type Cell, csvLine, encodeEdge, type Layout, SUMMARY, vertexEncoder } from '../csv/encode.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import { indexLine } from '../snapshot/index-line.ts';

/*
 * A block holds some rows in their final form, lines of the data file and of the index, and before them what joining
 * needs to know of each row, in binary: so that rows are encoded once, and joined by copying.
 *
 *   header   u32: rows, bytes of the labels, bytes of the data lines, bytes of the index lines, words per row, 0
 *   keys     per row: f64 creation time in ms; u32 bytes of its data line, u32 of its index line; then
 *            vertex: the id's entry (4 x u32); edge: the entries of both ends (8 x u32), the key of its id (2 x u32), u32 label, 0
 *   labels   JSON list, which an edge's label is a place in; padded to 8 bytes
 *   data     lines of the data file
 *   index    lines of the index
 *
 * Numbers are in the byte order of the machine: blocks never leave it.
 */

const HEADER_WORDS = 6;
export const BLOCK_HEADER_BYTES = HEADER_WORDS * 4;
const LINE_WORDS = 4;
const VERTEX_WORDS = LINE_WORDS + 4;
const EDGE_WORDS = LINE_WORDS + 12;

/** The block of some vertices. */
export function vertexBlock(rows: readonly VertexRow[], layout: Layout = SUMMARY): Buffer {
  return block(rows, vertexEncoder(layout), VERTEX_WORDS, [], (row, keys, at) => {
    keys.set(idEntry(row.id), at);
  });
}

/** The block of some edges. */
export function edgeBlock(rows: readonly EdgeRow[]): Buffer {
  const labels = new Map<string, number>();
  for (const { label } of rows) if (!labels.has(label)) labels.set(label, labels.size);
  // Edges of one time mostly share their ends.
  const entries = new Map<string, IdEntry>();
  const entryOf = (id: string): IdEntry => {
    const known = entries.get(id) ?? idEntry(id);
    entries.set(id, known);
    return known;
  };
  return block(rows, encodeEdge, EDGE_WORDS, [...labels.keys()], (row, keys, at) => {
    keys.set(entryOf(row.from), at);
    keys.set(entryOf(row.to), at + 4);
    keys.set(edgeKey(row.id), at + 8);
    keys[at + 10] = labels.get(row.label) ?? 0;
  });
}

/** The first 64 bits of an edge's id, which is in hex. */
export function edgeKey(id: string): readonly [number, number] {
  return [Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8, 16), 16)];
}

/** How many bytes follow the header of a block. */
export function bytesAfter(header: Buffer): number {
  const { keyBytes, labelBytes, dataBytes, indexBytes } = sizes(header);
  return keyBytes + labelBytes + dataBytes + indexBytes;
}

/** How many of them joining has to look at to know what the block holds: keys and labels. */
export function keyBytesAfter(header: Buffer): number {
  const { keyBytes, labelBytes } = sizes(header);
  return keyBytes + labelBytes;
}

/** What a block says of its rows. */
export type BlockKeys = {
  readonly rows: number;
  readonly labels: readonly string[];
  orderMs(row: number): number;
  /** Of the vertex, or of the edge's source. */
  id(row: number): IdEntry;
  /** Of the edge's destination. */
  to(row: number): IdEntry;
  /** See {@link edgeKey}. */
  edgeKey(row: number): readonly [number, number];
  label(row: number): string;
  /** Where lines begin, from the first byte after the keys: `rows + 1` places each. */
  readonly dataAt: Uint32Array;
  readonly indexAt: Uint32Array;
};

/** @param bytes keys and labels, see `keyBytesAfter` */
export function blockKeys(header: Buffer, bytes: Buffer): BlockKeys {
  const { rows, keyBytes, labelBytes, dataBytes, words } = sizes(header);
  // A view needs a place that its numbers divide; a copy of the keys has one.
  const copy = new ArrayBuffer(keyBytes);
  const keys = new Uint32Array(copy);
  new Uint8Array(copy).set(bytes.subarray(0, keyBytes));
  const times = new Float64Array(copy);
  const labels: string[] = JSON.parse(bytes.toString('utf8', keyBytes, keyBytes + labelBytes) || '[]');
  const dataAt = new Uint32Array(rows + 1);
  const indexAt = new Uint32Array(rows + 1);
  indexAt[0] = dataBytes;
  for (let row = 0; row < rows; row += 1) {
    dataAt[row + 1] = (dataAt[row] ?? 0) + (keys[row * words + 2] ?? 0);
    indexAt[row + 1] = (indexAt[row] ?? 0) + (keys[row * words + 3] ?? 0);
  }
  const word = (row: number, at: number) => keys[row * words + LINE_WORDS + at] ?? 0;
  const entry = (row: number, at: number): IdEntry => [
    word(row, at),
    word(row, at + 1),
    word(row, at + 2),
    word(row, at + 3),
  ];
  return {
    rows,
    labels,
    orderMs: (row) => times[(row * words) / 2] ?? 0,
    id: (row) => entry(row, 0),
    to: (row) => entry(row, 4),
    edgeKey: (row) => [word(row, 8), word(row, 9)],
    label: (row) => labels[word(row, 10)] ?? '',
    dataAt,
    indexAt,
  };
}

type Row = { readonly orderMs: number; readonly id: string };

function block<R extends Row>(
  rows: readonly R[],
  encode: (row: R) => readonly Cell[],
  words: number,
  labels: readonly string[],
  setKeys: (row: R, keys: Uint32Array, at: number) => void,
): Buffer {
  const keys = new Uint32Array(rows.length * words);
  const times = new Float64Array(keys.buffer);
  let data = '';
  let index = '';
  for (const [number, row] of rows.entries()) {
    const cells = encode(row);
    const dataLine = csvLine(cells);
    const lineOfIndex = csvLine(indexLine(row, cells));
    const at = number * words;
    times[at / 2] = row.orderMs;
    keys[at + 2] = Buffer.byteLength(dataLine);
    keys[at + 3] = Buffer.byteLength(lineOfIndex);
    setKeys(row, keys, at + LINE_WORDS);
    data += dataLine;
    index += lineOfIndex;
  }
  const labelText = padded(labels.length === 0 ? '' : JSON.stringify(labels));
  const texts = [labelText, data, index].map((text) => Buffer.from(text));
  const [labelBytes = 0, dataBytes = 0, indexBytes = 0] = texts.map(({ length }) => length);
  const header = Uint32Array.of(rows.length, labelBytes, dataBytes, indexBytes, words, 0);
  return Buffer.concat([Buffer.from(header.buffer), Buffer.from(keys.buffer), ...texts]);
}

/** JSON takes blanks at its end. */
function padded(text: string): string {
  return text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
}

function sizes(header: Buffer) {
  const [rows = 0, labelBytes = 0, dataBytes = 0, indexBytes = 0, words = 0] = Array.from(
    { length: HEADER_WORDS },
    (_, word) => header.readUInt32LE(word * 4),
  );
  return { rows, labelBytes, dataBytes, indexBytes, words, keyBytes: rows * words * 4 };
}
