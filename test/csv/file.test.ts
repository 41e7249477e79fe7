import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Cell, csvLines } from '../../src/csv/encode.ts';
import { type CsvFile, createCsvFile } from '../../src/csv/file.ts';

const temporary = () => mkdtemp(join(tmpdir(), 'smlineage-csv-'));

function write(file: CsvFile, rows: readonly (readonly Cell[])[]): Promise<void> {
  return file.write(csvLines(rows), rows.length);
}

test('a file is its header and its lines, counted and hashed, under its name only when closed', async () => {
  const directory = await temporary();
  const path = join(directory, 'a.csv');
  const file = createCsvFile(path, 'x,y');

  await write(file, [['1', 2]]);
  await write(file, []);
  await write(file, [['3', undefined]]);
  const before = await readdir(directory);
  const written = await file.close();

  const bytes = await readFile(path);
  expect(bytes.toString('utf8')).toBe('x,y\n"1",2\n"3",\n');
  expect(written).toEqual({
    path,
    rows: 2,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  expect(before).not.toContain('a.csv');
  expect(await readdir(directory)).toEqual(['a.csv']);
});

test('a file of many batches holds every line in order', async () => {
  const path = join(await temporary(), 'a.csv');
  const lines = Array.from({ length: 25_000 }, (_, index) => [`line ${index}`, 'x'.repeat(100)]);
  const file = createCsvFile(path, 'x,y');

  await write(file, lines.slice(0, 10_001));
  await write(file, lines.slice(10_001));
  const { rows } = await file.close();

  expect(rows).toBe(25_000);
  expect(await readFile(path, 'utf8')).toBe(`x,y\n${lines.map(([a, b]) => `"${a}","${b}"\n`).join('')}`);
});

test('a compressed file is the same bytes each time, whatever the system and the hour', async () => {
  const directory = await temporary();
  const written = async (name: string) => {
    const file = createCsvFile(join(directory, name), 'x', { gzip: true });
    await write(file, [['1'], ['2']]);
    return file.close();
  };

  const [first, second] = [await written('a.csv.gz'), await written('b.csv.gz')];

  const bytes = await readFile(first.path);
  expect(gunzipSync(bytes).toString('utf8')).toBe('x\n"1"\n"2"\n');
  expect(first).toEqual({ ...second, path: first.path });
  expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([
    first.bytes,
    first.sha256,
  ]);
  // RFC 1952: bytes 4 to 7 are the time (0: none), byte 9 the operating system (255: unknown).
  expect([...bytes.subarray(4, 8), bytes[9]]).toEqual([0, 0, 0, 0, 255]);
});

test('a full disk is the error of the write or of the close, and leaves no file of the final name', async () => {
  const directory = await temporary();
  await symlink('/dev/full', join(directory, 'a.csv.partial'));
  const file = createCsvFile(join(directory, 'a.csv'), 'x');

  const writing = async () => {
    for (let index = 0; index < 1_000; index += 1) await write(file, [['x'.repeat(10_000)]]);
    await file.close();
  };

  await expect(writing()).rejects.toMatchObject({ code: 'ENOSPC' });
  await file.abandon();
  expect(await readdir(directory)).toEqual(['a.csv.partial']);
});

test('a directory that is not there is an error', async () => {
  const file = createCsvFile(join(await temporary(), 'none', 'a.csv'), 'x');

  await expect(file.close()).rejects.toMatchObject({ code: 'ENOENT' });
});

test('an abandoned file keeps its partial name', async () => {
  const directory = await temporary();
  const file = createCsvFile(join(directory, 'a.csv'), 'x');

  await write(file, [['1']]);
  await file.abandon();

  expect(await readdir(directory)).toEqual(['a.csv.partial']);
});
