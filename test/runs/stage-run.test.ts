import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stageRun } from '../../src/runs/stage-run.ts';
import { uploadRun } from '../../src/runs/upload.ts';
import { parseManifest } from '../../src/snapshot/manifest.ts';
import { errorOf } from '../neptune/scripted-server.ts';
import { BUCKET, servedS3 } from '../sandbox/s3/served-s3.ts';
import { filesBelow, temporaryDirectory } from './run-tree.ts';
import { smallAccount, writtenRun } from './written-run.ts';

const TO = `s3://${BUCKET}/lineage`;

async function objectsOf(served: Awaited<ReturnType<typeof servedS3>>, prefix: string) {
  const keys = [...(served.buckets.get(BUCKET)?.keys ?? [])];
  const pairs = keys.map(async (Key) => {
    const { Body, ContentType } = await served.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const body = Buffer.from((await Body?.transformToByteArray()) ?? []);
    return [Key.slice(prefix.length), { body, type: ContentType }] as const;
  });
  return new Map(await Promise.all(pairs));
}

test('with gzip the files of data/ arrive compressed, and the manifest describes them as they arrived', async () => {
  const served = await servedS3();
  const { directory, manifest } = await writtenRun(smallAccount());

  const result = await uploadRun({ s3: served.s3, directory, to: TO, gzip: true });

  const objects = await objectsOf(served, `lineage/runs/${manifest.run}/`);
  const sent = parseManifest(objects.get('manifest.json')?.body.toString() ?? '', 'the manifest in S3');
  expect(sent).toEqual({ ...manifest, files: sent.files });
  expect([...objects.keys()]).toEqual([...sent.files.map(({ path }) => path), 'manifest.json'].sort());
  for (const [index, file] of manifest.files.entries()) {
    const isData = file.path.startsWith('data/');
    const path = isData ? `${file.path}.gz` : file.path;
    const { body = Buffer.alloc(0), type } = objects.get(path) ?? {};
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(sent.files[index]).toEqual({ ...file, path, bytes: body.length, sha256 });
    expect(type).toBe(isData ? 'application/gzip' : 'text/csv; charset=utf-8');
    expect(isData ? gunzipSync(body) : body).toEqual(await readFile(join(directory, file.path)));
  }
  expect(result).toMatchObject({ files: manifest.files.length, bytes: sum(sent.files), alreadyThere: false });
});

test('a run that was exported compressed and one that is compressed on the way are the same objects', async () => {
  const [plain, compressed] = [await servedS3(), await servedS3()];
  const { run } = (await writtenRun(smallAccount())).manifest;
  const onTheWay = await writtenRun(smallAccount());
  const exported = await writtenRun(smallAccount(), { gzip: true });

  await uploadRun({ s3: plain.s3, directory: onTheWay.directory, to: TO, gzip: true });
  await uploadRun({ s3: compressed.s3, directory: exported.directory, to: TO, gzip: true });

  const prefix = `lineage/runs/${run}/`;
  expect(await objectsOf(plain, prefix)).toEqual(await objectsOf(compressed, prefix));
});

test('the same run compressed again is there already; plain, it is another', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());
  await uploadRun({ s3, directory, to: TO, gzip: true });

  expect(await uploadRun({ s3, directory, to: TO, gzip: true })).toMatchObject({
    sentFiles: 0,
    alreadyThere: true,
  });
  expect(await errorOf(uploadRun({ s3, directory, to: TO }))).toMatchObject({
    outcome: 'usage',
    hint: expect.stringContaining('The same run with --gzip and without is two.'),
  });
});

test('compressed bytes name no operating system and no time', async () => {
  const { directory } = await writtenRun(smallAccount());
  const run = await stageRun({ directory, gzip: true, concurrency: 2 });

  for (const { path } of run.files.filter(({ target }) => target.endsWith('.gz'))) {
    expect((await readFile(path)).subarray(0, 10).toString('hex')).toMatch(/^1f8b08000000000000ff$/);
  }
  await run.close();
});

test('what was written for the sending is gone when it ends, well or not; the run stays as it is', async () => {
  const { s3 } = await servedS3();
  const { directory } = await writtenRun(smallAccount());
  const before = await filesBelow(directory);
  const temporary = await temporaryDirectory();
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());

  await uploadRun({ s3, directory, to: TO, gzip: true });
  expect(await readdir(temporary)).toEqual([]);
  await appendFile(join(directory, 'data/nodes/artifacts-nodes.csv'), 'x');
  expect(await errorOf(uploadRun({ s3, directory, to: TO, gzip: true }))).toMatchObject({
    outcome: 'validationFailed',
    details: { path: join(directory, 'data/nodes/artifacts-nodes.csv') },
  });

  expect(await readdir(temporary)).toEqual([]);
  expect(await filesBelow(directory)).toEqual(before);
});

function sum(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((all, { bytes }) => all + bytes, 0);
}
