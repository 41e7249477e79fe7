import { LineageError } from '../../errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { FeedError, type FeedRecord, readFeed, readHeader } from './csv-feed.ts';
import { isConflict } from './engine-graph.ts';
import { decideBatch } from './load-batch.ts';
import type { ElementKind, LoadGraph } from './load-graph.ts';
import type { LoadRequest } from './load-request.ts';
import {
  type ErrorCounter,
  type Feed,
  hasSucceeded,
  type LoadError,
  type LoadErrorCode,
  type LoadJob,
  type LoadStatus,
  MAX_ERROR_DETAILS,
  noCounts,
  overallStatus,
} from './load-status.ts';

/** How a file fares in place of being read. */
export type FeedFault = {
  readonly status: LoadStatus;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Rows of the error log. @default 1 */
  readonly errors?: number;
};

/** Asked before each file of a job is read: may wait, and may say how the file fares. */
export type FeedHook = (feed: {
  readonly loadId: string;
  readonly fileName: string;
  /** Fires when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Calls the job by another status until told otherwise. */
  readonly show: (status: string | undefined) => void;
}) => Promise<FeedFault | undefined>;

export type JobContext = {
  readonly store: ObjectStore;
  readonly graph: LoadGraph;
  readonly clock: () => number;
  readonly acceptMilliseconds: boolean;
  readonly beforeFeed: FeedHook;
  /** The previous job from the same source, which RESUME and AUTO go on from. */
  readonly previous: LoadJob | undefined;
};

/** Runs a job to its final status, which it leaves on the job. Never rejects. */
export async function runJob(
  job: LoadJob,
  request: LoadRequest,
  context: JobContext,
  signal: AbortSignal,
): Promise<void> {
  job.startedAt = context.clock();
  job.status = 'LOAD_IN_PROGRESS';
  const status = await loadFeeds(job, request, context, signal).catch((error: unknown): LoadStatus => {
    addError(job, {
      errorCode: 'INTERNAL_ERROR',
      errorMessage: String(error),
      fileName: job.source,
      recordNum: 0,
    });
    return 'LOAD_UNEXPECTED_ERROR';
  });
  job.finishedAt = context.clock();
  job.status = status;
}

async function loadFeeds(
  job: LoadJob,
  request: LoadRequest,
  context: JobContext,
  signal: AbortSignal,
): Promise<LoadStatus> {
  const { store, previous } = context;
  const objects = [...store.keys(request.bucket, request.prefix)];
  const resumes = request.mode === 'RESUME' || (request.mode === 'AUTO' && previous !== undefined);
  if (objects.length === 0 || (resumes && previous === undefined)) return 'LOAD_FAILED_INVALID_REQUEST';

  const loaded = new Set(
    resumes ? previous?.feeds.filter(isLoaded).map(({ key, etag }) => `${etag} ${key}`) : [],
  );
  job.feeds = objects.flatMap((key) => {
    const etag = store.get(request.bucket, key)?.etag;
    if (etag === undefined) return [];
    const feed = newFeed(request.bucket, key, etag, context.clock());
    if (loaded.has(`${etag} ${key}`)) feed.status = 'LOAD_COMPLETED';
    return [feed];
  });
  const todo = job.feeds.filter(({ status }) => status === 'LOAD_NOT_STARTED');

  for (const { feed, kind } of await inLoadOrder(todo, request, context)) {
    await loadFeed({ job, feed, kind, request, context, signal });
    if (signal.aborted || (request.failOnError && !hasSucceeded(feed.status))) {
      const rest: LoadStatus = signal.aborted ? 'LOAD_CANCELLED_BY_USER' : 'LOAD_CANCELLED_DUE_TO_ERRORS';
      for (const other of todo) if (other.status === 'LOAD_NOT_STARTED') other.status = rest;
      break;
    }
  }
  return overallStatus(job.feeds.map(({ status }) => status));
}

function isLoaded({ status }: Feed): boolean {
  return status === 'LOAD_COMPLETED';
}

function newFeed(bucket: string, key: string, etag: string, now: number): Feed {
  const fullUri = `s3://${bucket}/${key}`;
  return {
    fullUri,
    key,
    etag,
    status: 'LOAD_NOT_STARTED',
    startedAt: now,
    finishedAt: undefined,
    counters: noCounts(),
  };
}

type OrderedFeed = { readonly feed: Feed; readonly kind: ElementKind | undefined };

/** Vertex files before edge files, so that every edge finds its ends; as listed where the caller promises edges only. */
async function inLoadOrder(
  feeds: readonly Feed[],
  request: LoadRequest,
  { store }: JobContext,
): Promise<readonly OrderedFeed[]> {
  const ordered: OrderedFeed[] = [];
  for (const feed of feeds) {
    const body = store.get(request.bucket, feed.key)?.body ?? Buffer.alloc(0);
    const header = await readHeader(body, feed.key).catch((error: unknown) => {
      if (error instanceof FeedError) return undefined;
      throw error;
    });
    ordered.push({ feed, kind: header?.kind });
  }
  // A file whose header cannot be read comes first: with failOnError nothing else is loaded then.
  const rank = ({ kind }: OrderedFeed) =>
    kind === undefined ? 0 : kind === 'vertex' || request.edgeOnlyLoad ? 1 : 2;
  return ordered.toSorted((a, b) => rank(a) - rank(b));
}

type FeedTask = OrderedFeed & {
  readonly job: LoadJob;
  readonly request: LoadRequest;
  readonly context: JobContext;
  readonly signal: AbortSignal;
};

async function loadFeed(task: FeedTask): Promise<void> {
  const { job, feed, context, signal } = task;
  feed.startedAt = context.clock();
  feed.status = 'LOAD_IN_PROGRESS';
  try {
    const show = (status: string | undefined) => {
      job.shownAs = status;
    };
    const fault = await context.beforeFeed({ loadId: job.loadId, fileName: feed.fullUri, signal, show });
    signal.throwIfAborted();
    if (fault === undefined) {
      await loadRecords(task);
      feed.status = failures(feed) === 0 ? 'LOAD_COMPLETED' : 'LOAD_FAILED';
    } else {
      feed.status = playFault(job, feed, fault);
    }
  } catch (error) {
    job.shownAs = undefined;
    feed.status = signal.aborted ? 'LOAD_CANCELLED_BY_USER' : endFeed(job, feed, error);
  }
  feed.finishedAt = context.clock();
}

function failures({ counters }: Feed): number {
  return counters.parsingErrors + counters.datatypeMismatchErrors + counters.insertErrors;
}

function playFault(job: LoadJob, { fullUri, counters }: Feed, fault: FeedFault): LoadStatus {
  const { status, errorCode, errorMessage = 'A fault of the sandbox', errors = 1 } = fault;
  if (errorCode === undefined) return status;
  const counter = COUNTERS[errorCode];
  for (let nth = 1; nth <= errors; nth += 1) {
    // Only a line that cannot be parsed is told by its number (Neptune user guide, "errorLogs response object").
    const recordNum = counter === 'parsingErrors' ? nth : 0;
    addError(job, { errorCode, errorMessage, fileName: fullUri, recordNum });
  }
  if (counter !== undefined) {
    counters.totalRecords += errors;
    counters[counter] += errors;
  }
  return status;
}

/** What a row of the error log counts as; what befell a whole file is in no counter. */
const COUNTERS: Readonly<Record<string, ErrorCounter>> = {
  PARSING_ERROR: 'parsingErrors',
  FROM_OR_TO_VERTEX_ARE_MISSING: 'insertErrors',
  ID_ASSIGNED_TO_MULTIPLE_EDGES: 'insertErrors',
  SINGLE_CARDINALITY_VIOLATION: 'insertErrors',
};

/** Says on the job why a file could not be read to its end, and what the file is called for it. */
function endFeed(job: LoadJob, feed: Feed, error: unknown): LoadStatus {
  const log = (errorCode: LoadErrorCode, recordNum: number) =>
    addError(job, { errorCode, errorMessage: (error as Error).message, fileName: feed.fullUri, recordNum });
  if (error instanceof FeedError) {
    feed.counters.totalRecords += 1;
    feed.counters.parsingErrors += 1;
    log('PARSING_ERROR', error.recordNum);
    return 'LOAD_FAILED';
  }
  if (error instanceof ChangedFile) {
    log('FILE_MODIFICATION_OR_DELETION_ERROR', 0);
    return 'LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED';
  }
  if (isConflict(error)) {
    log('INTERNAL_ERROR', 0);
    return 'LOAD_COMMITTED_W_WRITE_CONFLICTS';
  }
  const isMemory = error instanceof LineageError && error.message.includes('out of memory');
  log(isMemory ? 'OUT_OF_MEMORY_ERROR' : 'INTERNAL_ERROR', 0);
  return isMemory ? 'LOAD_FAILED' : 'LOAD_UNEXPECTED_ERROR';
}

class ChangedFile extends Error {
  override readonly name = 'ChangedFile';
}

/** Rows travel to the engine in batches: their number hardly matters to its speed (measured: 500 to 10,000). */
const BATCH_RECORDS = 1000;
const BATCH_SIZE = 4 * 1024 * 1024;

/** Reads the next batch while the engine is busy with the one before. */
async function loadRecords(task: FeedTask): Promise<void> {
  const { body } = unchangedObject(task);
  let loading = Promise.resolve(true);
  try {
    for await (const batch of batches(body, task)) {
      if (!(await loading)) return;
      loading = loadBatch(task, batch);
      // Awaited a turn later, below or above; until then a rejection must not count as one that nobody handles.
      loading.catch(() => false);
    }
  } catch (error) {
    // What stands before the line that cannot be read is loaded; its own errors come first.
    if (await loading) throw error;
  }
  await loading;
}

/** The lines of a file in batches; those before an error come before it. */
async function* batches(
  body: Buffer,
  { feed, request, context }: FeedTask,
): AsyncGenerator<readonly FeedRecord[]> {
  const { acceptMilliseconds } = context;
  let batch: FeedRecord[] = [];
  let size = 0;
  try {
    for await (const record of readFeed(body, feed.key, {
      allowEmptyStrings: request.allowEmptyStrings,
      acceptMilliseconds,
    })) {
      batch.push(record);
      size += record.size;
      if (batch.length < BATCH_RECORDS && size < BATCH_SIZE) continue;
      yield batch;
      batch = [];
      size = 0;
    }
  } catch (error) {
    yield batch;
    throw error;
  }
  yield batch;
}

function unchangedObject({ feed, request, context }: FeedTask) {
  const object = context.store.get(request.bucket, feed.key);
  if (object?.etag === feed.etag) return object;
  throw new ChangedFile(
    `${feed.fullUri} was ${object === undefined ? 'deleted' : 'overwritten'} during the load`,
  );
}

/** Loads some lines; false where the file must not be read on. */
async function loadBatch(task: FeedTask, records: readonly FeedRecord[]): Promise<boolean> {
  const { job, feed, kind = 'vertex', request, context, signal } = task;
  const { graph } = context;
  signal.throwIfAborted();
  unchangedObject(task);
  const rows = records.flatMap(({ row }) => row ?? []);
  const ids = new Set(rows.map(({ id }) => id));
  const ends = new Set(rows.flatMap(({ ends: pair }) => (pair === undefined ? [] : [pair.from, pair.to])));
  const [existing, vertices] = [
    await graph.read(kind, [...ids], signal),
    await graph.vertices([...ends], signal),
  ];
  const { failOnError, updateSingleCardinalityProperties } = request;
  const outcome = decideBatch({
    kind,
    records,
    existing,
    vertices,
    failOnError,
    updateSingleCardinalityProperties,
  });
  await graph.write(kind, outcome.changes, signal);
  for (const [name, count] of Object.entries(outcome.counters))
    feed.counters[name as keyof typeof feed.counters] += count;
  for (const { code, message, recordNum } of outcome.problems) {
    addError(job, { errorCode: code, errorMessage: message, fileName: feed.fullUri, recordNum });
  }
  return !(failOnError && outcome.problems.length > 0);
}

function addError(job: LoadJob, error: LoadError): void {
  job.errors.push(error);
  if (job.errors.length > MAX_ERROR_DETAILS) job.errors.shift();
}
