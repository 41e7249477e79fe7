import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, writeManifest } from '../../src/snapshot/manifest.ts';
import { smallAccount, writtenRun } from './written-run.ts';

export const LARGE_FILE = 'data/edges/edges.csv';

/** A run directory whose edges are so many random bytes: what an upload makes of it does not depend on what they say. */
export async function largeRun(bytes: number): Promise<{ directory: string; manifest: Manifest }> {
  const { directory, manifest } = await writtenRun(smallAccount());
  const content = randomBytes(bytes);
  await writeFile(join(directory, LARGE_FILE), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const files = manifest.files.map((file) => (file.path === LARGE_FILE ? { ...file, bytes, sha256 } : file));
  const changed = { ...manifest, files };
  await writeManifest(directory, changed);
  return { directory, manifest: changed };
}
