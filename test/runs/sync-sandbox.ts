import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { S3Client } from '@aws-sdk/client-s3';
import { type CrawlClients, crawlClients, OPERATIONS } from '../../src/crawl/clients.ts';
import { queryAsWritten } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import type { Clock } from '../../src/neptune/clock.ts';
import { SYSTEM_CLOCK } from '../../src/neptune/clock.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import { syncLineage } from '../../src/runs/sync.ts';
import type { SyncOptions } from '../../src/runs/sync-job.ts';
import type { SyncReport } from '../../src/runs/sync-report.ts';
import { type Access, type AccessLog, createAccessLog } from '../../src/sandbox/access-log.ts';
import { createFaults, type FaultRule } from '../../src/sandbox/faults.ts';
import type { GremlinEngine } from '../../src/sandbox/neptune/gremlin-engine.ts';
import { neptuneService } from '../../src/sandbox/neptune/service.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { type Buckets, createBucket, objectStore } from '../../src/sandbox/s3/buckets.ts';
import { s3Service } from '../../src/sandbox/s3/service.ts';
import { createAccount } from '../../src/sandbox/sagemaker/account.ts';
import { sageMakerService } from '../../src/sandbox/sagemaker/service.ts';
import { startServer } from '../../src/sandbox/server.ts';
import { startedEngine } from '../sandbox/neptune/started-engine.ts';
import { temporaryDirectory } from './run-tree.ts';

export const account = '123456789012';
export const region = 'eu-west-1';

/** Where a process dies: before, or after, the n-th request to S3 or Neptune has taken effect. */
export type Death = { readonly at: number; readonly when: 'before' | 'after' };

/** One AWS account, a bucket and a cluster, whose account a test may change as it likes. */
export type SyncSandbox = {
  readonly url: string;
  /** Clients that no death ends. */
  readonly s3: S3Client;
  readonly neptune: NeptunedataClient;
  readonly engine: GremlinEngine;
  readonly log: AccessLog;
  readonly buckets: Buckets;
  /** The text of each query that the cluster was asked. */
  readonly queries: readonly string[];
  /** Calls this after each request that is answered from now on. */
  watch(onAccess: (access: Access) => void): void;
  /** Sets what SageMaker holds from now on. */
  hold(records: readonly AccountRecord[]): void;
  /** Plays these faults from now on. */
  play(rules: readonly FaultRule[]): void;
  /** Syncs, in a process of its own as far as its clients and its lease go. */
  sync(options?: Partial<SyncOptions>, death?: Death): Promise<SyncReport>;
  /** Lets time pass. */
  pass(ms: number): void;
  /** Empties graph and bucket. */
  clear(): Promise<void>;
  send(query: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
};

export async function startSyncSandbox(): Promise<SyncSandbox> {
  const engine = await startedEngine();
  let heard: (access: Access) => void = () => undefined;
  const log = createAccessLog((access) => heard(access));
  let held = createAccount({ account, region });
  let skew = 0;
  let faults = createFaults({ rules: [] });
  const now = () => Date.now() + skew;
  const buckets: Buckets = new Map([['lineage', createBucket('lineage', region, now())]]);
  const queries: string[] = [];
  const asked: GremlinEngine = {
    ...engine,
    send(text, options) {
      queries.push(text);
      return engine.send(text, options);
    },
  };
  const neptuneOf = () => neptuneService({ store: objectStore(buckets), engine: asked, region, clock: now });
  let service = neptuneOf();
  const server = await startServer({
    services: {
      sagemaker: sageMakerService({ accounts: { of: () => held }, clock: now }),
      s3: s3Service({ buckets, account, clock: now }),
      'neptune-db': {
        operation: (request) => service.operation(request),
        reply: (request) => service.reply(request),
      },
    },
    account,
    faults: (name, operation) => faults(name, operation),
    log,
  });
  const clientOptions = {
    endpoint: server.url,
    region,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
  };
  const s3 = new S3Client({ ...clientOptions, forcePathStyle: true });
  const neptune = neptuneClient(clientOptions);
  const out = await temporaryDirectory();

  const clock: Clock = {
    now,
    // Short waits are waited in passing; the renewals of a lease are not to spin.
    sleep: (ms, signal) => SYSTEM_CLOCK.sleep(ms >= 20_000 ? ms : Math.min(ms, 5), signal),
  };

  return {
    url: server.url,
    ...{ s3, neptune },
    engine,
    log,
    buckets,
    queries,
    watch(onAccess) {
      heard = onAccess;
    },
    hold(records) {
      held = createAccount({ account, region });
      held.load(records);
    },
    play(rules) {
      faults = createFaults({ seed: 1, rules: [...rules] });
    },
    async sync(options = {}, death) {
      const clients = crawling(clientOptions);
      const own = {
        s3: new S3Client({ ...clientOptions, forcePathStyle: true, maxAttempts: 4 }),
        neptune: neptuneClient(clientOptions),
      };
      if (death !== undefined) dieAt(death, [own.s3, own.neptune]);
      try {
        return await syncLineage({
          ...{ ...own, clients, region, out, clock, graph: 'cluster' },
          roleArn: `arn:aws:iam::${account}:role/NeptuneLoadFromS3`,
          to: 's3://lineage/nightly',
          ...options,
        });
      } finally {
        clients.destroy();
        own.s3.destroy();
        own.neptune.destroy();
      }
    },
    pass(ms) {
      skew += ms;
    },
    async clear() {
      await service.close();
      service = neptuneOf();
      buckets.set('lineage', createBucket('lineage', region, now()));
      await engine.run('g.V().drop().iterate()', '');
      log.clear();
      queries.length = 0;
      faults = createFaults({ rules: [] });
    },
    send: (query) => gremlinClient(neptune)(queryAsWritten(query)),
    async close() {
      s3.destroy();
      neptune.destroy();
      await server.close();
      await service.close();
      await engine.close();
    },
  };
}

function crawling(
  options: ConstructorParameters<typeof S3Client>[0] & { readonly endpoint: string },
): CrawlClients {
  const clients = crawlClients({
    region,
    endpoint: options.endpoint,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
    retryMode: 'standard',
    maxAttempts: 4,
  });
  for (const operation of [...OPERATIONS, 'Describe', 'ListTags'] as const)
    clients[operation].middlewareStack.remove('limitRate');
  return clients;
}

type Mortal = {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
      options: { step: 'finalizeRequest'; priority: 'low'; name: string },
    ): void;
  };
};

/** From the n-th request on, nothing that these clients ask for happens any more: as if their process were gone. */
function dieAt({ at, when }: Death, clients: readonly unknown[]): void {
  let requests = 0;
  for (const client of clients) {
    (client as Mortal).middlewareStack.add(
      (next) => async (args) => {
        requests += 1;
        if (requests > at || (requests === at && when === 'before')) throw new Error('killed');
        const reply = await next(args);
        if (requests >= at) throw new Error('killed');
        return reply;
      },
      { step: 'finalizeRequest', priority: 'low', name: 'mortality' },
    );
  }
}
