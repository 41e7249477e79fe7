import { type Access, type AccessLog, createAccessLog } from './access-log.ts';
import { createFaults, type FaultPlan } from './faults.ts';
import { createGate } from './gate.ts';
import { type GremlinEngine, startGremlinEngine } from './neptune/gremlin-engine.ts';
import { findGremlinServer } from './neptune/gremlin-install.ts';
import { type ClusterSettings, ENGINE_VERSION, neptuneService } from './neptune/service.ts';
import { neptuneManagementService } from './neptune-management/service.ts';
import { partitionOf } from './partition.ts';
import { ramService } from './ram/service.ts';
import { createShares } from './ram/shares.ts';
import type { AccountRecord } from './records.ts';
import { type Buckets, createBucket, objectStore } from './s3/buckets.ts';
import { s3Service } from './s3/service.ts';
import { createAccount } from './sagemaker/account.ts';
import { createAccounts } from './sagemaker/accounts.ts';
import { sageMakerService } from './sagemaker/service.ts';
import { startServer, type Timing } from './server.ts';
import { stsService } from './sts/service.ts';
import { createSessions } from './sts/sessions.ts';

export type SandboxOptions = {
  /** @default 0, a free one */
  readonly port?: number;
  /** Twelve digits. @default 123456789012 */
  readonly account?: string;
  /** Of the account, the bucket and the cluster. @default us-east-1 */
  readonly region?: string;
  /** The bucket that is there from the start. @default lineage */
  readonly bucket?: string;
  /** What the account holds. @default nothing */
  readonly records?: Iterable<AccountRecord>;
  /** IAM actions that no caller is allowed, as `s3:PutObject` or `neptune-db:*`. @default none */
  readonly deny?: readonly string[];
  /** How the cluster is set up. */
  readonly cluster?: ClusterSettings;
  /** The longest that the credentials of an assumed role last, in milliseconds. @default twelve hours */
  readonly longestSessionMs?: number;
  /** Faults to play. @default none */
  readonly faults?: FaultPlan;
  /** Every reply is so late. @default 0 */
  readonly latencyMs?: number;
  /** Requests per second and operation beyond which calls are throttled. @default unlimited */
  readonly ratePerSecond?: number;
  /** Requests of one operation that may come at once after a rest. @default one second's worth */
  readonly burst?: number;
  /**
   * Whether to start the Gremlin engine, which takes some seconds. Where Java or its jars are missing the sandbox serves
   * the rest, and `/gremlin` says what to install. @default true
   */
  readonly gremlin?: boolean;
  /** Hears of every request as it is answered. */
  readonly onAccess?: (access: Access) => void;
  /** Lines of the Gremlin engine. */
  readonly onEngineLine?: (line: string) => void;
  /** Closes the sandbox when it aborts. */
  readonly signal?: AbortSignal;
  readonly timing?: Timing;
};

/** A local AWS that is being served. */
export type Sandbox = {
  /** `http://127.0.0.1:<port>`: the endpoint of every service. */
  readonly url: string;
  readonly port: number;
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  /** Any others will do: signatures are not checked. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Points any AWS client of this machine at the sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether `/gremlin` answers. */
  readonly gremlin: boolean;
  /** What was asked so far. */
  readonly log: AccessLog;
  /** Ends the server, its connections and the Gremlin engine. Closing twice is harmless. */
  close(): Promise<void>;
};

const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'sandbox' };

/**
 * Starts a local AWS on loopback: SageMaker lineage, S3, Neptune and its management API, STS and RAM on one port.
 * @throws LineageError (usage) where the port is taken or the fault plan is wrong; (unexpected) where the engine fails.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { account = '123456789012', region = 'us-east-1', bucket = 'lineage', signal } = options;
  const clock = options.timing?.now ?? Date.now;
  const log = createAccessLog(options.onAccess);
  const buckets: Buckets = new Map([[bucket, createBucket(bucket, region, clock())]]);
  const holdings = createAccount({ account, region });
  holdings.load(options.records ?? []);

  const sessions = createSessions();
  const shares = createShares();
  const ownerOf = (accessKeyId: string) => sessions.of(accessKeyId)?.account ?? account;

  const { engine, advice } = await gremlinEngine(options);
  const neptune = neptuneService({
    store: objectStore(buckets),
    engine,
    engineAdvice: advice,
    region,
    clock,
    faults: options.faults,
    cluster: options.cluster,
  });
  const { cluster = {}, longestSessionMs } = options;
  const services = {
    sagemaker: sageMakerService({ accounts: createAccounts(holdings, { ownerOf }), shares, clock }),
    ram: ramService({ shares, ownerOf, clock }),
    s3: s3Service({ buckets, account, clock }),
    'neptune-db': neptune,
    sts: stsService({ sessions, account, clock, longestSessionMs }),
    rds: neptuneManagementService({
      account,
      region,
      createdAt: clock(),
      engineVersion: cluster.engineVersion ?? ENGINE_VERSION,
      role: cluster.role ?? 'writer',
      iamAuthentication: cluster.iamAuthentication ?? true,
      loadRoles: cluster.loadRoles ?? [`arn:${partitionOf(region)}:iam::${account}:role/NeptuneLoadFromS3`],
    }),
  };
  const gate = createGate({
    ...{ sessions, account, clock, deny: options.deny ?? [] },
    open: cluster.iamAuthentication === false ? ['neptune-db'] : [],
  });
  const endServices = async () => {
    await neptune.close();
    await engine?.close();
  };
  const faults = createFaults(options.faults ?? { rules: [] });
  const server = await startServer({ ...options, account, services, faults, gate, log }).catch(
    async (error) => {
      await endServices();
      throw error;
    },
  );
  // The server ends its connections when the signal aborts; the services follow here.
  signal?.addEventListener('abort', endServices, { once: true });
  return {
    url: server.url,
    port: server.port,
    account,
    region,
    bucket,
    credentials: CREDENTIALS,
    environment: environment(server.url, region),
    gremlin: engine !== undefined,
    log,
    close: async () => {
      signal?.removeEventListener('abort', endServices);
      await server.close();
      await endServices();
    },
  };
}

type Engine = { readonly engine?: GremlinEngine; readonly advice?: string };

async function gremlinEngine({ gremlin = true, onEngineLine, signal }: SandboxOptions): Promise<Engine> {
  const found = await findGremlinServer();
  if (!found.ready) return { advice: found.advice };
  if (!gremlin) return { advice: 'This sandbox was started without its Gremlin engine.' };
  const log = onEngineLine ?? (() => undefined);
  return { engine: await startGremlinEngine({ log, ...(signal === undefined ? {} : { signal }) }) };
}

function environment(url: string, region: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_SAGEMAKER: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_ENDPOINT_URL_NEPTUNEDATA: url,
    AWS_ENDPOINT_URL_NEPTUNE: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_ENDPOINT_URL_RAM: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
}
