import { LineageError } from '../errors.ts';
import { parseArn } from '../graph/arn.ts';
import type { Operation } from './clients.ts';
import type { Page } from './pages.ts';

/** Where a record came from, for the error that a missing member is. */
export type Origin = {
  readonly operation: Operation;
  readonly page: number;
  /** Of the record in its page, from 1. */
  readonly position: number;
  readonly requestId: string | undefined;
};

/** The rows of a page's records. */
export function pageRows<Item, Row>(
  page: Page<Item>,
  toRow: (item: Item, origin: Origin) => Row,
): readonly Row[] {
  const { operation, number, requestId } = page;
  return page.records.map((record, index) =>
    toRow(record, { operation, page: number, position: index + 1, requestId }),
  );
}

/**
 * A member without which there is no row.
 *
 * @throws LineageError (partialExport) where it is absent or empty, naming the member and where the record came from.
 */
export function required<T>(value: T | undefined, field: string, origin: Origin): T {
  // JSON null passes the SDK's deserialiser, and an empty id would be a vertex of its own in Neptune.
  if (value !== undefined && value !== null && value !== '') return value;
  const { operation, page, position, requestId } = origin;
  throw new LineageError(
    'partialExport',
    `${operation} gave record ${position} of page ${page} without ${field}: expected a value, found none.`,
    {
      hint: 'Run the export again; if it recurs, give AWS Support the request id.',
      details: { operation, page, position, field, requestId },
    },
  );
}

/** Text, or nothing where it is absent or empty: the loader takes both for the same (allowEmptyStrings is off). */
export function text(value: string | undefined): string | undefined {
  return value || undefined;
}

/** An object or list as JSON with its keys in code-unit order; nothing where it holds nothing. */
export function json(value: object | undefined): string | undefined {
  if (value === undefined || value === null || Object.keys(value).length === 0) return undefined;
  return JSON.stringify(value, (_, member: unknown) =>
    isPlainObject(member) ? withSortedKeys(member) : member,
  );
}

/** Account and region of the entity, as its ARN gives them. */
export function owner(arn: string): { account: string | undefined; region: string | undefined } {
  const parts = parseArn(arn);
  return { account: text(parts?.account), region: text(parts?.region) };
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withSortedKeys(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
