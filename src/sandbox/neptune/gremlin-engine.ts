import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LineageError } from '../../errors.ts';
import { graphSonMap, parseGraphSon, plainCollections } from './graphson.ts';
import { findGremlinServer } from './gremlin-install.ts';

/** What the engine answered to a query, as it came. */
export type GremlinReply = { readonly status: number; readonly contentType: string; readonly body: string };

/** A Gremlin Server with one empty graph, in a process of its own. */
export type GremlinEngine = {
  /** `http://127.0.0.1:<port>`: answers Gremlin over HTTP without any authentication. */
  readonly url: string;
  readonly pid: number;
  /** Passes query text on and the answer back. `accept` as of HTTP. @throws LineageError (unexpected) where the engine ended. */
  send(
    text: string,
    options?: { accept?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<GremlinReply>;
  /**
   * Runs a query with its `rows` as a typed GraphSON binding: text that never passes through the grammar. Results have
   * lists as arrays and maps as Maps. @throws LineageError (unexpected) where the engine refuses, with its
   * `exceptionClass` in the details, or ended.
   */
  run(query: string, rows: unknown, signal?: AbortSignal): Promise<readonly unknown[]>;
  /** Ends the process, and resolves when it has ended. */
  close(): Promise<void>;
};

type EngineOptions = {
  readonly log: (line: string) => void;
  /** Ends the engine when it fires. */
  readonly signal?: AbortSignal;
  /** Java's heap. 1.5 GB hold 100,000 vertices and 200,000 edges of 400 bytes each. @default 2048 */
  readonly heapMegabytes?: number;
  /** Where installGremlinServer put the jars. @default as installGremlinServer */
  readonly cacheDirectory?: string;
};

/**
 * Starts the engine on a free port and waits until it answers. It ends when this process does, however that ends.
 * @throws LineageError (usage) where Java or the jars are missing; (unexpected) where it does not start.
 */
export async function startGremlinEngine(options: EngineOptions): Promise<GremlinEngine> {
  const { log, signal, heapMegabytes = 2048 } = options;
  signal?.throwIfAborted();
  const found = await findGremlinServer(options);
  if (!found.ready)
    throw new LineageError('usage', 'The Gremlin engine cannot start.', { hint: found.advice });

  const child = spawn('java', javaArguments(heapMegabytes), {
    cwd: found.directory,
    // Out of reach of a terminal's Ctrl-C, so that who started it can stop in order first.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ending = watchEnd(child, log);
  const close = async () => {
    child.kill('SIGKILL');
    await ending.ended;
  };
  signal?.addEventListener('abort', () => void close(), { once: true });
  try {
    const url = `http://127.0.0.1:${await portOf(child, ending)}`;
    return { url, pid: child.pid ?? 0, close, ...queries(url, ending) };
  } catch (error) {
    await close();
    signal?.throwIfAborted();
    throw error;
  }
}

function javaArguments(heapMegabytes: number): readonly string[] {
  return [
    `-Xmx${heapMegabytes}m`,
    // A long chain of steps recurses deeply; the default stack of 1 MB holds about 2,000 steps.
    '-Xss64m',
    // Half a heap is no engine: better a clean end, which every caller notices.
    '-XX:+ExitOnOutOfMemoryError',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    ['lib/*', 'classes'].join(delimiter),
    'GremlinEngine',
    'gremlin-server.yaml',
  ];
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

type Ending = {
  readonly ended: Promise<void>;
  /** Undefined while the process lives. */
  reason(): string | undefined;
};

const OUT_OF_MEMORY_EXIT = 3;

function watchEnd(child: Child, log: (line: string) => void): Ending {
  let reason: string | undefined;
  let lastLine = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLine = line;
    log(`gremlin engine: ${line}`);
  });
  // Written to by nobody; an EPIPE when the process is killed is no news.
  child.stdin.on('error', (error) => log(`gremlin engine: ${error.message}`));
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      reason = `java did not start: ${error.message}`;
      resolve();
    });
    child.once('close', (code, killedBy) => {
      reason ??=
        code === OUT_OF_MEMORY_EXIT
          ? 'it ran out of memory'
          : `${killedBy === null ? `exit code ${code}` : `killed by ${killedBy}`}${lastLine && `: ${lastLine}`}`;
      resolve();
    });
  });
  return { ended, reason: () => reason };
}

async function portOf(child: Child, ending: Ending): Promise<number> {
  const lines = createInterface({ input: child.stdout });
  const line: unknown = await Promise.race([
    once(lines, 'line').then(([first]: unknown[]) => first),
    ending.ended.then(() => undefined),
  ]);
  const port = /^port (\d+)$/.exec(String(line))?.[1];
  if (port === undefined) throw endedError(ending, `it printed ${JSON.stringify(line)} in place of its port`);
  return Number(port);
}

function endedError(ending: Ending, otherwise: string, cause?: unknown): LineageError {
  const reason = ending.reason() ?? otherwise;
  return new LineageError('unexpected', `The Gremlin engine does not answer: ${reason}.`, {
    cause,
    hint: 'Start the sandbox again; if it ran out of memory, give its engine a larger heap.',
  });
}

function queries(url: string, ending: Ending): Pick<GremlinEngine, 'send' | 'run'> {
  const post: Post = async (body, headers, signal) => {
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: signal ?? null });
      const contentType = response.headers.get('content-type') ?? 'application/json';
      return { status: response.status, contentType, body: await response.text() };
    } catch (cause) {
      signal?.throwIfAborted();
      // A socket closes a moment before the process is known to have ended.
      await Promise.race([ending.ended, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      throw endedError(ending, `the connection failed (${(cause as Error).message})`, cause);
    }
  };
  return {
    send: (text, { accept = '*/*', signal } = {}) =>
      post(JSON.stringify({ gremlin: text }), { 'content-type': 'application/json', accept }, signal),
    run: async (query, rows, signal) => {
      const reply = await post(
        requestMessage(query, rows),
        { 'content-type': GRAPHSON, accept: GRAPHSON },
        signal,
      );
      if (reply.status !== 200) throw refusal(query, reply);
      const { result } = parseGraphSon(reply.body) as { result: { data: unknown } };
      return plainCollections(result.data) as readonly unknown[];
    },
  };
}

type Post = (
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
) => Promise<GremlinReply>;

const GRAPHSON = 'application/vnd.gremlin-v3.0+json';

function requestMessage(query: string, rows: unknown): string {
  return JSON.stringify({
    requestId: { '@type': 'g:UUID', '@value': randomUUID() },
    op: 'eval',
    processor: '',
    args: graphSonMap('gremlin', query, 'bindings', graphSonMap('rows', rows)),
  });
}

/** What the engine says of a query that it refuses. */
export type EngineFailure = { readonly message: string; readonly exceptionClass: string };

/** Reads the body of a reply whose status is not 200. */
export function engineFailure(reply: GremlinReply): EngineFailure {
  try {
    const body: unknown = JSON.parse(reply.body);
    const { message = '', 'Exception-Class': exceptionClass = '' } = body as Record<
      string,
      string | undefined
    >;
    return { message, exceptionClass };
  } catch {
    return { message: `HTTP ${reply.status} ${reply.body.slice(0, 200)}`.trim(), exceptionClass: '' };
  }
}

function refusal(query: string, reply: GremlinReply): LineageError {
  const { message, exceptionClass } = engineFailure(reply);
  return new LineageError('unexpected', `The Gremlin engine refused a query of the loader: ${message}`, {
    details: { exceptionClass, message, query, status: reply.status },
  });
}
