import type { Column, Columns, DETAILS, EDGE_COLUMNS, VERTEX_COLUMNS } from './columns.ts';
import type { Kind } from './kinds.ts';

type Value<C extends Column> = C extends { type: 'Datetime' } ? Date : string;

/** A row's own cells: a value or undefined per column, without those derived from another (the millisecond columns). */
type Cells<C extends Columns> = {
  readonly [Name in keyof C as C[Name] extends { millisecondsOf: string } ? never : Name]:
    | Value<C[Name]>
    | undefined;
};

/** What a row of full detail holds beside its listing's cells. */
export type DetailCells<K extends Kind> = Partial<Cells<(typeof DETAILS)[K]['columns']>>;

/** One line of a vertex file. */
export type VertexRow<K extends Kind = Kind> = K extends Kind
  ? {
      readonly kind: K;
      /** The ARN as listed. */
      readonly id: string;
      /** Sorts the file, with the id: creation time in epoch milliseconds; 0 for an external vertex, which has none. */
      readonly orderMs: number;
      readonly cells: Cells<(typeof VERTEX_COLUMNS)[K]> & DetailCells<K>;
    }
  : never;

/** One line of the edge file. */
export type EdgeRow = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** AssociationType, `Untyped`, or a membership label. */
  readonly label: string;
  /** Sorts the file, with the id: the association's creation time; for a membership edge, that of its member. */
  readonly orderMs: number;
  readonly cells: Cells<typeof EDGE_COLUMNS>;
};

/** The order of rows in a file, which makes two exports of one account the same bytes: creation time, then id. */
export function compareRows(
  a: { readonly orderMs: number; readonly id: string },
  b: { readonly orderMs: number; readonly id: string },
): number {
  return a.orderMs - b.orderMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
