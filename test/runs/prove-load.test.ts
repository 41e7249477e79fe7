import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { type LoadRunOptions, loadRun } from '../../src/runs/load.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import type { FaultPlan } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { arn, smallAccount, writtenRun } from './written-run.ts';

/* Loads that end well by their status, and what `load` finds out all the same. The graph is the sandbox's, in memory. */

type Rows = ReturnType<typeof smallAccount>;

async function cluster(faults: FaultPlan = { rules: [] }) {
  const sandbox = await startSandbox({ gremlin: false, faults });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const neptune = neptuneClient({ endpoint, region, credentials });
  onTestFinished(async () => {
    s3.destroy();
    neptune.destroy();
    await sandbox.close();
  });
  const roleArn = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  return async (rows: Rows, prefix: string, options: Partial<LoadRunOptions> = {}) => {
    const { directory } = await writtenRun(rows);
    const { uri } = await uploadRun({ s3, directory, to: `s3://lineage/${prefix}` });
    return loadRun({ neptune, s3, source: uri, roleArn, region, ...options });
  };
}

/** The account of the next night: the models are called images. */
function nextNight(): Rows {
  const { vertices, edges } = smallAccount();
  const renamed = vertices.map((row) =>
    row.cells.type === 'Model' ? { ...row, cells: { ...row.cells, type: 'Image' } } : row,
  );
  return { vertices: renamed as Rows['vertices'], edges };
}

/** Each row without its value of `type`. */
function withoutTypes(): Rows {
  const { vertices, edges } = smallAccount();
  const bare = vertices.map((row) => ({ ...row, cells: { ...row.cells, type: undefined } }));
  return { vertices: bare as unknown as Rows['vertices'], edges };
}

/** From the second job on, a file is called loaded without being read. */
const UNREAD = (file: string): FaultPlan => ({
  rules: [],
  loads: [{ at: 2, file, status: 'LOAD_COMPLETED' }],
});

describe('a second load that does not read a file, on a graph that holds the run of the night before', () => {
  test('is found by the rows that were compared, though all counts are equal', async () => {
    const load = await cluster(UNREAD('artifacts-nodes'));
    await load(smallAccount(), 'first');

    const error = await errorOf(load(nextNight(), 'second', { verifySample: 'all' }));

    expect(error).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringMatching(
        /^Load \S+ ended well, but the graph does not hold what run \S+ says: 1 difference in 10 vertices and 10 edges, the first: type of \S+artifact\/model \(s3:\S+artifacts-nodes\.csv:\d\) is "Image" in the file, "Model" in the graph\.$/,
      ),
      hint: 'Load the run again; if it stays so, something else writes to the graph, or deletes from it.',
      details: {
        sample: {
          counts: { missing: 0, other: 1, more: 0 },
          differences: [
            { id: arn('artifact/model'), property: 'type', expected: ['Image'], found: ['Model'] },
          ],
        },
      },
    });
  });

  test('is found by what the loader counted, even where no row is compared', async () => {
    const load = await cluster(UNREAD('artifacts-nodes'));
    const first = await load(smallAccount(), 'first');

    const report = await load(nextNight(), 'second', { verifySample: 0 });

    expect(first).toMatchObject({ verified: true, notes: [] });
    expect(report).toMatchObject({
      status: 'LOAD_COMPLETED',
      verified: false,
      sample: { vertices: 0, edges: 0 },
      notes: [
        `Not verified: the loader counted ${report.records} records (labels, values and edges), the files hold ${first.records}.`,
      ],
    });
    expect(report.records).toBeLessThan(first.records);
  });

  test('is a failed load where fewer records were counted than there are rows', async () => {
    const load = await cluster(UNREAD('data'));
    await load(smallAccount(), 'first');

    expect(await errorOf(load(nextNight(), 'second', { verifySample: 0 }))).toMatchObject({
      outcome: 'loadFailed',
      message: expect.stringMatching(/^Load \S+ ended well, but the loader counted 0 records in 20 rows\.$/),
    });
  });
});

test('values that a blank cell leaves in the graph are told, and spoil the verification, not the load', async () => {
  const load = await cluster();
  await load(smallAccount(), 'first');

  const { status, verified, sample, notes } = await load(withoutTypes(), 'second');

  expect({ status, verified }).toEqual({ status: 'LOAD_COMPLETED', verified: false });
  expect(sample?.counts).toEqual({ missing: 0, other: 0, more: 9 });
  expect(notes).toEqual([
    expect.stringMatching(
      /^The graph holds more than run \S+ says: 9 differences in 10 vertices and 10 edges, the first: type of \S+ \(\S+\) is nothing in the file, "\w+" in the graph\.$/,
    ),
  ]);
});

test('as many rows are compared as asked for, by the seed that was given', async () => {
  const load = await cluster();

  const { sample } = await load(smallAccount(), 'first', { verifySample: 3, verifySeed: 7 });

  expect(sample).toEqual({
    ...{ vertices: 3, edges: 3, seed: 7, differences: [] },
    counts: { missing: 0, other: 0, more: 0 },
  });
});
