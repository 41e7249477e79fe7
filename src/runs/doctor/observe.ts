import { LineageError } from '../../errors.ts';
import {
  isConnectTimeout,
  isTlsCode,
  serviceErrorFields,
  UNREACHABLE,
} from '../../neptune/service-errors.ts';

/**
 * What kept a call from its answer. `denied` by a policy; `expired` or otherwise bad `credentials`; `scope`: signed for
 * another region; `throttled`; `timeout`, `unreachable`, `tls`: no reply; `foreign`: a reply that no AWS service wrote;
 * `failed`: the service itself; `refused`: for what was asked, so that the caller was let in.
 */
type FailureKind =
  | 'denied'
  | 'expired'
  | 'credentials'
  | 'scope'
  | 'throttled'
  | 'timeout'
  | 'unreachable'
  | 'tls'
  | 'foreign'
  | 'failed'
  | 'refused';

export type Failure = {
  readonly kind: FailureKind;
  readonly name: string;
  /** One line. */
  readonly message: string;
  /** Of the operating system or TLS. */
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly cause: unknown;
};

/** What came of a call: its reply, or why there was none. */
export type Observed<Reply> =
  | { readonly reply: Reply; readonly failure?: undefined }
  | { readonly failure: Failure };

/** Makes a call and tells what came of it. @throws LineageError (interrupted) alone */
export type Observe = <Reply>(call: (signal: AbortSignal) => Promise<Reply>) => Promise<Observed<Reply>>;

/** An {@link Observe} that waits so long for each call, also for one that does not heed its signal. */
export function observer(timeoutMs: number, signal: AbortSignal | undefined): Observe {
  return async (call) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      return { reply: await Promise.race([call(stop), aborted(stop)]) };
    } catch (error) {
      if (signal?.aborted)
        throw new LineageError('interrupted', 'The diagnosis was stopped.', { cause: error });
      if (!timeout.aborted) return { failure: failureOf(error) };
      const message = `no answer within ${timeoutMs / 1000} s`;
      return { failure: { ...failureOf(error), kind: 'timeout', name: 'Timeout', message } };
    }
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

/** What an error of a call means, by the names that AWS's services and Node give. */
function failureOf(thrown: unknown): Failure {
  // What other parts of this package throw explains an error of the service.
  const error = thrown instanceof LineageError ? (thrown.cause ?? thrown) : thrown;
  const { name, message, status, code } = serviceErrorFields(error);
  const line = message.split('\n', 1)[0]?.slice(0, 300) ?? '';
  return { kind: kindOf(error), name, message: line, code, status, cause: error };
}

const EXPIRED: ReadonlySet<string> = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired']);

const BAD_CREDENTIALS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'InvalidToken',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
]);

const THROTTLES = /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|QueryLimitExceeded)/;

function kindOf(error: unknown): FailureKind {
  const { name, message, status = 0, code } = serviceErrorFields(error);
  if (EXPIRED.has(name)) return 'expired';
  if (BAD_CREDENTIALS.has(name)) return 'credentials';
  if (/scoped to a valid region/i.test(message)) return 'scope';
  if (code !== undefined && isTlsCode(code)) return 'tls';
  if (isConnectTimeout(error) || (code !== undefined && Object.hasOwn(UNREACHABLE, code)))
    return 'unreachable';
  if (THROTTLES.test(name) || status === 429) return 'throttled';
  if (name === 'SyntaxError' || status === 502 || status === 504) return 'foreign';
  if (status === 403 || /^AccessDenied|^UnauthorizedOperation$/.test(name)) return 'denied';
  return status >= 400 && status < 500 ? 'refused' : 'failed';
}
