import { edgeId } from '../graph/ids.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import { storableText } from '../graph/text.ts';

/** A row that Neptune can hold, and how many of its texts had to be altered for it (see `storableText`). */
export type Storable<Row> = { readonly row: Row; readonly altered: number };

export function storableVertex<Row extends VertexRow>(row: Row): Storable<Row> {
  const { cells, altered } = storableCells(row.cells);
  const id = storableText(row.id);
  if (altered === 0 && id === row.id) return { row, altered };
  return { row: { ...row, id, cells }, altered: altered + (id === row.id ? 0 : 1) };
}

export function storableEdge(row: EdgeRow): Storable<EdgeRow> {
  const { cells, altered } = storableCells(row.cells);
  const from = storableText(row.from);
  const to = storableText(row.to);
  const label = storableText(row.label);
  const changed = [from !== row.from, to !== row.to, label !== row.label].filter(Boolean).length;
  if (altered + changed === 0) return { row, altered: 0 };
  const id = changed === 0 ? row.id : edgeId(from, label, to);
  return { row: { ...row, id, from, to, label, cells }, altered: altered + changed };
}

function storableCells<Cells extends object>(cells: Cells): { cells: Cells; altered: number } {
  let altered = 0;
  let result = cells;
  for (const [name, value] of Object.entries(cells)) {
    if (typeof value !== 'string') continue;
    const storable = storableText(value);
    if (storable === value) continue;
    result = { ...result, [name]: storable };
    altered += 1;
  }
  return { cells: result, altered };
}
