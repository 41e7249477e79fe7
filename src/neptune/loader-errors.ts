import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { LineageError, Outcome } from '../errors.ts';
import { type Attempt, attemptError, serviceErrorFields, transportError } from './service-errors.ts';

/** Completes an attempt with the cluster that it was made on. */
async function attemptOn(
  client: NeptunedataClient,
  attempt: Omit<Attempt, 'where'>,
): Promise<Attempt & { readonly region: string }> {
  const { protocol, hostname, port } = (await client.config.endpoint?.()) ?? {};
  const where = `${protocol ?? 'https:'}//${hostname ?? 'the default endpoint'}${port === undefined ? '' : `:${port}`}`;
  return { ...attempt, where, region: await client.config.region() };
}

/** A failed call of the loader or of Gremlin as an error that says what to do. A LineageError passes as it is. */
export async function neptuneError(
  error: unknown,
  client: NeptunedataClient,
  attempt: Omit<Attempt, 'where'>,
): Promise<LineageError> {
  const { region, ...full } = await attemptOn(client, attempt);
  return transportError(error, full) ?? refusal(error, full, region);
}

function refusal(error: unknown, attempt: Attempt, region: string): LineageError {
  const { name, message, status } = serviceErrorFields(error);
  const fail = (outcome: Outcome, hint: string, reason = reasonOf(name, message, status)) =>
    attemptError(error, attempt, outcome, reason, hint);

  if (/scoped to a valid region|credential.*region/i.test(message)) {
    return fail(
      'accessDenied',
      `Requests are signed for ${region}: pass the cluster's own region as --region.`,
    );
  }
  if (status === 403 || name === 'AccessDeniedException') return fail('accessDenied', DENIED_HINT);
  if (/failed to start (new )?load/i.test(message)) return fail(attempt.outcome, START_FAILED_HINT);
  if (QUEUE_LIMITS.test(message)) return fail(attempt.outcome, QUEUE_FULL_HINT);
  const known = NEPTUNE_ERRORS[name];
  if (known !== undefined) return fail(known.outcome ?? attempt.outcome, known.hint);
  return fail(
    attempt.outcome,
    'Look the message up in the Neptune user guide; AWS Support can trace the request id.',
  );
}

function reasonOf(name: string, message: string, status: number | undefined): string {
  const text = message === '' || message === 'UnknownError' ? 'no message' : message;
  return /^(Error|\d+)$/.test(name) ? `HTTP ${status ?? name}: ${text}` : `${name}: ${text}`;
}

const DENIED_HINT =
  'Allow the caller the needed neptune-db actions on arn:aws:neptune-db:<region>:<account>:<cluster-resource-id>/*, and check that the credentials are current.';

/** What a 500 "Failed to start load from the source" stands for (graph-notebook #710, amazon-neptune-tools #154). */
const START_FAILED_HINT =
  'The three usual reasons: the load role is not attached to the cluster or may not read the bucket; the VPC has no S3 endpoint; the bucket is in another region than the cluster.';

/** "Max concurrent load limit breached. Limit is 1" (graph-notebook #710), and the same of the queue's 64. */
const QUEUE_LIMITS = /max concurrent load|queue.*(full|limit)|limit is \d+/i;

/** What a refused request may be sent again after: a full queue, or a cluster that is busy or restarts. */
export type StartRefusal = 'queue' | 'busy';

/** Why Neptune refused a StartLoaderJob for the time being; undefined for any other failure. */
export function startRefusal(error: unknown): StartRefusal | undefined {
  const { name, message } = serviceErrorFields(error);
  if (name === 'BadRequestException' && QUEUE_LIMITS.test(message)) return 'queue';
  return BUSY.has(name) ? 'busy' : undefined;
}

const BUSY: ReadonlySet<string> = new Set([
  'ServerShutdownException',
  'ThrottlingException',
  'TooManyRequestsException',
]);

export const QUEUE_FULL_HINT =
  'Another load is under way, and the queue is full (64 jobs). Wait for it, or cancel what is not needed.';

const GRAMMAR_HINT =
  'Neptune parses Gremlin with its own grammar: one traversal that begins with g, no variables, no lambdas, no Groovy.';

const BUSY_HINT = 'The cluster is busy: try again later, or with fewer requests at a time.';

type Meaning = { readonly outcome?: Outcome; readonly hint: string };

/** Neptune's error codes (user guide, "Graph engine error messages and codes"), as the SDK names them. */
export const NEPTUNE_ERRORS: Readonly<Record<string, Meaning>> = {
  MalformedQueryException: { outcome: 'usage', hint: GRAMMAR_HINT },
  ParsingException: { outcome: 'usage', hint: GRAMMAR_HINT },
  InvalidNumericDataException: {
    outcome: 'usage',
    hint: 'Write numbers that 64 bits hold, and decimals with the suffix d.',
  },
  BadRequestException: { hint: 'Check the arguments of the request.' },
  InvalidParameterException: { outcome: 'usage', hint: 'Correct that parameter.' },
  InvalidArgumentException: { outcome: 'usage', hint: 'Correct that argument.' },
  IllegalArgumentException: { outcome: 'usage', hint: 'Correct that argument.' },
  MissingParameterException: { outcome: 'usage', hint: 'Give that parameter.' },
  QueryTooLargeException: {
    outcome: 'usage',
    hint: 'Split the query: Neptune takes 150 MB of text, and fewer steps.',
  },
  QueryLimitException: { outcome: 'usage', hint: 'Split the query: Neptune takes no query of that size.' },
  UnsupportedOperationException: {
    outcome: 'usage',
    hint: 'This engine cannot do that: see its release notes.',
  },
  ReadOnlyViolationException: { hint: 'That is a read replica: pass the writer endpoint of the cluster.' },
  MethodNotAllowedException: {
    hint: 'A read replica does not do that: pass the writer endpoint of the cluster.',
  },
  PreconditionsFailedException: { hint: 'Correct what the message names, then try again.' },
  ClientTimeoutException: {
    outcome: 'deadline',
    hint: 'The request took too long on its way: try again, with less at a time.',
  },
  CancelledByUserException: { hint: 'Somebody cancelled it: ask them before you try again.' },
  FailureByQueryException: { hint: 'The engine gave up on the query: try again.' },
  TimeLimitExceededException: {
    outcome: 'deadline',
    hint: 'Ask for less at a time, or raise neptune_query_timeout of the cluster.',
  },
  MemoryLimitExceededException: { hint: 'Ask for less at a time, or use a larger instance.' },
  ThrottlingException: { hint: BUSY_HINT },
  TooManyRequestsException: { hint: BUSY_HINT },
  QueryLimitExceededException: { hint: BUSY_HINT },
  ConcurrentModificationException: { hint: 'Another write was in the way: try again.' },
  ConstraintViolationException: { hint: 'Another write was in the way: try again.' },
  ServerShutdownException: { hint: 'The engine is restarting: try again in a few minutes.' },
  LoadUrlAccessDeniedException: {
    outcome: 'accessDenied',
    hint: 'Let the load role read the bucket, attach it to the cluster, and check that its trust policy names rds.amazonaws.com.',
  },
  S3Exception: {
    hint: 'Check that the bucket exists in the region of the cluster, and that the VPC has an S3 endpoint.',
  },
  BulkLoadIdNotFoundException: {
    outcome: 'usage',
    hint: 'Check the load id: a cluster remembers its last 1,024 loads only, and none from before a fast reset.',
  },
  InternalFailureException: { hint: 'The engine failed: try again, and look at its health if it stays so.' },
};
