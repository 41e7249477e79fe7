import { join, relative } from 'node:path';
import type { CrawlClients } from '../crawl/clients.ts';
import type { IdSet } from '../crawl/id-set.ts';
import { perNodeEdges } from '../crawl/per-node.ts';
import { sortedChunks } from '../crawl/sorted-chunks.ts';
import { storableEdge } from '../crawl/storable-row.ts';
import type { EdgeRow } from '../graph/rows.ts';
import type { Counts, JournalEntry } from './journal.ts';
import { createPartFile, type PartFile } from './part-file.ts';
import { edgeBlock } from './row-block.ts';
import { partFile } from './run-directory.ts';

export type PerNodeJob = {
  readonly clients: CrawlClients;
  /** The directory that the run grows in. */
  readonly directory: string;
  readonly region: string;
  /** The ARNs of all listed entities. */
  readonly nodes: AsyncIterable<string>;
  readonly listed: IdSet;
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly onCount: (counts: Partial<Counts>) => void;
};

/**
 * Asks for associations node by node, and writes them to parts that are in order each. The whole is one entry of the journal:
 * cut short, it begins anew.
 */
export async function crawlPerNode(job: PerNodeJob): Promise<Omit<JournalEntry, 'counts'>> {
  const { clients, directory, listed, concurrency, signal, onCount } = job;
  const edges = perNodeEdges(clients, job.nodes, {
    listed,
    concurrency,
    signal,
    onCall: ({ throttled }) => onCount({ calls: 1, throttles: throttled ? 1 : 0 }),
    onPage: ({ records }) => onCount({ pages: 1, records: records.length }),
  });
  const parts: PartFile[] = [];
  for await (const rows of sortedChunks(storable(edges, onCount))) {
    const path = join(directory, partFile(`association-nodes-${parts.length}.part`));
    const part = await writePart(path, rows);
    parts.push({ ...part, path: relative(directory, path) });
  }
  return {
    shard: { listing: 'association', scope: { region: job.region }, window: {} },
    parts,
    account: null,
  };
}

async function* storable(
  batches: AsyncIterable<readonly EdgeRow[]>,
  onCount: PerNodeJob['onCount'],
): AsyncGenerator<readonly EdgeRow[]> {
  for await (const batch of batches) {
    yield batch.map((edge) => {
      const { row, altered } = storableEdge(edge);
      if (altered > 0) onCount({ alteredTexts: altered });
      return row;
    });
  }
}

async function writePart(path: string, rows: readonly EdgeRow[]): Promise<PartFile> {
  const file = await createPartFile(path, edgeBlock);
  try {
    await file.write(rows);
    return await file.close();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}
