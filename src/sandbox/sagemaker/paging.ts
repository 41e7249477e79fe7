import type { Call } from './call.ts';
import { validation } from './refusal.ts';
import { countBefore, type Key, type Listing, type Position } from './sorted-ids.ts';

/** Default of MaxResults in every List and Search operation (their API pages). */
const DEFAULT_PAGE = 10;

/** What a caller asks of a page. */
export type PageRequest = {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly SortOrder?: 'Ascending' | 'Descending' | undefined;
};

export type PageSource = {
  readonly listing: Listing;
  /** What the listing is sorted by: a token is good for one operation, sort and order only. */
  readonly sortedBy: string;
  /** @default 'Descending' */
  readonly defaultOrder?: 'Ascending' | 'Descending';
  /** Only positions in this half-open range of the listing. @default all */
  readonly range?: readonly [low: number, high: number];
  /** @default all */
  readonly accepts?: ((id: number) => boolean) | undefined;
  /** @default 10 */
  readonly defaultSize?: number;
};

export type Page = { readonly ids: readonly number[]; readonly NextToken: string | undefined };

/**
 * One page. The token names the last item by sort key and id, so a page costs the same at any depth, and items that come
 * or go between two pages neither repeat nor hide others.
 * @throws Refusal where the token is not one that this operation gave for this order
 */
export function page(call: Call, request: PageRequest, source: PageSource): Page {
  const order = request.SortOrder ?? source.defaultOrder ?? 'Descending';
  const scope = [call.operation, source.sortedBy, order].join(' ');
  const after = request.NextToken === undefined ? undefined : readToken(scope, request.NextToken);
  const samePlace = writeToken(scope, after);
  if (call.pageFault === 'empty-page') return { ids: [], NextToken: samePlace };

  const size = request.MaxResults ?? source.defaultSize ?? DEFAULT_PAGE;
  const found = take(source, order === 'Ascending', after, size + 1);
  const ids = found.slice(0, size);
  if (call.pageFault === 'repeated-token') return { ids, NextToken: samePlace };
  const last = ids.at(-1);
  const ended = last === undefined || found.length <= size;
  return { ids, NextToken: ended ? undefined : writeToken(scope, [source.listing.keyOf(last), last]) };
}

function take(source: PageSource, ascending: boolean, after: Position | undefined, count: number): number[] {
  const { listing, range = [0, listing.ids.length], accepts } = source;
  const [low, high] = ascending
    ? [Math.max(range[0], after === undefined ? 0 : countBefore(listing, after, true)), range[1]]
    : [range[0], Math.min(range[1], after === undefined ? range[1] : countBefore(listing, after, false))];
  const found: number[] = [];
  for (let step = 0; step < high - low && found.length < count; step++) {
    const id = listing.ids[ascending ? low + step : high - 1 - step] ?? 0;
    if (accepts === undefined || accepts(id)) found.push(id);
  }
  return found;
}

/** No position means the very start. */
function writeToken(scope: string, position: Position | undefined): string {
  return Buffer.from(JSON.stringify([scope, ...(position ?? [])])).toString('base64url');
}

function readToken(scope: string, token: string): Position | undefined {
  const [tokenScope, key, id] = parseToken(token);
  if (tokenScope !== scope) throw invalidToken();
  if (key === undefined) return undefined;
  if ((typeof key !== 'string' && typeof key !== 'number') || typeof id !== 'number') throw invalidToken();
  return [key satisfies Key, id];
}

function parseToken(token: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function invalidToken() {
  return validation('The NextToken is not valid: pass the token of the last reply, with the same sort.');
}
