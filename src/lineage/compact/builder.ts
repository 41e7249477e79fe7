import { arnKey } from '../../graph/arn.ts';
import { growingBytes, growingFloat64, growingUint8, growingUint32 } from './growing.ts';
import { keyBytes, keyHash } from './key.ts';
import type { CompactData } from './sections.ts';

/** A text as it stands in a file: some bytes of a buffer. */
export type TextAt = {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Whether all bytes are ASCII. */
  readonly ascii: boolean;
};

/** Where the row of a vertex stands: in which file, from which byte, how many. */
export type RowPlace = { readonly file: number; readonly start: number; readonly length: number };

/** No such file: a vertex that edges name and no file has, or one of a file that has no places. */
export const NO_FILE = 255;

/** Takes a graph in, row by row, without a string per id: some 150 bytes a vertex and 32 an edge. */
export type CompactBuilder = {
  addVertex(id: TextAt, place: RowPlace | undefined): number;
  /** Lets a vertex be found by this text. */
  addText(vertex: number, text: TextAt): void;
  addEdge(from: TextAt, label: string, to: TextAt): void;
  finish(): Omit<CompactData, 'properties'>;
};

export function createCompactBuilder(): CompactBuilder {
  const ids = growingBytes();
  const idStarts = growingUint32();
  const hashes = growingUint32();
  const rowFile = growingUint8();
  const rowStart = growingFloat64();
  const rowLength = growingUint32();
  const textHashes = growingUint32();
  const textVertices = growingUint32();
  const from = growingUint32();
  const to = growingUint32();
  const label = growingUint32();
  const labels = new Map<string, number>();
  let slots = new Uint32Array(4096);
  idStarts.push(0);

  function vertexNumber({ bytes, start, end, ascii }: TextAt): number {
    const hash = hashOf(bytes, start, end, ascii);
    let slot = hash & (slots.length - 1);
    for (let entry = slots[slot] ?? 0; entry !== 0; entry = slots[slot] ?? 0) {
      if (hashes.at(entry - 1) === hash && isVertex(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & (slots.length - 1);
    }
    const vertex = hashes.length;
    slots[slot] = vertex + 1;
    hashes.push(hash);
    ids.append(bytes, start, end);
    idStarts.push(ids.length);
    rowFile.push(NO_FILE);
    rowStart.push(0);
    rowLength.push(0);
    if (hashes.length * 2 > slots.length) slots = slotsOf(hashes.values(), slots.length * 2);
    return vertex;
  }

  function isVertex(vertex: number, bytes: Buffer, start: number, end: number): boolean {
    const [idStart, idEnd] = [idStarts.at(vertex), idStarts.at(vertex + 1)];
    const known = ids.values();
    if (end - start === idEnd - idStart && known.compare(bytes, start, end, idStart, idEnd) === 0)
      return true;
    return arnKey(known.toString('utf8', idStart, idEnd)) === arnKey(bytes.toString('utf8', start, end));
  }

  function labelNumber(text: string): number {
    const known = labels.get(text);
    if (known !== undefined) return known;
    labels.set(text, labels.size);
    return labels.size - 1;
  }

  return {
    addVertex(id, place) {
      const vertex = vertexNumber(id);
      if (place !== undefined) {
        rowFile.values()[vertex] = place.file;
        rowStart.values()[vertex] = place.start;
        rowLength.values()[vertex] = place.length;
      }
      return vertex;
    },
    addText(vertex, { bytes, start, end, ascii }) {
      textHashes.push(hashOf(bytes, start, end, ascii));
      textVertices.push(vertex);
    },
    addEdge(source, edgeLabel, destination) {
      from.push(vertexNumber(source));
      to.push(vertexNumber(destination));
      label.push(labelNumber(edgeLabel));
    },
    finish() {
      const vertices = hashes.length;
      const leaving = sortedBy(from.values(), vertices);
      const entering = sortedBy(to.values(), vertices);
      const texts = bucketed(textHashes.values(), textVertices.values());
      return {
        labels: [...labels.keys()],
        arrays: {
          ids: ids.values(),
          idStarts: idStarts.values(),
          slots,
          rowFile: rowFile.values(),
          rowStart: rowStart.values(),
          rowLength: rowLength.values(),
          outStarts: leaving.starts,
          outEnds: picked(to.values(), leaving.order),
          outLabels: picked(label.values(), leaving.order),
          inStarts: entering.starts,
          inEnds: picked(from.values(), entering.order),
          inLabels: picked(label.values(), entering.order),
          textStarts: texts.starts,
          textHashes: picked(textHashes.values(), texts.order),
          textVertices: picked(textVertices.values(), texts.order),
        },
      };
    },
  };
}

function hashOf(bytes: Buffer, start: number, end: number, ascii: boolean): number {
  if (ascii) return keyHash(bytes, start, end);
  const key = keyBytes(bytes.toString('utf8', start, end));
  return keyHash(key, 0, key.length);
}

/** An open-addressed table of vertex numbers plus one, by the hash of their ids. */
function slotsOf(hashes: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const slots = new Uint32Array(size);
  for (let vertex = 0; vertex < hashes.length; vertex += 1) {
    let slot = (hashes[vertex] ?? 0) & (size - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
    slots[slot] = vertex + 1;
  }
  return slots;
}

/** What belongs to number n: `order.subarray(starts[n], starts[n + 1])`. */
type Sorted = { readonly starts: Uint32Array<ArrayBuffer>; readonly order: Uint32Array<ArrayBuffer> };

/** A counting sort; equal numbers stay in the order in which they came. */
function sortedBy(numbers: Uint32Array, count: number): Sorted {
  const starts = new Uint32Array(count + 1);
  for (const number of numbers) starts[number + 1] = (starts[number + 1] ?? 0) + 1;
  for (let number = 0; number < count; number += 1) {
    starts[number + 1] = (starts[number + 1] ?? 0) + (starts[number] ?? 0);
  }
  const next = starts.slice(0, count);
  const order = new Uint32Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] ?? 0;
    const place = next[number] ?? 0;
    order[place] = index;
    next[number] = place + 1;
  }
  return { starts, order };
}

/** Some texts a bucket, by the first bits of their hashes: a search reads one bucket. */
const TEXTS_PER_BUCKET = 16;

function bucketed(hashes: Uint32Array, vertices: Uint32Array): Sorted {
  const buckets = 2 ** Math.max(0, Math.ceil(Math.log2(vertices.length / TEXTS_PER_BUCKET)));
  return sortedBy(
    hashes.map((hash) => bucketOf(hash, buckets)),
    buckets,
  );
}

/** The bucket of a hash, of a power of two of buckets. */
export function bucketOf(hash: number, buckets: number): number {
  return buckets === 1 ? 0 : hash >>> (32 - Math.log2(buckets));
}

function picked(numbers: Uint32Array, order: Uint32Array): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(order.length);
  for (let index = 0; index < order.length; index += 1) result[index] = numbers[order[index] ?? 0] ?? 0;
  return result;
}
