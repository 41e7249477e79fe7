import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { remaining, type Shard, type ShardWindow } from '../crawl/shard.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, listObjects, putText, uploadFile } from '../neptune/upload.ts';
import { eachOf } from './each-of.ts';
import { type Journal, type JournalEntry, parseJournalEntry } from './journal.ts';
import type { ObjectAccess } from './object-files.ts';
import type { PartFile } from './part-file.ts';

/** Entries read at a time. */
const ENTRIES_AT_A_TIME = 16;

/**
 * The journal of a crawl that no machine sees the whole of: an object for each finished shard, beside those of its parts, which
 * go there first. The parts are taken from the disk and leave it.
 *
 * @param folder the scope's, in S3
 * @param directory the one that the parts grow in
 */
export function objectJournal(folder: S3Location, directory: string, access: ObjectAccess): Journal {
  const { s3, ...options } = access;

  async function send(part: PartFile): Promise<PartFile> {
    // Two functions may crawl one window, where the first was given up and goes on: each names its own bytes.
    const path = part.path.replace(/(\.part)?$/, `-${part.sha256.slice(0, 16)}.part`);
    const local = join(directory, part.path);
    await uploadFile(s3, { ...part, path: local }, under(folder, path), options);
    await rm(local);
    return { ...part, path };
  }

  return {
    async append(entry) {
      const parts: PartFile[] = [];
      for (const part of entry.parts) parts.push(await send(part));
      const memberships = entry.memberships === undefined ? undefined : await send(entry.memberships);
      const sent: JournalEntry = { ...entry, parts, ...(memberships === undefined ? {} : { memberships }) };
      await putText(s3, `${JSON.stringify(sent)}\n`, under(folder, entryFile(entry.shard)), options);
    },
    close: async () => undefined,
  };
}

function entryFile({ listing, window: { fromMs, toMs } }: Shard): string {
  return `journal/${listing}/${fromMs ?? 'first'}-${toMs ?? 'last'}.json`;
}

/** The finished shards of a scope, those of one listing alone where it is named; of such as overlap, the first to begin. */
export async function readObjectJournal(
  folder: S3Location,
  access: ObjectAccess,
  listing?: Shard['listing'],
): Promise<readonly JournalEntry[]> {
  const { s3, signal, ...bucket } = access;
  const at = under(folder, listing === undefined ? 'journal/' : `journal/${listing}/`);
  const objects: S3Location[] = [];
  for await (const object of listObjects(s3, at, signal, bucket.expectedBucketOwner)) objects.push(object);
  const entries = await eachOf(objects, { concurrency: ENTRIES_AT_A_TIME, signal }, async (object, stop) =>
    parseJournalEntry((await getText(s3, object, { signal: stop, ...bucket })) ?? '', formatS3Uri(object)),
  );
  return disjoint(entries);
}

/** What is left out is crawled once more: two that overlap hold records twice, in an order that no join expects. */
function disjoint(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const kept: JournalEntry[] = [];
  for (const entry of entries.toSorted((a, b) => startOf(a.shard.window) - startOf(b.shard.window))) {
    const others = kept.filter(({ shard: { listing } }) => listing === entry.shard.listing);
    const last = others.at(-1);
    if (last === undefined || endOf(last.shard.window) <= startOf(entry.shard.window)) kept.push(entry);
  }
  return kept;
}

/** Entries whose parts are under a folder of where they are read from now. */
export function withPartsIn(folder: string, entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const moved = (part: PartFile): PartFile => ({ ...part, path: `${folder}/${part.path}` });
  return entries.map(({ memberships, ...entry }) => ({
    ...entry,
    parts: entry.parts.map(moved),
    ...(memberships === undefined ? {} : { memberships: moved(memberships) }),
  }));
}

/** What is left of shards beside the finished ones. */
export function unfinished(shards: readonly Shard[], entries: readonly JournalEntry[]): readonly Shard[] {
  return shards.flatMap((shard) =>
    remaining(
      shard,
      entries.filter((entry) => entry.shard.listing === shard.listing).map((entry) => entry.shard.window),
    ),
  );
}

export function startOf({ fromMs }: ShardWindow): number {
  return fromMs ?? Number.NEGATIVE_INFINITY;
}

export function endOf({ toMs }: ShardWindow): number {
  return toMs ?? Number.POSITIVE_INFINITY;
}
