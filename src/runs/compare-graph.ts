import { hash } from 'node:crypto';
import { createRowSample } from '../csv/row-sample.ts';
import type { Gremlin } from '../graph/gremlin.ts';
import type { Difference, StoredRow } from '../graph/stored.ts';
import { type Comparison, compareCounts, countByLabel } from '../neptune/counts.ts';
import type { Manifest } from '../snapshot/manifest.ts';
import { createRowComparison, type RowsCompared } from './compare-rows.ts';
import { type DataFile, type Survey, surveyFiles } from './survey-files.ts';

/** So many vertices and so many edges are compared whole, or all. */
export type SampleSize = number | 'all';

export const DEFAULT_SAMPLE = 200;

type ReadOptions = {
  readonly onProgress?: ((readBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
};

type DrawOptions = ReadOptions & {
  readonly size: SampleSize;
  /** @default another for each name, and for one name always the same */
  readonly seed?: number | undefined;
};

/** What was read of the files before the graph is looked at. */
export type DrawnRows = {
  readonly files: readonly DataFile[];
  readonly survey: Survey;
  /** Null where all rows are to be compared: they are read again then. */
  readonly sample: { readonly seed: number; readonly rows: readonly StoredRow[] } | null;
};

/** Reads all files of a source, once, and draws from their rows: so many vertices, and so many edges. */
export async function drawRows(
  files: readonly DataFile[],
  name: string,
  { size, seed = seedOf(name), ...options }: DrawOptions,
): Promise<DrawnRows> {
  if (size === 'all') return { files, survey: await surveyFiles(files, options), sample: null };
  const samples = { vertex: createRowSample(size, seed), edge: createRowSample(size, seed) };
  const survey = await surveyFiles(files, { ...options, onRow: (kind, row) => samples[kind].offer(row) });
  return { files, survey, sample: { seed, rows: [...samples.vertex.rows(), ...samples.edge.rows()] } };
}

function seedOf(name: string): number {
  return Number.parseInt(hash('sha256', name).slice(0, 8), 16);
}

/** Rows that were compared whole with the graph, property by property. */
export type ComparedSample = RowsCompared & {
  /** What the rows were drawn by; null where all were compared. */
  readonly seed: number | null;
};

export type GraphCompared = { readonly counts: Comparison; readonly sample: ComparedSample };

type CompareOptions = ReadOptions & {
  /** Without it nothing is counted: only the rows are compared. */
  readonly manifest: Manifest | undefined;
  /** Differences to keep; all are counted. */
  readonly keep: number;
};

/** Compares the counts of the graph with those of the manifest, and the rows that were drawn, or all, with the graph. */
export async function compareGraph(
  send: Gremlin,
  drawn: DrawnRows,
  { manifest, keep, ...options }: CompareOptions,
): Promise<GraphCompared> {
  const { signal } = options;
  const counts =
    manifest === undefined ? NOTHING_COUNTED : compareCounts(manifest, await countByLabel(send, { signal }));
  const doubled = new Set(counts.more.filter((label) => Object.hasOwn(counts.edges, label)));
  const comparison = createRowComparison(send, { doubled, keep, signal });
  if (drawn.sample !== null) {
    await comparison.add(drawn.sample.rows);
    return { counts, sample: { ...comparison.result(), seed: drawn.sample.seed } };
  }
  let gathered: StoredRow[] = [];
  await surveyFiles(drawn.files, {
    ...options,
    onRow: (_, row) => gathered.push(row()),
    onPiece: async () => {
      const rows = gathered;
      gathered = [];
      for (let at = 0; at < rows.length; at += ROWS_AT_A_TIME)
        await comparison.add(rows.slice(at, at + ROWS_AT_A_TIME));
    },
  });
  return { counts, sample: { ...comparison.result(), seed: null } };
}

const NOTHING_COUNTED: Comparison = { vertices: {}, edges: {}, fewer: [], more: [] };

const ROWS_AT_A_TIME = 1_000;

/** `artifact 12 of 13, ContributedTo 20 of 24` */
export function labelCounts({ vertices, edges }: Comparison, labels: readonly string[]): string {
  return labels
    .map((label) => ({ label, count: vertices[label] ?? edges[label] }))
    .map(({ label, count }) => `${label} ${count?.graph} of ${count?.manifest}`)
    .join(', ');
}

/** `3 differences in 200 vertices and 200 edges, the first: type of arn:… (…/nodes.csv:7) is "Model" in the file, nothing in the graph` */
export function sampleText({ vertices, edges, counts, differences: [first] }: RowsCompared): string {
  const total = counts.missing + counts.other + counts.more;
  const all = `${total} ${total === 1 ? 'difference' : 'differences'} in ${vertices} vertices and ${edges} edges`;
  return first === undefined ? all : `${all}, the first: ${differenceText(first)}`;
}

function differenceText({ id, file, line, property, expected, found }: Difference): string {
  const texts = (values: readonly string[]) =>
    values.length === 0 ? 'nothing' : values.map((value) => JSON.stringify(value)).join(', ');
  return `${property} of ${id} (${file}:${line}) is ${texts(expected)} in the file, ${texts(found)} in the graph`;
}
