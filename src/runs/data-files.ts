import { edgeHeader, vertexHeader } from '../csv/encode.ts';
import { createCsvFile, type WrittenFile } from '../csv/file.ts';
import type { Kind } from '../graph/kinds.ts';
import { INDEX_HEADER } from '../snapshot/index-line.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import type { Piece } from './merge-blocks.ts';
import { edgeFile, indexFile, vertexFile } from './run-directory.ts';
import type { RunFiles } from './run-files.ts';

/**
 * Writes a file of `data/` and its index side by side.
 *
 * @param of whose rows they are: a kind's, or the edges
 * @param options `header` is that of a run of summaries by default
 */
export async function writeDataFiles(
  files: RunFiles,
  of: Kind | 'edge',
  pieces: AsyncIterable<Piece>,
  {
    gzip,
    header = of === 'edge' ? edgeHeader() : vertexHeader(of),
  }: { readonly gzip: boolean; readonly header?: string },
): Promise<readonly ManifestFile[]> {
  const paths = { data: of === 'edge' ? edgeFile(gzip) : vertexFile(of, gzip), index: indexFile(of) };
  const data = createCsvFile(paths.data, header, { gzip, sink: files.create(paths.data) });
  const index = createCsvFile(paths.index, INDEX_HEADER, { sink: files.create(paths.index) });
  try {
    for await (const { rows, data: lines, index: entries } of gathered(pieces)) {
      await data.write(lines, rows);
      await index.write(entries, rows);
    }
    return [manifestFile(paths.data, await data.close()), manifestFile(paths.index, await index.close())];
  } catch (error) {
    await Promise.all([data.abandon(), index.abandon()]);
    throw error;
  }
}

/** A write costs more than the few lines of a small piece. */
const BYTES_PER_WRITE = 256 * 1_024;

/** Pieces as larger ones. */
async function* gathered(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  let held: { data: Buffer[]; index: Buffer[]; rows: number; bytes: number } = emptyPiece();
  for await (const { rows, data, index } of pieces) {
    const bytes = asBuffer(data);
    held.data.push(bytes);
    held.index.push(asBuffer(index));
    held.rows += rows;
    held.bytes += bytes.length;
    if (held.bytes < BYTES_PER_WRITE) continue;
    yield { rows: held.rows, data: Buffer.concat(held.data), index: Buffer.concat(held.index) };
    held = emptyPiece();
  }
  yield { rows: held.rows, data: Buffer.concat(held.data), index: Buffer.concat(held.index) };
}

function asBuffer(lines: Buffer | string): Buffer {
  return typeof lines === 'string' ? Buffer.from(lines) : lines;
}

function emptyPiece() {
  return { data: [], index: [], rows: 0, bytes: 0 };
}

function manifestFile(path: string, { rows, bytes, sha256 }: WrittenFile): ManifestFile {
  return { path, rows, bytes, sha256 };
}
