import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  GetLoaderJobStatusCommand,
  NeptunedataClient,
  StartLoaderJobCommand,
  type StartLoaderJobCommandInput,
} from '@aws-sdk/client-neptunedata';
import { neptuneService } from '../../../src/sandbox/neptune/service.ts';
import type { ObjectStore, StoredObject } from '../../../src/sandbox/object-store.ts';
import { startServer } from '../../../src/sandbox/server.ts';

export type NeptuneOptions = Parameters<typeof neptuneService>[0];

/** A store in memory with the buckets `b` in us-east-1 and `far` in eu-west-1. */
export function bucketStore() {
  const objects = new Map<string, StoredObject>();
  const regions = new Map([
    ['b', 'us-east-1'],
    ['far', 'eu-west-1'],
  ]);
  const store: ObjectStore = {
    bucketRegion: (bucket) => regions.get(bucket),
    keys: (bucket, prefix) =>
      [...objects.values()]
        .filter((object) => object.bucket === bucket && object.key.startsWith(prefix))
        .map(({ key }) => key)
        .sort(),
    get: (bucket, key) => objects.get(`${bucket}/${key}`),
  };
  const put = (key: string, content: string | Buffer, bucket = 'b') => {
    const body = Buffer.from(content);
    const etag = createHash('md5').update(body).digest('hex');
    objects.set(`${bucket}/${key}`, { bucket, key, etag, body });
  };
  return { store, put, remove: (key: string) => objects.delete(`b/${key}`), clear: () => objects.clear() };
}

/** The service behind the sandbox's server, and the real client aimed at it. */
export async function serveNeptune(options: NeptuneOptions) {
  const service = neptuneService(options);
  const server = await startServer({ services: { 'neptune-db': service } });
  const endpoint = server.url;
  const client = neptuneClient(endpoint);
  return {
    service,
    endpoint,
    client,
    close: async () => {
      client.destroy();
      await service.close();
      await server.close();
    },
  };
}

export function neptuneClient(endpoint: string, region = 'us-east-1'): NeptunedataClient {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  return new NeptunedataClient({ endpoint, region, credentials, maxAttempts: 1 });
}

export function loadInput(overrides: Partial<StartLoaderJobCommandInput> = {}): StartLoaderJobCommandInput {
  return {
    source: 's3://b/run/',
    format: 'csv',
    s3BucketRegion: 'us-east-1',
    iamRoleArn: 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3',
    mode: 'NEW',
    ...overrides,
  };
}

export async function startLoad(
  client: NeptunedataClient,
  overrides: Partial<StartLoaderJobCommandInput> = {},
) {
  const { payload } = await client.send(new StartLoaderJobCommand(loadInput(overrides)));
  return payload?.loadId ?? '';
}

export type LoadReport = {
  readonly feedCount: readonly Readonly<Record<string, number>>[];
  readonly overallStatus: Readonly<Record<string, string | number>>;
  readonly failedFeeds: readonly Readonly<Record<string, string | number>>[];
  readonly errors: {
    readonly startIndex: number;
    readonly endIndex: number;
    readonly errorLogs: readonly {
      errorCode: string;
      errorMessage: string;
      fileName: string;
      recordNum: number;
    }[];
  };
};

export async function loadReport(
  client: NeptunedataClient,
  loadId: string,
  paging = {},
): Promise<LoadReport> {
  const command = new GetLoaderJobStatusCommand({ loadId, details: true, errors: true, ...paging });
  return (await client.send(command)).payload as unknown as LoadReport;
}

const RUNNING = ['LOAD_NOT_STARTED', 'LOAD_IN_QUEUE', 'LOAD_IN_PROGRESS'];

export async function finishedLoad(client: NeptunedataClient, loadId: string): Promise<LoadReport> {
  for (;;) {
    const report = await loadReport(client, loadId);
    if (!RUNNING.includes(String(report.overallStatus.status))) return report;
    await wait(5);
  }
}

/** Starts a load and waits for its verdict. */
export async function load(client: NeptunedataClient, overrides: Partial<StartLoaderJobCommandInput> = {}) {
  return finishedLoad(client, await startLoad(client, overrides));
}

/** The five counters and the error log in short: `code recordNum`. */
export function summary({ overallStatus, errors }: LoadReport) {
  const { status, totalRecords, totalDuplicates, parsingErrors, datatypeMismatchErrors, insertErrors } =
    overallStatus;
  return {
    status,
    counters: [totalRecords, totalDuplicates, parsingErrors, datatypeMismatchErrors, insertErrors],
    errors: errors.errorLogs.map(({ errorCode, recordNum }) => `${errorCode} ${recordNum}`),
  };
}
