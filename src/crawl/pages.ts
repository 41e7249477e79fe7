import { hash } from 'node:crypto';
import { LineageError } from '../errors.ts';
import type { Operation } from './clients.ts';
import { crawlError, isThrottle, REPEATED_TOKEN } from './errors.ts';

/** The most that every List operation and Search give at once (API reference: MaxResults 1..100; their default is 10). */
const PAGE_SIZE = 100;

/** Creation times from `from` on and before `to`; an end that is left out is open. */
export type TimeWindow = { readonly from?: Date; readonly to?: Date };

export type ListingOptions = {
  /** @default all of time */
  readonly window?: TimeWindow;
  /** Oldest or newest first. @default 'Ascending' */
  readonly order?: 'Ascending' | 'Descending';
  /** Records asked for at once. @default 100, the most */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
  /** Called after each HTTP request, those that the SDK repeats included. */
  readonly onCall?: (call: { readonly throttled: boolean }) => void;
  /** Called with each page before it is yielded. */
  readonly onPage?: (page: Page<Created>) => void;
};

/** What every listed record has. */
export type Created = { readonly CreationTime?: Date | undefined };

/** One reply of a listing. */
export type Page<Item> = {
  readonly operation: Operation;
  /** From 1. */
  readonly number: number;
  readonly requestId: string | undefined;
  readonly records: readonly Item[];
  /** Whether the listing ends with it. */
  readonly isLast: boolean;
};

/** How every listing is asked to be sorted and cut into pages. */
export function paging({ order = 'Ascending', pageSize = PAGE_SIZE }: ListingOptions) {
  return { SortBy: 'CreationTime', SortOrder: order, MaxResults: pageSize } as const;
}

/** What the SDK client's `send` takes beside the command. */
type SendOptions = { readonly abortSignal?: AbortSignal };

type Reply = {
  readonly NextToken?: string | undefined;
  readonly $metadata: { readonly requestId?: string | undefined };
};

/** What one kind of listing asks, and where its replies hold the records. */
export type PageSource<R extends Reply, Item> = {
  readonly operation: Operation;
  /** The entity that the listing is of, where it is of one: for errors. */
  readonly arn?: string | undefined;
  readonly send: (token: string | undefined, options: SendOptions) => Promise<R>;
  readonly records: (reply: R) => readonly Item[] | undefined;
  /** Looks at the last reply; throws where it shows that records are missing. */
  readonly onEnd?: (reply: R, received: number) => void;
};

/**
 * Every page of a listing, to the end that the service itself declares: a page without records goes on as long as it
 * has a token (SageMaker lists do that when they filter: aws/aws-sdk issue 486).
 *
 * @throws LineageError (partialExport) where a page fails for good or a token comes twice, which would loop for ever;
 * (accessDenied) where SageMaker refuses the caller; (interrupted, deadline) where the signal ends the crawl.
 */
export async function* readPages<R extends Reply, Item extends Created>(
  source: PageSource<R, Item>,
  options: ListingOptions,
): AsyncGenerator<Page<Item>> {
  const { operation } = source;
  const seen = new Set<string>();
  let token: string | undefined;
  let received = 0;
  for (let number = 1; ; number += 1) {
    const reply = await askPage(source, token, number, options.signal);
    const records = source.records(reply) ?? [];
    received += records.length;
    token = reply.NextToken || undefined;
    const page = {
      operation,
      number,
      requestId: reply.$metadata.requestId,
      records,
      isLast: token === undefined,
    };
    options.onPage?.(page);
    yield page;
    if (token === undefined) {
      source.onEnd?.(reply, received);
      return;
    }
    assertNewToken(token, seen, page);
  }
}

async function askPage<R extends Reply, Item>(
  source: PageSource<R, Item>,
  token: string | undefined,
  page: number,
  signal: AbortSignal | undefined,
): Promise<R> {
  try {
    signal?.throwIfAborted();
    return await source.send(token, signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    throw crawlError(error, {
      operation: source.operation,
      page,
      ...(source.arn === undefined ? {} : { arn: source.arn }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** Tokens are up to 8 KB long: their hashes are kept. */
function assertNewToken(token: string, seen: Set<string>, page: Page<unknown>): void {
  const key = hash('sha256', token, 'base64').slice(0, 22);
  if (seen.has(key)) {
    const { operation, number, requestId } = page;
    throw new LineageError(
      'partialExport',
      `${operation} gave the same NextToken twice, on page ${number}: the listing would never end.`,
      {
        hint: 'Run the export again; if it recurs, give AWS Support the request id.',
        details: { operation, page: number, requestId, error: REPEATED_TOKEN },
      },
    );
  }
  seen.add(key);
}

type Middleware = (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>;

type Watchable = {
  readonly middlewareStack: {
    add(middleware: Middleware, options: { step: 'finalizeRequest'; priority: 'low'; name: string }): void;
  };
};

/**
 * Lets `onCall` see each HTTP request of a command, from within the SDK's retry loop. A reply that is no JSON (a proxy's
 * HTML page under status 200) is marked as transient there, since the SDK would not ask again by itself.
 */
export function watched<Command extends Watchable>(
  command: Command,
  onCall: ListingOptions['onCall'],
): Command {
  command.middlewareStack.add(
    (next) => async (args) => {
      try {
        const output = await next(args);
        onCall?.({ throttled: false });
        return output;
      } catch (error) {
        onCall?.({ throttled: isThrottle(error) });
        if (error instanceof SyntaxError) Object.assign(error, { $retryable: {} });
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'watchCalls' },
  );
  return command;
}
