import { isQueryService, queryError } from './query-protocol.ts';
import { errorXml } from './s3/xml.ts';
import type { SandboxReply } from './service.ts';

export type ServiceError = {
  readonly status: number;
  /** The error's name: `ThrottlingException`, `SlowDown` … */
  readonly code: string;
  readonly message: string;
};

/** An error in the form that the service's clients read: XML for S3, rest-json for Neptune, XML again for the query protocol, AWS JSON for SageMaker. */
export function errorReply(
  service: string,
  error: ServiceError,
  requestId: string,
  resource = '/',
): SandboxReply {
  const { status, code, message } = error;
  if (service === 's3') {
    return {
      status,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
      body: errorXml({ code, message, resource, requestId }),
    };
  }
  if (service === 'neptune-db') {
    return {
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
      body: JSON.stringify({ requestId, code, message, detailedMessage: message }),
    };
  }
  if (service === 'ram') {
    return {
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
      body: JSON.stringify({ message }),
    };
  }
  if (isQueryService(service)) return queryError(service, error, requestId);
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: code, message }),
  };
}
