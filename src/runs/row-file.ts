import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { decodeVertex, splitLine } from '../csv/read.ts';
import { LineageError } from '../errors.ts';
import type { Detail } from '../graph/columns.ts';
import type { VertexRow } from '../graph/rows.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';

/** The vertices of a finished run's file, to be looked up one by one. */
export type RowFile = {
  /** The first line. */
  readonly header: string;
  /** The row of this id and creation time. */
  find(row: Pick<VertexRow, 'id' | 'orderMs'>): Promise<VertexRow | undefined>;
  close(): Promise<void>;
};

export type RowFileOptions = {
  readonly detail: Detail;
  /** Where the plain text of a compressed file may be put: nothing can be looked up in the middle of one. */
  readonly copy: string;
};

/** A chunk ends after so many rows or bytes, whichever is first. */
const CHUNK_ROWS = 256;
const CHUNK_BYTES = 1_000_000;

/** Chunks kept in memory: shards go through the file side by side, each from front to back. */
const CHUNKS_KEPT = 24;

/**
 * Reads the file once, and compares it with its manifest. After that, a few numbers per chunk are kept of it.
 *
 * @param path of the file, compressed where its name says so
 * @throws LineageError (validationFailed) where the file is not the one that the manifest describes
 */
export async function openRowFile(
  path: string,
  { sha256 }: Pick<ManifestFile, 'sha256'>,
  { detail, copy }: RowFileOptions,
): Promise<RowFile> {
  const isCompressed = path.endsWith('.gz');
  const hash = createHash('sha256');
  const scan = createScan();
  const hashing = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      hash.update(bytes);
      done(null, bytes);
    },
  });
  const scanning = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      scan.take(bytes);
      done(null, isCompressed ? bytes : undefined);
    },
  });
  const sink = isCompressed ? createWriteStream(copy) : new PassThrough().resume();
  const unpack = isCompressed ? createGunzip() : new PassThrough();
  await pipeline(createReadStream(path), hashing, unpack, scanning, sink);
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new LineageError(
      'validationFailed',
      `${path} is not what its manifest says: expected SHA-256 ${sha256}, found ${found}.`,
      { hint: 'Name another run with --since, or `--since none` to describe everything.', details: { path } },
    );
  }
  const file = await open(isCompressed ? copy : path, 'r');
  const { chunkStarts, size } = scan.end();
  const header = (await textOf(file, 0, chunkStarts[0] ?? size)).trimEnd();
  return { header, find: finder(file, chunkStarts, size, detail), close: () => file.close() };
}

const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** Finds where chunks of rows begin. A line break within quotes is text. */
function createScan() {
  const chunkStarts: number[] = [];
  let at = 0;
  let isQuoted = false;
  let rows = 0;
  let chunkAt = 0;
  let lineAt = 0;
  return {
    take(bytes: Buffer): void {
      for (let offset = 0; offset < bytes.length; offset += 1) {
        const byte = bytes[offset];
        if (byte === QUOTE) isQuoted = !isQuoted;
        if (byte !== NEWLINE || isQuoted) continue;
        lineAt = at + offset + 1;
        if (rows % CHUNK_ROWS !== 0 && lineAt - chunkAt < CHUNK_BYTES) {
          rows += 1;
          continue;
        }
        chunkStarts.push(lineAt);
        chunkAt = lineAt;
        rows = 1;
      }
      at += bytes.length;
    },
    /** The last line break begins no chunk. */
    end: () => ({ chunkStarts: chunkStarts.filter((start) => start < at), size: at }),
  };
}

type Chunk = ReadonlyMap<string, VertexRow>;

function finder(file: FileHandle, starts: readonly number[], size: number, detail: Detail): RowFile['find'] {
  const chunks = new Map<number, Promise<Chunk>>();
  const firstMs: (number | undefined)[] = [];

  async function read(number: number): Promise<Chunk> {
    const start = starts[number] ?? size;
    const text = await textOf(file, start, starts[number + 1] ?? size);
    const rows = lines(text).map((line) => decodeVertex(splitLine(line), detail));
    firstMs[number] = rows[0]?.orderMs;
    return new Map(rows.map((row) => [row.id, row]));
  }

  function chunk(number: number): Promise<Chunk> {
    const kept = chunks.get(number) ?? read(number);
    chunks.delete(number);
    chunks.set(number, kept);
    const [oldest] = chunks.keys();
    if (chunks.size > CHUNKS_KEPT && oldest !== undefined) chunks.delete(oldest);
    return kept;
  }

  async function startMs(number: number): Promise<number> {
    if (firstMs[number] === undefined) await chunk(number);
    return firstMs[number] ?? Number.POSITIVE_INFINITY;
  }

  return async ({ id, orderMs }) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((await startMs(middle)) <= orderMs) low = middle + 1;
      else high = middle;
    }
    // Rows of one creation time may lie in several chunks.
    for (let number = low - 1; number >= 0; number -= 1) {
      const found = (await chunk(number)).get(id);
      if (found !== undefined) return found.orderMs === orderMs ? found : undefined;
      if ((await startMs(number)) < orderMs) return undefined;
    }
    return undefined;
  };
}

async function textOf(file: FileHandle, from: number, to: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
  return buffer.toString('utf8', 0, bytesRead);
}

/** Lines with their ends. */
function lines(text: string): string[] {
  const found: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) isQuoted = !isQuoted;
    if (unit !== NEWLINE || isQuoted) continue;
    found.push(text.slice(start, at + 1));
    start = at + 1;
  }
  return found;
}
