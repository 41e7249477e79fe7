import { S3Client } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { crawlClients } from '../../src/crawl/clients.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';

/** An account of these records, with a cluster, for one test; and the clients that reach it. */
export async function servedAccount(records: readonly AccountRecord[]) {
  const sandbox = await startSandbox({ records });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const neptune = neptuneClient({ endpoint, region, credentials });
  const clients = crawlClients({ endpoint, region, credentials });
  onTestFinished(async () => {
    s3.destroy();
    neptune.destroy();
    clients.destroy();
    await sandbox.close();
  });
  return { region, s3, neptune, clients };
}
