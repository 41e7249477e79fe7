import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { LineageError } from '../errors.ts';
import { BLOCK_HEADER_BYTES, type BlockKeys, blockKeys, bytesAfter, keyBytesAfter } from './row-block.ts';
import { type FilePieces, openOnDisk } from './run-files.ts';

/** A closed part file, as the journal has it. */
export type PartFile = {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
};

/** A part that can be read. */
export type PartSource = PartFile & {
  /** @default from the disk */
  readonly open?: () => Promise<FilePieces>;
};

/** The rows of a shard, or of a piece of one, on their way to a part file. */
export type PartWriter<Row> = {
  /** Takes rows in the order of the file, whole creation times only. */
  write(rows: readonly Row[]): Promise<void>;
  /** Writes what is left and flushes it to the disk. */
  close(): Promise<PartFile>;
  /** Gives up and closes the file, which no journal names. */
  abandon(): Promise<void>;
};

/** Rows per block: few enough to hold, many enough that a block costs little beside its rows. */
const BLOCK_ROWS = 1_000;

/**
 * @param toBlock see `vertexBlock` and `edgeBlock`
 * @param blockRows rows per block; fewer where a row may be long
 */
export async function createPartFile<Row>(
  path: string,
  toBlock: (rows: readonly Row[]) => Buffer,
  blockRows = BLOCK_ROWS,
): Promise<PartWriter<Row>> {
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  let held: Row[] = [];
  let rows = 0;
  let bytes = 0;

  async function writeBlock(): Promise<void> {
    if (held.length === 0) return;
    const block = toBlock(held);
    held = [];
    hash.update(block);
    await file.writeFile(block);
    bytes += block.length;
  }

  return {
    async write(batch) {
      for (const row of batch) held.push(row);
      rows += batch.length;
      if (held.length >= blockRows) await writeBlock();
    },
    async close() {
      try {
        await writeBlock();
        await file.sync();
      } finally {
        await file.close();
      }
      return { path, rows, bytes, sha256: hash.digest('hex') };
    },
    abandon: () => file.close(),
  };
}

/** Rows that are in memory, as a part that can be read. */
export function partInMemory<Row>(
  path: string,
  rows: readonly Row[],
  toBlock: (rows: readonly Row[]) => Buffer,
): PartSource {
  const blocks: Buffer[] = [];
  for (let at = 0; at < rows.length; at += BLOCK_ROWS) blocks.push(toBlock(rows.slice(at, at + BLOCK_ROWS)));
  const content = Buffer.concat(blocks);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const pieces: FilePieces = {
    bytes: content.length,
    read: async (at, length) => content.subarray(at, at + length),
    close: async () => undefined,
  };
  return { path, rows: rows.length, bytes: content.length, sha256, open: async () => pieces };
}

/** A block as it is read back. */
export type Block = BlockKeys & {
  /** The lines of the rows from `first` on and before `end`, of the data file and of the index. */
  lines(first: number, end: number): { readonly data: Buffer; readonly index: Buffer };
};

/**
 * The blocks of a part file, in order.
 *
 * @throws LineageError (validationFailed) where the file is not the one that the journal describes.
 */
export async function* readBlocks(part: PartSource): AsyncGenerator<Block> {
  const hash = createHash('sha256');
  for await (const { header, body } of sections(part, bytesAfter)) {
    hash.update(header).update(body);
    const keys = blockKeys(header, body);
    const lines = body.subarray(keyBytesAfter(header));
    yield {
      ...keys,
      lines: (first, end) => ({
        data: lines.subarray(keys.dataAt[first], keys.dataAt[end]),
        index: lines.subarray(keys.indexAt[first], keys.indexAt[end]),
      }),
    };
  }
  if (hash.digest('hex') !== part.sha256) throw changed(part, 'its checksum is another');
}

/** What the blocks of a part file say of their rows, and a data line where one is asked for. Reads no other lines. */
export async function* readKeys(
  part: PartSource,
): AsyncGenerator<BlockKeys & { dataLine(row: number): Promise<string> }> {
  for await (const { header, body, file, linesAt } of sections(part, keyBytesAfter)) {
    const keys = blockKeys(header, body);
    let lines: Promise<Buffer> | undefined;
    yield {
      ...keys,
      async dataLine(row) {
        lines ??= readAt(file, part, linesAt, keys.dataAt[keys.rows] ?? 0);
        return (await lines).toString('utf8', keys.dataAt[row], keys.dataAt[row + 1]);
      },
    };
  }
}

type Section = { header: Buffer; body: Buffer; file: FilePieces; linesAt: number };

async function* sections(part: PartSource, wanted: (header: Buffer) => number): AsyncGenerator<Section> {
  const file = await (part.open ?? (() => openOnDisk(part.path)))();
  try {
    const size = file.bytes;
    if (size !== part.bytes) throw changed(part, `it has ${size} bytes`);
    let at = 0;
    while (at < size) {
      const header = await readAt(file, part, at, BLOCK_HEADER_BYTES);
      const body = await readAt(file, part, at + BLOCK_HEADER_BYTES, wanted(header));
      const linesAt = at + BLOCK_HEADER_BYTES + keyBytesAfter(header);
      yield { header, body, file, linesAt };
      at += BLOCK_HEADER_BYTES + bytesAfter(header);
    }
  } finally {
    await file.close();
  }
}

async function readAt(file: FilePieces, part: PartFile, at: number, length: number): Promise<Buffer> {
  if (length > part.bytes) throw changed(part, 'a block in it is longer than the file');
  const piece = await file.read(at, length);
  if (piece.length !== length) throw changed(part, 'it ends within a block');
  return piece;
}

function changed({ path, bytes, sha256 }: PartFile, found: string): LineageError {
  return new LineageError(
    'validationFailed',
    `${path} is not what the journal says: expected ${bytes} bytes with SHA-256 ${sha256}, but ${found}.`,
    { hint: 'The run cannot be finished: remove its directory and export again.', details: { path } },
  );
}
