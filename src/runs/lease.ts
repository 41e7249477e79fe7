import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import { readTagged, removeTagged, type TaggedText, writeTagged } from '../neptune/conditional-object.ts';
import type { Permit } from '../neptune/permit.ts';
import type { BucketAccess, Encryption } from '../neptune/s3-requests.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';

const leaseSchema = z.strictObject({
  format: z.literal(1),
  /** Another for each sync. */
  holder: z.string().min(1),
  /** Another for each process, where a sync goes from one to the next. */
  turn: z.string().min(1).optional(),
  host: z.string(),
  pid: z.int(),
  since: z.iso.datetime(),
  /** Unless it is renewed, anybody may take the lease over from then on. */
  until: z.iso.datetime(),
});

/** Who may write to the graph, and until when: `<prefix>/lease.json`. */
export type LeaseHolder = z.infer<typeof leaseSchema>;

export type Lease = {
  readonly holder: string;
  /** Of this process: the holder, or another for each process that the sync goes on in. */
  readonly turn: string;
  /** Aborts with a LineageError (locked) once the lease is known to be lost. */
  readonly lost: AbortSignal;
  /**
   * Makes sure, by S3, that the lease is still this holder's. To be called before each step that others could be harmed by.
   *
   * @throws LineageError (locked) where it is not, or ran out
   */
  assertHeld(signal?: AbortSignal): Promise<void>;
  /**
   * To be asked right before a request that writes to the graph is sent, after {@link assertHeld}: a process may be stopped
   * between that answer and the request, and Neptune knows no conditions.
   *
   * @returns for how many milliseconds nobody else can take the lease, less a margin for the way to the cluster
   * @throws LineageError (locked) where there are none
   */
  readonly permit: Permit;
  /** Gives the lease back, if it is still held; where S3 refuses, it runs out by itself. */
  release(): Promise<void>;
  /** Renews the lease for the last time, and leaves it to the next process of this holder. */
  handOn(): Promise<void>;
};

export type LeaseOptions = {
  readonly s3: S3Client;
  /** The prefix under which the runs are. */
  readonly folder: S3Location;
  /** How long a holder that says nothing keeps the lease, in milliseconds. @default 2 minutes */
  readonly leaseMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: BucketAccess['expectedBucketOwner'];
  readonly signal?: AbortSignal | undefined;
  /**
   * A sync that goes from process to process, each of which takes the lease from the one before: `begin` where this may be the
   * first, else it is refused where the lease is no longer this holder's. @default a sync of this process alone
   */
  readonly relay?: { readonly holder: string; readonly is: 'begin' | 'resume' } | undefined;
};

const DEFAULT_LEASE_MS = 120_000;
/** So often within its length a lease is renewed: two renewals may fail before it runs out. */
const RENEWALS = 4;
/** Of its length: what a request may take on its way, before the lease can be another's. */
const MARGIN = 1 / 8;

/**
 * Takes the lease, by conditional writes, and keeps it by renewing it until it is released. One that ran out is taken over.
 *
 * @throws LineageError (locked) at once where somebody holds it, naming the holder, its host, since when and until when
 */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { clock = SYSTEM_CLOCK, leaseMs = DEFAULT_LEASE_MS, signal } = options;
  const at = leaseObject(options.folder);
  const { relay } = options;
  const holder = relay?.holder ?? randomUUID();
  const turn = relay === undefined ? holder : randomUUID();
  const before = await readTagged(options.s3, at, accessOf(options, signal));
  const own = relay === undefined || before === undefined ? undefined : ownLease(before, at, holder);
  if (relay?.is === 'resume' && own === undefined) throw lostTo(before, at);
  if (before !== undefined && own === undefined) assertFree(before, at, clock);
  const since = own?.since ?? new Date(clock.now()).toISOString();
  const next = (): LeaseHolder => {
    const until = new Date(clock.now() + leaseMs).toISOString();
    const held = { holder, ...(relay === undefined ? {} : { turn }) };
    return { format: 1, ...held, host: hostname(), pid: process.pid, since, until };
  };

  let mine = next();
  let held = await write(options, at, mine, before?.etag, signal).catch(async (error: unknown) => {
    // What was stopped on its way may have been written.
    if (relay === undefined) await giveBack(options, at, holder);
    throw error;
  });
  if (held === undefined) throw await overtaken(options, at);

  const loss = new AbortController();
  const stop = new AbortController();
  const lose = (error: LineageError): LineageError => {
    if (!loss.signal.aborted) loss.abort(error);
    return error;
  };

  async function renew(): Promise<void> {
    const renewed = next();
    const written = await write(options, at, renewed, held?.etag, stop.signal);
    if (written === undefined) throw lose(await overtaken(options, at));
    held = written;
    mine = renewed;
  }

  async function keep(): Promise<void> {
    for (;;) {
      await clock.sleep(leaseMs / RENEWALS, stop.signal);
      try {
        await renew();
      } catch (error) {
        // What S3 refuses for a moment the next renewal tries again; assertHeld tells when it is too late.
        if (loss.signal.aborted || stop.signal.aborted) return;
        process.emitWarning(`The lease could not be renewed: ${String(error)}`);
      }
    }
  }

  const keeping = keep().catch(() => undefined);

  return {
    holder,
    turn,
    lost: loss.signal,
    async assertHeld(ownSignal) {
      loss.signal.throwIfAborted();
      if (clock.now() >= Date.parse(mine.until)) throw lose(ranOut(mine, at, clock));
      const found = await readTagged(options.s3, at, accessOf(options, ownSignal));
      if (found === undefined || !isHeldBy(parseLease(found, at), holder, turn))
        throw lose(lostTo(found, at));
      // A renewal may have come in between.
      if (clock.now() >= Date.parse(mine.until)) throw lose(ranOut(mine, at, clock));
    },
    permit() {
      loss.signal.throwIfAborted();
      const left = Date.parse(mine.until) - clock.now() - leaseMs * MARGIN;
      if (left > 0) return Math.floor(left);
      throw lose(ranOut(mine, at, clock));
    },
    async release() {
      stop.abort();
      await keeping;
      if (loss.signal.aborted) return;
      await giveBack(options, at, holder);
    },
    async handOn() {
      stop.abort();
      await keeping;
      if (loss.signal.aborted) return;
      // Where it cannot be renewed it still lasts for a while.
      await write(options, at, next(), held?.etag, undefined).catch(() => undefined);
    },
  };
}

/** Gives back the lease of a sync that went from process to process, if it is still its own. */
export async function endRelay(
  options: Omit<LeaseOptions, 'leaseMs' | 'clock' | 'relay'>,
  holder: string,
): Promise<void> {
  await giveBack(options, leaseObject(options.folder), holder);
}

function ownLease(found: TaggedText, at: S3Location, holder: string): LeaseHolder | undefined {
  const lease = parseLease(found, at);
  return lease.holder === holder ? lease : undefined;
}

function isHeldBy(lease: LeaseHolder, holder: string, turn: string): boolean {
  return lease.holder === holder && (lease.turn ?? lease.holder) === turn;
}

/**
 * Takes the lease away from a holder who is known to be gone.
 *
 * @param confirm the holder's id, as the refusal named it
 * @returns who held it; undefined where nobody does
 * @throws LineageError (usage) where another holds it
 */
export async function breakLease(
  options: Omit<LeaseOptions, 'leaseMs' | 'clock' | 'relay'>,
  confirm: string,
): Promise<LeaseHolder | undefined> {
  const at = leaseObject(options.folder);
  const access = accessOf(options, options.signal);
  const found = await readTagged(options.s3, at, access);
  if (found === undefined) return undefined;
  const holder = parseLease(found, at);
  if (holder.holder !== confirm) {
    throw new LineageError('usage', `The lease is held by ${holderText(holder)}, not by ${confirm}.`, {
      hint: `If that sync is gone: \`${unlocking(holder, at)}\`.`,
      details: { uri: formatS3Uri(at), ...holder },
    });
  }
  if (!(await removeTagged(options.s3, at, found.etag, access))) {
    throw new LineageError('locked', `The lease was renewed just now: ${confirm} is at work.`, {
      hint: 'Wait for it to end, or stop it.',
      details: { uri: formatS3Uri(at), ...holder },
    });
  }
  return holder;
}

/** Who holds the lease; undefined where nobody does. */
export async function readLease(
  options: Omit<LeaseOptions, 'leaseMs' | 'clock'>,
): Promise<LeaseHolder | undefined> {
  const at = leaseObject(options.folder);
  const found = await readTagged(options.s3, at, accessOf(options, options.signal));
  return found === undefined ? undefined : parseLease(found, at);
}

function leaseObject(folder: S3Location): S3Location {
  return under(folder, 'lease.json');
}

function accessOf(
  { expectedBucketOwner }: Pick<LeaseOptions, 'expectedBucketOwner'>,
  signal: AbortSignal | undefined,
) {
  return { signal, expectedBucketOwner };
}

async function write(
  options: LeaseOptions,
  at: S3Location,
  lease: LeaseHolder,
  expected: string | undefined,
  signal: AbortSignal | undefined,
): Promise<TaggedText | undefined> {
  const { s3, encryption } = options;
  const text = `${JSON.stringify(lease, null, 2)}\n`;
  return await writeTagged(s3, at, { text, expected }, { encryption, ...accessOf(options, signal) });
}

/** Removes the lease if this holder has it, with whatever tag: a renewal that was cut off may have been written all the same. */
async function giveBack(options: LeaseOptions, at: S3Location, holder: string): Promise<void> {
  const access = accessOf(options, undefined);
  const found = await readTagged(options.s3, at, access).catch(() => undefined);
  if (found === undefined || parseLease(found, at).holder !== holder) return;
  await removeTagged(options.s3, at, found.etag, access).catch(() => false);
}

function parseLease({ text }: TaggedText, at: S3Location): LeaseHolder {
  const result = leaseSchema.safeParse(jsonOf(text));
  if (result.success) return result.data;
  throw new LineageError('validationFailed', `${formatS3Uri(at)} is not a lease of this version.`, {
    cause: result.error,
    hint: 'Use the version that wrote it, or a newer one; if no sync is at work, remove the object.',
    details: { uri: formatS3Uri(at) },
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function assertFree(found: TaggedText, at: S3Location, clock: Clock): void {
  const holder = parseLease(found, at);
  if (clock.now() < Date.parse(holder.until)) throw heldBy(holder, at);
}

async function overtaken(options: LeaseOptions, at: S3Location): Promise<LineageError> {
  return lostTo(await readTagged(options.s3, at, accessOf(options, undefined)), at);
}

function lostTo(found: TaggedText | undefined, at: S3Location): LineageError {
  if (found !== undefined) return heldBy(parseLease(found, at), at);
  return new LineageError('locked', `The lease of this sync was taken away: ${formatS3Uri(at)} is gone.`, {
    hint: 'Somebody ran `smlineage unlock`. Run the sync again.',
    details: { uri: formatS3Uri(at) },
  });
}

function heldBy(holder: LeaseHolder, at: S3Location): LineageError {
  return new LineageError('locked', `Another sync is at work: ${holderText(holder)}.`, {
    hint: `Wait for it to end. If it is gone, its lease runs out at ${holder.until}, or at once by \`${unlocking(holder, at)}\`.`,
    details: { uri: formatS3Uri(at), ...holder },
  });
}

function unlocking({ holder }: LeaseHolder, at: S3Location): string {
  const to = formatS3Uri({ ...at, key: at.key.slice(0, at.key.lastIndexOf('/')) });
  return `smlineage unlock --to ${to} --confirm ${holder}`;
}

function ranOut({ until, holder }: LeaseHolder, at: S3Location, clock: Clock): LineageError {
  const verb = clock.now() < Date.parse(until) ? 'runs' : 'ran';
  return new LineageError(
    'locked',
    `The lease of this sync ${verb} out at ${until}: it stalled for too long.`,
    {
      hint: 'Run the sync again; what it did is found and finished.',
      details: { uri: formatS3Uri(at), holder, until },
    },
  );
}

function holderText({ holder, host, pid, since, until }: LeaseHolder): string {
  return `${holder} (process ${pid} on ${host}) since ${since} until ${until}`;
}
