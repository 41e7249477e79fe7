import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LineageError } from '../errors.ts';
import { isWholeScope, type Manifest, readManifest } from '../snapshot/manifest.ts';

/** What a run's name looks like, see `runId`. */
const RUN_NAME = /^\d{8}T\d{6}\.\d{3}Z$/;

type Scope = { readonly account: string | null; readonly region: string };

/** What an earlier run held of a scope. */
export type PreviousScope = {
  readonly run: string;
  /** Rows by kind. */
  readonly rows: Readonly<Record<string, number | undefined>>;
};

/**
 * The latest finished run before this one that holds all of the scope; undefined where there is none.
 *
 * @param out the directory that holds the runs
 */
export async function previousScope(
  out: string,
  { run, account, region }: Scope & { readonly run: string },
): Promise<PreviousScope | undefined> {
  const found = await latestRun(out, run, (manifest) => holds(manifest, { account, region }));
  const scope = found?.scopes.find((one) => isScope(one, { account, region }));
  return found && { run: found.run, rows: scope?.rows ?? found.vertices };
}

/**
 * The manifest of the latest finished run of a whole scope of which more than summaries is known.
 *
 * @param scope the one that the run must hold, perhaps among others
 */
export async function previousDetails(
  out: string,
  { run, account, region }: Scope & { readonly run: string },
): Promise<Manifest | undefined> {
  return latestRun(
    out,
    run,
    (manifest) => manifest.detail === 'full' && holds(manifest, { account, region }),
  );
}

/** Whether a run holds all of a scope. */
function holds(manifest: Manifest, wanted: Scope): boolean {
  return manifest.scopes.some((scope) => isScope(scope, wanted) && isWholeScope(manifest, scope));
}

async function latestRun(
  out: string,
  before: string,
  accepts: (manifest: Manifest) => boolean,
): Promise<Manifest | undefined> {
  const names = (await readdir(out)).filter((name) => RUN_NAME.test(name) && name < before).sort();
  for (const name of names.reverse()) {
    const manifest = await manifestIn(join(out, name));
    if (manifest !== undefined && manifest.subset === null && accepts(manifest)) return manifest;
  }
  return undefined;
}

function isScope(scope: Scope, { account, region }: Scope): boolean {
  return scope.region === region && (account === null || scope.account === account);
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
