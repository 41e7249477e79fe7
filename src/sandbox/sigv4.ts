import type { IncomingHttpHeaders } from 'node:http';
import type { CredentialScope } from './service.ts';

/**
 * The credential scope of a SigV4 request, from its Authorization header or, for a presigned URL, its X-Amz-Credential
 * parameter; undefined where it has neither. The signature is not checked: the sandbox knows no secret keys.
 */
export function credentialScope(
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
): CredentialScope | undefined {
  const header = /^AWS4-HMAC-SHA256\s.*?\bCredential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  return parseScope(header ?? query.get('X-Amz-Credential') ?? '');
}

/** `AKID/20260101/us-east-1/s3/aws4_request`. Read from the end: an access key id may hold a slash. */
function parseScope(credential: string): CredentialScope | undefined {
  const match = /^(.+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request$/.exec(credential);
  const [, accessKeyId, region, service] = match ?? [];
  if (accessKeyId === undefined || region === undefined || service === undefined) return undefined;
  return { accessKeyId, region, service };
}
