import type { IncomingHttpHeaders } from 'node:http';

/** The services of the sandbox, by the name that SigV4 signs them with: Neptune's management API is signed as `rds`. */
export const SERVICE_NAMES = ['sagemaker', 's3', 'neptune-db', 'sts', 'rds', 'ram'] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];

/** What SigV4's credential scope says of a request: `AKID/20260101/us-east-1/sagemaker/aws4_request`. */
export type CredentialScope = {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
};

/** One HTTP request, read whole. */
export type SandboxRequest = {
  readonly id: string;
  readonly method: string;
  /** The request's target against the sandbox's own origin: for the query, and for paths that are not data. */
  readonly url: URL;
  /** The path as sent, percent-encoded: `url` folds `.` and `..` segments away, which S3 keys may hold. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Undefined for a request that is not signed. The signature itself is not checked: any secret key will do. */
  readonly credential: CredentialScope | undefined;
  /** A fault that only the service itself can play, on an operation that pages. */
  readonly pageFault?: PageFault;
};

/**
 * What can be wrong with one page of a listing: `empty-page` gives no items and a token that goes on from the same
 * place; `repeated-token` gives the page's items and the token that asked for it (on the first page, a token that
 * leads back to it); `expired-token` refuses a request that carries a token. Of ListAssociations without an ARN alone:
 * `refused-sweep` refuses it, `short-sweep` hides one of ten associations from it.
 */
export const PAGE_FAULTS = [
  'empty-page',
  'repeated-token',
  'expired-token',
  'refused-sweep',
  'short-sweep',
] as const;

/** What Neptune alone may say in place of an answer. */
export const NEPTUNE_FAULTS = ['load-limit', 'queue-full', 'load-refused', 'restarting'] as const;

export type PageFault = (typeof PAGE_FAULTS)[number];

export type SandboxReply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** One AWS service of the sandbox. */
export type SandboxService = {
  /** The operation that a request asks for, as AWS names it (`ListArtifacts`, `PutObject`, `StartLoaderJob`), for faults and the log. */
  operation(request: SandboxRequest): string;
  reply(request: SandboxRequest): Promise<SandboxReply>;
};
