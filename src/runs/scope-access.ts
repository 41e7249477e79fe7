import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { type CrawlClients, type CrawlClientsOptions, crawlClients } from '../crawl/clients.ts';
import { LineageError } from '../errors.ts';
import type { Scope } from '../graph/scope.ts';
import { callerAccount } from './caller-account.ts';

/** What a scope is reached by. */
export type ScopeAccess = {
  readonly clients: CrawlClients;
  /**
   * The account that the credentials of the scope speak for. Without it, the ARNs that SageMaker lists must say.
   *
   * @throws LineageError (accessDenied, partialExport) where STS does not say
   */
  readonly callerAccount?: (signal?: AbortSignal) => Promise<string>;
};

type AccessOptions = CrawlClientsOptions & {
  /**
   * Region and credentials of the caller, and perhaps another endpoint for STS. Roles are assumed in that Region: sessions of a regional STS endpoint are valid in
   * all Regions, also in those that accounts opt in to (IAM user guide, "Manage AWS STS in an AWS Region").
   */
  readonly config: Pick<STSClientConfig, 'region' | 'credentials'> & { readonly endpoint?: string };
  /** Another endpoint for SageMaker. @default the Region's own */
  readonly endpoint?: string | undefined;
  /** More of the configuration of the SageMaker clients. */
  readonly sagemaker?: Parameters<typeof crawlClients>[0];
};

/** An hour, which every role allows: those that chain roles get no more (AssumeRole API page). */
const SESSION_SECONDS = 3_600;

const DEFAULT_SESSION_NAME = 'smlineage';

/**
 * Clients of a scope of its own: SageMaker counts requests by account and Region. Sessions of its role are renewed by the SDK
 * five minutes before they end, however long a run takes.
 */
export function scopeAccess(
  scope: Scope,
  { config, endpoint, sagemaker, maxRps }: AccessOptions,
): ScopeAccess {
  const credentials = roleCredentials(scope, config) ?? config.credentials;
  const clients = crawlClients(
    {
      ...sagemaker,
      region: scope.region,
      ...(credentials === undefined ? {} : { credentials }),
      ...(endpoint === undefined ? {} : { endpoint }),
    },
    { maxRps },
  );
  // One session for both: the clients' provider remembers what it was given.
  const sts = new STSClient({
    ...config,
    credentials: clients.Search.config.credentials,
    maxAttempts: ATTEMPTS,
  });
  return {
    clients: {
      ...clients,
      destroy() {
        clients.destroy();
        sts.destroy();
      },
    },
    callerAccount: (signal) =>
      callerAccount(sts, signal).catch((error: unknown) => Promise.reject(roleError(error, scope))),
  };
}

const ATTEMPTS = 10;

function roleCredentials({ role }: Scope, { credentials, ...client }: AccessOptions['config']) {
  if (role === undefined) return undefined;
  return fromTemporaryCredentials({
    ...(credentials === undefined ? {} : { masterCredentials: credentials }),
    clientConfig: { ...client, maxAttempts: ATTEMPTS },
    params: {
      RoleArn: role.arn,
      RoleSessionName: role.sessionName ?? DEFAULT_SESSION_NAME,
      DurationSeconds: SESSION_SECONDS,
      ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    },
  });
}

/** Says which role it was, and what STS said. */
function roleError(error: unknown, { role }: Scope): unknown {
  const cause = error instanceof LineageError ? error.cause : error;
  if (role === undefined || !(cause instanceof Error)) return error;
  const isDenied = cause.name.startsWith('AccessDenied');
  return new LineageError(
    isDenied ? 'accessDenied' : 'partialExport',
    `The role ${role.arn} cannot be assumed (${cause.name}: ${cause.message}).`,
    {
      cause,
      hint: isDenied
        ? 'Its trust policy must name the caller, and the external id where it asks for one; the caller needs sts:AssumeRole on it.'
        : 'Check the ARN of the role and the way to STS, and run the export again.',
      details: { role: role.arn, error: cause.name, ...(isDenied ? { action: 'sts:AssumeRole' } : {}) },
    },
  );
}
