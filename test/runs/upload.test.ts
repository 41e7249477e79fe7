import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  S3Client as Client,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { type UploadProgress, uploadRun } from '../../src/runs/upload.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { BUCKET, servedS3 } from '../sandbox/s3/served-s3.ts';
import { filesBelow } from './run-tree.ts';
import { smallAccount, writtenRun } from './written-run.ts';

const TO = `s3://${BUCKET}/lineage/`;
const RUN = '20260101T000000.123Z';
const PREFIX = `lineage/runs/${RUN}/`;

async function keys(s3: S3Client): Promise<(string | undefined)[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Contents.map(({ Key }) => Key);
}

async function bodyOf(s3: S3Client, key: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return Body?.transformToString('base64');
}

test('every file of a run arrives as it is, the report too, under the run’s own prefix', async () => {
  const { s3 } = await servedS3();
  const { directory, manifest } = await writtenRun(smallAccount());
  await writeFile(join(directory, 'report.json'), '{"format":1}\n');
  await writeFile(join(directory, 'notes.txt'), 'not a part of the run');
  const seen: UploadProgress[] = [];

  const result = await uploadRun({ s3, directory, to: TO, onProgress: (progress) => seen.push(progress) });

  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  expect(result).toEqual({
    run: RUN,
    uri: `s3://${BUCKET}/${PREFIX}`,
    dataUri: `s3://${BUCKET}/${PREFIX}data/`,
    files: manifest.files.length,
    bytes,
    sentFiles: manifest.files.length,
    sentBytes: bytes,
    alreadyThere: false,
    abortedUploads: 0,
  });
  const files = (await filesBelow(directory)).filter((path) => path !== 'notes.txt');
  expect(await keys(s3)).toEqual(files.map((path) => PREFIX + path));
  for (const path of files) {
    expect(await bodyOf(s3, PREFIX + path)).toBe(await readFile(join(directory, path), 'base64'));
  }
  const all = bytes + '{"format":1}\n'.length;
  expect(seen.at(-1)).toEqual({ sentBytes: all, totalBytes: all });
});

test('the manifest comes last, and only where no other is', async () => {
  const written: string[] = [];
  const sandbox = await startSandbox({
    gremlin: false,
    bucket: BUCKET,
    onAccess: ({ service, operation }) => written.push(`${service}.${operation}`),
  });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new Client({ endpoint, region, credentials, forcePathStyle: true });
  const order: (string | undefined)[] = [];
  s3.middlewareStack.add((next) => async (args) => {
    const { Key, IfNoneMatch } = args.input as { Key?: string; IfNoneMatch?: string };
    order.push(IfNoneMatch === undefined ? Key : `${Key} if none matches ${IfNoneMatch}`);
    return next(args);
  });
  const { directory } = await writtenRun(smallAccount());

  await uploadRun({ s3, directory, to: TO });

  expect(order.filter((key) => key?.startsWith(`${PREFIX}manifest.json`))).toEqual([order.at(-1)]);
  expect(order.at(-1)).toBe(`${PREFIX}manifest.json if none matches *`);
  expect(written.at(0)).toBe('s3.ListObjectsV2');
  s3.destroy();
  await sandbox.close();
});

test('a run that is there already is not sent again', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());
  const first = await uploadRun({ s3, directory, to: TO });
  // Files of one part are not even read: S3 has their SHA-256.
  await rm(join(directory, 'data'), { recursive: true });

  expect(await uploadRun({ s3, directory, to: TO })).toEqual({
    ...first,
    sentFiles: 0,
    sentBytes: 0,
    alreadyThere: true,
  });
});

test('what an upload that was cut short left behind is sent again', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${PREFIX}data/edges/edges.csv`, Body: 'half' }));

  expect(await uploadRun({ s3, directory, to: TO })).toMatchObject({ alreadyThere: false });
  expect(await bodyOf(s3, `${PREFIX}data/edges/edges.csv`)).toBe(
    await readFile(join(directory, 'data/edges/edges.csv'), 'base64'),
  );
});

test('another run of the same name is left as it is', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());
  await uploadRun({ s3, directory, to: TO });
  const paths = ['manifest.json', 'data/edges/edges.csv'];
  const bodies = () => Promise.all(paths.map((path) => bodyOf(s3, PREFIX + path)));
  const before = await bodies();
  const other = await writtenRun({ ...smallAccount(), edges: [] });

  expect(await errorOf(uploadRun({ s3, directory: other.directory, to: TO }))).toMatchObject({
    outcome: 'usage',
    message: `Another run named ${RUN} is already at s3://${BUCKET}/${PREFIX}.`,
    hint: 'Upload under another prefix, or export again, which makes a run of a new name. The same run with --gzip and without is two.',
  });
  expect(await bodies()).toEqual(before);
});

test('of a run whose file changed no manifest arrives', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());
  await appendFile(join(directory, 'data/nodes/artifacts-nodes.csv'), 'x');

  expect(await errorOf(uploadRun({ s3, directory, to: TO }))).toMatchObject({
    outcome: 'validationFailed',
    details: { path: join(directory, 'data/nodes/artifacts-nodes.csv') },
  });
  expect(await keys(s3)).not.toContain(`${PREFIX}manifest.json`);
});

test('a directory without a manifest, and a place that is none, are refused before anything is sent', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());

  expect(await errorOf(uploadRun({ s3, directory, to: 'lineage' }))).toMatchObject({ outcome: 'usage' });
  await rm(join(directory, 'manifest.json'));
  expect(await errorOf(uploadRun({ s3, directory, to: TO }))).toMatchObject({
    outcome: 'usage',
    message: `${directory} is not a run: it holds no manifest.json.`,
  });
  expect(await keys(s3)).toEqual([]);
});

test('an interruption stops the upload, and leaves no manifest', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());
  const stop = new AbortController();

  const stopped = uploadRun({ s3, directory, to: TO, signal: stop.signal, onProgress: () => stop.abort() });

  expect(await errorOf(stopped)).toMatchObject({ outcome: 'interrupted' });
  expect(await keys(s3)).not.toContain(`${PREFIX}manifest.json`);
});
