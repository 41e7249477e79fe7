import { compareRows } from '../graph/rows.ts';

/** So many edges take some 20 MB, and a million of them come to fifty chunks. */
const CHUNK_ROWS = 20_000;

/**
 * Rows that come in no order, as chunks that are each in the order of a file. Chunks that were set aside, each as a stream,
 * give all rows in order through `mergeInOrder`, and through `inOrder` behind it each row once.
 */
export async function* sortedChunks<Row extends { readonly orderMs: number; readonly id: string }>(
  batches: AsyncIterable<readonly Row[]>,
  size = CHUNK_ROWS,
): AsyncGenerator<readonly Row[]> {
  let chunk: Row[] = [];
  for await (const batch of batches) {
    for (const row of batch) chunk.push(row);
    if (chunk.length < size) continue;
    yield chunk.sort(compareRows);
    chunk = [];
  }
  if (chunk.length > 0) yield chunk.sort(compareRows);
}
