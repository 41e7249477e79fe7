import { join } from 'node:path';
import { createEndpoints, type Endpoints, spellingsIn } from '../crawl/endpoints.ts';
import { stopError } from '../crawl/errors.ts';
import type { IdSet } from '../crawl/id-set.ts';
import { inOrder, mergeInOrder } from '../crawl/in-order.ts';
import type { EdgeListing } from '../crawl/listings.ts';
import { readVertices } from '../csv/read.ts';
import { LISTED_KINDS } from '../graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../graph/rows.ts';
import type { ManifestFile } from '../snapshot/manifest.ts';
import { spoolFile } from './crawl-account.ts';
import { readSpool } from './edge-spool.ts';
import { createEdgeFiles, createVertexFiles, type RowFiles } from './row-files.ts';
import { vertexFile } from './run-directory.ts';

export type SettleJob = {
  readonly directory: string;
  readonly gzip: boolean;
  readonly listed: IdSet;
  readonly signal: AbortSignal | undefined;
  /** Called with the number of edges written so far. */
  readonly onEdges: (edges: number) => void;
};

export type SettledEdges = {
  readonly files: readonly ManifestFile[];
  /** Edges per label. */
  readonly byLabel: Readonly<Record<string, number>>;
  readonly externals: number;
};

/**
 * Writes the edges of all spools in one order, their ends settled against the listed vertices, and the external vertices
 * that they lead to besides. Reads the spools twice where ends are spelled otherwise than listed, which is rare.
 */
export async function settleEdges(job: SettleJob): Promise<SettledEdges> {
  const first = createEndpoints(job.listed, new Map());
  const edges = await writeEdges(job, first);
  if (first.wanted.size === 0) return withExternals(job, first, edges);
  const spellings = await spellingsIn(listedVertices(job), first.wanted);
  if (spellings.size === 0) return withExternals(job, first, edges);
  const second = createEndpoints(job.listed, spellings);
  return withExternals(job, second, await writeEdges(job, second));
}

type WrittenEdges = Pick<SettledEdges, 'files' | 'byLabel'>;

async function writeEdges(job: SettleJob, endpoints: Endpoints): Promise<WrittenEdges> {
  const files = createEdgeFiles(job.directory, job.gzip);
  const byLabel = new Map<string, number>();
  let written = 0;
  try {
    for await (const batch of settledEdges(job, endpoints)) {
      await files.write(batch);
      for (const { label } of batch) byLabel.set(label, (byLabel.get(label) ?? 0) + 1);
      written += batch.length;
      job.onEdges(written);
      if (job.signal?.aborted === true) throw stopError(job.signal.reason);
    }
    const labels = [...byLabel].sort(([a], [b]) => (a < b ? -1 : 1));
    return { files: await files.close(), byLabel: Object.fromEntries(labels) };
  } catch (error) {
    await files.abandon();
    throw error;
  }
}

const EDGE_LISTINGS: readonly EdgeListing[] = ['association', 'HasTrial', 'HasTrialComponent'];

/** Settling may give a membership edge another id, and with it another place among those of its millisecond. */
function settledEdges(job: SettleJob, endpoints: Endpoints): AsyncGenerator<readonly EdgeRow[]> {
  const spools = EDGE_LISTINGS.map((listing) => readSpool(spoolFile(job.directory, listing)));
  return inOrder(resolved(mergeInOrder(...spools), endpoints), { window: 1_000 });
}

async function* resolved(
  batches: AsyncIterable<readonly EdgeRow[]>,
  endpoints: Endpoints,
): AsyncGenerator<readonly EdgeRow[]> {
  for await (const batch of batches) yield batch.map(endpoints.resolve);
}

async function* listedVertices({ directory, gzip }: SettleJob): AsyncGenerator<VertexRow> {
  for (const kind of LISTED_KINDS) yield* readVertices(join(directory, vertexFile(kind, gzip)));
}

async function withExternals(
  { directory, gzip }: SettleJob,
  endpoints: Endpoints,
  edges: WrittenEdges,
): Promise<SettledEdges> {
  const rows = endpoints.externals();
  const files: RowFiles<VertexRow> = createVertexFiles(directory, 'external', gzip);
  try {
    await files.write(rows);
    return {
      files: [...edges.files, ...(await files.close())],
      byLabel: edges.byLabel,
      externals: rows.length,
    };
  } catch (error) {
    await files.abandon();
    throw error;
  }
}
