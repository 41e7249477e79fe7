import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LineageError } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { removeObject } from '../neptune/remove-object.ts';
import { asFolder, parseS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { listObjects } from '../neptune/upload.ts';
import { MANIFEST_FILE, scopeText } from '../snapshot/manifest.ts';
import { readLease } from './lease.ts';
import { type ListedRun, type ListRunsOptions, listRuns } from './run-list.ts';

export type PruneRunsOptions = ListRunsOptions & {
  /** So many of the latest runs stay, of each scope and subset. At least 1. */
  readonly keep: number;
  /** Remove nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** Hears of each run that is gone. */
  readonly onRemoved?: ((run: ListedRun) => void) | undefined;
  readonly clock?: Clock | undefined;
};

export type PrunedRuns = {
  /** What was removed, or would be; the oldest first. */
  readonly removed: readonly ListedRun[];
  readonly kept: readonly ListedRun[];
};

/**
 * Removes old runs. Those that the state names, that an unfinished sync may have loaded, or that are being written stay, and so does whatever is no
 * finished run. The manifest goes first: a run that is half gone is no run any more.
 *
 * @throws LineageError (locked) where a sync is at work under the same prefix of S3
 */
export async function pruneRuns(options: PruneRunsOptions): Promise<PrunedRuns> {
  const { at, dryRun = false, onRemoved, signal } = options;
  if (!dryRun && at.startsWith('s3://')) await assertNoSync(parseS3Uri(at), options);
  const pruned = choosePrunable(await listRuns(options), options.keep);
  if (dryRun) return pruned;
  for (const run of pruned.removed) {
    signal?.throwIfAborted();
    if (run.at.startsWith('s3://')) await removeFromS3(parseS3Uri(run.at), options);
    else await removeFromDisk(run.at);
    onRemoved?.(run);
  }
  return pruned;
}

/** Which runs may go: of each scope and subset all but the latest, unless they are needed. */
export function choosePrunable(runs: readonly ListedRun[], keep: number): PrunedRuns {
  const latest = new Map<string, number>();
  const removed: ListedRun[] = [];
  const kept: ListedRun[] = [];
  for (const run of runs.toSorted((a, b) => (a.run < b.run ? 1 : -1))) {
    // A run that lacks scopes is no substitute for one that has them.
    const key = JSON.stringify([run.scopes.map(scopeText), run.subset, run.complete]);
    const later = latest.get(key) ?? 0;
    if (run.status === 'finished') latest.set(key, later + 1);
    const isPrunable = run.status === 'finished' && run.needed === null && later >= keep;
    (isPrunable ? removed : kept).unshift(run);
  }
  return { removed, kept };
}

async function assertNoSync(
  folder: S3Location,
  { s3, clock = SYSTEM_CLOCK, signal }: PruneRunsOptions,
): Promise<void> {
  if (s3 === undefined) throw new TypeError('Expected an S3 client for runs in S3.');
  const holder = await readLease({ s3, folder, signal });
  if (holder === undefined || Date.parse(holder.until) <= clock.now()) return;
  throw new LineageError(
    'locked',
    `A sync is at work: ${holder.holder} (process ${holder.pid} on ${holder.host}) since ${holder.since}.`,
    { hint: 'Prune when it has ended.', details: { ...holder } },
  );
}

async function removeFromDisk(directory: string): Promise<void> {
  await rm(join(directory, MANIFEST_FILE), { force: true });
  await rm(directory, { recursive: true, force: true });
  await rm(`${directory}.plan`, { recursive: true, force: true });
}

async function removeFromS3(run: S3Location, { s3, signal }: PruneRunsOptions): Promise<void> {
  if (s3 === undefined) throw new TypeError('Expected an S3 client for runs in S3.');
  await removeObject(s3, under(run, MANIFEST_FILE), { signal });
  const keys: S3Location[] = [];
  for await (const { bucket, key } of listObjects(s3, asFolder(run), signal)) keys.push({ bucket, key });
  for (const object of keys) await removeObject(s3, object, { signal });
}
