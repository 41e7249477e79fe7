import type { S3Client } from '@aws-sdk/client-s3';
import { awsConfig, s3Client } from './aws.ts';
import type { AwsOptions } from './options.ts';

/** An S3 client where one of the places is in S3; none where all are on disk. */
export async function s3For(
  places: readonly (string | undefined)[],
  options: AwsOptions,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<S3Client | undefined> {
  if (!places.some((place) => place?.startsWith('s3://'))) return undefined;
  return s3Client(await awsConfig(options, env), options, env);
}
