import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { crawlClients, generateLineage, neptuneClient, startSandbox, syncLineage } from '../dist/index.js';
import { firstState, stateStore } from '../dist/runs/state.js';
import { uploadSnapshot } from '../dist/runs/upload-snapshot.js';

/** `--small` takes an account of a twentieth. */
export const FLAGS = ['--small'];

/** A night on which nothing changed: what it asks for beyond the pages of the export. */
export async function* run(flags) {
  const entities = flags.has('--small') ? 5_000 : 100_000;
  const sandbox = await startSandbox({ records: generateLineage({ entities, seed: 1 }), gremlin: false });
  const out = await mkdtemp(join(tmpdir(), 'smlineage-bench-sync-'));
  const { url: endpoint, region, credentials } = sandbox;
  const clients = crawlClients({ endpoint, region, credentials });
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const neptune = neptuneClient({ endpoint, region, credentials });
  const places = {
    clients,
    s3,
    neptune,
    region,
    graph: endpoint,
    roleArn: 'arn:aws:iam::123456789012:role/r',
  };
  const options = { ...places, to: 's3://lineage/nightly', out };
  try {
    const exported = await syncLineage({ ...options, dryRun: true });
    const listed = sandbox.log.calls('sagemaker');
    const folder = { bucket: 'lineage', key: 'nightly/' };
    await uploadSnapshot(exported.directory, { ...folder, key: `nightly/runs/${exported.run}/` }, { s3 });
    const from = firstState({ scope: { account: sandbox.account, region }, graph: endpoint });
    await stateStore({ s3, folder }).move(from, { ...from.state, run: exported.run });
    sandbox.log.clear();
    const startedAt = performance.now();
    const { outcome, seconds } = await syncLineage(options);
    const calls = (service) => sandbox.log.calls(service);
    yield {
      title: `A night without changes: ${entities.toLocaleString('en-US')} entities`,
      rows: [
        {
          outcome,
          'load jobs': sandbox.log.calls('neptune-db', 'StartLoaderJob'),
          'calls of the export alone': listed,
          'SageMaker calls': calls('sagemaker'),
          'S3 calls': calls('s3'),
          'Neptune calls': calls('neptune-db'),
          'seconds in all': ((performance.now() - startedAt) / 1_000).toFixed(1),
          'of the export': seconds.export.toFixed(1),
        },
      ],
    };
  } finally {
    clients.destroy();
    s3.destroy();
    neptune.destroy();
    await sandbox.close();
    await rm(out, { recursive: true });
  }
}
