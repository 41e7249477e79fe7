import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import type { AwsOptions } from './options.ts';

/**
 * The configuration that every AWS client of a command shares. Region: flag, AWS_REGION, AWS_DEFAULT_REGION (which the
 * AWS CLI reads and the JavaScript SDK does not), then the profile. Credentials: the SDK's default chain, whose values
 * it renews before they expire.
 *
 * @throws LineageError (usage) where no region is to be found.
 */
export async function awsConfig(options: Omit<AwsOptions, 'endpointUrl'>, env: Readonly<NodeJS.ProcessEnv>) {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  return {
    region: options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? (await regionOfProfile(profile)),
    credentials: defaultProvider(profile),
  };
}

type AwsConfig = Awaited<ReturnType<typeof awsConfig>>;

type S3Options = Pick<AwsOptions, 'endpointUrl'> & {
  /** Account that every bucket must belong to. */
  readonly expectedBucketOwner?: string;
};

/**
 * An S3 client; an endpoint of the user's own is addressed by path, since few of those have a name for every bucket.
 * `maxAttempts` is 10 unless given.
 */
export async function s3Client(
  config: AwsConfig & { readonly maxAttempts?: number },
  { endpointUrl, expectedBucketOwner }: S3Options,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const endpoint = endpointUrl ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const own = endpoint === undefined ? {} : { endpoint, forcePathStyle: true };
  const client = new S3Client({ maxAttempts: 10, ...config, ...own });
  if (expectedBucketOwner !== undefined) {
    const { expectBucketOwner } = await import('../neptune/s3-requests.ts');
    expectBucketOwner(client, expectedBucketOwner);
  }
  return client;
}

async function regionOfProfile(profile: { profile?: string }): Promise<string> {
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } = await import(
    '@smithy/core/config'
  );
  try {
    return await loadConfig(NODE_REGION_CONFIG_OPTIONS, { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...profile })();
  } catch (cause) {
    throw new LineageError('usage', 'No AWS Region is given.', {
      cause,
      hint: 'Pass --region, set AWS_REGION, or name a region in the configuration file or the profile.',
    });
  }
}
