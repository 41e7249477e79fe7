import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CrawlClients } from '../crawl/clients.ts';
import { createDetailer } from '../crawl/details.ts';
import type { Shard, ShardWindow } from '../crawl/shard.ts';
import { LineageError } from '../errors.ts';
import type { S3Location } from '../neptune/s3-uri.ts';
import { crawlAccount } from './crawl-account.ts';
import { hasMembershipsOfDetails, layoutOf } from './crawl-scope.ts';
import type { RunSettings } from './journal.ts';
import type { ObjectAccess } from './object-files.ts';
import { endOf, objectJournal, readObjectJournal, startOf, unfinished } from './object-journal.ts';
import { partFile } from './run-directory.ts';

export type CrawlShardJob = {
  /** See `crawlClients`. */
  readonly clients: CrawlClients;
  readonly shard: Shard;
  readonly settings: Pick<RunSettings, 'subset' | 'detail' | 'tags' | 'promote'>;
  /** Of the scope, in S3: journal and parts are under it. */
  readonly folder: S3Location;
  /** How the folder is reached. Its signal should outlast the job's: what was received is still sent when that one aborts. */
  readonly access: ObjectAccess;
  /** A directory for parts that grow; they leave it as soon as they are whole. */
  readonly scratch: string;
  /** Calls at the same time. */
  readonly concurrency: number;
  readonly clock: () => Date;
  /** Ends the crawl within a page: the time is over. */
  readonly signal: AbortSignal;
};

export type CrawledShard = {
  /** Whether all of the shard is in the journal. */
  readonly isDone: boolean;
  /** Pieces of it that this call finished. */
  readonly finished: number;
  /** Of this call. */
  readonly pages: number;
  readonly records: number;
};

/**
 * Crawls what is left of a shard, as much of it as there is time for. Whoever is called next goes on where this one ended; two
 * at once do no harm.
 *
 * @throws LineageError, see `readPages`
 */
export async function crawlShardToS3(job: CrawlShardJob): Promise<CrawledShard> {
  const { clients, shard, settings, folder, access, concurrency, clock, signal } = job;
  const done = await readObjectJournal(folder, access, shard.listing);
  const within = done.filter(({ shard: { window } }) => overlaps(window, shard.window));
  if (unfinished([shard], within).length === 0) return { isDone: true, finished: 0, pages: 0, records: 0 };
  const directory = await mkdtemp(join(job.scratch, 'crawl-'));
  await mkdir(join(directory, partFile('.')), { recursive: true });
  let finished = 0;
  const journal = objectJournal(folder, directory, access);
  try {
    const crawled = await crawlAccount({
      clients,
      directory,
      region: shard.scope.region,
      windows: new Map([[shard.listing, shard.window]]),
      done: within,
      journal: {
        ...journal,
        async append(entry) {
          await journal.append(entry);
          finished += 1;
        },
      },
      subset: settings.subset,
      layout: layoutOf(settings),
      ...(settings.detail === 'full'
        ? {
            detailer: createDetailer(clients, { tags: settings.tags, concurrency, cache: undefined, signal }),
          }
        : {}),
      keepsMemberships: hasMembershipsOfDetails(settings),
      concurrency,
      clock,
      signal,
      onProgress: () => undefined,
    });
    if (crawled.isSweepRefused) throw sweepRefused(shard);
    if (crawled.error !== undefined && !(signal.aborted && isStop(crawled.error))) throw crawled.error;
    const { pages, records } = crawled.tallyOf(shard.listing).counts;
    const before = within.reduce(
      (sum, { counts }) => ({ pages: sum.pages + counts.pages, records: sum.records + counts.records }),
      { pages: 0, records: 0 },
    );
    return {
      isDone: crawled.error === undefined,
      finished,
      pages: pages - before.pages,
      records: records - before.records,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function overlaps(a: ShardWindow, b: ShardWindow): boolean {
  return startOf(a) < endOf(b) && startOf(b) < endOf(a);
}

/** What the end of the time is told as, by whatever was under way. */
function isStop(error: unknown): boolean {
  return error instanceof LineageError && (error.outcome === 'deadline' || error.outcome === 'interrupted');
}

function sweepRefused({ scope: { region } }: Shard): LineageError {
  return new LineageError(
    'partialExport',
    `SageMaker does not list the associations of the whole account in ${region}.`,
    {
      hint: 'Run `smlineage sync` on a machine for this account: it asks for them entity by entity.',
      details: { listing: 'association', region },
    },
  );
}
