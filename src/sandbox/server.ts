import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineageError } from '../errors.ts';
import { type AccessLog, createAccessLog } from './access-log.ts';
import { errorReply } from './error-reply.ts';
import { faultReply, internalError, throttleError } from './fault-reply.ts';
import type { Fault, FaultSource } from './faults.ts';
import type { Gate } from './gate.ts';
import { createRateLimit, type RateLimit } from './pace.ts';
import {
  PAGE_FAULTS,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
  type ServiceName,
} from './service.ts';
import { credentialScope } from './sigv4.ts';

/** Time, as the server sees it; injectable. */
export type Timing = {
  /** Epoch milliseconds. */
  now(): number;
  /** Rejects when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<unknown>;
};

type Services = Readonly<Partial<Record<ServiceName, SandboxService>>>;

export type ServerOptions = {
  readonly services: Services;
  /** @default 0, a free one */
  readonly port?: number;
  /** Whose account it is: for the text of refusals. @default 123456789012 */
  readonly account?: string;
  readonly faults?: FaultSource;
  /** @default every caller may do everything */
  readonly gate?: Gate;
  readonly log?: AccessLog;
  /** Every reply is so late. @default 0 */
  readonly latencyMs?: number;
  /** Requests per second and operation beyond which the service throttles. @default unlimited */
  readonly ratePerSecond?: number;
  /** Requests of one operation that may come at once after a rest. @default one second's worth */
  readonly burst?: number;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal;
  readonly timing?: Timing;
};

export type RunningServer = {
  /** `http://127.0.0.1:<port>`, for every service. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection, idle or not. Closing twice is harmless. */
  close(): Promise<void>;
};

const DEFAULT_ACCOUNT = '123456789012';

const LOOPBACK = '127.0.0.1';

/** Longer than any client keeps a socket idle, so that none is closed under a request that is on its way. */
const KEEP_ALIVE_MS = 120_000;

const REAL_TIME: Timing = {
  now: Date.now,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/**
 * Serves the services on one loopback port. A request goes to the service that its credential scope names, an unsigned
 * one to the service that its shape suggests; refusing unsigned requests is left to the services.
 * @throws LineageError (usage) where the port cannot be had.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closing = new AbortController();
  // Each late reply listens to it; beyond ten Node would warn of a leak.
  setMaxListeners(0, closing.signal);
  const stage = createStage(options, closing.signal);
  const server = createServer((message, response) => {
    // What fails here is a connection that one side gave up while the other read or waited: nobody is left to answer.
    serve(stage, message, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, options.port ?? 0);

  const close = async () => {
    closing.abort();
    options.signal?.removeEventListener('abort', close);
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  };
  options.signal?.addEventListener('abort', close, { once: true });
  if (options.signal?.aborted) await close();
  return { url: `http://${LOOPBACK}:${port}`, port, close };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portError(port, cause)));
    server.listen(port, LOOPBACK, resolve);
  });
  return (server.address() as AddressInfo).port;
}

function portError(port: number, cause: NodeJS.ErrnoException): LineageError {
  const reason = cause.code === 'EADDRINUSE' ? 'it is in use' : cause.message;
  return new LineageError('usage', `The sandbox cannot listen on port ${port} of ${LOOPBACK}: ${reason}.`, {
    cause,
    hint: 'Choose another port; port 0 takes a free one.',
  });
}

/** What a request meets on its way. */
type Stage = {
  readonly services: Services;
  readonly account: string;
  readonly faults: FaultSource;
  readonly gate: Gate;
  readonly log: AccessLog;
  readonly latencyMs: number;
  readonly rateLimit: RateLimit;
  readonly timing: Timing;
  readonly signal: AbortSignal;
};

function createStage(options: ServerOptions, signal: AbortSignal): Stage {
  const { ratePerSecond, burst } = options;
  return {
    services: options.services,
    account: options.account ?? DEFAULT_ACCOUNT,
    faults: options.faults ?? (() => undefined),
    gate: options.gate ?? (() => undefined),
    log: options.log ?? createAccessLog(),
    latencyMs: options.latencyMs ?? 0,
    rateLimit:
      ratePerSecond === undefined
        ? () => true
        : createRateLimit({ ratePerSecond, ...(burst === undefined ? {} : { burst }) }),
    timing: options.timing ?? REAL_TIME,
    signal,
  };
}

async function serve(stage: Stage, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const time = stage.timing.now();
  const request = await readRequest(message);
  const name = serviceName(request);
  const service = stage.services[name as ServiceName] ?? unknownService(name);
  const operation = service.operation(request);
  const fault = stage.faults(name, operation);

  const reply = await playedReply(stage, { name, service, operation, request, fault });
  const late = stage.latencyMs + (fault?.name === 'slow' ? fault.milliseconds : 0);
  if (late > 0) await stage.timing.sleep(late, stage.signal);

  const bytes = reply === undefined ? 0 : send(request, reply, response);
  if (reply === undefined) message.socket.destroy();
  stage.log.record({
    time,
    service: name,
    operation,
    status: reply?.status ?? 0,
    ...(fault === undefined ? {} : { fault: fault.name }),
    milliseconds: stage.timing.now() - time,
    bytes,
  });
}

async function readRequest(message: IncomingMessage): Promise<SandboxRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const target = message.url ?? '/';
  // Joined, not resolved: a target that starts with two slashes would be taken for a host.
  const url = new URL(`http://${LOOPBACK}${target.startsWith('/') ? target : `/${target}`}`);
  return {
    id: randomUUID(),
    method: message.method ?? 'GET',
    url,
    path: target.split('?', 1)[0] ?? '/',
    headers: message.headers,
    body: Buffer.concat(chunks),
    credential: credentialScope(message.headers, url.searchParams),
  };
}

/** Paths of Neptune's HTTP API. */
const NEPTUNE_PATH =
  /^\/(loader|gremlin|status|system|propertygraph|pg|rdf|opencypher|openCypher|sparql|ml)(\/|$)/;

/** The service that a request is for, by the name that SigV4 knows it by. */
function serviceName({ credential, headers, path }: SandboxRequest): string {
  if (credential !== undefined) return credential.service;
  if (headers['x-amz-target']?.toString().startsWith('SageMaker.')) return 'sagemaker';
  return NEPTUNE_PATH.test(path) ? 'neptune-db' : 's3';
}

type Call = {
  readonly name: string;
  readonly service: SandboxService;
  readonly operation: string;
  readonly request: SandboxRequest;
  readonly fault: Fault | undefined;
};

/** The reply of the fault, the rate limit or the service; undefined where the socket is to be closed without any. */
async function playedReply(stage: Stage, call: Call): Promise<SandboxReply | undefined> {
  const { name, operation, request, fault } = call;
  if (fault?.name === 'drop') return undefined;
  const inPlace = fault && faultReply(fault, { service: name, operation, request, account: stage.account });
  if (inPlace !== undefined) return inPlace;
  const refusal = stage.gate({ service: name, operation, request });
  if (refusal !== undefined) return errorReply(name, refusal, request.id, request.path);
  if (!stage.rateLimit(`${name}.${operation}`, stage.timing.now())) {
    return errorReply(name, throttleError(name), request.id, request.path);
  }
  const reply = await serviceReply(call);
  return fault?.name === 'lost-reply' ? undefined : reply;
}

async function serviceReply({ name, service, request, fault }: Call): Promise<SandboxReply> {
  const pageFault = PAGE_FAULTS.find((known) => known === fault?.name);
  try {
    return await service.reply(pageFault === undefined ? request : { ...request, pageFault });
  } catch (error) {
    // A defect of the sandbox itself: its text is all that the person at the client has to report it with.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return errorReply(name, { ...internalError(name), message: `Sandbox defect: ${text}` }, request.id);
  }
}

function unknownService(name: string): SandboxService {
  const message = `The sandbox does not serve '${name}'.`;
  return {
    operation: () => 'Unknown',
    reply: async ({ id }) => errorReply(name, { status: 404, code: 'UnknownServiceException', message }, id),
  };
}

/** Sends the reply and gives the size of its body. HEAD gets the headers alone, with the length that GET would have. */
function send(request: SandboxRequest, reply: SandboxReply, response: ServerResponse): number {
  const body = Buffer.isBuffer(reply.body) ? reply.body : Buffer.from(reply.body ?? '');
  const isBodiless = reply.status === 204 || reply.status === 304;
  const requestId =
    reply.headers?.['x-amz-request-id'] === undefined ? { 'x-amzn-requestid': request.id } : {};
  response.writeHead(reply.status, {
    ...(isBodiless ? {} : { 'content-length': String(body.length) }),
    ...requestId,
    ...reply.headers,
  });
  response.end(request.method === 'HEAD' || isBodiless ? undefined : body);
  return request.method === 'HEAD' ? 0 : body.length;
}
