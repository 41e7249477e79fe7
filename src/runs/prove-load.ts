import { LineageError } from '../errors.ts';
import type { Gremlin } from '../graph/gremlin.ts';
import type { CountersVerdict } from '../neptune/counters.ts';
import { type Comparison, type LabelCount, shortfall } from '../neptune/counts.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import {
  type ComparedSample,
  compareGraph,
  type DrawnRows,
  type GraphCompared,
  labelCounts,
  sampleText,
} from './compare-graph.ts';

/** What a comparison of the graph with a manifest, and with rows of its files, says. */
export type Proof = {
  /** Whether the graph holds exactly what the manifest says, label by label, and what the compared rows say. */
  readonly verified: boolean;
  /** Empty where nothing was counted. */
  readonly byLabel: {
    readonly vertices: Readonly<Record<string, LabelCount>>;
    readonly edges: Readonly<Record<string, LabelCount>>;
  };
  /** Null where no rows were compared. */
  readonly sample: ComparedSample | null;
  /** Why it is not verified, in sentences. */
  readonly notes: readonly string[];
};

export function unproved(reason: string): Proof {
  const byLabel = { vertices: {}, edges: {} };
  return { verified: false, byLabel, sample: null, notes: [`Not verified: ${reason}.`] };
}

type ProveOptions = {
  readonly loadId: string;
  readonly source: string;
  /** Without it nothing is counted: only the rows are compared. */
  readonly manifest: Manifest | undefined;
  readonly counters: CountersVerdict;
  /** So many records may be missing: those that the loader refused, and that the caller bears. */
  readonly missing: number;
  readonly onProgress?: ((readBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Compares what the loader counted with what the files hold, the counts of the graph with those of the manifest, and the
 * rows that were drawn with what stands in the graph under their ids.
 *
 * @throws LineageError (loadFailed) where more is missing than may be, or the graph does not answer; (accessDenied,
 * deadline, interrupted).
 */
export async function proveInGraph(send: Gremlin, drawn: DrawnRows, options: ProveOptions): Promise<Proof> {
  const { counters, missing } = options;
  if (counters.is === 'impossible') throw failure(options, counters.reason);
  const compared = await lookAtGraph(send, drawn, options);
  const { counts, sample } = compared;
  if (shortfall(counts) > missing || lacking(sample) > missing) throw lackingFailure(compared, options);
  const notes = notesOf(compared, options);
  const byLabel = { vertices: counts.vertices, edges: counts.edges };
  return { verified: notes.length === 0, byLabel, sample, notes };
}

const KEPT_DIFFERENCES = 20;

async function lookAtGraph(
  send: Gremlin,
  drawn: DrawnRows,
  { loadId, source, manifest, onProgress, signal }: ProveOptions,
): Promise<GraphCompared> {
  const options = { manifest, keep: KEPT_DIFFERENCES, onProgress, signal };
  return await compareGraph(send, drawn, options).catch((error: unknown) => {
    if (!(error instanceof LineageError) || error.outcome !== 'unexpected') throw error;
    const { message, hint = 'Load the run again.', details } = error;
    throw new LineageError('loadFailed', `Load ${loadId} ended well, but cannot be verified: ${message}`, {
      ...{ cause: error, hint, details: { ...details, ...whereabouts({ loadId, source, manifest }) } },
    });
  });
}

/** Properties and elements that are not as they were sent. */
function lacking({ counts }: ComparedSample): number {
  return counts.missing + counts.other;
}

function lackingFailure({ counts, sample }: GraphCompared, options: ProveOptions): LineageError {
  const what = nameOf(options);
  const { vertices, edges, fewer } = counts;
  const reason =
    shortfall(counts) > options.missing
      ? `the graph holds less than ${what}: ${labelCounts(counts, fewer)}`
      : `the graph does not hold what ${what} says: ${sampleText(sample)}`;
  return failure(options, reason, { byLabel: { vertices, edges }, sample });
}

function failure(options: ProveOptions, reason: string, details: object = {}): LineageError {
  return new LineageError('loadFailed', `Load ${options.loadId} ended well, but ${reason}.`, {
    hint: 'Load the run again; if it stays so, something else writes to the graph, or deletes from it.',
    details: { ...whereabouts(options), ...details },
  });
}

function whereabouts({ loadId, source, manifest }: Pick<ProveOptions, 'loadId' | 'source' | 'manifest'>) {
  return { loadId, source, ...(manifest === undefined ? {} : { run: manifest.run }) };
}

function nameOf({ source, manifest }: Pick<ProveOptions, 'source' | 'manifest'>): string {
  return manifest === undefined ? source : `run ${manifest.run}`;
}

/** What the failures have not said. Without a manifest nothing says how much the graph should hold. */
function notesOf({ counts, sample }: GraphCompared, options: ProveOptions): readonly string[] {
  const { counters, manifest } = options;
  const what = nameOf(options);
  const hasMore = lacking(sample) === 0 && sample.counts.more > 0 && manifest !== undefined;
  return [
    ...(counters.is === 'other' ? [`Not verified: ${counters.reason}.`] : []),
    ...(manifest === undefined ? [NO_MANIFEST] : []),
    ...fewerNote(counts, what),
    ...(counts.more.length === 0
      ? []
      : [
          `The graph holds more than ${what}: ${labelCounts(counts, counts.more)}. Older runs or other applications wrote it.`,
        ]),
    ...(lacking(sample) === 0
      ? []
      : [`The graph does not hold what ${what} says, within --max-errors: ${sampleText(sample)}.`]),
    ...(hasMore ? [`The graph holds more than ${what} says: ${sampleText(sample)}.`] : []),
  ];
}

function fewerNote(counts: Comparison, what: string): readonly string[] {
  if (counts.fewer.length === 0) return [];
  return [`The graph holds less than ${what}, within --max-errors: ${labelCounts(counts, counts.fewer)}.`];
}

const NO_MANIFEST =
  'Not verified: there is no manifest.json beside the data, so nothing says what the graph should hold.';
