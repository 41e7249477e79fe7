import pLimit from 'p-limit';
import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { type Gremlin, type GremlinText, gremlin, literal, literals } from '../graph/gremlin.ts';
import { type ElementKind, type GraphElement, LABEL_SEPARATOR } from '../graph/stored.ts';
import type { TypedElement } from '../graph/typed-element.ts';
import { graphSonElement } from './graphson-element.ts';

type ReadOptions = { readonly signal?: AbortSignal | undefined };

/**
 * The vertices, or edges, of these ids, by id: whole, with every value of every property. Ids that the graph does not have
 * are left out. Memory holds all that is read, so give a few thousand ids at a time; they are asked for in batches, some
 * at once.
 *
 * @throws LineageError (unexpected) for a reply that is none to this query; what the query client throws.
 */
export async function readElements(
  send: Gremlin,
  kind: ElementKind,
  ids: readonly string[],
  { signal }: ReadOptions = {},
): Promise<ReadonlyMap<string, GraphElement>> {
  const replies = await inBatches(ids, (batch) => send(elementsQuery(kind, batch), { signal }));
  const elements = replies.map((reply) => elementOf(narrowed(reply, elementSchema)));
  return new Map(elements.map((element) => [element.id, element]));
}

/**
 * The same with the type of every value, so that they can be put back as they were.
 *
 * @param send a {@link typedGremlinClient}
 * @throws LineageError (unexpected) also for a value of a type that Neptune has not
 */
export async function readTypedElements(
  send: Gremlin,
  kind: ElementKind,
  ids: readonly string[],
  { signal }: ReadOptions = {},
): Promise<readonly TypedElement[]> {
  const replies = await inBatches(ids, (batch) => send(elementsQuery(kind, batch), { signal }));
  return replies.map((reply) => graphSonElement(kind, reply));
}

/** Those of the ids that the graph has as vertices, or as edges. In batches, as {@link readElements}. */
export async function existingIds(
  send: Gremlin,
  kind: ElementKind,
  ids: readonly string[],
  { signal }: ReadOptions = {},
): Promise<ReadonlySet<string>> {
  const replies = await inBatches(ids, (batch) => send(gremlin`${start(kind, batch)}.id()`, { signal }));
  return new Set(replies.map((reply) => narrowed(reply, z.string())));
}

/** Ids of all edges at these vertices, whoever wrote them. */
export async function incidentEdges(
  send: Gremlin,
  vertices: readonly string[],
  { signal }: ReadOptions = {},
): Promise<readonly string[]> {
  const replies = await inBatches(vertices, (batch) =>
    send(gremlin`${start('vertex', batch)}.bothE().dedup().id()`, { signal }),
  );
  return [...new Set(replies.map((reply) => narrowed(reply, z.string())))];
}

/** An edge without its properties. */
export type BareEdge = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly label: string;
};

/**
 * All edges of the graph that have the label and the ends of one of these, whatever their ids. Looks at every edge of that
 * label which leaves one of the vertices.
 */
export async function parallelEdges(
  send: Gremlin,
  edges: readonly BareEdge[],
  { signal }: ReadOptions = {},
): Promise<readonly BareEdge[]> {
  const byLabel = new Map<string, BareEdge[]>();
  for (const edge of edges) byLabel.set(edge.label, [...(byLabel.get(edge.label) ?? []), edge]);
  const found: BareEdge[] = [];
  for (const [label, ofLabel] of byLabel) {
    const wanted = new Set(ofLabel.map(endsKey));
    const froms = ofLabel.map(({ from }) => from);
    const replies = await inBatches(froms, (batch) => send(outEdgesQuery(batch, label), { signal }));
    for (const reply of replies) {
      const { id, from, to } = narrowed(reply, bareSchema);
      if (wanted.has(endsKey({ from, to }))) found.push({ id, from, to, label });
    }
  }
  return found;
}

/**
 * `g.V('a','b').project('id','label','properties').by(id).by(label).by(valueMap())`;
 * `g.E('e').project('id','label','from','to','properties').by(id).by(label).by(outV().id()).by(inV().id()).by(valueMap())`
 */
function elementsQuery(kind: ElementKind, ids: readonly string[]): GremlinText {
  const from = start(kind, ids);
  if (kind === 'vertex')
    return gremlin`${from}.project('id','label','properties').by(id).by(label).by(valueMap())`;
  return gremlin`${from}.project('id','label','from','to','properties').by(id).by(label).by(outV().id()).by(inV().id()).by(valueMap())`;
}

function outEdgesQuery(froms: readonly string[], label: string): GremlinText {
  return gremlin`g.V(${literals(froms)}).outE(${literal(label)}).project('id','from','to').by(id).by(outV().id()).by(inV().id())`;
}

/** Never without ids: `g.V()` is the whole graph. */
function start(kind: ElementKind, ids: readonly string[]): GremlinText {
  return kind === 'vertex' ? gremlin`g.V(${literals(ids)})` : gremlin`g.E(${literals(ids)})`;
}

const IDS_PER_BATCH = 200;
/** UTF-16 units of the ids of one query: Neptune parses the whole text before it begins. */
const LENGTH_PER_BATCH = 64 * 1_024;
/** A share of what two threads per vCPU of a small writer can take. */
const BATCHES_AT_A_TIME = 4;

async function inBatches(
  ids: readonly string[],
  ask: (batch: readonly string[]) => Promise<readonly unknown[]>,
): Promise<readonly unknown[]> {
  const limit = pLimit(BATCHES_AT_A_TIME);
  const replies = await Promise.all([...batches(new Set(ids))].map((batch) => limit(ask, batch)));
  return replies.flat();
}

/** So many ids at most, and so much text; an id that is longer goes alone. */
function* batches(ids: Iterable<string>): Generator<readonly string[]> {
  let batch: string[] = [];
  let length = 0;
  for (const id of ids) {
    if (batch.length === IDS_PER_BATCH || (batch.length > 0 && length + id.length > LENGTH_PER_BATCH)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(id);
    length += id.length;
  }
  if (batch.length > 0) yield batch;
}

const bareSchema = z.object({ id: z.string(), from: z.string(), to: z.string() });

const elementSchema = z.object({
  id: z.string(),
  label: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
  /** A vertex has a list of values under each name, an edge one value. */
  properties: z.record(z.string(), z.unknown()),
});

function elementOf({ id, label, from, to, properties }: z.infer<typeof elementSchema>): GraphElement {
  const values = Object.entries(properties).map(
    ([name, value]) => [name, Array.isArray(value) ? value : [value]] as const,
  );
  const ends = from === undefined || to === undefined ? {} : { ends: { from, to } };
  const labels = from === undefined ? label.split(LABEL_SEPARATOR) : [label];
  return { id, labels, ...ends, properties: Object.fromEntries(values) };
}

function narrowed<Value>(reply: unknown, schema: z.ZodType<Value>): Value {
  const parsed = schema.safeParse(reply);
  if (parsed.success) return parsed.data;
  throw new LineageError('unexpected', 'A query for elements by id was answered with something else.', {
    cause: parsed.error,
    hint: 'Check that the endpoint is that of a Neptune cluster.',
  });
}

function endsKey({ from, to }: { readonly from: string; readonly to: string }): string {
  return JSON.stringify([from, to]);
}
