import { z } from 'zod';
import { errorCodeMeaning, type Retry } from './verdict.ts';

/** Older engines, and some replies, leave members out; numbers come as 3 or 3.0. */
const quantity = z.coerce.number().nonnegative().optional().catch(undefined);

const text = z.string().optional().catch(undefined);

const progressSchema = z.object({
  fullUri: text,
  runNumber: quantity,
  retryNumber: quantity,
  status: text,
  totalTimeSpent: quantity,
  startTime: quantity,
  totalRecords: quantity,
  totalDuplicates: quantity,
  parsingErrors: quantity,
  datatypeMismatchErrors: quantity,
  insertErrors: quantity,
});

const errorRowSchema = z.object({
  errorCode: text,
  errorMessage: text,
  fileName: text,
  recordNum: quantity,
});

const payloadSchema = z.object({
  feedCount: z.array(z.record(z.string(), z.number())).optional().catch(undefined),
  overallStatus: progressSchema.optional().catch(undefined),
  failedFeeds: z.array(progressSchema).optional().catch(undefined),
  errors: z
    .object({ startIndex: quantity, endIndex: quantity, errorLogs: z.array(errorRowSchema).optional() })
    .optional()
    .catch(undefined),
});

/** What GetLoaderJobStatus says of a whole load, or of one file of it. */
export type LoadProgress = {
  /** `LOAD_…`, or undefined where the reply has none. */
  readonly status: string | undefined;
  /** The source, or the file. */
  readonly uri: string | undefined;
  /** Seconds, without the time that listing the source took. */
  readonly seconds: number;
  /** Records: one per label, per property value and per edge; not rows. */
  readonly records: number;
  readonly duplicates: number;
  readonly errors: {
    readonly parsing: number;
    readonly datatypeMismatch: number;
    readonly insert: number;
  };
};

/** One row of the loader's error log. */
export type LoadErrorRow = {
  readonly code: string;
  readonly message: string;
  readonly file: string | undefined;
  /** The line's number among the records of the file, from 1; undefined where none applies. */
  readonly record: number | undefined;
  /** Where in the file the record begins, from 1; absent where that was not looked for, or not found. */
  readonly line?: number;
  /** The vertex, or the two ends of the edge. */
  readonly ids?: readonly string[];
};

/** One reply of GetLoaderJobStatus. */
export type LoadJob = LoadProgress & {
  readonly loadId: string;
  /** Files by status. */
  readonly files: Readonly<Record<string, number>>;
  readonly failedFiles: readonly LoadProgress[];
  readonly errorRows: readonly LoadErrorRow[];
};

/**
 * The payload of GetLoaderJobStatus, which the SDK gives untyped. Every member is optional in it: counters that are
 * missing are 0, a missing status is undefined (and so never taken for an end).
 */
export function loadJob(loadId: string, payload: unknown): LoadJob {
  const parsed = payloadSchema.safeParse(payload);
  const { feedCount = [], overallStatus, failedFeeds = [], errors } = parsed.success ? parsed.data : {};
  return {
    loadId,
    ...progress(overallStatus),
    files: sumByKey(feedCount),
    failedFiles: failedFeeds.map(progress),
    errorRows: (errors?.errorLogs ?? []).map(errorRow),
  };
}

/** All errors of one code. */
export type LoadErrorGroup = {
  readonly code: string;
  readonly count: number;
  readonly retry: Retry;
  readonly meaning: string;
  readonly hint: string;
  /** The first rows. */
  readonly examples: readonly LoadErrorRow[];
};

const EXAMPLES_PER_CODE = 5;

/** Error rows by code, the most frequent first. */
export function groupErrors(rows: readonly LoadErrorRow[]): readonly LoadErrorGroup[] {
  const groups = new Map<string, { count: number; examples: LoadErrorRow[] }>();
  for (const row of rows) {
    const group = groups.get(row.code) ?? { count: 0, examples: [] };
    groups.set(row.code, group);
    group.count += 1;
    if (group.examples.length < EXAMPLES_PER_CODE) group.examples.push(row);
  }
  return [...groups]
    .map(([code, group]) => ({ code, ...group, ...errorCodeMeaning(code) }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

/** The sum of the three error counters: LOAD_COMPLETED may come with errors "within an acceptable threshold". */
export function errorCount({ errors }: LoadProgress): number {
  return errors.parsing + errors.datatypeMismatch + errors.insert;
}

function progress(of: z.infer<typeof progressSchema> | undefined): LoadProgress {
  return {
    status: of?.status,
    uri: of?.fullUri,
    seconds: of?.totalTimeSpent ?? 0,
    records: of?.totalRecords ?? 0,
    duplicates: of?.totalDuplicates ?? 0,
    errors: {
      parsing: of?.parsingErrors ?? 0,
      datatypeMismatch: of?.datatypeMismatchErrors ?? 0,
      insert: of?.insertErrors ?? 0,
    },
  };
}

function errorRow({
  errorCode,
  errorMessage,
  fileName,
  recordNum,
}: z.infer<typeof errorRowSchema>): LoadErrorRow {
  return {
    code: errorCode ?? '(no code)',
    message: errorMessage ?? '',
    file: fileName,
    record: recordNum === 0 ? undefined : recordNum,
  };
}

function sumByKey(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [key, count] of counts.flatMap((entry) => Object.entries(entry))) {
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return Object.fromEntries(sums);
}
