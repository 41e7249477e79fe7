import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crawlClients } from '../../dist/crawl/clients.js';
import { exportLineage } from '../../dist/runs/export.js';
import { createMeter } from './meter.mjs';

const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench' };

/** This project's export: all listings to CSV with index, in a directory that is removed afterwards. */
export async function work({ url, region, concurrency }) {
  const out = await mkdtemp(join(tmpdir(), 'smlineage-bench-'));
  const clients = crawlClients({ endpoint: url, region, credentials: CREDENTIALS });
  const { watch, operations } = createMeter();
  for (const client of Object.values(clients)) if (typeof client === 'object') watch(client);
  try {
    const { entities, associations, memberships } = await exportLineage({
      clients,
      region,
      out,
      concurrency,
    });
    return { operations, entities, associations, memberships };
  } finally {
    clients.destroy();
    await rm(out, { recursive: true });
  }
}
