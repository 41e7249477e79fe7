import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'smlineage-run-'));
}

/** The files below a directory, by path, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** SHA-256 of each file below `data/` and `index/`: what two exports of an unchanged account have in common. */
export async function fingerprint(directory: string): Promise<Record<string, string>> {
  const paths = (await filesBelow(directory)).filter((path) => /^(data|index)\//.test(path));
  const hashes = paths.map(async (path) => {
    const bytes = await readFile(join(directory, path));
    return [path, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

export async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8'));
}
