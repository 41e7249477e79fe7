import { join } from 'node:path';
import { type Cell, edgeHeader, encodeEdge, encodeVertex, vertexHeader } from '../csv/encode.ts';
import { createCsvFile, type WrittenFile } from '../csv/file.ts';
import type { Kind } from '../graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import { INDEX_HEADER, indexLine } from '../snapshot/index-line.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import { edgeFile, indexFile, vertexFile } from './run-directory.ts';

/** The data file of a kind and its index, written side by side. */
export type RowFiles<Row> = {
  write(rows: readonly Row[]): Promise<void>;
  /** Ends both files and gives them their names. */
  close(): Promise<readonly ManifestFile[]>;
  /** Gives up; what was written stays under `.partial`. */
  abandon(): Promise<void>;
};

export function createVertexFiles(directory: string, kind: Kind, gzip: boolean): RowFiles<VertexRow> {
  const paths = { data: vertexFile(kind, gzip), index: indexFile(kind) };
  return createRowFiles(directory, paths, { header: vertexHeader(kind), encode: encodeVertex, gzip });
}

export function createEdgeFiles(directory: string, gzip: boolean): RowFiles<EdgeRow> {
  const paths = { data: edgeFile(gzip), index: indexFile('edge') };
  return createRowFiles(directory, paths, { header: edgeHeader(), encode: encodeEdge, gzip });
}

type Format<Row> = {
  readonly header: string;
  readonly encode: (row: Row) => readonly Cell[];
  readonly gzip: boolean;
};

function createRowFiles<Row extends { readonly orderMs: number; readonly id: string }>(
  directory: string,
  paths: { readonly data: string; readonly index: string },
  { header, encode, gzip }: Format<Row>,
): RowFiles<Row> {
  const data = createCsvFile(join(directory, paths.data), header, { gzip });
  const index = createCsvFile(join(directory, paths.index), INDEX_HEADER);
  return {
    async write(rows) {
      const cells = rows.map(encode);
      await data.write(cells);
      await index.write(rows.map((row, at) => indexLine(row, cells[at] ?? [])));
    },
    async close() {
      return [manifestFile(paths.data, await data.close()), manifestFile(paths.index, await index.close())];
    },
    async abandon() {
      await Promise.all([data.abandon(), index.abandon()]);
    },
  };
}

function manifestFile(path: string, { rows, bytes, sha256 }: WrittenFile): ManifestFile {
  return { path, rows, bytes, sha256 };
}
