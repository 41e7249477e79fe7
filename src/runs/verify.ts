import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import type { S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { gremlinClient } from '../neptune/query.ts';
import { parseS3Uri } from '../neptune/s3-uri.ts';
import { type Manifest, readManifest } from '../snapshot/manifest.ts';
import {
  type ComparedSample,
  compareGraph,
  DEFAULT_SAMPLE,
  drawRows,
  type GraphCompared,
  labelCounts,
  type SampleSize,
  sampleText,
} from './compare-graph.ts';
import { orInterrupted } from './interrupted.ts';
import { findLoadSource } from './load-source.ts';
import type { Proof } from './prove-load.ts';
import { diskFiles } from './run-files.ts';
import {
  type DataFile,
  dataFiles,
  dataObjects,
  type FileDifference,
  fileDifferenceText,
} from './survey-files.ts';

export type VerifyRunOptions = {
  readonly neptune: NeptunedataClient;
  /** For a run in S3. */
  readonly s3?: S3Client | undefined;
  /** The directory of a run, or an uploaded run (`s3://…/runs/<run>/`). */
  readonly source: string;
  /** So many vertices, and so many edges, are compared whole, or all. @default 200 */
  readonly sample?: SampleSize | undefined;
  /** Draws them. @default another for each run */
  readonly seed?: number | undefined;
  /** Call the graph equal though it holds more: older runs or other applications share it. @default false */
  readonly allowMore?: boolean | undefined;
  /** Differences to keep; all are counted. @default 100 */
  readonly maxDifferences?: number | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
};

export type VerifyProgress =
  /** Of one reading of all files; `all` takes two, the second of which is compared. */
  | { readonly step: 'reading'; readonly readBytes: number; readonly totalBytes: number }
  | { readonly step: 'comparing' };

export type VerifyReport = Proof & {
  readonly source: string;
  readonly run: string;
  /** Files that are not what the manifest says. */
  readonly files: readonly FileDifference[];
  readonly sample: ComparedSample;
};

/**
 * Compares the graph with a run, at any time: the files with the manifest, the counts by label with the manifest, and rows
 * of the files with what stands in the graph under their ids. Reads every file, and writes nothing anywhere.
 *
 * @throws LineageError (usage) where the source is no run; (validationFailed) where objects are missing or of another size;
 * (accessDenied, deadline, interrupted, unexpected) as S3 and Neptune refuse.
 */
export async function verifyRun(options: VerifyRunOptions): Promise<VerifyReport> {
  const { source, signal } = options;
  const hint = 'Nothing was written anywhere: verify again when you are ready.';
  return await orInterrupted({ doing: `verifying ${source}`, hint, signal }, () => verify(options));
}

async function verify(options: VerifyRunOptions): Promise<VerifyReport> {
  const { neptune, source, sample: size = DEFAULT_SAMPLE, seed, allowMore = false } = options;
  const { maxDifferences: keep = 100, onProgress, signal, clock = SYSTEM_CLOCK } = options;
  const reading = {
    signal,
    onProgress: (readBytes: number, totalBytes: number) =>
      onProgress?.({ step: 'reading', readBytes, totalBytes }),
  };
  const { manifest, files } = await findRun(options);
  const drawn = await drawRows(files, manifest.run, { size, seed, ...reading });
  onProgress?.({ step: 'comparing' });
  const compared = await compareGraph(gremlinClient(neptune, clock), drawn, { manifest, keep, ...reading });
  const { counts, sample } = compared;
  const { differences } = drawn.survey;
  return {
    source,
    run: manifest.run,
    verified: differences.length === 0 && isEqual(compared, allowMore),
    byLabel: { vertices: counts.vertices, edges: counts.edges },
    files: differences,
    sample,
    notes: [...differences.map((difference) => `${fileDifferenceText(difference)}.`), ...notesOf(compared)],
  };
}

/** @throws LineageError (validationFailed) where the report is not verified. */
export function assertVerified({ verified, run, source, notes, byLabel, sample, files }: VerifyReport): void {
  if (verified) return;
  throw new LineageError('validationFailed', `The graph is not run ${run}: ${notes.join(' ')}`, {
    hint: 'Load the run again; what the graph holds beyond it a load does not remove (--allow-more bears it).',
    details: { source, run, byLabel, files, counts: sample.counts },
  });
}

/**
 * The manifest and the files of a run on disk or in S3.
 *
 * @throws LineageError (usage) where the source is no run; (validationFailed) where objects are missing or of another size
 */
export async function findRun({
  source,
  s3,
  signal,
}: Pick<VerifyRunOptions, 'source' | 's3' | 'signal'>): Promise<{
  readonly manifest: Manifest;
  readonly files: readonly DataFile[];
}> {
  if (!source.startsWith('s3://')) {
    const manifest = await readManifest(source);
    return { manifest, files: dataFiles(diskFiles(source), manifest) };
  }
  if (s3 === undefined) throw new TypeError('Expected an S3 client for a run in S3.');
  const found = await findLoadSource(s3, parseS3Uri(source), signal);
  const { manifest } = found;
  if (manifest === undefined) {
    throw new LineageError('usage', `${source} is not a run: there is no manifest.json beside the data.`, {
      hint: 'Pass the URI that `smlineage upload` printed.',
      details: { source },
    });
  }
  return { manifest, files: await dataObjects(s3, found, signal) };
}

function isEqual({ counts, sample }: GraphCompared, allowMore: boolean): boolean {
  const { missing, other, more } = sample.counts;
  const lacks = counts.fewer.length + missing + other > 0;
  return !lacks && (allowMore || counts.more.length + more === 0);
}

function notesOf({ counts, sample }: GraphCompared): readonly string[] {
  const { fewer, more } = counts;
  const found = sample.counts.missing + sample.counts.other + sample.counts.more;
  return [
    ...(fewer.length === 0 ? [] : [`The graph holds less: ${labelCounts(counts, fewer)}.`]),
    ...(more.length === 0 ? [] : [`The graph holds more: ${labelCounts(counts, more)}.`]),
    ...(found === 0 ? [] : [`Found ${sampleText(sample)}.`]),
  ];
}
