import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LineageError } from '../errors.ts';
import { type Manifest, readManifest } from '../snapshot/manifest.ts';

/** What a run's name looks like, see `runId`. */
const RUN_NAME = /^\d{8}T\d{6}\.\d{3}Z$/;

/**
 * The manifest of the latest finished run of the same scope, of all of it, before this one; undefined where there is none.
 *
 * @param out the directory that holds the runs
 */
export async function previousRun(
  out: string,
  {
    run,
    account,
    region,
  }: { readonly run: string; readonly account: string | null; readonly region: string },
): Promise<Manifest | undefined> {
  const names = (await readdir(out)).filter((name) => RUN_NAME.test(name) && name < run).sort();
  for (const name of names.reverse()) {
    const manifest = await manifestIn(join(out, name));
    const [scope] = manifest?.scopes ?? [];
    if (manifest === undefined || scope === undefined || manifest.subset !== null || !manifest.complete)
      continue;
    if (scope.region === region && (account === null || scope.account === account)) return manifest;
  }
  return undefined;
}

/** Of a directory that another version wrote, or somebody took the manifest out of, nothing can be said. */
async function manifestIn(directory: string): Promise<Manifest | undefined> {
  try {
    return await readManifest(directory);
  } catch (error) {
    if (error instanceof LineageError) return undefined;
    throw error;
  }
}
