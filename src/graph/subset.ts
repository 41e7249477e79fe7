import { ALL_KINDS, type Kind } from './kinds.ts';
import type { VertexRow } from './rows.ts';

/** The part of a scope that an export was told to copy. A member that is absent leaves all in. */
export type Subset = {
  /** Without `external`, edges that lead out of the subset are left out. */
  readonly kinds?: readonly Kind[] | undefined;
  /** Values of the `type` column. */
  readonly types?: readonly string[] | undefined;
  /** ISO 8601, UTC; created then or later. */
  readonly createdAfter?: string | undefined;
  /** ISO 8601, UTC; created before. */
  readonly createdBefore?: string | undefined;
  /** What the `sourceuri` column begins with: leaves out all kinds that have none. */
  readonly sourceUriPrefix?: string | undefined;
};

/** The kinds of which a subset may hold vertices. */
export function kindsOf(subset: Subset | null): readonly Kind[] {
  return subset?.kinds ?? (subset === null ? ALL_KINDS : ALL_KINDS.filter((kind) => kind !== 'external'));
}

/** Whether a vertex belongs to the subset. */
export function isInSubset(row: VertexRow, subset: Subset | null): boolean {
  if (subset === null) return true;
  const { types, createdAfter, createdBefore, sourceUriPrefix } = subset;
  if (!kindsOf(subset).includes(row.kind)) return false;
  if (types !== undefined && !types.includes(row.cells.type ?? '')) return false;
  if (createdAfter !== undefined && row.orderMs < Date.parse(createdAfter)) return false;
  if (createdBefore !== undefined && row.orderMs >= Date.parse(createdBefore)) return false;
  if (sourceUriPrefix === undefined) return true;
  return 'sourceuri' in row.cells && (row.cells.sourceuri?.startsWith(sourceUriPrefix) ?? false);
}
