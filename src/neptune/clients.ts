import { NeptunedataClient, type NeptunedataClientConfig } from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';

type NeptuneOptions = {
  /** Host, `host:port` or URL of the cluster: see {@link neptuneEndpoint}. */
  readonly endpoint: string;
  /** The cluster's region, which requests are signed for. */
  readonly region: string;
  readonly credentials: NonNullable<NeptunedataClientConfig['credentials']>;
};

/**
 * A client for one cluster. It sends every request once: the SDK would repeat a StartLoaderJob or a write whose reply was
 * lost, which starts a second load (Neptune user guide, "AWS SDK for Gremlin": `maxAttempts: 1`). What may be repeated is
 * repeated by the functions of this folder.
 *
 * @throws LineageError (usage) where the endpoint is none.
 */
export function neptuneClient({ endpoint, region, credentials }: NeptuneOptions): NeptunedataClient {
  const client = new NeptunedataClient({
    endpoint: neptuneEndpoint(endpoint),
    region,
    credentials,
    maxAttempts: 1,
  });
  limitConnecting(client);
  return client;
}

/**
 * From outside its VPC a cluster does not refuse a connection: it says nothing, for as long as the operating system
 * waits (two minutes and more). A connection within the VPC takes milliseconds.
 */
const CONNECT_TIMEOUT_MS = 10_000;

/** Set on the client's own handler, whose package is the SDK's to choose; the oldest ones cannot be told. */
function limitConnecting({ config: { requestHandler } }: NeptunedataClient): void {
  if (!('updateHttpClientConfig' in requestHandler)) return;
  const { updateHttpClientConfig } = requestHandler;
  if (typeof updateHttpClientConfig !== 'function') return;
  updateHttpClientConfig.call(requestHandler, 'connectionTimeout', CONNECT_TIMEOUT_MS);
}

const NEPTUNE_PORT = 8182;
const CLUSTER_HOST = /\.neptune\.amazonaws\.com(\.cn)?$/;

/**
 * The URL of a cluster from what people paste: `host`, `host:port`, `https://host:port/`. Plain hosts, and Neptune's own,
 * get port 8182; the protocol is https unless the text says http.
 *
 * @throws LineageError (usage) naming what is wrong with the text.
 */
export function neptuneEndpoint(text: string): string {
  const trimmed = text.trim();
  const protocol = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (protocol !== undefined && protocol !== 'https' && protocol !== 'http') {
    throw badEndpoint(text, `the protocol ${protocol}`);
  }
  const address = protocol === undefined ? `https://${trimmed}` : trimmed;
  if (trimmed === '' || !URL.canParse(address)) throw badEndpoint(text, 'no host');
  const url = new URL(address);
  if (url.username !== '' || url.password !== '')
    throw badEndpoint('(with credentials in it)', 'a user name');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw badEndpoint(text, `the path ${url.pathname}${url.search}${url.hash}`);
  }
  const givesPort = /:\d+\/?$/.test(address);
  const port =
    !givesPort && (protocol === undefined || CLUSTER_HOST.test(url.hostname)) ? `:${NEPTUNE_PORT}` : '';
  return `${url.protocol}//${url.host}${port}`;
}

function badEndpoint(text: string, found: string): LineageError {
  return new LineageError(
    'usage',
    `Expected a Neptune endpoint, got ${JSON.stringify(text)}: it has ${found}.`,
    {
      hint: `Pass the cluster's writer endpoint as host, host:port or https://host:${NEPTUNE_PORT}.`,
    },
  );
}
