import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { LineageError } from '../errors.ts';
import type { TypedElement } from '../graph/typed-element.ts';
import type { BucketAccess, Encryption } from '../neptune/s3-requests.ts';
import { asFolder, formatS3Uri, parseS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { getText, listObjects, putNewText } from '../neptune/upload.ts';

const typedValueSchema = z.strictObject({
  type: z.enum(['String', 'Bool', 'Byte', 'Short', 'Int', 'Long', 'Float', 'Double', 'Datetime']),
  value: z.string(),
});

const entrySchema = z.strictObject({
  /** Rises when a reader of the old form could misread the new one. */
  audit: z.literal(1),
  run: z.string(),
  /** The holder of the lease, another for each sync. */
  holder: z.string(),
  at: z.iso.datetime(),
  /** `replaced`: removed in order to be loaded anew, under another label or between other ends. */
  reason: z.enum(['removed', 'replaced']),
  element: z.enum(['vertex', 'edge']),
  id: z.string(),
  label: z.string(),
  ends: z.strictObject({ from: z.string(), to: z.string() }).optional(),
  properties: z.record(z.string(), z.array(typedValueSchema).readonly()),
});

/** One element as it was when it was removed: a line of an audit log. */
export type AuditEntry = z.infer<typeof entrySchema>;

/** A log of what a sync removes, written before it is removed, and never changed. */
export type Audit = {
  /** Of the object's folder in S3: what `restore --audit` takes. */
  readonly uri: string;
  write(elements: readonly TypedElement[], reason: AuditEntry['reason'], signal?: AbortSignal): Promise<void>;
};

type AuditOptions = {
  readonly s3: S3Client;
  /** The prefix under which the runs are. */
  readonly folder: S3Location;
  readonly run: string;
  readonly holder: string;
  /** See `Lease`. @default the holder */
  readonly turn?: string | undefined;
  /** The local copy. @default none */
  readonly path?: string | undefined;
  readonly now: () => Date;
  readonly encryption?: Encryption | undefined;
  readonly expectedBucketOwner?: BucketAccess['expectedBucketOwner'];
};

/** An object of S3 cannot grow, so each write makes one of its own: `<prefix>/audit/<run>/<holder>/000001.jsonl`. */
export function createAudit({
  s3,
  folder,
  run,
  holder,
  turn = holder,
  path,
  now,
  encryption,
  ...access
}: AuditOptions): Audit {
  const log = auditFolder(folder, run, holder);
  const own = turn === holder ? log : asFolder(under(log, turn));
  let written = 0;
  return {
    uri: formatS3Uri(log),
    async write(elements, reason, signal) {
      if (elements.length === 0) return;
      const at = now().toISOString();
      const lines = elements.map(
        (element) => `${JSON.stringify({ audit: 1, run, holder, at, reason, ...element })}\n`,
      );
      const text = lines.join('');
      if (path !== undefined) {
        await mkdir(dirname(path), { recursive: true });
        await appendFile(path, text, { flush: true });
      }
      written += 1;
      const object = under(own, `${String(written).padStart(6, '0')}.jsonl`);
      if ((await putNewText(s3, text, object, { signal, encryption, ...access })) !== 'different') return;
      throw new LineageError(
        'unexpected',
        `${formatS3Uri(object)} is there already: an audit log never changes.`,
        {
          hint: 'Nothing of this batch was removed. Run the sync again.',
        },
      );
    },
  };
}

/** The folder of all audit logs of a run, or of one. */
export function auditFolder(folder: S3Location, run: string, holder?: string): S3Location {
  return asFolder(under(folder, `audit/${run}${holder === undefined ? '' : `/${holder}`}`));
}

type ReadAuditOptions = {
  readonly s3?: S3Client | undefined;
  /** Take a folder without objects for a log without entries. @default false */
  readonly mayBeEmpty?: boolean;
  readonly signal?: AbortSignal | undefined;
};

/**
 * The entries of an audit log, some at a time: of a file, of an object, or of all objects under a folder in S3, in order.
 *
 * @throws LineageError (usage) where there is none; (validationFailed) naming the line that is no entry
 */
export async function* readAudit(
  source: string,
  { s3, signal, mayBeEmpty = false }: ReadAuditOptions,
): AsyncGenerator<readonly AuditEntry[]> {
  if (!source.startsWith('s3://')) {
    yield entriesOf(await textOf(source), source);
    return;
  }
  if (s3 === undefined) throw new TypeError('Expected an S3 client for an audit log in S3.');
  const location = parseS3Uri(source);
  const objects: S3Location[] = [];
  for await (const { bucket, key } of listObjects(s3, location, signal))
    if (key.endsWith('.jsonl')) objects.push({ bucket, key });
  if (objects.length === 0 && !mayBeEmpty) throw noAudit(source);
  for (const object of objects.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    yield entriesOf((await getText(s3, object, { signal })) ?? '', formatS3Uri(object));
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw noAudit(path, cause);
  }
}

function noAudit(source: string, cause?: unknown): LineageError {
  return new LineageError('usage', `There is no audit log at ${source}.`, {
    cause,
    hint: 'Pass the audit log that the sync named in its report.',
    details: { source },
  });
}

function entriesOf(text: string, origin: string): readonly AuditEntry[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, at) => {
    const result = entrySchema.safeParse(jsonOf(line));
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw new LineageError(
      'validationFailed',
      `${origin}:${at + 1} is no entry of an audit log: ${issue?.path.join('.')}: ${issue?.message}.`,
      {
        cause: result.error,
        hint: 'Restore from the copy in S3, or take the line out.',
        details: { origin, line: at + 1 },
      },
    );
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
