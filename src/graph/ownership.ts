import { DETAILS, EDGE_COLUMNS, VERTEX_COLUMNS } from './columns.ts';
import { ALL_KINDS } from './kinds.ts';
import { isPromotedColumn } from './promotion.ts';
import type { ElementKind } from './stored.ts';

/** Marks an element that SageMaker no longer has, where it is not to be removed. */
export const TOMBSTONE = 'deletedAt';

/**
 * Whether a property of an element that this package wrote is its own: a column of any kind (an external vertex may have
 * become another kind), a promoted one, or the tombstone. Others may write properties of their own to the same element.
 */
export function isOwnProperty(element: ElementKind, name: string): boolean {
  if (name === TOMBSTONE) return true;
  return element === 'edge'
    ? EDGE_PROPERTIES.has(name)
    : VERTEX_PROPERTIES.has(name) || isPromotedColumn(name);
}

const EDGE_PROPERTIES: ReadonlySet<string> = new Set(Object.keys(EDGE_COLUMNS));
const VERTEX_PROPERTIES: ReadonlySet<string> = new Set(
  ALL_KINDS.flatMap((kind) => [...Object.keys(VERTEX_COLUMNS[kind]), ...Object.keys(DETAILS[kind].columns)]),
);
