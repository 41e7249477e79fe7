import { parseArn } from '../../graph/arn.ts';
import { userArn } from '../iam.ts';
import { queryError, queryParameters, queryReply } from '../query-protocol.ts';
import type { SandboxReply, SandboxRequest, SandboxService } from '../service.ts';
import { type Session, type Sessions, sessionArn } from './sessions.ts';

type StsOptions = {
  readonly sessions: Sessions;
  /** Of every key that no session has. */
  readonly account: string;
  readonly clock: () => number;
  /** The longest that a session lasts, whatever is asked for. @default 43,200 s, STS's own limit */
  readonly longestSessionMs?: number | undefined;
};

/** Security Token Service: who a caller is, and roles for a while. Any role of any account may be assumed. */
export function stsService(options: StsOptions): SandboxService {
  return {
    operation: (request) => queryParameters(request).get('Action') ?? 'Unknown',
    reply: async (request) => answer(options, request),
  };
}

function answer(options: StsOptions, request: SandboxRequest): SandboxReply {
  const parameters = queryParameters(request);
  const { credential } = request;
  if (credential === undefined) {
    return refused(request, 'MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  const caller = options.sessions.of(credential.accessKeyId);
  const action = parameters.get('Action') ?? '';
  if (action === 'GetCallerIdentity') {
    const identity =
      caller === undefined ? userIdentity(options, credential.region) : sessionIdentity(caller);
    return queryReply('sts', action, identity, request.id);
  }
  if (action === 'AssumeRole') return assumeRole(options, request, parameters);
  return refused(request, 'InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
}

function userIdentity({ account }: StsOptions, region: string) {
  return {
    Arn: userArn(account, region),
    UserId: 'AIDAIOSFODNN7EXAMPLE',
    Account: account,
  };
}

function sessionIdentity(session: Session) {
  return { Arn: sessionArn(session), UserId: roleUserId(session), Account: session.account };
}

function roleUserId({ sessionName }: Session): string {
  return `AROAIOSFODNN7EXAMPLE:${sessionName}`;
}

/** In seconds (AssumeRole API page). */
const DURATION = { least: 900, most: 43_200, otherwise: 3_600 };

const ROLE = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

function assumeRole(
  { sessions, clock, longestSessionMs = Number.POSITIVE_INFINITY }: StsOptions,
  request: SandboxRequest,
  parameters: URLSearchParams,
): SandboxReply {
  const roleArn = parameters.get('RoleArn') ?? '';
  const sessionName = parameters.get('RoleSessionName') ?? '';
  const seconds = Number(parameters.get('DurationSeconds') ?? DURATION.otherwise);
  const role = ROLE.test(roleArn) ? parseArn(roleArn) : undefined;
  if (role === undefined) return refused(request, 'ValidationError', `${roleArn} is invalid`);
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    return refused(request, 'ValidationError', `The value '${sessionName}' at 'roleSessionName' is invalid`);
  }
  if (!(seconds >= DURATION.least && seconds <= DURATION.most)) {
    const message = `The requested DurationSeconds is not between ${DURATION.least} and ${DURATION.most}`;
    return refused(request, 'ValidationError', message);
  }
  const session = sessions.issue({
    account: role.account,
    // A role's path is no part of what its sessions are called.
    roleName: role.resourceId.split('/').at(-1) ?? '',
    sessionName,
    partition: role.partition,
    expiresAt: clock() + Math.min(seconds * 1000, longestSessionMs),
  });
  return queryReply('sts', 'AssumeRole', assumedRole(session), request.id);
}

function assumedRole(session: Session) {
  return {
    AssumedRoleUser: { AssumedRoleId: roleUserId(session), Arn: sessionArn(session) },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: new Date(session.expiresAt).toISOString(),
    },
    PackedPolicySize: 0,
  };
}

function refused(request: SandboxRequest, code: string, message: string, status = 400): SandboxReply {
  return queryError('sts', { status, code, message }, request.id);
}
