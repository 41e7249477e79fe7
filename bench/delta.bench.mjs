import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { startSandbox } from '../dist/index.js';
import { writeDelta } from '../dist/runs/delta.js';
import { indexesOf, surveyChanges } from '../dist/runs/sync-changes.js';
import { sendFiles } from '../dist/runs/upload-snapshot.js';
import { writeRuns } from './delta/written-runs.mjs';

/** `--few-rows` takes a twentieth of the rows. */
export const FLAGS = ['--few-rows'];

/** Of the bytes that a night loads over those of the rows that changed. */
const MOST = 2;

/** What a sync sends for its load, one row in a thousand changed: it compares, picks the rows, and uploads them. */
export async function* run(flags) {
  const share = flags.has('--few-rows') ? 20 : 1;
  const size = { vertices: 1_000_000 / share, edges: 2_000_000 / share };
  const folder = await mkdtemp(join(tmpdir(), 'smlineage-bench-delta-'));
  const sandbox = await startSandbox({ gremlin: false });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    const { directory, before, after, changedBytes } = await writeRuns(folder, size);
    const startedAt = performance.now();
    const indexes = indexesOf(join(dirname(directory), before.run), before);
    const holding = { manifest: before, indexes, isMerged: false };
    const changes = await surveyChanges(holding, { directory, manifest: after }, { removal: 'delete' });
    const comparedAt = performance.now();
    const { files, rows } = await writeDelta({
      ...{ directory, manifest: after, candidates: changes.rows, send: undefined },
      work: join(directory, 'sync'),
    });
    const pickedAt = performance.now();
    const loaded = await sendFiles(files, { bucket: 'lineage', key: 'delta/' }, { s3 });
    const seconds = (from, to) => ((to - from) / 1_000).toFixed(1);
    const bytesOf = (folderName) =>
      after.files
        .filter(({ path }) => path.startsWith(folderName))
        .reduce((sum, { bytes }) => sum + bytes, 0);
    yield {
      title: `One row in a thousand changed, of ${grouped(size.vertices)} vertices and ${grouped(size.edges)} edges`,
      rows: [
        {
          'rows loaded': grouped(Object.values(rows).reduce((sum, count) => sum + count, 0)),
          'bytes of these rows': grouped(changedBytes),
          'bytes uploaded for the load': grouped(loaded),
          'bytes of the run’s data': grouped(bytesOf('data/')),
          'bytes of its index': grouped(bytesOf('index/')),
          's to compare': seconds(startedAt, comparedAt),
          's to pick the rows': seconds(comparedAt, pickedAt),
        },
      ],
    };
    const ratio = loaded / changedBytes;
    yield {
      title: 'Must show',
      rows: [
        {
          figure: 'bytes uploaded for the load / bytes of the changed rows',
          value: ratio.toFixed(3),
          limit: `<= ${MOST}`,
          verdict: ratio <= MOST ? 'ok' : 'MISSED',
        },
      ],
    };
  } finally {
    s3.destroy();
    await sandbox.close();
    await rm(folder, { recursive: true });
  }
}

function grouped(number) {
  return number.toLocaleString('en-US');
}
