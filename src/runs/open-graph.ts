import { stat } from 'node:fs/promises';
import { LineageError } from '../errors.ts';
import type { LineageGraph } from '../lineage/graph.ts';
import { openRunGraph } from '../lineage/run-graph.ts';
import { readManifest } from '../snapshot/manifest.ts';

type OpenOptions = { readonly signal?: AbortSignal | undefined };

/**
 * The lineage graph of a run directory, for questions. Where the run is partial, no answer from it is complete.
 *
 * @throws LineageError (usage) where the directory is no run; (validationFailed) where its files cannot be read.
 */
export async function openRun(directory: string, { signal }: OpenOptions = {}): Promise<LineageGraph> {
  await assertDirectory(directory);
  const { complete, run } = await readManifest(directory);
  const incompleteReason = complete ? undefined : `run ${run} does not hold the whole account`;
  return openRunGraph({ directory, incompleteReason, signal });
}

async function assertDirectory(path: string): Promise<void> {
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
  if (isDirectory) return;
  throw new LineageError('usage', `There is no directory ${path}.`, {
    hint: 'Pass the directory that `smlineage export` printed, or the endpoint of a Neptune cluster.',
    details: { path },
  });
}
