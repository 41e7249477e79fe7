import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getText, listObjects, putNewText, putText, uploadFile } from '../../src/neptune/upload.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

/* A proxy that answers every request with its sign-in page, status 200: the SDK takes that for success. */

let sandbox: Sandbox;
let s3: S3Client;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox({ gremlin: false, faults: { rules: [{ service: 's3', fault: 'html' }] } });
  s3 = new S3Client({
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: sandbox.credentials,
    forcePathStyle: true,
  });
  folder = await mkdtemp(join(tmpdir(), 'smlineage-not-s3-'));
  await writeFile(join(folder, 'file.csv'), '');
});

afterAll(async () => {
  s3.destroy();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const AT = { bucket: 'lineage', key: 'prefix/file.csv' };
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

async function listAll(): Promise<void> {
  for await (const object of listObjects(s3, AT)) expect(object).toBeUndefined();
}

test.each([
  ['an upload', () => uploadFile(s3, { path: join(folder, 'file.csv'), bytes: 0, sha256: EMPTY_SHA256 }, AT)],
  ['a write', () => putText(s3, 'text', AT)],
  ['a conditional write', () => putNewText(s3, 'text', AT)],
  ['a read', () => getText(s3, AT)],
  ['a listing', listAll],
])('%s that something other than S3 answers is an error, not a success', async (_, act) => {
  await expect(act()).rejects.toMatchObject({
    outcome: 'unexpected',
    message: expect.stringMatching(
      /^Cannot \w+ s3:\/\/lineage\/prefix\/file\.csv: the reply is not one of S3's\.$/,
    ),
    details: { uri: 's3://lineage/prefix/file.csv' },
  });
});
