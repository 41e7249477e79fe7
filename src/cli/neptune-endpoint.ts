import { Option } from 'commander';
import { LineageError } from '../errors.ts';

/** The cluster, as in the AWS CLI's environment: flag, AWS_ENDPOINT_URL_NEPTUNEDATA, AWS_ENDPOINT_URL. */
export function neptuneEndpointOption(): Option {
  return new Option(
    '--endpoint <url>',
    'writer endpoint of the Neptune cluster: host, host:port or URL (default: AWS_ENDPOINT_URL_NEPTUNEDATA)',
  );
}

/** The cluster that the flag or the environment names; undefined where neither does. */
export function givenEndpoint(
  endpoint: string | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): string | undefined {
  const found = endpoint ?? env.AWS_ENDPOINT_URL_NEPTUNEDATA ?? env.AWS_ENDPOINT_URL;
  return found === '' ? undefined : found;
}

/** @throws LineageError (usage) where neither the flag nor the environment names a cluster. */
export function requiredEndpoint(endpoint: string | undefined, env: Readonly<NodeJS.ProcessEnv>): string {
  const found = givenEndpoint(endpoint, env);
  if (found !== undefined) return found;
  throw new LineageError('usage', 'No Neptune cluster is given.', {
    hint: "Pass --endpoint with the cluster's writer endpoint, set AWS_ENDPOINT_URL_NEPTUNEDATA, or keep it in the configuration file.",
  });
}
