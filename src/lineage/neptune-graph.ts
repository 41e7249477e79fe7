import pLimit from 'p-limit';
import { LineageError, type Outcome } from '../errors.ts';
import { arnKey } from '../graph/arn.ts';
import { VERTEX_COLUMNS } from '../graph/columns.ts';
import type { Edge, Vertex } from '../graph/elements.ts';
import { type Gremlin, type GremlinText, gremlin, integer, literal, literals } from '../graph/gremlin.ts';
import { MEMBERSHIP_LABELS } from '../graph/kinds.ts';
import { LABEL_SEPARATOR } from '../graph/stored.ts';
import type { EdgeOptions, LineageGraph, Names, Selection } from './graph.ts';
import { compareText } from './order.ts';

/** Ids per query: keeps text and reply of a query small, whatever the width of a level. */
const IDS_PER_QUERY = 200;

/** Queries under way at a time: a share of what two threads per vCPU of a small writer can take. */
const QUERIES_AT_A_TIME = 4;

/**
 * The lineage graph in a Neptune cluster. Questions go level by level, a few hundred ids a query: `path()` and unbounded
 * `repeat()` are slow or exhaust the engine's memory on wide graphs (Neptune user guide, "Gremlin step support").
 *
 * @param name where the graph is, for messages.
 */
export function neptuneGraph(send: Gremlin, name: string): LineageGraph {
  const limit = pLimit(QUERIES_AT_A_TIME);

  async function inBatches<T>(
    ids: readonly string[],
    query: (ids: readonly string[]) => GremlinText,
    isExpected: (result: unknown) => result is T,
    signal: AbortSignal | undefined,
  ): Promise<readonly T[]> {
    const results = await Promise.all(
      batches([...new Set(ids)]).map((batch) => limit(async () => send(query(batch), { signal }))),
    );
    return results.flatMap((batch) => narrowed(batch, isExpected, name));
  }

  async function vertices(
    ids: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Vertex[]> {
    const found = await inBatches(ids, verticesQuery, isVertexReply, signal);
    return found.map(vertexOf);
  }

  return {
    name,
    vertices: (ids, { signal } = {}) => vertices(ids, signal),
    async edges(ids, direction, { membership, byTime = false, signal } = {}) {
      const query = (batch: readonly string[]) => edgesQuery(batch, direction, { membership, byTime });
      const found = await inBatches(ids, query, isEdgeReply, signal);
      const ordered = byTime
        ? found.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0) || compareText(a.id, b.id))
        : found;
      return ordered.map(({ at: _, ...edge }) => edge);
    },
    async reachable(id, direction, { membership, signal } = {}) {
      const query = reachableQuery(id, direction, { membership });
      const results = await send(query, { timeoutMs: REACHABLE_MS, signal }).catch((error: unknown) => {
        // What the engine cannot give at once, it may give level by level; what it cannot give at all, that will say.
        if (error instanceof LineageError && TOO_MUCH.has(error.outcome)) return undefined;
        throw error;
      });
      if (results === undefined || results.length > MOST_REACHABLE) return undefined;
      const vertices = new Map<string, Vertex>();
      const edges = new Map<string, readonly Edge[]>();
      for (const vertex of narrowed(results, isReachableReply, name)) {
        vertices.set(vertex.id, vertexOf(vertex));
        edges.set(vertex.id, vertex.edges.map(turned(vertex.id, direction)));
      }
      return { vertices, edges };
    },
    async spelling(text, { signal } = {}) {
      const spellings = [...new Set([text, arnKey(text)])];
      const ids = await send(gremlin`g.V(${literals(spellings)}).id()`, { signal });
      return spellings.find((spelling) => ids.includes(spelling));
    },
    async named(names, { signal } = {}) {
      const ids = await send(namedQuery(names), { signal });
      return vertices(ids.map(String), signal);
    },
    resembling: async () => ({ near: [], remark: CASE_REMARK }),
    async *list(selection, { signal } = {}) {
      const ids = (await send(listQuery(selection), { signal })).map(String);
      for (const batch of batches(ids)) yield* await vertices(batch, signal);
    },
    async holds(property, { signal } = {}) {
      const ids = await send(gremlin`g.V().has(${literal(property)}).limit(1).id()`, { signal });
      return ids.length > 0;
    },
  };
}

const CASE_REMARK =
  'Neptune compares texts letter by letter, so write the ARN or name with upper and lower case as SageMaker lists it.';

/** `g.V('a','b').project('id','label','properties').by(id).by(label).by(valueMap())` */
export function verticesQuery(ids: readonly string[]): GremlinText {
  return gremlin`g.V(${literals(ids)}).project('id','label','properties').by(id).by(label).by(valueMap())`;
}

const MEMBERSHIP = literals(Object.values(MEMBERSHIP_LABELS));

/** `g.V('a').outE().hasLabel(without('HasTrial','HasTrialComponent')).project('id','from','to','label').by(id).by(outV().id()).by(inV().id()).by(label)` */
export function edgesQuery(
  ids: readonly string[],
  direction: 'upstream' | 'downstream',
  { membership = false, byTime = false }: Pick<EdgeOptions, 'membership' | 'byTime'> = {},
): GremlinText {
  const step = direction === 'upstream' ? gremlin`inE()` : gremlin`outE()`;
  const associations = membership ? gremlin`` : gremlin`.hasLabel(without(${MEMBERSHIP}))`;
  const [also, time] = byTime
    ? [gremlin`,'at'`, gremlin`.by(coalesce(values('creationtimems'),constant(0)))`]
    : [gremlin``, gremlin``];
  return gremlin`g.V(${literals(ids)}).${step}${associations}.project('id','from','to','label'${also}).by(id).by(outV().id()).by(inV().id()).by(label)${time}`;
}

/** What one reply may hold: some 20 MB. Beyond it, level by level is the safer way. */
const MOST_REACHABLE = 20_000;
/** Long enough for that many, and short beside the two minutes that Neptune gives a query as delivered. */
const REACHABLE_MS = 20_000;
const TOO_MUCH: ReadonlySet<string> = new Set<Outcome>(['deadline', 'unexpected']);

/**
 * Everything upstream or downstream in one query. `dedup()` inside the loop ends it in cycles, and visits each vertex once:
 * `g.V('a').emit().repeat(outE().hasLabel(without(…)).inV().dedup()).dedup().limit(20001).project('id','label','properties','edges')…`
 */
export function reachableQuery(
  id: string,
  direction: 'upstream' | 'downstream',
  { membership = false }: Pick<EdgeOptions, 'membership'> = {},
): GremlinText {
  const [edges, end] =
    direction === 'upstream' ? [gremlin`inE()`, gremlin`outV()`] : [gremlin`outE()`, gremlin`inV()`];
  const followed = membership ? edges : gremlin`${edges}.hasLabel(without(${MEMBERSHIP}))`;
  return gremlin`g.V(${literal(id)}).emit().repeat(${followed}.${end}.dedup()).dedup().limit(${integer(MOST_REACHABLE + 1)}).project('id','label','properties','edges').by(id).by(label).by(valueMap()).by(${followed}.project('id','far','label').by(id).by(${end}.id()).by(label).fold())`;
}

/** More vertices of one name than anybody can choose from. */
const MOST_NAMED = 100;

/** `g.V().or(has('name',within('a')),has('sourceuri',within('a'))).limit(100).id()` */
function namedQuery({ properties, texts }: Names): GremlinText {
  const wanted = literals(texts);
  const tests = properties.map((property) => gremlin`has(${literal(property)},within(${wanted}))`);
  return gremlin`g.V().or(${joined(tests)}).limit(${integer(MOST_NAMED)}).id()`;
}

/** `g.V().hasLabel('context').has('type',within('Endpoint')).id()` */
function listQuery({ kinds = [], types = [] }: Selection): GremlinText {
  const ofKind = kinds.length === 0 ? gremlin`` : gremlin`.hasLabel(${literals(kinds)})`;
  const ofType = types.length === 0 ? gremlin`` : gremlin`.has('type',within(${literals(types)}))`;
  return gremlin`g.V()${ofKind}${ofType}.id()`;
}

function joined(parts: readonly GremlinText[]): GremlinText {
  return parts.reduce((all, part) => gremlin`${all},${part}`);
}

function batches(ids: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(ids.length / IDS_PER_QUERY);
  return Array.from({ length: count }, (_, index) =>
    ids.slice(index * IDS_PER_QUERY, (index + 1) * IDS_PER_QUERY),
  );
}

/* Replies hold tens of thousands of these: looked at in place, since a schema would copy them. */

type EdgeReply = Edge & { readonly at?: number };

function isEdgeReply(result: unknown): result is EdgeReply {
  return (
    isObject(result) &&
    isText(result.id) &&
    isText(result.from) &&
    isText(result.to) &&
    isText(result.label) &&
    (result.at === undefined || typeof result.at === 'number')
  );
}

type VertexReply = {
  readonly id: string;
  readonly label: string;
  /** A vertex property is always a list in valueMap(). */
  readonly properties: Readonly<Record<string, readonly unknown[]>>;
};

function isVertexReply(result: unknown): result is VertexReply {
  return (
    isObject(result) &&
    isText(result.id) &&
    isText(result.label) &&
    isObject(result.properties) &&
    holdsLists(result.properties)
  );
}

function holdsLists(properties: Readonly<Record<string, unknown>>): boolean {
  for (const name in properties) if (!Array.isArray(properties[name])) return false;
  return true;
}

/** `far` is the end that is not the vertex. */
type FarReply = { readonly id: string; readonly far: string; readonly label: string };

function isReachableReply(result: unknown): result is VertexReply & { readonly edges: readonly FarReply[] } {
  return (
    isVertexReply(result) &&
    'edges' in result &&
    Array.isArray(result.edges) &&
    result.edges.every(isFarReply)
  );
}

function isFarReply(edge: unknown): boolean {
  return isObject(edge) && isText(edge.id) && isText(edge.far) && isText(edge.label);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** An edge at a vertex the way that it points. */
function turned(near: string, direction: 'upstream' | 'downstream'): (edge: FarReply) => Edge {
  return direction === 'upstream'
    ? ({ id, far, label }) => ({ id, from: far, to: near, label })
    : ({ id, far, label }) => ({ id, from: near, to: far, label });
}

function vertexOf({ id, label, properties }: VertexReply): Vertex {
  return { id, label, properties: propertiesOf(label, properties) };
}

function narrowed<T>(
  results: readonly unknown[],
  isExpected: (result: unknown) => result is T,
  name: string,
): readonly T[] {
  if (results.every(isExpected)) return results;
  throw new LineageError(
    'unexpected',
    `${name} answered a lineage query with something else than was asked for.`,
    { hint: 'Check that the endpoint is that of a Neptune cluster.' },
  );
}

function propertiesOf(label: string, lists: VertexReply['properties']): Vertex['properties'] {
  const times = timesOf(label);
  const properties: Record<string, string | number> = {};
  for (const name in lists) {
    const values = lists[name] ?? [];
    const shown = times.has(name) ? isoTime : scalar;
    if (values.length === 1) properties[name] = shown(values[0]);
    // Only another application gives a property several values.
    else if (values.length > 1)
      properties[name] = values
        .map((value) => String(shown(value)))
        .sort()
        .join('; ');
  }
  return properties;
}

const TIMES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(VERTEX_COLUMNS).map(([kind, columns]) => [
    kind,
    new Set(Object.entries(columns).flatMap(([name, { type }]) => (type === 'Datetime' ? [name] : []))),
  ]),
);
const NO_TIMES: ReadonlySet<string> = new Set();

/** The properties that are times, by the label; of a vertex with several, by the first that has any. */
function timesOf(label: string): ReadonlySet<string> {
  const ofEach = () => label.split(LABEL_SEPARATOR).map((one) => TIMES.get(one) ?? NO_TIMES);
  return TIMES.get(label) ?? ofEach().find(({ size }) => size > 0) ?? NO_TIMES;
}

function scalar(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value);
}

/** A date comes as epoch milliseconds, or as text from engines that write it so. */
function isoTime(value: unknown): string | number {
  const time = new Date(typeof value === 'number' ? value : String(value));
  const ms = time.getTime();
  if (Number.isNaN(ms)) return scalar(value);
  const text = time.toISOString();
  return ms % 1_000 === 0 ? `${text.slice(0, -'.000Z'.length)}Z` : text;
}
