import type { SandboxReply, SandboxRequest } from '../service.ts';
import type { Bucket, Buckets } from './buckets.ts';
import { textHeader } from './payload.ts';
import { S3Error } from './s3-error.ts';
import type { Target } from './target.ts';
import { type XmlContent, xmlDocument } from './xml.ts';

export type S3Options = {
  readonly buckets: Buckets;
  /** Who owns the buckets: twelve digits. */
  readonly account: string;
  readonly clock: () => number;
};

/** One request to one operation, with what all of them look at. */
export type Call = {
  readonly options: S3Options;
  readonly request: SandboxRequest;
  /** The region that the request was signed for. */
  readonly region: string;
  readonly target: Target;
};

/** A call to a bucket that is there. */
export type BucketCall = Call & { readonly bucket: Bucket };

export function header(call: Call, name: string): string | undefined {
  return textHeader(call.request.headers, name);
}

export function query(call: Call, name: string): string | undefined {
  return call.request.url.searchParams.get(name) ?? undefined;
}

/** A number in the query. @throws S3Error InvalidArgument */
export function queryNumber(call: Call, name: string, otherwise: number): number {
  const text = query(call, name);
  if (text === undefined || text === '') return otherwise;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new S3Error('InvalidArgument', `Provided ${name} not an integer or within integer range`, {
    extra: { ArgumentName: name, ArgumentValue: text },
  });
}

export function xmlReply(
  root: string,
  content: XmlContent,
  headers: Readonly<Record<string, string>> = {},
): SandboxReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: xmlDocument(root, content),
  };
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}
