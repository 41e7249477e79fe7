import type { SandboxReply, SandboxRequest } from '../service.ts';
import { engineFailure, type GremlinEngine, type GremlinReply } from './gremlin-engine.ts';
import { jsonReply } from './json-reply.ts';
import { jsonObject, requiredText } from './load-request.ts';
import type { MemoryGraph } from './memory-graph.ts';
import { NeptuneError, type NeptuneErrorCode } from './neptune-error.ts';

/** The limit of Neptune's limits page. */
const MAX_QUERY_BYTES = 157_286_400;

/**
 * Answers ExecuteGremlinQuery from the engine. Only the query text is passed on: Neptune has no bindings and one language.
 * @throws NeptuneError as Neptune names what is wrong; LineageError (unexpected) where the engine ended.
 */
export async function answerGremlin(request: SandboxRequest, engine: GremlinEngine): Promise<SandboxReply> {
  if (request.body.length > MAX_QUERY_BYTES) throw tooLarge();
  const reply = await engine.send(queryText(request), { accept: request.headers.accept });
  if (reply.status !== 200) throw neptuneError(reply);
  return { status: 200, headers: { 'content-type': reply.contentType }, body: reply.body };
}

/** What a reset asks for: whether there is any vertex. */
const ANY = 'g.V().limit(1).count()';

/** What a verified load asks for: counts by label, elements by their ids, edges that leave vertices. */
const COUNT = /^g\.(V|E)\(\)\.groupCount\(\)\.by\(label\)$/;
const ELEMENTS =
  /^g\.(V|E)\(('.*')\)\.project\('id','label',(?:'from','to',)?'properties'\)\.by\(id\)\.by\(label\)(?:\.by\(outV\(\)\.id\(\)\)\.by\(inV\(\)\.id\(\)\))?\.by\(valueMap\(\)\)$/s;
const OUT_EDGES =
  /^g\.V\(('.*')\)\.outE\(('.*')\)\.project\('id','from','to'\)\.by\(id\)\.by\(outV\(\)\.id\(\)\)\.by\(inV\(\)\.id\(\)\)$/s;

/** Answers what a verified load or a reset asks from memory, in plain JSON; undefined for any other query, which takes an engine. */
export function answerCounts(request: SandboxRequest, graph: MemoryGraph): SandboxReply | undefined {
  const data = askMemory(queryText(request), graph);
  if (data === undefined) return undefined;
  return jsonReply(200, {
    requestId: request.id,
    status: { message: '', code: 200, attributes: {} },
    result: { data, meta: {} },
  });
}

function askMemory(query: string, graph: MemoryGraph): readonly unknown[] | undefined {
  const kindOf = (step: string | undefined) => (step === 'V' ? 'vertex' : 'edge');
  if (query === ANY) return [Math.min(1, Object.keys(graph.countByLabel('vertex')).length)];
  const counts = COUNT.exec(query);
  if (counts !== null) return [graph.countByLabel(kindOf(counts[1]))];
  const elements = ELEMENTS.exec(query);
  if (elements !== null) return graph.projected(kindOf(elements[1]), textsOf(elements[2] ?? ''));
  const edges = OUT_EDGES.exec(query);
  if (edges === null) return undefined;
  const [label = ''] = textsOf(edges[2] ?? '');
  return graph.outEdges(textsOf(edges[1] ?? ''), label);
}

/** The texts of literals in single quotes, with commas between them. */
function textsOf(literals: string): readonly string[] {
  return [...literals.matchAll(/'((?:[^'\\]|\\.)*)'/gs)].map(([, escaped = '']) =>
    escaped.replace(/\\(u[0-9a-f]{4}|.)/gs, (_, code: string) =>
      code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
    ),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };

function queryText({ method, url, body }: SandboxRequest): string {
  if (method === 'POST') return requiredText(jsonObject(body.toString()), 'gremlin');
  return requiredText({ gremlin: url.searchParams.get('gremlin') }, 'gremlin');
}

function tooLarge(): NeptuneError {
  return new NeptuneError('QueryTooLargeException', `The request is longer than ${MAX_QUERY_BYTES} bytes`);
}

function neptuneError(reply: GremlinReply): NeptuneError {
  if (reply.status === 413) return tooLarge();
  const { message, exceptionClass } = engineFailure(reply);
  return new NeptuneError(codeOf(reply.status, exceptionClass, message), message);
}

function codeOf(status: number, exceptionClass: string, message: string): NeptuneErrorCode {
  if (status === 400) return 'BadRequestException';
  if (exceptionClass.endsWith('.GremlinParserException')) return 'MalformedQueryException';
  if (exceptionClass.endsWith('.TimeoutException')) return 'TimeLimitExceededException';
  // A step that notices the interruption first tells it in this way.
  if (/TraversalInterruptedException/.test(exceptionClass + message)) return 'TimeLimitExceededException';
  if (message.startsWith('Conflict:')) return 'ConcurrentModificationException';
  if (/^(Vertex|Edge) with id already exists/.test(message)) return 'ConstraintViolationException';
  return 'InternalFailureException';
}
