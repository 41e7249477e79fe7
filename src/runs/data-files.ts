import { join } from 'node:path';
import { edgeHeader, vertexHeader } from '../csv/encode.ts';
import { createCsvFile, type WrittenFile } from '../csv/file.ts';
import type { Kind } from '../graph/kinds.ts';
import { INDEX_HEADER } from '../snapshot/index-line.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import type { Piece } from './merge-blocks.ts';
import { edgeFile, indexFile, vertexFile } from './run-directory.ts';

/**
 * Writes a file of `data/` and its index side by side.
 *
 * @param of whose rows they are: a kind's, or the edges
 */
export async function writeDataFiles(
  directory: string,
  of: Kind | 'edge',
  pieces: AsyncIterable<Piece>,
  { gzip }: { readonly gzip: boolean },
): Promise<readonly ManifestFile[]> {
  const paths = { data: of === 'edge' ? edgeFile(gzip) : vertexFile(of, gzip), index: indexFile(of) };
  const header = of === 'edge' ? edgeHeader() : vertexHeader(of);
  const data = createCsvFile(join(directory, paths.data), header, { gzip });
  const index = createCsvFile(join(directory, paths.index), INDEX_HEADER);
  try {
    for await (const piece of pieces) {
      await data.write(piece.data, piece.rows);
      await index.write(piece.index, piece.rows);
    }
    return [manifestFile(paths.data, await data.close()), manifestFile(paths.index, await index.close())];
  } catch (error) {
    await Promise.all([data.abandon(), index.abandon()]);
    throw error;
  }
}

function manifestFile(path: string, { rows, bytes, sha256 }: WrittenFile): ManifestFile {
  return { path, rows, bytes, sha256 };
}
