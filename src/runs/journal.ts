import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LISTING_OPERATIONS, type Listing } from '../crawl/listings.ts';
import type { Shard } from '../crawl/shard.ts';
import { LineageError } from '../errors.ts';
import { type PromotedCounts, VALUE_SORTS } from '../graph/promotion.ts';
import { subsetSchema } from '../snapshot/manifest.ts';
import type { PartFile } from './part-file.ts';

const count = z.int().nonnegative();
const LISTINGS = Object.keys(LISTING_OPERATIONS) as [Listing, ...Listing[]];

const settingsSchema = z.strictObject({
  /** Rises when an older version could not go on with the run. */
  journal: z.literal(1),
  run: z.string().min(1),
  tool: z.string(),
  startedAt: z.iso.datetime(),
  region: z.string(),
  gzip: z.boolean(),
  associations: z.enum(['sweep', 'per-node']),
  subset: subsetSchema.nullable(),
  detail: z.enum(['summary', 'full']).default('summary'),
  /** Whether tags are asked for, beside those that come without a call of their own. */
  tags: z.boolean().default(false),
  /** Keys that have a column of their own: `properties.team`. */
  promote: z.array(z.string()).readonly().default([]),
  /** Whether artifacts that two accounts have in common are joined. */
  linkTwins: z.literal(true).exactOptional(),
  /** Of a run of several scopes: where each has a journal and parts of its own, and how it is reached. */
  scopes: z
    .array(
      z.strictObject({
        account: z.string().exactOptional(),
        region: z.string(),
        role: z.string().exactOptional(),
      }),
    )
    .readonly()
    .exactOptional(),
});

const partSchema = z.strictObject({
  path: z.string(),
  rows: count,
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const countsSchema = z.strictObject({
  pages: count,
  records: count,
  calls: count,
  throttles: count,
  alteredTexts: count,
  duplicates: count,
  filtered: count,
  described: count.default(0),
  cached: count.default(0),
  undescribed: count.default(0),
});

const entrySchema = z.strictObject({
  shard: z.strictObject({
    listing: z.enum(LISTINGS),
    scope: z.strictObject({ region: z.string() }),
    window: z.strictObject({ fromMs: z.int().optional(), toMs: z.int().optional() }),
  }),
  /**
   * None where the shard holds no rows. Several, each in order but not one after the other, where it was asked for node by
   * node. Paths are from the run directory.
   */
  parts: z.array(partSchema),
  /** The membership edges that came with the rows. */
  memberships: partSchema.optional(),
  /** What promoted columns hold, to tell their types by. */
  promoted: z.record(z.string(), z.partialRecord(z.enum(VALUE_SORTS), count)).optional(),
  counts: countsSchema,
  /** The account that the first row's ARN names. */
  account: z.string().nullable(),
});

/** What a run was started with: its journal's first line, and what a resume goes by. */
export type RunSettings = z.infer<typeof settingsSchema>;

/** What was counted while a shard was crawled. */
export type Counts = z.infer<typeof countsSchema>;

/** A finished shard. */
export type JournalEntry = Omit<z.infer<typeof entrySchema>, 'shard' | 'promoted' | 'memberships'> & {
  readonly shard: Shard;
  readonly memberships?: PartFile;
  readonly promoted?: PromotedCounts;
};

export type Journal = {
  /** Resolves when the line is on the disk. */
  append(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
};

/** Starts the journal of a run that starts. */
export async function createJournal(path: string, settings: RunSettings): Promise<Journal> {
  const file = await open(path, 'wx');
  await appendLine(file, settings);
  return journalIn(file);
}

/**
 * Reads the journal of a run that was cut short, and opens it to go on. A last line that was cut off is taken away: its
 * shard counts as not crawled.
 *
 * @throws LineageError (usage) where there is no journal, or not a line of one; (validationFailed) where it is not one of this version.
 */
export async function reopenJournal(
  path: string,
): Promise<{ settings: RunSettings; entries: readonly JournalEntry[]; journal: Journal }> {
  const text = await journalText(path);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole === '') throw nothingToResume(`${path} is empty`);
  const [first = '', ...others] = whole.split('\n').slice(0, -1);
  const settings = parsed(settingsSchema, first, `${path}:1`);
  const entries = others.map((line, index) => parsed(entrySchema, line, `${path}:${index + 2}`));
  const file = await open(path, 'r+');
  await file.truncate(Buffer.byteLength(whole));
  return { settings, entries: entries as readonly JournalEntry[], journal: journalIn(file) };
}

/** A finished shard from the line that says so. @throws LineageError (validationFailed) where it does not */
export function parseJournalEntry(line: string, origin: string): JournalEntry {
  return parsed(entrySchema, line, origin) as JournalEntry;
}

function journalIn(file: FileHandle): Journal {
  let last: Promise<void> = Promise.resolve();
  return {
    append(entry) {
      // One after the other: two lines written at once could mix.
      const written = last.then(() => appendLine(file, entry));
      last = written.catch(() => undefined);
      return written;
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

async function appendLine(file: FileHandle, value: object): Promise<void> {
  const { size } = await file.stat();
  await file.write(`${JSON.stringify(value)}\n`, size);
  await file.datasync();
}

async function journalText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw nothingToResume(`${path} does not exist`, cause);
  }
}

function nothingToResume(found: string, cause?: unknown): LineageError {
  return new LineageError('usage', `There is nothing to resume: ${found}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Pass the id of a run that was cut short, as `smlineage export` printed it, and its --out directory.',
  });
}

function parsed<T>(schema: z.ZodType<T>, line: string, origin: string): T {
  let cause: unknown;
  try {
    const result = schema.safeParse(JSON.parse(line));
    if (result.success) return result.data;
    cause = result.error;
  } catch (error) {
    cause = error;
  }
  const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
  const found = issue === undefined ? 'no JSON' : `${issue.path.join('.') || '(root)'}: ${issue.message}`;
  throw new LineageError('validationFailed', `${origin} is not a journal of this version: ${found}.`, {
    cause,
    hint: 'Export again instead of resuming.',
    details: { origin },
  });
}
