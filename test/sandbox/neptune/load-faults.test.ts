import { setTimeout as wait } from 'node:timers/promises';
import { GetEngineStatusCommand, ListLoaderJobsCommand } from '@aws-sdk/client-neptunedata';
import { expect, onTestFinished, test } from 'vitest';
import type { LoadFaultPlan } from '../../../src/sandbox/neptune/load-faults.ts';
import {
  bucketStore,
  finishedLoad,
  load,
  loadReport,
  serveNeptune,
  startLoad,
  summary,
} from './served-neptune.ts';

const COUNT_VERTICES = JSON.stringify({ gremlin: 'g.V().groupCount().by(label)' });
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/neptune-db/aws4_request, SignedHeaders=host, Signature=0',
};

/** A cluster that plays these faults on loads of one vertex file and one edge file. */
async function cluster(faults: LoadFaultPlan) {
  const bucket = bucketStore();
  bucket.put('run/e.csv', '~id,~from,~to,~label\ne,a,b,X\n');
  bucket.put('run/v.csv', '~id,~label\na,A\nb,B\nc,B\n');
  const served = await serveNeptune({ store: bucket.store, region: 'us-east-1', clock: Date.now, faults });
  onTestFinished(served.close);
  return served;
}

async function vertexCounts(endpoint: string): Promise<unknown> {
  const response = await fetch(`${endpoint}/gremlin`, {
    method: 'POST',
    headers: SIGNED,
    body: COUNT_VERTICES,
  });
  return ((await response.json()) as { result: { data: unknown } }).result.data;
}

test('without faults a load is whole, and the counts by label answer without an engine', async () => {
  const { client, endpoint } = await cluster({});

  expect(summary(await load(client))).toEqual({
    status: 'LOAD_COMPLETED',
    counters: [4, 0, 0, 0, 0],
    errors: [],
  });
  expect(await vertexCounts(endpoint)).toEqual([{ A: 1, B: 2 }]);
});

test('a status that ends a load takes the place of its files', async () => {
  const { client, endpoint } = await cluster({ loads: [{ status: 'LOAD_COMPLETED' }] });

  expect(summary(await load(client))).toEqual({
    status: 'LOAD_COMPLETED',
    counters: [0, 0, 0, 0, 0],
    errors: [],
  });
  expect(await vertexCounts(endpoint)).toEqual([{}]);
});

test('an error code stands in the log as often as asked, and in the counter that it belongs to', async () => {
  const { client } = await cluster({
    loads: [{ file: 'e.csv', errorCode: 'FROM_OR_TO_VERTEX_ARE_MISSING', errors: 2 }],
  });

  expect(summary(await load(client))).toEqual({
    status: 'LOAD_FAILED',
    counters: [5, 0, 0, 0, 2],
    errors: ['FROM_OR_TO_VERTEX_ARE_MISSING 0', 'FROM_OR_TO_VERTEX_ARE_MISSING 0'],
  });
});

test.each(['LOAD_IN_QUEUE', 'LOAD_NAMED_BY_NOBODY'])(
  '%s is shown for its time, then the load goes on',
  async (status) => {
    const { client } = await cluster({ loads: [{ file: 'v.csv', status, milliseconds: 60 }] });
    const loadId = await startLoad(client);
    await wait(20);

    const shown = await loadReport(client, loadId);
    while ((await loadReport(client, loadId)).overallStatus.status === status) await wait(5);

    expect(shown.overallStatus.status).toBe(status);
    expect(summary(await finishedLoad(client, loadId)).status).toBe('LOAD_COMPLETED');
  },
);

test('a restart refuses every request, then the load goes on', async () => {
  const { client } = await cluster({ loads: [{ file: 'v.csv', restart: 80 }] });
  const loadId = await startLoad(client);
  await wait(20);

  const refused = await client.send(new GetEngineStatusCommand({})).catch((error: unknown) => error);
  await wait(100);

  expect(refused).toMatchObject({ name: 'ServerShutdownException' });
  expect(summary(await finishedLoad(client, loadId)).status).toBe('LOAD_COMPLETED');
});

test('rules count jobs, and play on the files that they name', async () => {
  const { client } = await cluster({ loads: [{ at: 2, file: 'e.csv', status: 'LOAD_DATA_DEADLOCK' }] });
  const statuses: unknown[] = [];
  for (let job = 1; job <= 3; job += 1) statuses.push(summary(await load(client)).status);

  expect(statuses).toEqual(['LOAD_COMPLETED', 'LOAD_DATA_DEADLOCK', 'LOAD_COMPLETED']);
  expect((await client.send(new ListLoaderJobsCommand({}))).payload?.loadIds).toHaveLength(3);
});
