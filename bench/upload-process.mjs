// A process of the upload benchmark: see upload.bench.mjs.
import { createReadStream } from 'node:fs';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { uploadRun } from '../dist/runs/upload.js';
import { startSandbox } from '../dist/sandbox/sandbox.js';
import { answerJob } from './jobs/measured-job.mjs';

const BUCKET = 'lineage';

const ROLES = {
  sandbox: async () => {
    const { url, region } = await startSandbox({ gremlin: false, bucket: BUCKET });
    return { url, region };
  },
  bare: async ({ s3, file }) => {
    const params = { Bucket: BUCKET, Key: 'bare', Body: createReadStream(file) };
    await new Upload({ client: s3, params }).done();
  },
  upload: async ({ s3, directory }) => {
    await uploadRun({ s3, directory, to: `s3://${BUCKET}/bench` });
  },
};

answerJob(ROLES, {
  before: (job, role) => (role === 'sandbox' ? job : withClient(job)),
  after: (sandbox) => sandbox,
});

async function withClient({ url: endpoint, region, ...job }) {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'nothing' }));
  return { ...job, s3 };
}
