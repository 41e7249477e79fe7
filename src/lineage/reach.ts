import { LineageError } from '../errors.ts';
import type {
  Answer,
  AnswerLimits,
  AnswerSource,
  AnswerVertex,
  Direction,
  UnmatchedType,
} from '../graph/answer.ts';
import { parseArn } from '../graph/arn.ts';
import type { Vertex } from '../graph/elements.ts';
import { isKind } from '../graph/kinds.ts';
import { nearestWord } from '../graph/nearest-word.ts';
import { between, type EdgesOption } from './between.ts';
import { cyclesOf } from './cycles.ts';
import { type FilterOptions, filterOf, isOneOf, mayPass, PROPERTIES, passes } from './filter.ts';
import type { LineageGraph, Reachable } from './graph.ts';
import { compareText } from './order.ts';
import { findStart } from './start.ts';
import { type Walk, type WalkOptions, walk } from './walk.ts';

export type ReachOptions = Omit<WalkOptions, 'passable'> &
  FilterOptions & {
    readonly graph: LineageGraph;
    /** What is asked, as the command is called. */
    readonly question: string;
    readonly direction: Direction;
    /** The vertex to start from: its ARN, name or source. */
    readonly start: string;
    /** Walk through vertices of these kinds or types only. @default all */
    readonly through?: readonly string[] | undefined;
    /** Kinds or types not to walk through. @default none */
    readonly stopAt?: readonly string[] | undefined;
    /**
     * What the answer holds beside the vertices that pass: the ways to them by a shortest way each, by all ways as
     * QueryLineage's IncludeEdges, or neither vertices between nor edges. @default 'shortest'
     */
    readonly edges?: EdgesOption | undefined;
  };

/** Everything that a start reaches, filtered, with the evidence: the question behind most others. */
export async function reach(options: ReachOptions): Promise<Answer> {
  const { question, direction, edges = 'shortest', signal } = options;
  const filter = filterOf(options);
  const { startId, graph, known } = await startedGraph(options);
  const read = vertexReader(graph, known, signal);
  const found = await walk(graph, startId, { ...options, passable: passable(options, read) });

  const wanted = [...found.depths.keys()].filter((id) => id === startId || mayPass(id, filter));
  const byId = await read(wanted);
  const start = byId.get(startId);
  if (start === undefined) throw vanished(startId, graph);
  const shownIds = new Set(wanted.filter((id) => id !== startId && passesNow(byId.get(id), filter)));
  const waysThrough = between(found, shownIds, { edges, direction });
  await read([...waysThrough]);
  const hiddenIds = new Set([...waysThrough].filter((id) => byId.has(id)));

  const reasons = [
    graph.incompleteReason,
    found.cut,
    missingReason(wanted.filter((id) => !byId.has(id))),
    await lackingReason(options),
  ].filter((reason) => reason !== undefined);
  const foreign = await foreignAmong(found, options, read);
  const unmatched = unmatchedTypes(options, found, byId);
  return {
    question,
    direction,
    start,
    source: sourceOf(graph),
    filter,
    limits: limitsOf(options),
    complete: reasons.length === 0,
    ...(reasons.length === 0 ? {} : { incompleteReason: reasons.join('; ') }),
    ...(foreign.length === 0 ? {} : { foreign }),
    ...(unmatched.length === 0 ? {} : { unmatched }),
    reached: found.depths.size - 1,
    vertices: answerVertices(shownIds, byId, found),
    between: answerVertices(hiddenIds, byId, found),
    edges: edges === 'none' ? [] : edgesAmong(new Set([startId, ...shownIds, ...hiddenIds]), found),
    cycles: cyclesOf(found.edges, found.depths),
  };
}

/** Where answers of a graph come from. */
export function sourceOf({ name, run }: LineageGraph): AnswerSource {
  return { graph: name, ...run };
}

type Started = {
  readonly startId: string;
  readonly graph: LineageGraph;
  /** Vertices that are at hand already. */
  readonly known: ReadonlyMap<string, Vertex>;
};

const NOTHING: ReadonlyMap<string, Vertex> = new Map();

/**
 * The start, and the graph with all that the walk will come to already at hand where it can be had at once. An ARN is
 * mostly written as the graph spells it, so that it needs no question of its own.
 */
async function startedGraph(options: ReachOptions): Promise<Started> {
  const { graph, start, signal } = options;
  if (isWholeWalk(options) && parseArn(start) !== undefined) {
    const reached = await reachableFrom(start, options);
    if (reached === undefined)
      return { startId: await findStart(graph, start, { signal }), graph, known: NOTHING };
    if (reached.vertices.size > 0) return { startId: start, ...withKnown(options, reached) };
  }
  const startId = await findStart(graph, start, { signal });
  const reached = isWholeWalk(options) ? await reachableFrom(startId, options) : undefined;
  return reached === undefined
    ? { startId, graph, known: NOTHING }
    : { startId, ...withKnown(options, reached) };
}

/** A walk that ends early, or goes both ways, would ask for what it does not need; one that joins twins, for less. */
function isWholeWalk({ graph, direction, maxDepth, maxVertices, until, collapse }: ReachOptions): boolean {
  const isWhole = [maxDepth, maxVertices, until].every((limit) => limit === undefined) && collapse !== true;
  return graph.reachable !== undefined && isWhole && direction !== 'both';
}

async function reachableFrom(id: string, options: ReachOptions): Promise<Reachable | undefined> {
  const { graph, direction, membership, signal } = options;
  return direction === 'both' ? undefined : graph.reachable?.(id, direction, { membership, signal });
}

function withKnown(
  { graph, direction: knownWay }: ReachOptions,
  { vertices, edges: known }: Reachable,
): Omit<Started, 'startId'> {
  const edges: LineageGraph['edges'] = async (ids, direction, read) =>
    direction === knownWay && ids.every((id) => known.has(id))
      ? ids.flatMap((id) => known.get(id) ?? [])
      : graph.edges(ids, direction, read);
  return { graph: { ...graph, edges }, known: vertices };
}

/** Reads those of these vertices that are not known yet; gives all that are known by then. */
type ReadVertices = (ids: readonly string[]) => Promise<ReadonlyMap<string, Vertex>>;

/** Reads each vertex once: a walk that looks at types has read most of what the answer shows. */
function vertexReader(
  graph: LineageGraph,
  before: ReadonlyMap<string, Vertex>,
  signal: AbortSignal | undefined,
): ReadVertices {
  const known = new Map(before);
  return async (ids) => {
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length > 0) {
      for (const vertex of await graph.vertices(missing, { signal })) known.set(vertex.id, vertex);
    }
    return known;
  };
}

async function readThese(ids: readonly string[], read: ReadVertices): Promise<readonly Vertex[]> {
  const known = await read(ids);
  return ids.map((id) => known.get(id)).filter((vertex) => vertex !== undefined);
}

function passable({ through = [], stopAt = [] }: ReachOptions, read: ReadVertices): WalkOptions['passable'] {
  if (through.length === 0 && stopAt.length === 0) return undefined;
  return async (ids) =>
    (await readThese(ids, read))
      .filter((vertex) => through.length === 0 || isOneOf(vertex, through))
      .filter((vertex) => !isOneOf(vertex, stopAt))
      .map(({ id }) => id);
}

function passesNow(vertex: Vertex | undefined, filter: Answer['filter']): boolean {
  return vertex !== undefined && passes(vertex, filter);
}

/** In the order of the walk: by depth, then id. */
function answerVertices(
  ids: ReadonlySet<string>,
  byId: ReadonlyMap<string, Vertex>,
  { depths, vias, twinsOf }: Walk,
): readonly AnswerVertex[] {
  if (ids.size === 0) return [];
  const shown: AnswerVertex[] = [];
  for (const [id, depth] of depths) {
    const vertex = ids.has(id) ? byId.get(id) : undefined;
    const via = vias.get(id);
    if (vertex === undefined || via === undefined) continue;
    const { label, properties } = vertex;
    const twins = twinsOf(id);
    const reached = { id, label, properties, depth, via };
    shown.push(twins.length > 0 ? { ...reached, twins } : reached);
  }
  return shown;
}

function edgesAmong(ids: ReadonlySet<string>, { depths, edges }: Walk): Walk['edges'] {
  if (ids.size === depths.size) return edges;
  return edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
}

function limitsOf(options: ReachOptions): AnswerLimits {
  const { maxDepth, maxVertices, through = [], stopAt = [], membership = false, collapse = false } = options;
  return {
    ...(maxDepth !== undefined && { maxDepth }),
    ...(maxVertices !== undefined && { maxVertices }),
    ...(through.length > 0 && { through }),
    ...(stopAt.length > 0 && { stopAt }),
    membership,
    collapsed: collapse,
  };
}

/** A filter by what the graph does not hold finds nothing, which is not the same as that there is nothing. */
async function lackingReason({ graph, properties, signal }: ReachOptions): Promise<string | undefined> {
  if (properties === undefined || Object.keys(properties).length === 0) return undefined;
  return (await graph.holds(PROPERTIES, { signal }))
    ? undefined
    : "the graph holds no entity's own properties, by which to filter (export with `--detail full`)";
}

function missingReason(missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  const what =
    missing.length === 1
      ? '1 vertex at the end of an edge is'
      : `${missing.length} vertices at the end of edges are`;
  return `${what} not in the graph (${missing[0]})`;
}

/** Types are the account's own words, so that nobody can say beforehand which are right. */
function unmatchedTypes(
  { types = [], through = [], stopAt = [] }: ReachOptions,
  { depths }: Walk,
  byId: ReadonlyMap<string, Vertex>,
): readonly UnmatchedType[] {
  const shown = new Set(types);
  const walked = new Set([...through, ...stopAt].filter((word) => !isKind(word)));
  if (shown.size + walked.size === 0 || depths.size === 1) return [];
  const there = new Set<string>();
  for (const id of depths.keys()) {
    const vertex = byId.get(id);
    if (vertex === undefined) continue;
    const type = String(vertex.properties.type ?? '');
    there.add(type);
    shown.delete(type);
    for (const word of walked) if (isOneOf(vertex, [word])) walked.delete(word);
    if (shown.size + walked.size === 0) return [];
  }
  return [...new Set([...shown, ...walked])].map((type) => {
    const job = `SageMaker${type}`;
    const meant = there.has(job) ? job : nearestWord(type, [...there].sort(compareText));
    return meant === undefined ? { type } : { type, meant };
  });
}

/** Of another account's entity the graph holds the associations that the exported accounts know, and no others. */
async function foreignAmong(
  { depths, closed, twinsOf }: Walk,
  { until }: ReachOptions,
  read: ReadVertices,
): Promise<readonly string[]> {
  if (until !== undefined && depths.has(until)) return [];
  const foreign: string[] = [];
  for (const ids of byPlace(walked())) {
    // Mostly the first one is listed, and tells the rest.
    const isHeld = !(await areExternal(ids.slice(0, 1), read)) || !(await areExternal(ids, read));
    if (!isHeld) foreign.push(...ids);
  }
  return foreign.sort(compareText);

  function* walked(): Iterable<string> {
    for (const id of depths.keys()) {
      if (closed.has(id)) continue;
      yield id;
      yield* twinsOf(id);
    }
  }
}

/** ARNs by partition, service, Region and account: by all before the fifth colon. */
function byPlace(ids: Iterable<string>): Iterable<readonly string[]> {
  const places = new Map<string, string[]>();
  for (const id of ids) {
    const place = beforeColon(PLACE_COLONS, id);
    const there = places.get(place);
    if (there !== undefined) there.push(id);
    else if (parseArn(id) !== undefined) places.set(place, [id]);
  }
  return places.values();
}

const PLACE_COLONS = 5;

/** The text before its n-th colon, or all of it. */
function beforeColon(n: number, text: string): string {
  let end = -1;
  for (let colon = 1; colon <= n; colon += 1) {
    end = text.indexOf(':', end + 1);
    if (end < 0) return text;
  }
  return text.slice(0, end);
}

/** One that was external and is listed now may have both labels (Neptune joins them with `::`): it is not external any more. */
async function areExternal(ids: readonly string[], read: ReadVertices): Promise<boolean> {
  return (await readThese(ids, read)).every(({ label }) => label === 'external');
}

function vanished(id: string, { name }: LineageGraph): LineageError {
  return new LineageError('unexpected', `${id} was removed from ${name} while the question was answered.`, {
    hint: 'Ask again.',
    details: { id },
  });
}
