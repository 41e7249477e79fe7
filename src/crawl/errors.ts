import { LineageError } from '../errors.ts';
import type { Operation } from './clients.ts';

/** Where in the crawl an error came up. */
export type CallSite = {
  readonly operation: Operation;
  /** Of a listing, from 1. */
  readonly page?: number;
  /** The entity that was asked about, where it was one. */
  readonly arn?: string;
  readonly signal?: AbortSignal;
};

/** What the SDK's errors carry; SageMaker's models name only a few, so all others are told apart by `name`. */
type SdkError = {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    readonly requestId?: string;
    readonly attempts?: number;
  };
};

/**
 * An error of an SDK call as one that the user can act on. AccessDenied and refused credentials are `accessDenied`, a
 * stop by the caller `interrupted` or `deadline`; anything else leaves the listing short, so it is `partialExport`.
 */
export function crawlError(error: unknown, site: CallSite): LineageError {
  if (error instanceof LineageError) return error;
  if (site.signal?.aborted === true) return stopError(site.signal.reason);
  const sdkError = asSdkError(error);
  const { requestId, httpStatusCode, attempts } = sdkError.$metadata ?? {};
  const { operation, page, arn } = site;
  const { outcome, what, hint } = explain(sdkError, operation);
  const onPage = page === undefined ? '' : ` on page ${page}`;
  const ofEntity = arn === undefined ? '' : ` of ${arn}`;
  return new LineageError(outcome, `${operation} failed${onPage}${ofEntity}: ${what}`, {
    cause: error,
    hint,
    details: {
      operation,
      ...(page === undefined ? {} : { page }),
      ...(arn === undefined ? {} : { arn }),
      error: sdkError.name,
      ...(requestId === undefined ? {} : { requestId }),
      ...(httpStatusCode === undefined ? {} : { httpStatusCode }),
      ...(attempts === undefined ? {} : { attempts }),
      ...(outcome === 'accessDenied' ? denial(sdkError.message, operation) : {}),
    },
  });
}

/** The error of a crawl that its signal stopped: the signal's own LineageError, or one after the kind of its reason. */
export function stopError(reason: unknown): LineageError {
  if (reason instanceof LineageError) return reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return timedOut
    ? new LineageError('deadline', 'The crawl did not finish before its deadline.', {
        cause: reason,
        hint: 'Allow more time, or run it when fewer other programs call SageMaker.',
      })
    : new LineageError('interrupted', 'The crawl was stopped before its end.', { cause: reason });
}

/**
 * Whether SageMaker refuses to list the associations of the whole account. Its API page requires no ARN, but nobody has
 * shown that it never asks for one. Later pages ask the same but for the token, so only a first page says it.
 *
 * @param error what a listing threw
 */
export function isSweepRefused(error: unknown): boolean {
  const { operation, page, arn, error: name } = detailsOf(error);
  return (
    operation === 'ListAssociations' && page === 1 && arn === undefined && name === 'ValidationException'
  );
}

/**
 * Whether a listing ended because SageMaker no longer takes its page token (how long one lives is undocumented): a later
 * page asks nothing else that the first did not ask. The listing has to begin anew, from where its records ended.
 *
 * @param error what a listing threw
 */
export function isTokenRefused(error: unknown): boolean {
  const { page, error: name } = detailsOf(error);
  return name === 'ValidationException' && typeof page === 'number' && page > 1;
}

/** The name, in an error's details, of a page token that came for a second time. */
export const REPEATED_TOKEN = 'RepeatedNextToken';

/**
 * Whether a listing ended because a page came with the token of an earlier one: following it would lead in a circle.
 *
 * @param error what a listing threw
 */
export function isTokenRepeated(error: unknown): boolean {
  return detailsOf(error).error === REPEATED_TOKEN;
}

/** Whether SageMaker says that it does not have the entity that it was asked about. */
export function isNotFound(error: unknown): boolean {
  const { error: name } = detailsOf(error);
  return typeof name === 'string' && name.startsWith('ResourceNotFound');
}

function detailsOf(error: unknown): LineageError['details'] {
  return error instanceof LineageError ? error.details : {};
}

const THROTTLES: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'SlowDown',
]);

/** Whether an SDK error says that the caller asks too fast. */
export function isThrottle(error: unknown): boolean {
  const { name, $metadata } = asSdkError(error);
  return THROTTLES.has(name) || $metadata?.httpStatusCode === 429;
}

const EXPIRED: ReadonlySet<string> = new Set(['ExpiredTokenException', 'ExpiredToken', 'RequestExpired']);

/** Whether an SDK error says that the caller's session is over. */
export function isExpired(error: unknown): boolean {
  return EXPIRED.has(asSdkError(error).name);
}

const REFUSED_CREDENTIALS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'IncompleteSignature',
]);

type Explanation = {
  readonly outcome: 'accessDenied' | 'partialExport';
  readonly what: string;
  readonly hint: string;
};

function explain(error: SdkError, operation: Operation): Explanation {
  const status = error.$metadata?.httpStatusCode ?? 0;
  const attempts = error.$metadata?.attempts ?? 1;
  const said = `${error.name}: ${firstLine(error.message)}`;
  if (error.name.startsWith('AccessDenied')) {
    const { action, principal } = denial(error.message, operation);
    const who = principal === undefined ? 'The caller' : principal;
    return {
      outcome: 'accessDenied',
      what: `${who} may not perform ${action} (${said})`,
      hint: `Allow ${action} on "*" in the caller's IAM policy; docs/export.md lists every action that an export needs.`,
    };
  }
  if (REFUSED_CREDENTIALS.has(error.name)) {
    return {
      outcome: 'accessDenied',
      what: `the credentials were refused (${said})`,
      hint: 'Check the profile, the environment variables and the clock of this machine.',
    };
  }
  if (isExpired(error)) {
    return {
      outcome: 'partialExport',
      what: `the credentials expired (${said})`,
      hint: 'Renew the credentials, or use a role whose session outlasts the crawl, and run the export again.',
    };
  }
  if (isThrottle(error)) {
    return {
      outcome: 'partialExport',
      what: `SageMaker still throttled the call after ${attempts} attempts (${said})`,
      hint: 'Lower --concurrency or run the export when fewer other programs call SageMaker.',
    };
  }
  if (error.name === 'SyntaxError') {
    return {
      outcome: 'partialExport',
      what: `the reply is not JSON (${firstLine(error.message)})`,
      hint: 'Something between here and SageMaker answers in its place: check the proxy and --endpoint-url.',
    };
  }
  if (status >= 500) {
    return {
      outcome: 'partialExport',
      what: `SageMaker answered ${status} to each of ${attempts} attempts (${said})`,
      hint: 'Run the export again later; if it recurs, give AWS Support the request id.',
    };
  }
  if (status === 0) {
    return {
      outcome: 'partialExport',
      what: `no usable reply came (${[said, error.code].filter(Boolean).join(', ')})`,
      hint: 'Check the network, the region and --endpoint-url.',
    };
  }
  return {
    outcome: 'partialExport',
    what: `SageMaker refused the call (${said})`,
    hint: 'Run the export again; if it recurs, report it with the request id.',
  };
}

/**
 * Who was refused what, from the text of an AccessDeniedException: `User: arn:aws:sts::… is not authorized to perform:
 * sagemaker:ListArtifacts on resource: …` (IAM user guide, "Troubleshoot access denied error messages").
 */
function denial(message: string, operation: Operation): { action: string; principal: string | undefined } {
  return {
    action: /not authorized to perform:?\s+(\w+:\w+)/i.exec(message)?.[1] ?? `sagemaker:${operation}`,
    principal: /User:?\s+(arn:\S+)/i.exec(message)?.[1],
  };
}

function asSdkError(error: unknown): SdkError {
  return error instanceof Error ? (error as SdkError) : { name: typeof error, message: String(error) };
}

/** The SDK's SyntaxError quotes the whole reply; a message is one line. */
function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
