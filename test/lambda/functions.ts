import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pLimit, { type LimitFunction } from 'p-limit';
import { lambdaNode } from '../../scripts/lambda-node.mjs';

const RUNTIME = fileURLToPath(new URL('function-runtime.mjs', import.meta.url));

/** What a function replied, as the Invoke API has it. */
export type Reply = { readonly isError: boolean; readonly body: unknown };

/** What happens to an invocation: `kill` lets the function's process die so many milliseconds after it took the event. */
export type Fate = { readonly kill: number } | undefined;

export type Functions = {
  invoke(name: string, event: unknown): Promise<Reply>;
  /** How often each was called. */
  readonly calls: ReadonlyMap<string, number>;
  /** Decides what happens to invocations from now on. @param call from 1 */
  doom(fate: (name: string, call: number) => Fate): void;
  close(): Promise<void>;
};

type FunctionsOptions = {
  /** The bundles, by the functions' names. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Of every function. */
  readonly timeoutMs: number;
};

/** Of each function at once: what Lambda calls its concurrency. */
const PROCESSES = 2;

/** Runs functions as Lambda does: a process for each that is at work, kept for the next event, under the deployed version of Node. */
export function startFunctions({ files, environment, timeoutMs }: FunctionsOptions): Functions {
  const idle = new Map<string, Worker[]>();
  const limits = new Map<string, LimitFunction>();
  const all = new Set<Worker>();
  const calls = new Map<string, number>();
  let fateOf: (name: string, call: number) => Fate = () => undefined;

  return {
    calls,
    doom(fate) {
      fateOf = fate;
    },
    async invoke(name, event) {
      const file = files[name];
      if (file === undefined) throw new Error(`There is no function ${name}.`);
      const call = (calls.get(name) ?? 0) + 1;
      calls.set(name, call);
      const limit = limits.get(name) ?? pLimit(PROCESSES);
      limits.set(name, limit);
      return limit(async () => {
        const worker = idle.get(name)?.pop() ?? (await startWorker(file, environment));
        all.add(worker);
        const reply = await worker.run(event, timeoutMs, fateOf(name, call));
        if (worker.isAlive()) idle.set(name, [...(idle.get(name) ?? []), worker]);
        else all.delete(worker);
        return reply;
      });
    },
    async close() {
      for (const worker of all) await worker.close();
    },
  };
}

type Worker = {
  run(event: unknown, timeoutMs: number, fate: Fate): Promise<Reply>;
  isAlive(): boolean;
  close(): Promise<void>;
};

/** One process, and the runtime API that it asks. */
async function startWorker(file: string, environment: Readonly<Record<string, string>>): Promise<Worker> {
  let waiting: ServerResponse | undefined;
  let event: { readonly text: string; readonly deadline: number } | undefined;
  let settle: (reply: Reply) => void = () => undefined;
  let child: ChildProcess | undefined;
  let isAlive = true;
  let onTaken: () => void = () => undefined;

  function offer(): void {
    if (waiting === undefined || event === undefined) return;
    waiting.writeHead(200, {
      'lambda-runtime-aws-request-id': crypto.randomUUID(),
      'lambda-runtime-deadline-ms': String(event.deadline),
    });
    waiting.end(event.text);
    waiting = undefined;
    event = undefined;
    onTaken();
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.endsWith('/next') === true) {
      waiting = response;
      offer();
      return;
    }
    const body: unknown = JSON.parse(await text(request));
    response.writeHead(202).end();
    settle({ isError: request.url?.endsWith('/error') === true, body });
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  child = spawn(lambdaNode(), [RUNTIME, file], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: process.env.TMPDIR,
      ...environment,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => {
    child?.once('close', (code, signal) => {
      isAlive = false;
      const errorMessage = `RequestId: none Error: Runtime exited with ${signal ?? code} ${stderr.slice(-2_000)}`;
      settle({ isError: true, body: { errorType: 'Runtime.ExitError', errorMessage } });
      resolve();
    });
  });

  return {
    isAlive: () => isAlive,
    run(given, timeoutMs, fate) {
      return new Promise<Reply>((resolve) => {
        const timer = setTimeout(() => {
          settle({ isError: true, body: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' } });
          child?.kill('SIGKILL');
        }, timeoutMs);
        settle = (reply) => {
          clearTimeout(timer);
          resolve(reply);
        };
        onTaken = () => {
          if (fate !== undefined) setTimeout(() => child?.kill('SIGKILL'), fate.kill);
        };
        event = { text: JSON.stringify(given), deadline: Date.now() + timeoutMs };
        offer();
      });
    },
    async close() {
      child?.kill('SIGKILL');
      await ended;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
