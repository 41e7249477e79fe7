import { type XmlContent, xmlDocument } from './s3/xml.ts';
import type { SandboxReply, SandboxRequest } from './service.ts';

/** AWS's query protocol, which STS and Neptune's management API speak: a form in, XML out (Smithy, "AWS query protocol"). */
const NAMESPACES = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  rds: 'http://rds.amazonaws.com/doc/2014-10-31/',
} as const;

type QueryService = keyof typeof NAMESPACES;

export function isQueryService(service: string): service is QueryService {
  return Object.hasOwn(NAMESPACES, service);
}

/** The members of a request; `Action` names the operation. */
export function queryParameters({ body, url }: SandboxRequest): URLSearchParams {
  return body.length === 0 ? url.searchParams : new URLSearchParams(body.toString());
}

/** `Filters.Filter.1.Name` and the like: the parameters under a prefix, whatever their number. */
export function listed(parameters: URLSearchParams, prefix: string): readonly string[] {
  return [...parameters].filter(([name]) => name.startsWith(prefix)).map(([, value]) => value);
}

export function queryReply(
  service: QueryService,
  action: string,
  result: XmlContent,
  requestId: string,
): SandboxReply {
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } };
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: xmlDocument(`${action}Response`, content, NAMESPACES[service]),
  };
}

type QueryFailure = { readonly status: number; readonly code: string; readonly message: string };

/** A refusal, as a service answers it. */
export function queryError(
  service: QueryService,
  { status, code, message }: QueryFailure,
  requestId: string,
): SandboxReply {
  const error = { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message };
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: xmlDocument('ErrorResponse', { Error: error, RequestId: requestId }, NAMESPACES[service]),
  };
}
