import { scopeName } from '../graph/scope.ts';
import type { LineageGraph } from '../lineage/graph.ts';
import { isMissingScope, type Manifest, readManifest } from '../snapshot/manifest.ts';
import { openRunGraph } from './run-graph/open.ts';

type OpenRunOptions = {
  readonly directory: string;
  /**
   * Hears that all files of the run have to be read, which takes some seconds per million entities: no `lineage.bin` stands
   * beside them, or one that is not of these files, or damaged.
   */
  readonly onReading?: ((why: 'none kept' | 'unusable') => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The lineage graph of a finished run, answered from its files. Answers are complete only where the run is.
 *
 * @throws LineageError (usage) where the directory is no finished run; (validationFailed) where its files are damaged.
 */
export async function openRun({ directory, onReading, signal }: OpenRunOptions): Promise<LineageGraph> {
  const manifest = await readManifest(directory);
  const { run, finishedAt } = manifest;
  const incompleteReason = whyIncomplete(manifest);
  return openRunGraph({
    directory,
    run: { run, finishedAt },
    incompleteReason,
    keep: true,
    onReading,
    signal,
  });
}

/** Why a run may lack something that SageMaker has; undefined where it holds its scopes whole. */
export function whyIncomplete({ complete, run, subset, scopes }: Manifest): string | undefined {
  const missing = scopes
    .filter(isMissingScope)
    .map((scope) => `${scopeName(scope)} (${scope.verdict === 'denied' ? 'access denied' : 'it failed'})`);
  const reasons = [
    ...(subset === null
      ? []
      : [`run ${run} was limited to a subset of the account: ${JSON.stringify(subset)}`]),
    ...(missing.length === 0 ? [] : [`run ${run} holds nothing of ${missing.join(', nor of ')}`]),
  ];
  if (reasons.length > 0) return reasons.join('; ');
  return complete ? undefined : `run ${run} does not hold the whole account`;
}
