import { randomUUID } from 'node:crypto';
import { LineageError } from '../../errors.ts';
import type { ObjectStore } from '../object-store.ts';
import type { SandboxReply, SandboxRequest, SandboxService } from '../service.ts';
import { engineGraph } from './engine-graph.ts';
import { createFastReset, type FastReset } from './fast-reset.ts';
import type { GremlinEngine } from './gremlin-engine.ts';
import { TINKERPOP_VERSION } from './gremlin-install.ts';
import { answerCounts, answerGremlin } from './gremlin-query.ts';
import { errorReply, jsonReply } from './json-reply.ts';
import { type LoadFaultPlan, loadFaults } from './load-faults.ts';
import type { LoadGraph } from './load-graph.ts';
import type { FeedHook } from './load-job.ts';
import { type LoadRequest, parseLoadRequest } from './load-request.ts';
import { statusReport } from './load-status.ts';
import { createLoader, type Loader } from './loader.ts';
import { type MemoryGraph, memoryGraph } from './memory-graph.ts';
import { NeptuneError } from './neptune-error.ts';

export type NeptuneService = SandboxService & {
  /** Ends the running load and the queue. The engine stays with whoever started it. */
  close(): Promise<void>;
};

type NeptuneOptions = {
  /** Where load jobs find their files. */
  readonly store: ObjectStore;
  /** Answers Gremlin and holds the graph. Without it loads are checked and counted only. */
  readonly engine?: GremlinEngine | undefined;
  /** What `/gremlin` says without an engine: what is missing and how to get it. */
  readonly engineAdvice?: string | undefined;
  /** The region of the cluster: requests must be signed for it, buckets must live in it. */
  readonly region: string;
  /** Now, in epoch milliseconds. */
  readonly clock: () => number;
  /** Makes load ids and reset tokens. @default random UUIDs */
  readonly newId?: () => string;
  /** Take `Datetime` cells with milliseconds, which the documentation leaves out. @default false */
  readonly acceptMilliseconds?: boolean;
  /** How long a fast reset keeps the cluster away, in milliseconds. @default 200 */
  readonly restartMilliseconds?: number;
  /** Asked before each file of a load: may wait, or say how the file fares in place of being read. */
  readonly beforeFeed?: FeedHook;
  /** Faults of load jobs; `beforeFeed` takes their place. */
  readonly faults?: LoadFaultPlan | undefined;
  /** What kind of cluster it is. @default a writer of the newest engine, with IAM authentication, that takes any load role */
  readonly cluster?: ClusterSettings | undefined;
};

/** How the cluster is set up. */
export type ClusterSettings = {
  /** @default '1.4.8.0', whose TinkerPop is nearest to the sandbox's (Neptune user guide, "Neptune engine releases") */
  readonly engineVersion?: string | undefined;
  /** What stands at the endpoint: a reader loads nothing. @default 'writer' */
  readonly role?: 'writer' | 'reader' | undefined;
  /** Whether requests must be signed. @default true */
  readonly iamAuthentication?: boolean | undefined;
  /** Roles that are attached to the cluster, without any other of which a load fails. @default any will do */
  readonly loadRoles?: readonly string[] | undefined;
};

export const ENGINE_VERSION = '1.4.8.0';

/** One Neptune cluster: the bulk loader, Gremlin, engine status, fast reset and the graph summary. */
export function neptuneService(options: NeptuneOptions): NeptuneService {
  const {
    engine,
    clock,
    newId = randomUUID,
    acceptMilliseconds = false,
    restartMilliseconds = 200,
  } = options;
  const memory = memoryGraph();
  const graph = engine === undefined ? memory : engineGraph(engine);
  let awayUntil = 0;
  const outage = (milliseconds: number) => {
    awayUntil = clock() + milliseconds;
  };
  const assertRunning = () => {
    if (clock() < awayUntil) throw new NeptuneError('ServerShutdownException', 'The server is shutting down');
    reset.assertRunning();
  };
  const beforeFeed = options.beforeFeed ?? loadFaults(options.faults ?? {}, outage);
  const loader = createLoader({ ...options, graph, newId, acceptMilliseconds, beforeFeed });
  const erase = async () => {
    await loader.stop();
    await graph.clear();
  };
  const reset = createFastReset({ clock, newId, erase, restartMilliseconds });
  const cluster: Cluster = { options, loader, graph, memory, reset };
  return {
    operation: (request) => routeOf(request)?.operation ?? 'Unknown',
    reply: async (request) => {
      try {
        if (options.cluster?.iamAuthentication !== false) assertSigned(request, options.region);
        const route = routeOf(request);
        if (route === undefined) throw unsupported(request);
        if (route.operation !== 'ExecuteFastReset') assertRunning();
        return await route.answer(cluster, request);
      } catch (error) {
        return errorReply(asNeptuneError(error), request.id);
      }
    },
    close: async () => {
      await reset.settled();
      await loader.stop();
    },
  };
}

type Cluster = {
  readonly options: NeptuneOptions;
  readonly loader: Loader;
  readonly graph: LoadGraph;
  /** The graph where there is no engine; empty where there is one. */
  readonly memory: MemoryGraph;
  readonly reset: FastReset;
};

type Route = {
  readonly method: string;
  readonly path: RegExp;
  readonly operation: string;
  readonly answer: (cluster: Cluster, request: SandboxRequest) => SandboxReply | Promise<SandboxReply>;
};

const LOADER = /^\/loader\/?$/;
const LOADER_JOB = /^\/loader\/([^/]+)$/;
const GREMLIN = /^\/gremlin\/?$/;

const ROUTES: readonly Route[] = [
  { method: 'POST', path: LOADER, operation: 'StartLoaderJob', answer: startLoaderJob },
  { method: 'GET', path: LOADER, operation: 'ListLoaderJobs', answer: listLoaderJobs },
  { method: 'GET', path: LOADER_JOB, operation: 'GetLoaderJobStatus', answer: getLoaderJobStatus },
  { method: 'DELETE', path: LOADER_JOB, operation: 'CancelLoaderJob', answer: cancelLoaderJob },
  { method: 'POST', path: GREMLIN, operation: 'ExecuteGremlinQuery', answer: executeGremlinQuery },
  { method: 'GET', path: GREMLIN, operation: 'ExecuteGremlinQuery', answer: executeGremlinQuery },
  { method: 'GET', path: /^\/status\/?$/, operation: 'GetEngineStatus', answer: getEngineStatus },
  {
    method: 'POST',
    path: /^\/system\/?$/,
    operation: 'ExecuteFastReset',
    answer: ({ reset }, { body }) => reset.reply(body),
  },
  {
    method: 'GET',
    path: /^\/propertygraph\/statistics\/summary\/?$/,
    operation: 'GetPropertygraphSummary',
    answer: getPropertygraphSummary,
  },
];

function routeOf({ method, url }: SandboxRequest): Route | undefined {
  return ROUTES.find((route) => route.method === method && route.path.test(url.pathname));
}

function unsupported({ method, url }: SandboxRequest): NeptuneError {
  return new NeptuneError(
    'UnsupportedOperationException',
    `The sandbox does not answer ${method} ${url.pathname}`,
  );
}

/** What IAM database authentication looks at; the signature itself is taken as right. */
function assertSigned({ credential }: SandboxRequest, region: string): void {
  if (credential === undefined)
    throw new NeptuneError('AccessDeniedException', 'Missing Authentication Token');
  if (credential.region !== region) {
    const message = `Credential should be scoped to a valid Region, not '${credential.region}'.`;
    throw new NeptuneError('AccessDeniedException', message);
  }
  if (credential.service !== 'neptune-db') {
    const message = `Credential should be scoped to correct service: 'neptune-db'.`;
    throw new NeptuneError('AccessDeniedException', message);
  }
}

function asNeptuneError(error: unknown): NeptuneError {
  if (error instanceof NeptuneError) return error;
  const message =
    error instanceof LineageError ? `${error.message} ${error.hint ?? ''}`.trim() : String(error);
  return new NeptuneError('InternalFailureException', message);
}

function startLoaderJob({ loader, options }: Cluster, { body }: SandboxRequest): SandboxReply {
  assertWriter(options);
  const load = parseLoadRequest(body);
  assertAttached(load, options);
  return jsonReply(200, { status: '200 OK', payload: { loadId: loader.start(load) } });
}

function assertWriter({ cluster }: NeptuneOptions): void {
  if (cluster?.role !== 'reader') return;
  throw new NeptuneError('MethodNotAllowedException', 'Loader is not supported on read replica instances');
}

/** All that Neptune says of a role that is not attached (graph-notebook #710). */
function assertAttached({ source, roles }: LoadRequest, { cluster }: NeptuneOptions): void {
  const attached = cluster?.loadRoles;
  if (attached === undefined || roles.every((role) => attached.includes(role))) return;
  throw new NeptuneError('InternalFailureException', `Failed to start load from the source ${source}`);
}

function getLoaderJobStatus({ loader, options }: Cluster, { url }: SandboxRequest): SandboxReply {
  const job = loader.job(loadIdOf(url));
  const payload = statusReport(job, options.clock(), {
    details: isTrue(url, 'details'),
    errors: isTrue(url, 'errors'),
    page: integer(url, 'page', { minimum: 1, otherwise: 1 }),
    errorsPerPage: integer(url, 'errorsPerPage', { minimum: 1, otherwise: 10 }),
  });
  return jsonReply(200, { status: '200 OK', payload });
}

function listLoaderJobs({ loader }: Cluster, { url }: SandboxRequest): SandboxReply {
  const limit = integer(url, 'limit', { minimum: 1, maximum: 100, otherwise: 100 });
  const includeQueued = url.searchParams.get('includeQueuedLoads')?.toLowerCase() !== 'false';
  return jsonReply(200, { status: '200 OK', payload: { loadIds: loader.ids({ limit, includeQueued }) } });
}

function cancelLoaderJob({ loader }: Cluster, { url }: SandboxRequest): SandboxReply {
  loader.cancel(loadIdOf(url));
  return { status: 200 };
}

function loadIdOf(url: URL): string {
  return decodeURIComponent(LOADER_JOB.exec(url.pathname)?.[1] ?? '');
}

function isTrue(url: URL, name: string): boolean {
  return url.searchParams.get(name)?.toLowerCase() === 'true';
}

type Bounds = { readonly minimum: number; readonly maximum?: number; readonly otherwise: number };

function integer(
  url: URL,
  name: string,
  { minimum, maximum = Number.MAX_SAFE_INTEGER, otherwise }: Bounds,
): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) return value;
  throw new NeptuneError('InvalidParameterException', `${name}: ${text} is out of range`);
}

async function executeGremlinQuery(
  { options, memory }: Cluster,
  request: SandboxRequest,
): Promise<SandboxReply> {
  if (options.engine !== undefined) return answerGremlin(request, options.engine);
  const counts = answerCounts(request, memory);
  if (counts !== undefined) return counts;
  const message = options.engineAdvice ?? 'This sandbox runs without a Gremlin engine.';
  throw new NeptuneError('UnsupportedOperationException', message);
}

function getEngineStatus({ reset, options }: Cluster): SandboxReply {
  const { engineVersion = ENGINE_VERSION, role = 'writer', iamAuthentication = true } = options.cluster ?? {};
  return jsonReply(200, {
    status: 'healthy',
    startTime: new Date(reset.startedAt()).toUTCString(),
    dbEngineVersion: engineVersion,
    role,
    dfeQueryEngine: 'viaQueryHint',
    gremlin: { version: `tinkerpop-${tinkerPopVersion(engineVersion)}` },
    labMode: {},
    features: {
      IAMAuthentication: { status: iamAuthentication ? 'enabled' : 'disabled' },
      Streams: { status: 'disabled' },
    },
    settings: { clusterQueryTimeoutInMs: '120000' },
  });
}

/** User guide, "Accessing the Neptune graph with Gremlin": the engines before 1.3.2.0 speak 3.6.2. */
function tinkerPopVersion(engineVersion: string): string {
  return engineVersion.localeCompare('1.3.2.0', 'en', { numeric: true }) < 0 ? '3.6.2' : TINKERPOP_VERSION;
}

async function getPropertygraphSummary(
  { graph, options }: Cluster,
  { url }: SandboxRequest,
): Promise<SandboxReply> {
  const mode = url.searchParams.get('mode') ?? 'basic';
  if (mode !== 'basic' && mode !== 'detailed') {
    throw new NeptuneError('InvalidParameterException', `mode: ${mode} is neither basic nor detailed`);
  }
  const { nodeProperties, edgeProperties, ...summary } = await graph.summary();
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([name, count]) => ({ [name]: count }));
  const total = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((sum, count) => sum + count, 0);
  return jsonReply(200, {
    status: '200 OK',
    payload: {
      version: 'v1',
      lastStatisticsComputationTime: new Date(options.clock()).toISOString(),
      graphSummary: {
        ...summary,
        numNodeLabels: summary.nodeLabels.length,
        numEdgeLabels: summary.edgeLabels.length,
        numNodeProperties: Object.keys(nodeProperties).length,
        numEdgeProperties: Object.keys(edgeProperties).length,
        nodeProperties: counted(nodeProperties),
        edgeProperties: counted(edgeProperties),
        totalNodePropertyValues: total(nodeProperties),
        totalEdgePropertyValues: total(edgeProperties),
      },
    },
  });
}
