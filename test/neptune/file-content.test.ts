import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  base64Of,
  compositeChecksum,
  expectedChecksum,
  partBytes,
  readContent,
  verifyFile,
} from '../../src/neptune/file-content.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { errorOf } from './scripted-server.ts';

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

async function localFile(content: Buffer) {
  const path = join(await temporaryDirectory(), 'file.csv');
  await writeFile(path, content);
  return { path, bytes: content.length, sha256: sha256(content).toString('hex') };
}

test.each([
  [0, 8 * MEBIBYTE],
  [8 * MEBIBYTE + 1, 8 * MEBIBYTE],
  [80_000 * MEBIBYTE, 8 * MEBIBYTE],
  [80_000 * MEBIBYTE + 1, 9 * MEBIBYTE],
  [5 * 1024 * GIBIBYTE, 525 * MEBIBYTE],
])('a file of %i bytes goes in parts of %i, of which S3 takes 10,000', (bytes, size) => {
  expect(partBytes(bytes)).toBe(size);
  expect(Math.ceil(bytes / size)).toBeLessThanOrEqual(10_000);
});

test('a composite checksum is the SHA-256 of the parts’ own, with their number', () => {
  const parts = [Buffer.from('a'), Buffer.from('b')].map(sha256);

  expect(compositeChecksum(parts.map((part) => part.toString('base64')))).toBe(
    `${sha256(Buffer.concat(parts)).toString('base64')}-2`,
  );
});

test('a small file has its own checksum, known without reading it', async () => {
  const hash = sha256(Buffer.from('x'));
  const file = { path: '/no/such/file', bytes: 1, sha256: hash.toString('hex') };

  expect(await expectedChecksum(file)).toBe(hash.toString('base64'));
  expect(base64Of(file.sha256)).toBe(hash.toString('base64'));
});

test.each([16 * MEBIBYTE, 16 * MEBIBYTE + 1, 20 * MEBIBYTE])(
  'reading a file of %i bytes gives its bytes and the digest of each part',
  async (bytes) => {
    const content = randomBytes(bytes);
    const file = await localFile(content);
    const { chunks, partDigests } = readContent(file);
    const read: Buffer[] = [];
    for await (const chunk of chunks) read.push(chunk);

    const parts = [];
    for (let at = 0; at < bytes; at += 8 * MEBIBYTE) parts.push(content.subarray(at, at + 8 * MEBIBYTE));
    expect(Buffer.concat(read).equals(content)).toBe(true);
    expect(partDigests).toEqual(parts.map((part) => sha256(part).toString('base64')));
    expect(await expectedChecksum(file)).toBe(compositeChecksum(partDigests));
  },
);

test('a file that is not what it must be is told with both sizes and both SHA-256', async () => {
  const file = await localFile(Buffer.from('abc'));
  const expected = { ...file, bytes: 2, sha256: '0'.repeat(64) };

  expect(await errorOf(verifyFile(expected))).toMatchObject({
    outcome: 'validationFailed',
    message: `${file.path} is not what the manifest says: expected 2 bytes with SHA-256 ${'0'.repeat(64)}, found 3 with ${file.sha256}.`,
    hint: 'The file changed after the export: export again.',
    details: { path: file.path },
  });
});

test('reading stops with the signal', async () => {
  const file = await localFile(Buffer.from('abc'));

  await expect(verifyFile(file, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});
