import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LineageError } from '../../src/errors.ts';
import { createRunDirectory, fileSystemError, publishRun, runId } from '../../src/runs/run-directory.ts';
import { temporaryDirectory } from './run-tree.ts';

const now = new Date('2026-11-21T04:15:00.999Z');

test('a run id is the UTC time without punctuation, and sorts as text like the time', () => {
  expect(runId(now)).toBe('20261121T041500.999Z');
  const later = new Date(now.getTime() + 1);
  expect(runId(later) > runId(now)).toBe(true);
});

test('a run grows aside, in a directory made for it, and takes its name at the end without its parts', async () => {
  const out = join(await temporaryDirectory(), 'made', 'on', 'the', 'way');

  const directory = await createRunDirectory(out, now);
  const growing = [await readdir(out), (await readdir(directory.partial)).sort()];
  await publishRun(directory);

  expect(growing).toEqual([['20261121T041500.999Z.partial'], ['data', 'index', 'parts']]);
  expect([await readdir(out), (await readdir(directory.path)).sort()]).toEqual([
    ['20261121T041500.999Z'],
    ['data', 'index'],
  ]);
});

test('runs that start at the same instant share no directory', async () => {
  const out = await temporaryDirectory();
  await mkdir(join(out, '20261121T041500.999Z'));

  const directories = await Promise.all(Array.from({ length: 5 }, () => createRunDirectory(out, now)));

  expect(directories.map(({ run }) => run).sort()).toEqual(
    [0, 1, 2, 3, 4].map((offset) => `20261121T041501.00${offset}Z`),
  );
});

test('a run is not published over another', async () => {
  const out = await temporaryDirectory();
  const directory = await createRunDirectory(out, now);
  await mkdir(join(directory.path, 'in-the-way'), { recursive: true });

  await expect(publishRun(directory)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
  expect((await stat(directory.partial)).isDirectory()).toBe(true);
});

test.each([
  ['EACCES', 'usage'],
  ['EROFS', 'usage'],
  ['ENOTDIR', 'usage'],
  ['EEXIST', 'usage'],
  ['ENOSPC', 'unexpected'],
  ['EDQUOT', 'unexpected'],
])('%s is %s, with the path and a hint', (code, outcome) => {
  const cause = Object.assign(new Error('refused'), { code });

  const error = fileSystemError(cause, '/out/run');

  expect(error).toMatchObject({ outcome, details: { path: '/out/run', code }, cause });
  expect((error as LineageError).message).toMatch(/^Cannot write the run to \/out\/run: .+ \([A-Z]+\)\.$/);
  expect((error as LineageError).hint).toMatch(/--out|disk/);
});

test('an error that is none of the file system passes as it is', () => {
  const own = new LineageError('partialExport', 'own');
  const defect = new TypeError('defect');

  expect(fileSystemError(own, 'x')).toBe(own);
  expect(fileSystemError(defect, 'x')).toBe(defect);
  expect(fileSystemError('text', 'x')).toBe('text');
});
