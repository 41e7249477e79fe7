import type { ServiceError } from './error-reply.ts';
import { expiredError } from './fault-reply.ts';
import { denialError, iamActions, userArn } from './iam.ts';
import { isQueryService } from './query-protocol.ts';
import type { SandboxRequest } from './service.ts';
import { type Sessions, sessionArn } from './sts/sessions.ts';

type GatedCall = {
  readonly service: string;
  readonly operation: string;
  readonly request: SandboxRequest;
};

/** What STS and IAM say of a request before its service sees it; undefined where they let it pass. */
export type Gate = (call: GatedCall) => ServiceError | undefined;

type GateOptions = {
  readonly sessions: Sessions;
  readonly account: string;
  /** IAM actions that no caller is allowed: `s3:PutObject`, `neptune-db:*`. */
  readonly deny: readonly string[];
  /** Services that ask for no signature. */
  readonly open: readonly string[];
  readonly clock: () => number;
};

export function createGate({ sessions, account, deny, open, clock }: GateOptions): Gate {
  return ({ service, operation, request }) => {
    const { credential } = request;
    if (credential === undefined || open.includes(service)) return undefined;
    const session = sessions.of(credential.accessKeyId);
    if (session !== undefined) {
      if (request.headers['x-amz-security-token'] !== session.sessionToken) return unknownTokenError(service);
      if (clock() >= session.expiresAt) return expiredError(service);
    }
    // Who a caller is, everybody may ask, whatever any policy says (GetCallerIdentity API page).
    if (operation === 'GetCallerIdentity') return undefined;
    const action = iamActions(service, operation, request).find((needed) => isDenied(needed, deny));
    if (action === undefined) return undefined;
    const principal = session === undefined ? userArn(account, credential.region) : sessionArn(session);
    return denialError({ service, action, principal, account: session?.account ?? account, request });
  };
}

function isDenied(action: string, deny: readonly string[]): boolean {
  return deny.some((pattern) =>
    pattern.endsWith('*') ? action.startsWith(pattern.slice(0, -1)) : pattern === action,
  );
}

/** A key of a session without its token, or with another's. */
function unknownTokenError(service: string): ServiceError {
  const message = 'The security token included in the request is invalid';
  if (service === 's3') return { status: 400, code: 'InvalidToken', message };
  if (isQueryService(service)) return { status: 403, code: 'InvalidClientTokenId', message };
  return { status: service === 'sagemaker' ? 400 : 403, code: 'UnrecognizedClientException', message };
}
