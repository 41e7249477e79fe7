import {
  ExecuteFastResetCommand,
  GetEngineStatusCommand,
  type NeptunedataClient,
} from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import { type Gremlin, gremlin } from '../graph/gremlin.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { abortOption, isPassing, patiently } from './load-job.ts';
import { neptuneError } from './loader-errors.ts';
import { isLostReply, serviceErrorFields } from './service-errors.ts';

/** What stands at an endpoint, as GetEngineStatus tells it. */
export type Engine = {
  /** `healthy`, or what keeps it from being so. */
  readonly status: string;
  readonly role: string;
  readonly version: string;
  /** When it last started, as it words it. */
  readonly startTime: string;
};

/** @throws LineageError (accessDenied, unexpected) where it cannot be asked. */
export async function engineAt(client: NeptunedataClient, signal?: AbortSignal): Promise<Engine> {
  try {
    const reply = await client.send(new GetEngineStatusCommand({}), abortOption(signal));
    const {
      status = 'unknown',
      role = 'unknown',
      dbEngineVersion: version = 'unknown',
      startTime = '',
    } = reply;
    return { status, role, version, startTime };
  } catch (error) {
    throw await neptuneError(error, client, { doing: 'ask for the engine', outcome: 'unexpected' });
  }
}

export type FastResetOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** How long the cluster may take to come back, in milliseconds. @default 15 minutes */
  readonly deadlineMs?: number | undefined;
  /** Hears why it is still being waited for. */
  readonly onWaiting?: ((reason: string) => void) | undefined;
};

export type FastResetOutcome = {
  /** From the request until the graph was empty, in seconds. */
  readonly seconds: number;
  /** Whether the engine restarted, but something had written to the graph before it was seen empty. */
  readonly refilled: boolean;
};

const DEADLINE_MS = 15 * 60_000;

/**
 * Deletes everything in a cluster, streams and Neptune ML metadata included, and waits until its engine is back and its
 * graph empty: a token first, with it the reset, which restarts all instances (Neptune user guide, "Empty an Amazon Neptune
 * DB cluster using the fast reset API"). A token that is no longer valid is asked for once more. Where the reply is lost,
 * the graph tells whether the reset has begun.
 *
 * @param before the engine as it was asked for beforehand
 * @throws LineageError (accessDenied, usage, unexpected) where Neptune refuses, and nothing is deleted; (deadline,
 * interrupted) where it is not back in time: the reset goes on.
 */
export async function fastReset(
  client: NeptunedataClient,
  send: Gremlin,
  before: Engine,
  options: FastResetOptions = {},
): Promise<FastResetOutcome> {
  const { clock = SYSTEM_CLOCK } = options;
  const startedAt = clock.now();
  const begun = await begin(client, options);
  const refilled = await waitUntilEmpty(client, send, { ...options, begun, startedAt, before });
  return { refilled, seconds: Math.round((clock.now() - startedAt) / 1_000) };
}

const TOKEN_TRIES = 2;

/** Whether the reset is known to have begun: a reply may be lost. */
async function begin(client: NeptunedataClient, options: FastResetOptions): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const token = await newToken(client, options);
    const command = new ExecuteFastResetCommand({ action: 'performDatabaseReset', token });
    try {
      await client.send(command, abortOption(options.signal));
      return true;
    } catch (error) {
      if (isLostReply(error)) return false;
      if (attempt < TOKEN_TRIES && isStaleToken(error)) continue;
      throw await resetError(error, client);
    }
  }
}

async function newToken(
  client: NeptunedataClient,
  { clock = SYSTEM_CLOCK, signal }: FastResetOptions,
): Promise<string> {
  const command = new ExecuteFastResetCommand({ action: 'initiateDatabaseReset' });
  const ask = () => client.send(command, abortOption(signal));
  try {
    const { payload } = await patiently(ask, { clock, signal }, isPassing);
    if (payload?.token !== undefined) return payload.token;
  } catch (error) {
    throw await resetError(error, client);
  }
  throw new LineageError('unexpected', 'Neptune gave no token for the reset.', {
    hint: 'Check that the endpoint is that of a Neptune cluster. Nothing was deleted.',
  });
}

/** A token lasts an hour, until the next one is asked for, or until the engine restarts. */
function isStaleToken(error: unknown): boolean {
  const { message, status = 0 } = serviceErrorFields(error);
  return status >= 400 && status < 500 && /token/i.test(message) && !/authentication token/i.test(message);
}

async function resetError(error: unknown, client: NeptunedataClient): Promise<LineageError> {
  const found = await neptuneError(error, client, { doing: 'reset the database', outcome: 'unexpected' });
  const hint =
    found.outcome === 'accessDenied'
      ? 'Allow the caller neptune-db:ResetDatabase on the cluster.'
      : found.hint;
  return new LineageError(found.outcome, found.message, {
    ...(hint === undefined ? {} : { hint: `${hint} Nothing was deleted.` }),
    cause: found.cause,
    details: found.details,
  });
}

type WaitOptions = FastResetOptions & {
  readonly begun: boolean;
  readonly startedAt: number;
  readonly before: Engine;
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** How long a reset whose reply was lost may not be seen before it is held not to have begun: the restart takes seconds to begin. */
const UNSEEN_MS = 60_000;

/** @returns whether the graph was found refilled */
async function waitUntilEmpty(
  client: NeptunedataClient,
  send: Gremlin,
  {
    begun,
    startedAt,
    before,
    clock = SYSTEM_CLOCK,
    deadlineMs = DEADLINE_MS,
    signal,
    onWaiting,
  }: WaitOptions,
): Promise<boolean> {
  const deadline = startedAt + deadlineMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const seen = await look(client, send, before, signal).catch((error: unknown) => ({
      away: awayText(error),
    }));
    if (signal?.aborted) throw notBack('interrupted', 'The wait for the reset was interrupted.');
    if (seen === 'empty' || seen === 'refilled') return seen === 'refilled';
    const reason = seen === 'full' ? 'the graph is not empty yet' : seen.away;
    if (seen === 'full' && !begun && clock.now() - startedAt >= UNSEEN_MS) throw notBegun();
    if (clock.now() >= deadline)
      throw notBack('deadline', `The reset was not done within ${deadlineMs / 1_000} s: ${reason}.`);
    onWaiting?.(reason);
    await clock.sleep(Math.min(pause, Math.max(0, deadline - clock.now())), signal).catch(() => undefined);
  }
}

type Sight = 'empty' | 'full' | 'refilled' | { readonly away: string };

async function look(
  client: NeptunedataClient,
  send: Gremlin,
  before: Engine,
  signal: AbortSignal | undefined,
): Promise<Sight> {
  const engine = await engineAt(client, signal);
  if (engine.status !== 'healthy') return { away: `the engine is ${engine.status}` };
  const [vertices] = await send(gremlin`g.V().limit(1).count()`, { signal });
  if (vertices === 0) return 'empty';
  return engine.startTime === before.startTime ? 'full' : 'refilled';
}

/** Whatever goes wrong while the instances restart says that they are not back. @throws the error where it says more */
function awayText(error: unknown): string {
  if (error instanceof LineageError && (error.outcome === 'accessDenied' || error.outcome === 'usage'))
    throw error;
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

function notBack(outcome: 'deadline' | 'interrupted', message: string): LineageError {
  return new LineageError(outcome, message, {
    hint: 'A reset that has begun goes on in the cluster: look at it with `smlineage reset --dry-run` in some minutes.',
  });
}

function notBegun(): LineageError {
  return new LineageError(
    'unexpected',
    'The reply to the reset was lost, and the graph is as it was: the reset has most likely not begun.',
    { hint: 'Look at the cluster with `smlineage reset --dry-run`, then reset again.' },
  );
}
