import { LISTED_KINDS, type ListedKind } from '../graph/kinds.ts';
import { isOwnProperty } from '../graph/ownership.ts';
import { compareStored, type Difference, type GraphElement, type StoredRow } from '../graph/stored.ts';
import type { TypedValue } from '../graph/typed-element.ts';
import type { Correction } from '../neptune/corrections.ts';

/**
 * What has to happen so that the graph holds a row. `replace`: a load would add to what is there, since labels accumulate and an
 * edge keeps its ends (Neptune user guide, "Neptune loader command"), so that what is there has to go first.
 */
export type ElementVerdict =
  | { readonly is: 'equal' }
  /** A vertex that was listed and is now but an end of edges: it stays what it was. */
  | { readonly is: 'kept'; readonly kind: ListedKind; readonly found: GraphElement }
  | { readonly is: 'load'; readonly differences: readonly Difference[] }
  | { readonly is: 'replace'; readonly differences: readonly Difference[] };

export type JudgeOptions = {
  /** See `RemovalDecision`. @default 'apply' */
  readonly demotion?: 'apply' | 'keep' | undefined;
  /** Whether an entity is this deployment's to list. @default all are */
  readonly isOurs?: ((id: string) => boolean) | undefined;
};

/**
 * Compares a row with what the graph holds under its id. What others wrote beside it, properties that are none of ours, is
 * no difference; nor is that another deployment lists what this one knows but the ARN of.
 */
export function judgeElement(
  row: StoredRow,
  found: GraphElement | undefined,
  { demotion = 'apply', isOurs = () => true }: JudgeOptions = {},
): ElementVerdict {
  const kind = found === undefined ? undefined : listedKind(found);
  if (row.labels[0] === 'external' && found !== undefined && kind !== undefined) {
    if (!isOurs(row.id)) return { is: 'equal' };
    if (demotion === 'keep') return { is: 'kept', kind, found };
  }
  const differences = compareStored(row, found).filter(
    ({ is, property }) => property.startsWith('~') || is !== 'more' || isOwnProperty(row.element, property),
  );
  if (differences.length === 0) return { is: 'equal' };
  const isBlocked = differences.some(({ property }) => BLOCKING.has(property));
  return { is: isBlocked ? 'replace' : 'load', differences };
}

/** What lists a vertex as one of the kinds, whether or not others have it as `external`. */
export function listedKind({ labels }: Pick<GraphElement, 'labels'>): ListedKind | undefined {
  return LISTED_KINDS.find((kind) => labels.includes(kind));
}

const BLOCKING: ReadonlySet<string> = new Set(['~label', '~from', '~to']);

/**
 * What is left to do once a row has been loaded: values that its blank cells cannot take away. Undefined where that would
 * not mend it, since something of the row is not in the graph.
 */
export function correctionOf(row: StoredRow, differences: readonly Difference[]): Correction | undefined {
  const left = differences.filter(({ is, property }) => is !== 'more' || property.startsWith('~'));
  if (left.length > 0) return undefined;
  const single = differences.flatMap(({ property }) => {
    const held = row.properties.find(({ name }) => name === property);
    const value = held?.values[0];
    return held === undefined || value === undefined
      ? []
      : [{ name: property, value: typed(held.type, value) }];
  });
  const kept = new Set(single.map(({ name }) => name));
  const dropped = differences.map(({ property }) => property).filter((property) => !kept.has(property));
  return { element: row.element, id: row.id, dropped, single };
}

function typed(type: StoredRow['properties'][number]['type'], value: string): TypedValue {
  return { type: type === 'Date' ? 'Datetime' : type, value };
}
