import { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import type { Scope } from '../graph/scope.ts';
import { asFolder, parseS3Uri, type S3Location } from '../neptune/s3-uri.ts';
import type { ObjectAccess } from '../runs/object-files.ts';
import { type ScopeAccess, scopeAccess } from '../runs/scope-access.ts';

/** What the functions of one stack have in common. */
export type Deployment = {
  /** Where runs, state and lease are. */
  readonly to: string;
  readonly folder: S3Location;
  readonly region: string;
  readonly s3: S3Client;
};

/** Kept between invocations, with their connections. */
let known: (Deployment & { readonly key: string }) | undefined;

/** Reads the environment of the function. @throws LineageError (usage) naming what is missing */
export function deployment(env: Readonly<NodeJS.ProcessEnv>): Deployment {
  const key = JSON.stringify([
    env.SMLINEAGE_TO,
    env.AWS_REGION,
    env.AWS_ENDPOINT_URL_S3,
    env.AWS_ENDPOINT_URL,
  ]);
  if (known?.key === key) return known;
  known = {
    key,
    to: variable(env, 'SMLINEAGE_TO'),
    folder: asFolder(parseS3Uri(variable(env, 'SMLINEAGE_TO'))),
    region: variable(env, 'AWS_REGION'),
    s3: new S3Client({
      region: variable(env, 'AWS_REGION'),
      maxAttempts: 10,
      // An endpoint of one's own has no name for every bucket.
      forcePathStyle: (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined,
    }),
  };
  return known;
}

export function variable(env: Readonly<NodeJS.ProcessEnv>, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new LineageError('usage', `The environment variable ${name} of the function is not set.`, {
    hint: 'Deploy the functions with cloudformation/nightly.yaml, which sets it.',
  });
}

export function accessOf({ s3 }: Deployment, signal: AbortSignal): ObjectAccess {
  return { s3, signal };
}

/** What a scope is reached by: the function's own role, or the scope's. */
export function reach(
  scope: Scope,
  { maxRps }: { readonly maxRps?: number | undefined },
  { region }: Pick<Deployment, 'region'>,
): ScopeAccess {
  return scopeAccess(scope, { config: { region }, maxRps });
}
