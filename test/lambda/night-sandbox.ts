import { S3Client } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { queryAsWritten } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { neptuneService } from '../../src/sandbox/neptune/service.ts';
import { type Buckets, createBucket, objectStore } from '../../src/sandbox/s3/buckets.ts';
import { s3Service } from '../../src/sandbox/s3/service.ts';
import type { SandboxService } from '../../src/sandbox/service.ts';
import {
  CALLER,
  type ScopesSandbox,
  type ScopesSandboxOptions,
  startScopesSandbox,
} from '../runs/scopes-sandbox.ts';

/** Where bucket and cluster are. */
export const REGION = 'us-east-1';
export const TO = 's3://lineage/nightly';

/** Several accounts, a bucket and, where an engine is given, a cluster. */
export type NightSandbox = ScopesSandbox & {
  readonly buckets: Buckets;
  /** What the functions are deployed with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly s3: S3Client;
  send(query: string): Promise<readonly unknown[]>;
  /** The keys under the prefix that begin so. */
  keys(prefix: string): readonly string[];
  /** Empties graph and bucket. */
  clear(): Promise<void>;
};

export async function startNightSandbox(
  engine?: GremlinEngine,
  options: Omit<ScopesSandboxOptions, 'services'> = {},
): Promise<NightSandbox> {
  const clock = Date.now;
  const buckets: Buckets = new Map([['lineage', createBucket('lineage', REGION, clock())]]);
  const clusterOf = (held: GremlinEngine) =>
    neptuneService({ store: objectStore(buckets), engine: held, region: REGION, clock });
  let cluster = engine && clusterOf(engine);
  const neptune: SandboxService | undefined = cluster && {
    operation: (request) => cluster?.operation(request) ?? '',
    reply: async (request) => (cluster as SandboxService).reply(request),
  };
  const sandbox = await startScopesSandbox({
    ...options,
    services: {
      s3: s3Service({ buckets, account: CALLER, clock }),
      ...(neptune === undefined ? {} : { 'neptune-db': neptune }),
    },
  });
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  const s3 = new S3Client({ endpoint: sandbox.url, region: REGION, credentials, forcePathStyle: true });
  const watching = neptuneClient({ endpoint: sandbox.url, region: REGION, credentials });
  return {
    ...sandbox,
    buckets,
    s3,
    environment: {
      SMLINEAGE_TO: TO,
      SMLINEAGE_ENDPOINT: sandbox.url,
      SMLINEAGE_LOAD_ROLE: `arn:aws:iam::${CALLER}:role/NeptuneLoadFromS3`,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    send: (query) => gremlinClient(watching)(queryAsWritten(query)),
    keys(prefix) {
      const all = [...(buckets.get('lineage')?.objects.keys() ?? [])];
      return all
        .filter((key) => key.startsWith(`nightly/${prefix}`))
        .map((key) => key.slice('nightly/'.length));
    },
    async clear() {
      await cluster?.close();
      cluster = engine && clusterOf(engine);
      buckets.set('lineage', createBucket('lineage', REGION, clock()));
      await engine?.run('g.V().drop().iterate()', '');
    },
    async close() {
      watching.destroy();
      s3.destroy();
      await sandbox.close();
      await cluster?.close();
    },
  };
}

type Handler = (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>;

/** Calls a function in this process. @param ms what it has left */
export async function invoke(
  { environment }: Pick<NightSandbox, 'environment'>,
  name: string,
  event: unknown,
  ms = 60_000,
): Promise<Record<string, unknown>> {
  for (const [key, value] of Object.entries(environment)) vi.stubEnv(key, value);
  const endsAt = Date.now() + ms;
  const { handler } = (await import(`../../src/lambda/${name}.ts`)) as { readonly handler: Handler };
  const reply = await handler(event, { getRemainingTimeInMillis: () => endsAt - Date.now() });
  // As it comes out of Lambda.
  return JSON.parse(JSON.stringify(reply));
}
