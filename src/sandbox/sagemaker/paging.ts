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

/** Where a token goes on. Empty pages before it are counted, since each gives a token of its own for the same place. */
type Mark = { readonly after: Position | undefined; readonly emptyPages: number };

/**
 * One page. The token names the last item by sort key and id, so a page costs the same at any depth, and items that come
 * or go between two pages neither repeat nor hide others.
 * @throws Refusal where the token is not one that this operation gave for this order
 */
export function page(call: Call, request: PageRequest, source: PageSource): Page {
  const order = request.SortOrder ?? source.defaultOrder ?? 'Descending';
  const scope = [call.operation, source.sortedBy, order].join(' ');
  const { NextToken: token } = request;
  if (token !== undefined && call.pageFault === 'expired-token') throw invalidToken();
  const { after, emptyPages } = token === undefined ? START : readToken(scope, token);
  if (call.pageFault === 'empty-page') {
    return { ids: [], NextToken: writeToken(scope, { after, emptyPages: emptyPages + 1 }) };
  }

  const size = request.MaxResults ?? source.defaultSize ?? DEFAULT_PAGE;
  const found = take(source, order === 'Ascending', after, size + 1);
  const ids = found.slice(0, size);
  if (call.pageFault === 'repeated-token') return { ids, NextToken: token ?? writeToken(scope, START) };
  const last = ids.at(-1);
  if (last === undefined || found.length <= size) return { ids, NextToken: undefined };
  return { ids, NextToken: writeToken(scope, { after: [source.listing.keyOf(last), last], emptyPages: 0 }) };
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

/** The very start. */
const START: Mark = { after: undefined, emptyPages: 0 };

function writeToken(scope: string, { after, emptyPages }: Mark): string {
  return Buffer.from(JSON.stringify([scope, emptyPages, ...(after ?? [])])).toString('base64url');
}

function readToken(scope: string, token: string): Mark {
  const [tokenScope, emptyPages, key, id] = parseToken(token);
  if (tokenScope !== scope || typeof emptyPages !== 'number') throw invalidToken();
  if (key === undefined) return { after: undefined, emptyPages };
  if ((typeof key !== 'string' && typeof key !== 'number') || typeof id !== 'number') throw invalidToken();
  return { after: [key satisfies Key, id], emptyPages };
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
