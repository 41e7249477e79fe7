import pLimit from 'p-limit';
import { z } from 'zod';
import { LineageError, type Outcome } from '../errors.ts';
import { arnKey } from '../graph/arn.ts';
import { type Columns, VERTEX_COLUMNS } from '../graph/columns.ts';
import type { Vertex } from '../graph/elements.ts';
import { type Gremlin, type GremlinText, gremlin, integer, literal, literals } from '../graph/gremlin.ts';
import { MEMBERSHIP_LABELS } from '../graph/kinds.ts';
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
    schema: z.ZodType<T>,
    signal: AbortSignal | undefined,
  ): Promise<readonly T[]> {
    const results = await Promise.all(
      batches([...new Set(ids)]).map((batch) => limit(async () => send(query(batch), { signal }))),
    );
    return results.flat().map((result) => narrowed(result, schema, name));
  }

  async function vertices(
    ids: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Vertex[]> {
    const found = await inBatches(ids, verticesQuery, vertexSchema, signal);
    return found.map(vertexOf);
  }

  return {
    name,
    vertices: (ids, { signal } = {}) => vertices(ids, signal),
    async edges(ids, direction, { membership, byTime = false, signal } = {}) {
      const query = (batch: readonly string[]) => edgesQuery(batch, direction, { membership, byTime });
      const found = await inBatches(ids, query, edgeSchema, signal);
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
      const found = results.map((result) => narrowed(result, reachableSchema, name));
      return {
        vertices: found.map(vertexOf),
        edges: found.flatMap((vertex) =>
          vertex.edges.map(({ id: edge, far, label }) =>
            direction === 'upstream'
              ? { id: edge, from: far, to: vertex.id, label }
              : { id: edge, from: vertex.id, to: far, label },
          ),
        ),
      };
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

/** `g.V('a').outE().not(hasLabel('HasTrial','HasTrialComponent')).project('id','from','to','label').by(id).by(outV().id()).by(inV().id()).by(label)` */
export function edgesQuery(
  ids: readonly string[],
  direction: 'upstream' | 'downstream',
  { membership = false, byTime = false }: Pick<EdgeOptions, 'membership' | 'byTime'> = {},
): GremlinText {
  const step = direction === 'upstream' ? gremlin`inE()` : gremlin`outE()`;
  const associations = membership ? gremlin`` : gremlin`.not(hasLabel(${MEMBERSHIP}))`;
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
 * `g.V('a').emit().repeat(outE().not(hasLabel(…)).inV().dedup()).dedup().limit(20001).project('id','label','properties','edges')…`
 */
export function reachableQuery(
  id: string,
  direction: 'upstream' | 'downstream',
  { membership = false }: Pick<EdgeOptions, 'membership'> = {},
): GremlinText {
  const [edges, end] =
    direction === 'upstream' ? [gremlin`inE()`, gremlin`outV()`] : [gremlin`outE()`, gremlin`inV()`];
  const followed = membership ? edges : gremlin`${edges}.not(hasLabel(${MEMBERSHIP}))`;
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

const edgeSchema = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  label: z.string(),
  at: z.number().optional(),
});

const vertexSchema = z.object({
  id: z.string(),
  label: z.string(),
  /** A vertex property is always a list in valueMap(). */
  properties: z.record(z.string(), z.array(z.unknown())),
});

const reachableSchema = vertexSchema.extend({
  /** `far` is the end that is not the vertex. */
  edges: z.array(z.object({ id: z.string(), far: z.string(), label: z.string() })),
});

function vertexOf({ id, label, properties }: z.infer<typeof vertexSchema>): Vertex {
  return { id, label, properties: propertiesOf(label, properties) };
}

function narrowed<T>(result: unknown, schema: z.ZodType<T>, name: string): T {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new LineageError(
    'unexpected',
    `${name} answered a lineage query with something else than was asked for.`,
    {
      cause: parsed.error,
      hint: 'Check that the endpoint is that of a Neptune cluster.',
    },
  );
}

function propertiesOf(
  label: string,
  values: Readonly<Record<string, readonly unknown[]>>,
): Vertex['properties'] {
  const columns: Columns = isOurLabel(label) ? VERTEX_COLUMNS[label] : {};
  const properties: Record<string, string | number> = {};
  for (const [name, list] of Object.entries(values)) {
    const shown = columns[name]?.type === 'Datetime' ? isoTime : scalar;
    if (list.length === 1) properties[name] = shown(list[0]);
    // Only another application gives a property several values.
    else if (list.length > 1)
      properties[name] = list
        .map((value) => String(shown(value)))
        .sort()
        .join('; ');
  }
  return properties;
}

function isOurLabel(label: string): label is keyof typeof VERTEX_COLUMNS {
  return Object.hasOwn(VERTEX_COLUMNS, label);
}

function scalar(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value);
}

/** A date comes as epoch milliseconds, or as text from engines that write it so. */
function isoTime(value: unknown): string | number {
  const time = new Date(typeof value === 'number' ? value : String(value));
  return Number.isNaN(time.getTime()) ? scalar(value) : time.toISOString().replace('.000Z', 'Z');
}
