// A process of the upload benchmark: does the job that its parent sends (see upload.bench.mjs), and nothing else, so that
// CPU time and peak memory are that job's own.
import { createReadStream } from 'node:fs';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { uploadRun } from '../dist/runs/upload.js';
import { startSandbox } from '../dist/sandbox/sandbox.js';

const BUCKET = 'lineage';

const ROLES = {
  sandbox: async () => {
    const { url, region } = await startSandbox({ gremlin: false, bucket: BUCKET });
    return { url, region };
  },
  bare: ({ s3, file }) =>
    new Upload({ client: s3, params: { Bucket: BUCKET, Key: 'bare', Body: createReadStream(file) } }).done(),
  upload: ({ s3, directory }) => uploadRun({ s3, directory, to: `s3://${BUCKET}/bench` }),
};

process.once('message', async ({ role, job }) => {
  if (role === 'sandbox') {
    process.send(await ROLES.sandbox());
    return;
  }
  const { url: endpoint, region } = job;
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'nothing' }));
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await ROLES[role]({ ...job, s3 });
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  process.send({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  });
});
