import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { z } from 'zod';

/** The arrays of a compact graph, and what holds each. */
const ARRAYS = {
  ids: Uint8Array,
  idStarts: Uint32Array,
  slots: Uint32Array,
  rowFile: Uint8Array,
  rowStart: Float64Array,
  rowLength: Uint32Array,
  outStarts: Uint32Array,
  outEnds: Uint32Array,
  outLabels: Uint32Array,
  inStarts: Uint32Array,
  inEnds: Uint32Array,
  inLabels: Uint32Array,
  textStarts: Uint32Array,
  textHashes: Uint32Array,
  textVertices: Uint32Array,
} as const;

type ArrayName = keyof typeof ARRAYS;
type ArrayOf<Name extends ArrayName> = (typeof ARRAYS)[Name] extends typeof Uint8Array
  ? Uint8Array
  : (typeof ARRAYS)[Name] extends typeof Float64Array
    ? Float64Array
    : Uint32Array;

/** A compact graph in memory. */
export type CompactData = {
  readonly labels: readonly string[];
  /** Names of the properties that some vertex has. */
  readonly properties: readonly string[];
  readonly arrays: { readonly [Name in ArrayName]: ArrayOf<Name> };
};

/** A compact graph, of which no more is in memory than was looked at. */
export type CompactSections = {
  readonly labels: readonly string[];
  readonly properties: readonly string[];
  length(name: ArrayName): number;
  /** A whole array, kept from then on. */
  all<Name extends ArrayName>(name: Name): ArrayOf<Name>;
  /** A part of an array. */
  part<Name extends ArrayName>(name: Name, from: number, to: number): ArrayOf<Name>;
  close(): void;
};

export function sectionsInMemory({ labels, properties, arrays }: CompactData): CompactSections {
  return {
    labels,
    properties,
    length: (name) => arrays[name].length,
    all: (name) => arrays[name],
    part: (name, from, to) => arrays[name].subarray(from, to) as ArrayOf<typeof name>,
    close: () => undefined,
  };
}

const NAMES = Object.keys(ARRAYS) as readonly ArrayName[];

const headerSchema = z.object({
  /** What the graph was made of: another key, another graph. */
  key: z.string(),
  /** Numbers are as the machine has them: 1 where the least byte comes first. */
  firstByte: z.int(),
  labels: z.array(z.string()),
  properties: z.array(z.string()),
  places: z.record(z.enum(NAMES), z.object({ at: z.int(), length: z.int() })),
  bytes: z.int(),
});

/** Text before the header: rises with the form of the file. */
const MAGIC = 'smlineage graph 1\n';
const HEADER_BYTES = 65_536;

/** Writes a compact graph beside its name and gives it the name at the end, so that a reader meets a whole one or none. */
export function writeSections(path: string, key: string, { arrays, ...words }: CompactData): void {
  const places: Partial<Record<ArrayName, { at: number; length: number }>> = {};
  let at = HEADER_BYTES;
  for (const name of NAMES) {
    places[name] = { at, length: arrays[name].length };
    at += Math.ceil(arrays[name].byteLength / 8) * 8;
  }
  const header = Buffer.alloc(HEADER_BYTES, ' ');
  const text = `${MAGIC}${JSON.stringify({ key, firstByte: FIRST_BYTE, ...words, places, bytes: at })}\n`;
  // So many labels that they leave the header are not an account's: nothing is kept then.
  if (Buffer.byteLength(text) > HEADER_BYTES) return;
  header.write(text);

  const aside = `${path}.${process.pid}.partial`;
  try {
    const fd = openSync(aside, 'w');
    try {
      writeAll(fd, header, 0);
      for (const name of NAMES) {
        const { buffer, byteOffset, byteLength } = arrays[name];
        writeAll(fd, new Uint8Array(buffer, byteOffset, byteLength), places[name]?.at ?? 0);
      }
      // The last array may end before the length that the header says.
      writeAll(fd, new Uint8Array(1), at);
      // Else a loss of power could leave the name and the length without the bytes.
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

const FIRST_BYTE = new Uint8Array(new Uint32Array([1]).buffer)[0] ?? 0;
const WRITE_BYTES = 64 * 1024 * 1024;

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let from = 0; from < bytes.length; ) {
    from += writeSync(fd, bytes, from, Math.min(WRITE_BYTES, bytes.length - from), position + from);
  }
}

/** The compact graph of that key in a file, or undefined where there is none: no file, another key, a broken file. */
export function openSections(path: string, key: string): CompactSections | undefined {
  const fd = statSync(path, { throwIfNoEntry: false })?.isFile() === true ? openSync(path, 'r') : undefined;
  if (fd === undefined) return undefined;
  const header = readHeader(fd);
  if (header?.key !== key || header.firstByte !== FIRST_BYTE) {
    closeSync(fd);
    return undefined;
  }
  const { labels, properties, places } = header;
  const kept = new Map<ArrayName, unknown>();

  const read = <Name extends ArrayName>(name: Name, from: number, to: number): ArrayOf<Name> => {
    const array = new ARRAYS[name](to - from) as ArrayOf<Name>;
    const bytes = new Uint8Array(array.buffer, 0, array.byteLength);
    const { at } = places[name];
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(fd, bytes, {
        offset: done,
        length: Math.min(WRITE_BYTES, bytes.length - done),
        position: at + from * array.BYTES_PER_ELEMENT + done,
      });
      if (count === 0) throw new Error(`${path} ended while it was read: delete it, it will be made again.`);
      done += count;
    }
    return array;
  };

  return {
    labels,
    properties,
    length: (name) => places[name].length,
    all(name) {
      const known = kept.get(name) ?? read(name, 0, places[name].length);
      kept.set(name, known);
      return known as ArrayOf<typeof name>;
    },
    part(name, from, to) {
      const known = kept.get(name) as ArrayOf<typeof name> | undefined;
      return known === undefined ? read(name, from, to) : (known.subarray(from, to) as ArrayOf<typeof name>);
    },
    close: () => closeSync(fd),
  };
}

function readHeader(fd: number): z.infer<typeof headerSchema> | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const count = readSync(fd, bytes, { position: 0 });
  const text = bytes.toString('utf8', 0, count);
  if (!text.startsWith(MAGIC)) return undefined;
  const parsed = headerSchema.safeParse(jsonOf(text.slice(MAGIC.length)));
  if (!parsed.success) return undefined;
  // The byte behind the last array was written last.
  return readSync(fd, bytes, { position: parsed.data.bytes, length: 1 }) === 1 ? parsed.data : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
