import { LineageError } from '../errors.ts';
import { readManifest } from '../snapshot/manifest.ts';
import { columnsLost, columnsOf, type RunColumns } from '../snapshot/run-columns.ts';
import { heldManifests } from './holding.ts';
import type { HeldState } from './state.ts';
import type { Job } from './sync-job.ts';

/**
 * Before the account is crawled: whether the run will have the columns that the graph holds. A plan that lets some go was
 * made with the word that this is meant.
 *
 * @throws LineageError (usage) where it will not, and nobody said that it need not
 */
export async function assertColumnsKept(
  job: Job,
  { state }: HeldState,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { s3, folder, expectedBucketOwner, directory, allowFewerColumns = false, planned, store } = job;
  if (allowFewerColumns || planned !== undefined) return;
  const held = await heldManifests(state, { s3, folder, expectedBucketOwner, signal });
  if (held.every(({ detail }) => detail === 'summary')) return;
  const after = directory === undefined ? crawledColumns(job) : columnsOf(await readManifest(directory));
  const lost = new Set(held.flatMap((manifest) => columnsLost(columnsOf(manifest), after)));
  if (lost.size > 0) throw fewerColumns([...lost], `The graph of ${store.uri}`);
}

function crawledColumns({ crawl = {} }: Job): RunColumns {
  const { detail = 'summary', tags = false, promote = [] } = crawl;
  return { detail, tags, promoted: promote };
}

/** What is said where a later run has fewer columns than an earlier one. */
export function fewerColumns(lost: readonly string[], holder: string): LineageError {
  const flags = lost.join(' ');
  return new LineageError(
    'usage',
    `${holder} holds what ${flags} gave, and a run without would take these values from every vertex.`,
    {
      hint: `Pass ${flags} as before; if they are to go, pass --allow-fewer-columns once.`,
      details: { lost },
    },
  );
}
