import { ExecuteGremlinQueryCommand, type NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import { type Gremlin, type GremlinText, withTimeout } from '../graph/gremlin.ts';
import { isRead } from '../graph/query-text.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { plainValue } from './graphson.ts';
import { neptuneError } from './loader-errors.ts';
import { askBeforeSending, type Permit } from './permit.ts';
import { isLostReply, serviceErrorFields } from './service-errors.ts';

/** Plain JSON: the form that Neptune's user guide advises for the SDK ("AWS SDK for Gremlin"). */
const PLAIN_JSON = 'application/vnd.gremlin-v3.0+json;types=false';
const TYPED_JSON = 'application/vnd.gremlin-v3.0+json';

/**
 * Sends Gremlin to a cluster. Reads are repeated where Neptune's table of errors says that a repetition can help, and when
 * a connection breaks; what writes only where the caller calls it idempotent.
 *
 * The function that it gives throws LineageError: (usage) for a query that Neptune cannot parse, with the position;
 * (deadline) for one that takes too long; (accessDenied), (interrupted), (unexpected) for the rest.
 *
 * @param permit asked before each request that writes: what it throws is thrown, and the engine gives the query up when the time
 * is over that it grants. @default any may be sent
 */
export function gremlinClient(
  client: NeptunedataClient,
  clock: Clock = SYSTEM_CLOCK,
  permit?: Permit,
): Gremlin {
  return querying(client, clock, { serializer: PLAIN_JSON, resultsOf, permit });
}

/** The same, for reads, but its results are typed values of GraphSON 3 as they came, for `graphSonElement`. */
export function typedGremlinClient(client: NeptunedataClient, clock: Clock = SYSTEM_CLOCK): Gremlin {
  return querying(client, clock, { serializer: TYPED_JSON, resultsOf: typedResultsOf, permit: undefined });
}

type ReplyForm = {
  readonly serializer: string;
  readonly resultsOf: (result: unknown) => readonly unknown[];
  readonly permit: Permit | undefined;
};

/** Of a cluster as delivered (neptune_query_timeout). */
const DEFAULT_TIMEOUT_MS = 120_000;

/** What the engine may take beyond its own limit until the reply is here. */
const REPLY_MARGIN_MS = 5_000;

function querying(client: NeptunedataClient, clock: Clock, form: ReplyForm): Gremlin {
  return async (query, { signal, timeoutMs, isIdempotent = false } = {}) => {
    const reads = isRead(query);
    const permit = reads ? undefined : form.permit;
    const attempts = isIdempotent ? WRITE_ATTEMPTS : reads ? READ_ATTEMPTS : 1;
    // Over all attempts and the pauses between them.
    const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs + REPLY_MARGIN_MS);
    const stop = AbortSignal.any([signal, deadline].filter((one) => one !== undefined));
    for (let attempt = 1; ; attempt += 1) {
      try {
        const most = permit === undefined ? timeoutMs : Math.min(timeoutMs ?? DEFAULT_TIMEOUT_MS, permit());
        const text = most === undefined ? query : withTimeout(query, most);
        return await send(client, text, { ...form, permit }, stop);
      } catch (error) {
        const pause = pauseBeforeRepeat(error, attempt);
        if (attempt >= attempts || pause === undefined || stop.aborted) {
          // The SDK's AbortError does not say which signal fired.
          if (deadline?.aborted && !signal?.aborted) throw lateError(timeoutMs, error);
          throw await queryError(error, client, query);
        }
        // An abort is told by the next attempt, which it ends at once.
        await clock.sleep(pause, stop).catch(() => undefined);
      }
    }
  };
}

async function send(
  client: NeptunedataClient,
  query: GremlinText,
  { serializer, resultsOf, permit }: ReplyForm,
  abortSignal: AbortSignal,
): Promise<readonly unknown[]> {
  const command = new ExecuteGremlinQueryCommand({ gremlinQuery: query, serializer });
  if (permit !== undefined) askBeforeSending(command, permit);
  const { result } = await client.send(command, { abortSignal });
  return resultsOf(result);
}

function lateError(timeoutMs: number | undefined, cause: unknown): LineageError {
  return new LineageError('deadline', `The query did not answer within ${timeoutMs} ms.`, {
    cause,
    hint: 'Ask for less at a time, or allow more time.',
  });
}

/**
 * `result` is `{data, meta}`; data is a list, or with types a `g:List`. A list without a type is of a reply without types,
 * and is not gone through: a large one would take as long as its parsing.
 */
function resultsOf(result: unknown): readonly unknown[] {
  const { data: plain } = (result ?? {}) as { data?: unknown };
  if (Array.isArray(plain)) return plain;
  const { data } = plainValue(result ?? {}) as { data?: unknown };
  if (data === undefined || data === null) return [];
  return Array.isArray(data) ? data : [data];
}

/** `data` is a `g:List`; an engine that knows no types gives a list. */
function typedResultsOf(result: unknown): readonly unknown[] {
  const { data } = (result ?? {}) as { data?: unknown };
  if (Array.isArray(data)) return data;
  const { '@value': typed } = (data ?? {}) as { '@value'?: unknown };
  return Array.isArray(typed) ? typed : [];
}

const READ_ATTEMPTS = 4;
/** Writers meet each other more often than readers do: conflicts alone may take several. */
const WRITE_ATTEMPTS = 7;

/**
 * How long to wait before the first repetition, in milliseconds: the errors that Neptune's user guide calls retryable
 * ("Graph engine error messages and codes", "Exceptions and retries"). CancelledByUser is left out: somebody meant it.
 */
const FIRST_PAUSE_MS: Readonly<Record<string, number>> = {
  ConcurrentModificationException: 100,
  ConstraintViolationException: 100,
  FailureByQueryException: 100,
  ThrottlingException: 500,
  TooManyRequestsException: 500,
  QueryLimitExceededException: 500,
  MemoryLimitExceededException: 5_000,
};
const LOST_REPLY_PAUSE_MS = 200;

/** The pause doubles each time; undefined where a repetition cannot help. */
function pauseBeforeRepeat(error: unknown, attempt: number): number | undefined {
  const { name } = serviceErrorFields(error);
  const first =
    FIRST_PAUSE_MS[name] ?? (name !== 'SyntaxError' && isLostReply(error) ? LOST_REPLY_PAUSE_MS : undefined);
  return first === undefined ? undefined : first * 2 ** (attempt - 1);
}

const QUERY_IN_DETAILS = 500;

async function queryError(
  error: unknown,
  client: NeptunedataClient,
  query: GremlinText,
): Promise<LineageError> {
  const { name, message } = serviceErrorFields(error);
  const position = /line (\d+),? (?:character|char)?\s*position (?:at )?(\d+)/i.exec(message);
  return neptuneError(error, client, {
    doing: name === 'MalformedQueryException' ? 'parse the query' : 'answer the query',
    outcome: 'unexpected',
    details: {
      query: query.slice(0, QUERY_IN_DETAILS),
      ...(position === null ? {} : { line: Number(position[1]), position: Number(position[2]) }),
    },
  });
}
