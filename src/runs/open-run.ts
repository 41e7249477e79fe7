import type { LineageGraph } from '../lineage/graph.ts';
import { readManifest } from '../snapshot/manifest.ts';
import { openRunGraph } from './run-graph/open.ts';

type OpenRunOptions = { readonly directory: string; readonly signal?: AbortSignal | undefined };

/**
 * The lineage graph of a finished run, answered from its files. Answers are complete only where the run is.
 *
 * @throws LineageError (usage) where the directory is no finished run; (validationFailed) where its files are damaged.
 */
export async function openRun({ directory, signal }: OpenRunOptions): Promise<LineageGraph> {
  const { complete, run, subset, finishedAt } = await readManifest(directory);
  const incompleteReason =
    subset === null
      ? complete
        ? undefined
        : `run ${run} does not hold the whole account`
      : `run ${run} was limited to a subset of the account: ${JSON.stringify(subset)}`;
  return openRunGraph({ directory, run: { run, finishedAt }, incompleteReason, keep: true, signal });
}
