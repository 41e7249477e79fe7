import { SageMakerClient, type SageMakerClientConfig } from '@aws-sdk/client-sagemaker';
import { isExpired } from './errors.ts';
import { limitRate } from './request-rate.ts';

/** The operations that list what an account holds; the request rate of each has a limit of its own. */
export const OPERATIONS = [
  'ListArtifacts',
  'ListActions',
  'ListContexts',
  'ListTrialComponents',
  'ListExperiments',
  'ListTrials',
  'ListAssociations',
  'Search',
] as const;

type ListOperation = (typeof OPERATIONS)[number];

/** The operations that tell of one entity. */
export type DescribeOperation =
  | 'DescribeArtifact'
  | 'DescribeAction'
  | 'DescribeContext'
  | 'DescribeTrialComponent'
  | 'DescribeExperiment'
  | 'DescribeTrial';

export type Operation = ListOperation | DescribeOperation | 'ListTags';

/**
 * One client per operation that lists, one for all that describe, one for tags, and `destroy` to close the connections of
 * all.
 */
export type CrawlClients = Readonly<Record<ListOperation | 'Describe' | 'ListTags', SageMakerClient>> & {
  readonly destroy: () => void;
};

export type CrawlClientsOptions = {
  /** The most HTTP requests a second that each client sends. @default as many as SageMaker takes */
  readonly maxRps?: number | undefined;
};

/**
 * The SageMaker clients of a crawl. One per operation or family of operations, because the SDK's adaptive rate limiter
 * belongs to a client: a throttled Search must not slow ListArtifacts down.
 *
 * @param config passed on to every client; `retryMode` is 'adaptive' and `maxAttempts` 10 unless given: the SDK's own
 * default (standard, 3) fails calls as soon as eight of them run side by side against a rate limit.
 */
export function crawlClients(
  config: SageMakerClientConfig,
  { maxRps }: CrawlClientsOptions = {},
): CrawlClients {
  const patient: SageMakerClientConfig = {
    ...config,
    retryMode: config.retryMode ?? 'adaptive',
    maxAttempts: config.maxAttempts ?? 10,
  };
  const first = new SageMakerClient(patient);
  // The first client's provider remembers what it resolved: ten clients then assume a role once, not ten times.
  const shared: SageMakerClientConfig = { ...patient, credentials: first.config.credentials };
  const clients = {
    ListArtifacts: first,
    ListActions: new SageMakerClient(shared),
    ListContexts: new SageMakerClient(shared),
    ListTrialComponents: new SageMakerClient(shared),
    ListExperiments: new SageMakerClient(shared),
    ListTrials: new SageMakerClient(shared),
    ListAssociations: new SageMakerClient(shared),
    Search: new SageMakerClient(shared),
    Describe: new SageMakerClient(shared),
    ListTags: new SageMakerClient(shared),
  };
  for (const client of Object.values(clients)) {
    limitRate(client, maxRps);
    renewExpired(client);
    // The SDK copies every reply for its log, an eighth of the time of a page, also where nobody logs.
    if (config.logger === undefined) client.middlewareStack.remove('loggerMiddleware');
  }
  return {
    ...clients,
    destroy() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

/**
 * The SDK asks who signs once per call, before it repeats it: a call that is throttled for longer than a session lasts ends as
 * expired. It is made once more then, which takes a new session, unless nobody can give one.
 */
function renewExpired(client: SageMakerClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (!isExpired(error) || (await client.config.credentials()).expiration === undefined) throw error;
        return await next(args);
      }
    },
    { step: 'initialize', priority: 'high', name: 'renewExpired' },
  );
}
