import type { S3Client } from '@aws-sdk/client-s3';
import type { Listing } from '../crawl/listings.ts';
import { type Shard, type ShardWindow, windowOf } from '../crawl/shard.ts';
import { parseArn } from '../graph/arn.ts';
import type { Scope } from '../graph/scope.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { readIndex } from './index-entries.ts';
import { indexFile } from './run-directory.ts';
import { openRunSource, type RunSource } from './run-source.ts';

type DivisionJob = {
  /** See `windowsOf`. */
  readonly windows: ReadonlyMap<Listing, ShardWindow>;
  /** The run in S3 that tells how many records to expect, and when they came to be. @default none */
  readonly run: string | undefined;
  readonly scope: Scope;
  readonly recordsPerShard: number;
  readonly s3: S3Client;
  /** The prefix under which the runs are. */
  readonly folder: S3Location;
  readonly signal: AbortSignal;
};

/** Listings, those of which an earlier run held many records in windows of about so many each. */
export async function divideListings(
  job: DivisionJob,
): Promise<readonly Pick<Shard, 'listing' | 'window'>[]> {
  const { windows, run, s3, folder, signal } = job;
  const source =
    run === undefined
      ? undefined
      : await openRunSource(formatS3Uri(under(folder, `runs/${run}/`)), { s3, signal });
  const shards: Pick<Shard, 'listing' | 'window'>[] = [];
  for (const [listing, window] of windows) {
    const borders = source === undefined ? [] : await bordersOf(listing, source, job);
    const starts = [window.fromMs, ...borders];
    for (const [at, fromMs] of starts.entries())
      shards.push({ listing, window: windowOf(fromMs, starts[at + 1] ?? window.toMs) });
  }
  return shards;
}

/** Creation times that divide what an earlier run held of a scope. Only rows tell whose they are, and edges do not. */
async function bordersOf(
  listing: Listing,
  { indexes, manifest }: RunSource,
  { scope, recordsPerShard, windows }: DivisionJob,
): Promise<readonly number[]> {
  if (listing === 'HasTrial' || listing === 'HasTrialComponent') return [];
  const index = indexes[kindOf(listing)];
  const rows = manifest.files.find(({ path }) => path === indexFile(kindOf(listing)))?.rows ?? 0;
  if (index === undefined || rows <= recordsPerShard) return [];
  const window = windows.get(listing) ?? {};
  const borders: number[] = [];
  let seen = 0;
  for await (const { creationMs, id } of readIndex(index)) {
    const arn = parseArn(id);
    const isOther =
      arn !== undefined && (arn.region !== scope.region || arn.account !== (scope.account ?? arn.account));
    if (isOther || creationMs < (window.fromMs ?? 0) || creationMs >= (window.toMs ?? creationMs + 1))
      continue;
    seen += 1;
    if (seen % recordsPerShard === 0 && creationMs > (borders.at(-1) ?? 0)) borders.push(creationMs);
  }
  return borders;
}

function kindOf(listing: Exclude<Listing, 'HasTrial' | 'HasTrialComponent'>) {
  return listing === 'association' ? 'edge' : listing;
}
