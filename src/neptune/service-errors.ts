import { LineageError, type Outcome } from '../errors.ts';

/** What was being done when a request failed: for the message. */
export type Attempt = {
  /** Completes "Cannot …": `start a load from s3://b/p/`. */
  readonly doing: string;
  /** Where: `https://host:8182`, or `S3`. */
  readonly where: string;
  /** The outcome of a failure that says nothing more exact. */
  readonly outcome: Outcome;
  readonly details?: Readonly<Record<string, unknown>>;
};

/** What the AWS clients put on their errors, where they do. */
export type ServiceErrorFields = {
  readonly name: string;
  /** Neptune's own text; `detailedMessage` is where it stands when the body has no `message` (the SDK then says "UnknownError"). */
  readonly message: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Of the operating system or TLS: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly code: string | undefined;
};

/** The fields of an error of any origin. */
export function serviceErrorFields(error: unknown): ServiceErrorFields {
  if (!(error instanceof Error)) {
    return {
      name: 'Error',
      message: String(error),
      status: undefined,
      requestId: undefined,
      code: undefined,
    };
  }
  const { detailedMessage, code, requestId, $metadata } = error as Error & {
    detailedMessage?: string;
    requestId?: string;
    code?: unknown;
    $metadata?: { httpStatusCode?: number; requestId?: string };
  };
  return {
    name: error.name,
    message: detailedMessage ?? error.message,
    status: $metadata?.httpStatusCode,
    // Neptune puts it in the body; not every proxy lets its header through.
    requestId: $metadata?.requestId ?? requestId,
    code: typeof code === 'string' ? code : undefined,
  };
}

/** Errors of a connection that may have carried the request: whether it arrived is not known. */
const LOST_REPLY_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/**
 * Whether the service may have done what was asked though no reply of its came back: a connection that broke, a page of a
 * proxy in place of JSON (the SDK's bare SyntaxError), a gateway that gave up waiting.
 */
export function isLostReply(error: unknown): boolean {
  const { name, code, status } = serviceErrorFields(error);
  if (isConnectTimeout(error)) return false;
  if (code !== undefined && LOST_REPLY_CODES.has(code)) return true;
  return (
    name === 'SyntaxError' || name === 'TimeoutError' || status === 502 || status === 503 || status === 504
  );
}

/** A request that never left, as the SDK tells it. */
export function isConnectTimeout(error: unknown): boolean {
  const { name, message } = serviceErrorFields(error);
  return name === 'TimeoutError' && message.includes('without establishing a connection');
}

/**
 * Failures that have nothing to do with what was asked: no connection, TLS, credentials, a reply that no AWS service
 * wrote, an abort. Undefined for all others.
 */
export function transportError(error: unknown, attempt: Attempt): LineageError | undefined {
  if (error instanceof LineageError) return error;
  const { name, message, code } = serviceErrorFields(error);
  const fail = (outcome: Outcome, reason: string, hint: string) =>
    attemptError(error, attempt, outcome, reason, hint);

  if (name === 'AbortError') {
    return fail('interrupted', 'it was interrupted', 'Run the same command again when you are ready.');
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return fail(
      'accessDenied',
      `there are no AWS credentials (${message})`,
      'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role gives credentials.',
    );
  }
  if (name === 'SyntaxError') {
    return fail(
      attempt.outcome,
      'the reply is not one of an AWS service: a proxy or a load balancer answered, or the endpoint belongs to something else',
      'Check the endpoint, and what stands between here and it.',
    );
  }
  if (code !== undefined && isTlsCode(code)) {
    return fail(
      attempt.outcome,
      `TLS failed (${code}: ${message})`,
      'Use the host name of the endpoint, not its address; behind a proxy that opens TLS, name its certificate in NODE_EXTRA_CA_CERTS.',
    );
  }
  const unreachable = isConnectTimeout(error) ? 'ETIMEDOUT' : code;
  if (unreachable !== undefined && Object.hasOwn(UNREACHABLE, unreachable)) {
    return fail(
      attempt.outcome,
      `${UNREACHABLE[unreachable]} (${unreachable})`,
      'Check host and port. A Neptune cluster is reachable only from inside its VPC, or through a tunnel or peering, and only if its security group admits you.',
    );
  }
  return undefined;
}

/** "Cannot <do> at <where>: <reason>." with the ids that support will ask for. */
export function attemptError(
  error: unknown,
  { doing, where, details }: Attempt,
  outcome: Outcome,
  reason: string,
  hint: string,
): LineageError {
  const { name, status, requestId } = serviceErrorFields(error);
  const known = Object.entries({ error: name, status, requestId }).filter(([, value]) => value !== undefined);
  return new LineageError(outcome, `Cannot ${doing} at ${where}: ${reason.replace(/\.+$/, '')}.`, {
    hint,
    cause: error,
    details: { ...details, ...Object.fromEntries(known) },
  });
}

/** Why a host cannot be reached, by the code of the operating system. */
export const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection broke',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'no way leads to the host',
  ENETUNREACH: 'no way leads to the network of the host',
};

export function isTlsCode(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)|^(EPROTO|HOSTNAME_MISMATCH)$/.test(code);
}
