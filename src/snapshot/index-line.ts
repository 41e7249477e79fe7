import { hash } from 'node:crypto';

/** The header of an index file: what a later diff reads instead of the rows. */
export const INDEX_HEADER = 'creationms,id,hash';

type Cell = string | number | Date | undefined;

/**
 * The line of a row in the index of its kind: creation time in epoch milliseconds, id, and 32 hex digits (128 bits of
 * SHA-256) over the row's cells, which change when any of them does.
 *
 * @param cells the cells that the file holds, in the order of its columns
 */
export function indexLine(
  row: { readonly orderMs: number; readonly id: string },
  cells: readonly Cell[],
): readonly [creationMs: number, id: string, hash: string] {
  return [row.orderMs, row.id, hash('sha256', joined(cells)).slice(0, 32)];
}

/** Cells one after the other; U+0000, which no cell holds, ends each, so that no two rows give the same text. */
function joined(cells: readonly Cell[]): string {
  let text = '';
  for (const cell of cells) text += `${cell instanceof Date ? cell.getTime() : (cell ?? '')}\0`;
  return text;
}
