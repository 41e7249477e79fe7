import { once } from 'node:events';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { uploadRun } from '../../src/runs/upload.ts';
import type { Access } from '../../src/sandbox/access-log.ts';
import type { FaultPlan } from '../../src/sandbox/faults.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { smallAccount, writtenRun } from '../runs/written-run.ts';
import { smlineage, startSmlineage } from './smlineage.ts';

/* `kill -9` while the real binary loads, then the same command again. */

/** A job that takes its time, so that it is still under way when the command is killed and run again. */
const SLOW: FaultPlan = { rules: [], loads: [{ at: 1, file: 'edges', milliseconds: 7_000 }] };

test.each<[string, string, number, FaultPlan]>([
  ['before it asks for the load', 'ListLoaderJobs', 1, { rules: [] }],
  ['when the load has begun', 'StartLoaderJob', 1, SLOW],
  ['while it watches', 'GetLoaderJobStatus', 1, SLOW],
  // The job has ended, and nothing says so to the second command: it loads once more, with the same result.
  ['before it compares', 'ExecuteGremlinQuery', 2, { rules: [] }],
])('a load that is killed %s ends verified when it is run again', async (_, operation, starts, faults) => {
  let child: ReturnType<typeof startSmlineage> | undefined;
  const onAccess = (access: Access) => {
    if (access.service === 'neptune-db' && access.operation === operation) child?.kill('SIGKILL');
  };
  const sandbox = await startSandbox({ gremlin: false, faults, onAccess });
  const { url: endpoint, region, credentials, environment: env } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  onTestFinished(async () => {
    s3.destroy();
    await sandbox.close();
  });
  const { directory } = await writtenRun(smallAccount());
  const { uri } = await uploadRun({ s3, directory, to: 's3://lineage/killed' });
  const command = ['load', uri, '--role', 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3'];

  child = startSmlineage(command, { env });
  const [, killedBy] = await once(child, 'close');
  child = undefined;
  const again = await smlineage(command, { env });

  expect(killedBy).toBe('SIGKILL');
  expect(again).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('; verified: 20 vertices and edges'),
  });
  expect(sandbox.log.calls('neptune-db', 'StartLoaderJob')).toBe(starts);
});
