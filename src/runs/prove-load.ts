import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import type { Clock } from '../neptune/clock.ts';
import { type Comparison, compareCounts, countByLabel, type LabelCount } from '../neptune/counts.ts';
import { gremlinClient } from '../neptune/query.ts';
import type { Manifest } from '../snapshot/manifest.ts';

/** What a comparison of the graph with a manifest says. */
export type Proof = {
  /** Whether the graph holds exactly what the manifest says, label by label. */
  readonly verified: boolean;
  /** Empty where nothing was compared. */
  readonly byLabel: {
    readonly vertices: Readonly<Record<string, LabelCount>>;
    readonly edges: Readonly<Record<string, LabelCount>>;
  };
  /** Why it is not verified, in sentences. */
  readonly notes: readonly string[];
};

const NOTHING_COMPARED = { vertices: {}, edges: {} } as const;

export function unproved(reason: string): Proof {
  return { verified: false, byLabel: NOTHING_COMPARED, notes: [`Not verified: ${reason}.`] };
}

type ProveOptions = {
  readonly loadId: string;
  readonly clock: Clock;
  /** So many vertices and edges may be missing: records that the loader refused, and that the caller bears. */
  readonly missing: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Compares the counts of the graph with those of the manifest.
 *
 * @throws LineageError (loadFailed) where more is missing than may be, or the graph does not answer; (accessDenied,
 * deadline, interrupted).
 */
export async function proveInGraph(
  neptune: NeptunedataClient,
  manifest: Manifest,
  { loadId, clock, missing, signal }: ProveOptions,
): Promise<Proof> {
  const counts = await countByLabel(gremlinClient(neptune, clock), { signal }).catch((error: unknown) => {
    if (!(error instanceof LineageError) || error.outcome !== 'unexpected') throw error;
    const { message, hint = 'Load the run again.', details } = error;
    throw new LineageError('loadFailed', `Load ${loadId} ended well, but cannot be verified: ${message}`, {
      ...{ cause: error, hint, details: { ...details, loadId, run: manifest.run } },
    });
  });
  const comparison = compareCounts(manifest, counts);
  const { vertices, edges, fewer, more } = comparison;
  if (shortfall(comparison) > missing) {
    throw new LineageError(
      'loadFailed',
      `Load ${loadId} ended well, but the graph holds less than run ${manifest.run}: ${differences(comparison, fewer)}.`,
      {
        hint: 'Load the run again; if it stays so, something else deletes from the graph.',
        details: { loadId, run: manifest.run, byLabel: { vertices, edges } },
      },
    );
  }
  const notes = [
    ...(fewer.length === 0
      ? []
      : [
          `The graph holds less than run ${manifest.run}, within --max-errors: ${differences(comparison, fewer)}.`,
        ]),
    ...(more.length === 0
      ? []
      : [
          `The graph holds more than run ${manifest.run}: ${differences(comparison, more)}. Older runs or other applications wrote it.`,
        ]),
  ];
  return { verified: notes.length === 0, byLabel: { vertices, edges }, notes };
}

function shortfall({ vertices, edges, fewer }: Comparison): number {
  return fewer
    .flatMap((label) => [vertices[label], edges[label]])
    .reduce((sum, count) => sum + Math.max(0, (count?.manifest ?? 0) - (count?.graph ?? 0)), 0);
}

/** `artifact 12 of 13, ContributedTo 20 of 24` */
function differences({ vertices, edges }: Comparison, labels: readonly string[]): string {
  return labels
    .map((label) => ({ label, count: vertices[label] ?? edges[label] }))
    .map(({ label, count }) => `${label} ${count?.graph} of ${count?.manifest}`)
    .join(', ');
}
