import { errorReply, type ServiceError } from './error-reply.ts';
import type { Fault, FaultName } from './faults.ts';
import { denialError, iamActions, userArn } from './iam.ts';
import { isQueryService } from './query-protocol.ts';
import type { SandboxReply, SandboxRequest } from './service.ts';

/** The request that a fault is played on. */
export type FaultedCall = {
  readonly service: string;
  readonly operation: string;
  readonly request: SandboxRequest;
  readonly account: string;
};

/** What a fault answers in place of the service; undefined for the faults that let the service answer. */
export function faultReply(fault: Fault, call: FaultedCall): SandboxReply | undefined {
  if (fault.name === 'html' || fault.name === 'html-502') {
    const status = fault.name === 'html' ? 200 : 502;
    return { status, headers: { 'content-type': 'text/html' }, body: proxyPage(status) };
  }
  const error = faultError(fault.name, call);
  return error && errorReply(call.service, error, call.request.id, call.request.path);
}

function proxyPage(status: number): string {
  const title = status === 200 ? 'Sign in to continue' : '502 Bad Gateway';
  return `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
}

function faultError(name: FaultName, call: FaultedCall): ServiceError | undefined {
  if (name === 'throttle') return throttleError(call.service);
  if (name === 'error-500') return internalError(call.service);
  if (name === 'expired') return expiredError(call.service);
  if (name === 'conflict') return conflictError(call.service);
  if (name === 'denied') return deniedError(call);
  return neptuneFault(name, call.request);
}

/** What users of the loader report (graph-notebook #710), and what an engine that restarts says. */
function neptuneFault(name: FaultName, { body }: SandboxRequest): ServiceError | undefined {
  const badRequest = (message: string) => ({ status: 400, code: 'BadRequestException', message });
  if (name === 'load-limit') return badRequest('Max concurrent load limit breached. Limit is 1');
  if (name === 'queue-full') return badRequest('Max queued load limit breached. Limit is 64');
  if (name === 'load-refused') {
    const source = /"source":"([^"]*)"/.exec(body.toString())?.[1] ?? '';
    const message = `Failed to start load from the source ${source}`;
    return { status: 500, code: 'InternalFailureException', message };
  }
  if (name === 'restarting') {
    return { status: 500, code: 'ServerShutdownException', message: 'The server is shutting down' };
  }
  return undefined;
}

/** Too many requests, as each service says it. */
export function throttleError(service: string): ServiceError {
  if (service === 's3') return { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' };
  if (service === 'neptune-db') {
    return { status: 429, code: 'TooManyRequestsException', message: 'Too many requests.' };
  }
  if (isQueryService(service)) return { status: 400, code: 'Throttling', message: 'Rate exceeded' };
  return { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' };
}

/** The service's own failure. */
export function internalError(service: string): ServiceError {
  const codes: Readonly<Record<string, string>> = {
    s3: 'InternalError',
    'neptune-db': 'InternalFailureException',
  };
  const message = 'We encountered an internal error. Please try again.';
  return { status: 500, code: codes[service] ?? 'InternalFailure', message };
}

/** Credentials that were good until a while ago. */
export function expiredError(service: string): ServiceError {
  if (service === 's3')
    return { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' };
  const message = 'The security token included in the request is expired';
  if (isQueryService(service)) return { status: 403, code: 'ExpiredToken', message };
  return { status: service === 'neptune-db' ? 403 : 400, code: 'ExpiredTokenException', message };
}

function conflictError(service: string): ServiceError {
  if (service === 's3') {
    const message =
      'The conditional request cannot succeed due to a conflicting operation against this resource.';
    return { status: 409, code: 'ConditionalRequestConflict', message };
  }
  if (service === 'neptune-db') {
    const message =
      'Failed to complete the operation because of conflicting concurrent operations. Please retry.';
    return { status: 500, code: 'ConcurrentModificationException', message };
  }
  const message = 'There was a conflict when you attempted to modify an entity. Try again.';
  return { status: 400, code: 'ConflictException', message };
}

function deniedError({ service, operation, request, account }: FaultedCall): ServiceError {
  const [action = `${service}:${operation}`] = iamActions(service, operation, request);
  const principal = userArn(account, request.credential?.region ?? 'us-east-1');
  return denialError({ service, action, principal, account, request });
}
