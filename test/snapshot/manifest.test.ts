import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Manifest, parseManifest, readManifest, writeManifest } from '../../src/snapshot/manifest.ts';

const manifest: Manifest = {
  format: 1,
  run: '20261121T041500.123Z',
  tool: 'sagemaker-lineage-neptune 0.1.0',
  startedAt: '2026-11-21T04:15:00.123Z',
  finishedAt: '2026-11-21T04:16:00.000Z',
  complete: true,
  scopes: [{ account: null, region: 'us-east-1' }],
  subset: null,
  detail: 'summary',
  tags: false,
  promoted: [],
  vertices: { artifact: 1, trial_component: 0, action: 0, context: 0, experiment: 0, trial: 0, external: 2 },
  edges: { Untyped: 3 },
  files: [{ path: 'data/edges/edges.csv', rows: 3, bytes: 10, sha256: 'a'.repeat(64) }],
};

const temporary = () => mkdtemp(join(tmpdir(), 'smlineage-manifest-'));

test('a manifest is read back as it was written, and nothing else is left beside it', async () => {
  const directory = await temporary();

  await writeManifest(directory, manifest);

  expect(await readManifest(directory)).toEqual(manifest);
  expect(await readdir(directory)).toEqual(['manifest.json']);
});

test('a directory without a manifest is no run', async () => {
  const directory = await temporary();

  await expect(readManifest(directory)).rejects.toMatchObject({
    outcome: 'usage',
    message: `${directory} is not a run: it holds no manifest.json.`,
  });
});

test('a path that is a directory itself is an error of the file system', async () => {
  const directory = await temporary();
  await writeFile(join(directory, 'file'), '');

  await expect(readManifest(join(directory, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.each([
  ['half a manifest', '{"format":', /^here is not JSON\.$/],
  [
    'another format',
    JSON.stringify({ ...manifest, format: 2 }),
    /^here is not a manifest of this version: format: /,
  ],
  [
    'a member too many',
    JSON.stringify({ ...manifest, more: 1 }),
    /^here is not a manifest of this version: \(root\): /,
  ],
  [
    'a hash that is none',
    JSON.stringify({ ...manifest, files: [{ ...manifest.files[0], sha256: 'x' }] }),
    /^here is not a manifest of this version: files\.0\.sha256: /,
  ],
])('%s is refused with its place', (_, text, message) => {
  expect(() => parseManifest(text, 'here')).toThrow(message);
  expect(() => parseManifest(text, 'here')).toThrow(expect.objectContaining({ outcome: 'validationFailed' }));
});
