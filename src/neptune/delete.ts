import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { type Gremlin, type GremlinText, gremlin, integer, literals } from '../graph/gremlin.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { existingIds } from './elements.ts';
import { isLostReply } from './service-errors.ts';

export type DeleteOptions = {
  /** Ends the work between two batches: one that has begun is finished, so that what was told is what is gone. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 to 1: spreads repetitions. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** Ids of one query, at most; halved where the cluster has trouble. @default 500, as AWS's drop-graph.py */
  readonly idsPerBatch?: number | undefined;
  /** Batches under way at once. @default 4: twice the vCPUs of the smallest production writer */
  readonly batchesAtATime?: number | undefined;
  /** Hears of ids that are gone, after each query, in no order: for an audit log and for progress. */
  readonly onDeleted?: ((ids: readonly string[]) => void) | undefined;
};

export type DeleteTally = {
  /** Ids that were given. */
  readonly asked: number;
  /** Those that were there and are gone. */
  readonly deleted: number;
  /** Those that were not there. */
  readonly absent: number;
};

type Ids = Iterable<string> | AsyncIterable<string>;

/**
 * Deletes edges by their ids, in batches, some at once. What is not there is no error, so that a deletion which was
 * interrupted can be run again. A query that meets another write, or takes too long, is sent again with half the ids; one
 * whose reply was lost is sent again, too, which is safe since it names ids.
 *
 * @param send of a cluster's writer
 * @param ids distinct; read as they are needed, so that there may be any number
 * @throws LineageError (interrupted) once the signal fires; what the query client throws where repetition does not help.
 * What was deleted until then `onDeleted` was told.
 */
export async function deleteEdges(
  send: Gremlin,
  ids: Ids,
  options: DeleteOptions = {},
): Promise<DeleteTally> {
  const tally = { asked: 0, deleted: 0, absent: 0 };
  await inBatches(ids, options, async (batch) => {
    tally.asked += batch.length;
    const found = await existingIds(send, 'edge', batch, { signal: options.signal });
    tally.absent += batch.length - found.size;
    await dropEdges(send, [...found], options, tally);
  });
  return tally;
}

/** A vertex that still has edges; one that leads from it to itself counts twice. */
export type KeptVertex = { readonly id: string; readonly edges: number };

export type DeleteVerticesOptions = DeleteOptions & {
  /**
   * What becomes of a vertex that still has edges, which nobody named: Gremlin deletes a vertex's edges with it. `drop`
   * deletes them first, in batches of their own. @default 'keep'
   */
  readonly withEdges?: 'keep' | 'drop' | undefined;
  /** Hears of each vertex that was kept. */
  readonly onKept?: ((vertex: KeptVertex) => void) | undefined;
  /** Hears of edges that went with their vertices, under `withEdges: 'drop'`. */
  readonly onEdgesDeleted?: ((ids: readonly string[]) => void) | undefined;
};

export type VertexDeleteTally = DeleteTally & {
  /** Vertices that were left because they have edges. */
  readonly kept: number;
  /** Edges at the vertices that were left. */
  readonly keptEdges: number;
  /** Edges that were deleted with their vertices. */
  readonly edgesDeleted: number;
};

/**
 * Deletes vertices by their ids, as {@link deleteEdges} does: delete their edges first. A vertex that has edges
 * nevertheless is kept and told, unless asked otherwise; one that is given an edge in between is kept as well.
 *
 * @throws as deleteEdges
 */
export async function deleteVertices(
  send: Gremlin,
  ids: Ids,
  options: DeleteVerticesOptions = {},
): Promise<VertexDeleteTally> {
  const { withEdges = 'keep', onKept, onDeleted, onEdgesDeleted, signal } = options;
  const tally = { asked: 0, deleted: 0, absent: 0, kept: 0, keptEdges: 0 };
  const edges = { deleted: 0 };

  function keep(vertices: readonly KeptVertex[]): void {
    for (const vertex of vertices) {
      tally.kept += 1;
      tally.keptEdges += vertex.edges;
      onKept?.(vertex);
    }
  }

  async function dropFree(free: readonly string[]): Promise<void> {
    await dropping(send, free, dropFreeVerticesQuery, options, async (part) => {
      const left = await edgesAt(send, part, undefined);
      keep(left);
      const leftIds = new Set(left.map(({ id }) => id));
      const gone = part.filter((id) => !leftIds.has(id));
      tally.deleted += gone.length;
      if (gone.length > 0) onDeleted?.(gone);
    });
  }

  await inBatches(ids, options, async (batch) => {
    tally.asked += batch.length;
    const found = await edgesAt(send, batch, signal);
    tally.absent += batch.length - found.length;
    const held = found.filter((vertex) => vertex.edges > 0);
    const free = found.filter((vertex) => vertex.edges === 0).map(({ id }) => id);
    if (withEdges === 'keep') keep(held);
    else {
      await dropEdgesOf(send, held, { ...options, onDeleted: onEdgesDeleted }, edges);
      free.push(...held.map(({ id }) => id));
    }
    await dropFree(free);
  });
  return { ...tally, edgesDeleted: edges.deleted };
}

type Counter = { deleted: number };

/** Edges at these vertices, until there are none: others may add some meanwhile, but not for ever. */
async function dropEdgesOf(
  send: Gremlin,
  vertices: readonly KeptVertex[],
  options: DeleteOptions,
  counter: Counter,
): Promise<void> {
  if (vertices.length === 0) return;
  const { idsPerBatch = IDS_PER_BATCH, signal } = options;
  const ids = vertices.map(({ id }) => id);
  const edges = vertices.reduce((sum, vertex) => sum + vertex.edges, 0);
  const rounds = Math.ceil(edges / idsPerBatch) + SPARE_ROUNDS;
  for (let round = 0; round < rounds; round += 1) {
    assertGoingOn(signal);
    const found = await send(incidentEdgesQuery(ids, idsPerBatch), { signal });
    const batch = [...new Set(narrowed(found, z.array(z.string())))];
    if (batch.length === 0) return;
    await dropEdges(send, batch, options, counter);
  }
}

const SPARE_ROUNDS = 3;

async function dropEdges(
  send: Gremlin,
  ids: readonly string[],
  options: DeleteOptions,
  counter: Counter,
): Promise<void> {
  await dropping(send, ids, dropEdgesQuery, options, async (part) => {
    counter.deleted += part.length;
    options.onDeleted?.(part);
  });
}

/** `g.E('a','b').drop()` */
function dropEdgesQuery(ids: readonly string[]): GremlinText {
  return gremlin`g.E(${literals(ids)}).drop()`;
}

/** `g.V('a','b').not(bothE()).drop()` */
function dropFreeVerticesQuery(ids: readonly string[]): GremlinText {
  return gremlin`g.V(${literals(ids)}).not(bothE()).drop()`;
}

/** `g.V('a','b').bothE().limit(500).id()` */
function incidentEdgesQuery(ids: readonly string[], limit: number): GremlinText {
  return gremlin`g.V(${literals(ids)}).bothE().limit(${integer(limit)}).id()`;
}

/** Those of the vertices that are there, with how many edges each has. In batches, as the deletion. */
export async function edgesAtEach(
  send: Gremlin,
  ids: Ids,
  options: Pick<DeleteOptions, 'signal' | 'idsPerBatch' | 'batchesAtATime'> = {},
): Promise<readonly KeptVertex[]> {
  const found: KeptVertex[] = [];
  await inBatches(ids, options, async (batch) => {
    found.push(...(await edgesAt(send, batch, options.signal)));
  });
  return found;
}

/** Those of the vertices that are there, with how many edges: `g.V('a').project('id','edges').by(id).by(bothE().count())`. */
async function edgesAt(
  send: Gremlin,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly KeptVertex[]> {
  const query = gremlin`g.V(${literals(ids)}).project('id','edges').by(id).by(bothE().count())`;
  return narrowed(await send(query, { signal }), z.array(z.object({ id: z.string(), edges: z.number() })));
}

function narrowed<Value>(reply: unknown, schema: z.ZodType<Value>): Value {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw new LineageError(
    'unexpected',
    'A query for what is to be deleted was answered with something else.',
    {
      cause: parsed.error,
      hint: 'Check that the endpoint is that of a Neptune cluster.',
    },
  );
}

/** The least limit of a cluster as delivered: a longer one would only hold locks for longer. */
const DROP_TIMEOUT_MS = 120_000;

/** Sends one deletion, again and in halves where that may help. `onDropped` is awaited after each query that succeeded. */
async function dropping(
  send: Gremlin,
  ids: readonly string[],
  queryOf: (ids: readonly string[]) => GremlinText,
  { clock = SYSTEM_CLOCK, random = Math.random, signal }: DeleteOptions,
  onDropped: (ids: readonly string[]) => Promise<void>,
): Promise<void> {
  const tryOn = async (part: readonly string[], attempt: number): Promise<void> => {
    if (part.length === 0) return;
    try {
      // Without the signal: a deletion that is broken off may still happen, and nobody would know.
      await send(queryOf(part), { timeoutMs: DROP_TIMEOUT_MS });
    } catch (error) {
      const remedy = remedyFor(error);
      if (remedy === undefined || attempt === MOST_ATTEMPTS) throw error;
      await clock.sleep(pauseAfter(attempt, random), signal).catch(() => assertGoingOn(signal));
      const parts = remedy === 'fewer' ? halves(part) : [part];
      for (const smaller of parts) await tryOn(smaller, attempt + 1);
      return;
    }
    await onDropped(part);
  };
  await tryOn(ids, 1);
}

/** Enough for halving 500 down to one, within about half a minute. */
const MOST_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** Doubles, and differs by up to half, so that two deletions that met do not meet again. */
function pauseAfter(attempt: number, random: () => number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return Math.round(pause * (0.5 + random() / 2));
}

/**
 * What Neptune's user guide advises ("Exceptions and retries", "Graph engine error messages and codes") for a deletion by
 * ids, which may be repeated: after a failed transaction, a limit of time or of memory with fewer ids at a time.
 */
const REMEDIES: Readonly<Record<string, 'again' | 'fewer'>> = {
  ConcurrentModificationException: 'fewer',
  TimeLimitExceededException: 'fewer',
  MemoryLimitExceededException: 'fewer',
  QueryTooLargeException: 'fewer',
  ConstraintViolationException: 'again',
  FailureByQueryException: 'again',
  QueryLimitExceededException: 'again',
  ThrottlingException: 'again',
  TooManyRequestsException: 'again',
  ServerShutdownException: 'again',
};

function remedyFor(error: unknown): 'again' | 'fewer' | undefined {
  if (!(error instanceof LineageError)) return undefined;
  const { outcome, details, cause } = error;
  const name = String(details.error);
  if (Object.hasOwn(REMEDIES, name)) return REMEDIES[name];
  if (outcome === 'deadline') return 'fewer';
  return isLostReply(cause) && name !== 'SyntaxError' ? 'again' : undefined;
}

function halves(ids: readonly string[]): readonly (readonly string[])[] {
  const middle = Math.ceil(ids.length / 2);
  return [ids.slice(0, middle), ids.slice(middle)];
}

const IDS_PER_BATCH = 500;
const BATCHES_AT_A_TIME = 4;
/** UTF-16 units of the ids of one query: Neptune parses the whole text before it begins. */
const LENGTH_PER_BATCH = 128 * 1_024;

/** Works on batches, some at once, until one fails: then what has begun is finished before the failure is told. */
async function inBatches(
  ids: Ids,
  { idsPerBatch = IDS_PER_BATCH, batchesAtATime = BATCHES_AT_A_TIME, signal }: DeleteOptions,
  work: (batch: readonly string[]) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  try {
    for await (const batch of batches(ids, idsPerBatch)) {
      assertGoingOn(signal);
      const task = work(batch)
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => running.delete(task));
      running.add(task);
      if (running.size >= batchesAtATime) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}

/** So many ids at most, and so much text; an id that is longer goes alone. */
async function* batches(ids: Ids, most: number): AsyncGenerator<readonly string[]> {
  let batch = new Set<string>();
  let length = 0;
  for await (const id of ids) {
    if (batch.size === most || (batch.size > 0 && length + id.length > LENGTH_PER_BATCH)) {
      yield [...batch];
      batch = new Set();
      length = 0;
    }
    batch.add(id);
    length += id.length;
  }
  if (batch.size > 0) yield [...batch];
}

function assertGoingOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new LineageError('interrupted', 'The deletion was interrupted between two batches.', {
    hint: 'Run the same command again when you are ready: what is gone already is passed over.',
  });
}
