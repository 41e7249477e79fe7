import { setTimeout as wait } from 'node:timers/promises';
import { LineageError } from '../../errors.ts';
import {
  DIRECTION_IN,
  DIRECTION_OUT,
  type GraphSonValue,
  graphSonList,
  graphSonMap,
  T_ID,
  T_LABEL,
  valueKey,
} from './graphson.ts';
import type { GremlinEngine } from './gremlin-engine.ts';
import {
  type ElementChange,
  type ElementKind,
  type GraphElement,
  LABEL_SEPARATOR,
  type LoadGraph,
} from './load-graph.ts';

/** The graph of a Gremlin engine, as the loader reads and writes it: few fixed queries, all data in typed bindings. */
export function engineGraph(engine: GremlinEngine): LoadGraph {
  const run: Run = (query, rows, signal) => retryingConflicts(() => engine.run(query, rows, signal), signal);
  return {
    read: async (kind, ids, signal) => {
      // g.V([]) asks for every vertex.
      if (ids.length === 0) return new Map();
      const rows = await run(READ[kind], graphSonList(ids), signal);
      return new Map(rows.map((row) => elementOf(row as ElementRow)));
    },
    vertices: async (ids, signal) => {
      if (ids.length === 0) return new Set();
      return new Set((await run('g.V(rows).id()', graphSonList(ids), signal)) as readonly string[]);
    },
    write: async (kind, changes, signal) => {
      if (kind === 'edge') await writeEdges(run, changes, signal);
      else await writeVertices(run, changes, signal);
    },
    summary: async () => summaryOf(run),
    clear: async () => {
      await run('g.V().drop().iterate()', '');
    },
  };
}

type Run = (query: string, rows: unknown, signal?: AbortSignal) => Promise<readonly unknown[]>;

const CONFLICT_TRIES = 20;

/** Two transactions on one element: the engine gives up the later one, which may simply be run again. */
async function retryingConflicts<Result>(act: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (attempt === CONFLICT_TRIES || !isConflict(error)) throw error;
      await wait(attempt * 5, undefined, signal && { signal });
    }
  }
}

/** Whether an error of the engine says that another transaction changed the same element. */
export function isConflict(error: unknown): boolean {
  return error instanceof LineageError && String(error.details.message).startsWith('Conflict:');
}

const READ: Readonly<Record<ElementKind, string>> = {
  vertex:
    "g.V(rows).project('id','label','properties').by(id).by(label)" +
    ".by(properties().project('name','value').by(key()).by(value()).fold())",
  edge:
    "g.E(rows).project('id','label','properties','from','to').by(id).by(label)" +
    ".by(properties().project('name','value').by(key()).by(value()).fold()).by(outV().id()).by(inV().id())",
};

type ElementRow = ReadonlyMap<string, unknown>;

function elementOf(row: ElementRow): readonly [string, GraphElement] {
  const properties = new Map<string, GraphSonValue[]>();
  for (const property of row.get('properties') as readonly ReadonlyMap<string, GraphSonValue>[]) {
    const name = String(property.get('name'));
    properties.set(name, [...(properties.get(name) ?? []), property.get('value') ?? '']);
  }
  const labels = String(row.get('label')).split(LABEL_SEPARATOR);
  const from = row.get('from');
  const ends = from === undefined ? {} : { ends: { from: String(from), to: String(row.get('to')) } };
  return [String(row.get('id')), { labels, properties, ...ends }];
}

/*
 * Rows of the writing queries: `m` finds or makes the element, `c` is what a new one holds, `s` are values that replace
 * what is there, `p` values that join it. Step labels differ from these keys, since select() looks in the map first.
 */
const INSERT_VERTICES = "g.inject(rows).unfold().mergeV(select('m')).option(onCreate,select('c')).iterate()";
const UPSERT_VERTICES =
  "g.inject(rows).unfold().as('row').mergeV(select('m')).option(onCreate,select('c')).as('element')" +
  ".sideEffect(select('row').select('s').unfold().as('cell').select('element')" +
  ".property(single,select('cell').select('k'),select('cell').select('v')))" +
  ".sideEffect(select('row').select('p').unfold().as('cell').select('element')" +
  ".property(set,select('cell').select('k'),select('cell').select('v'))).iterate()";
const UPSERT_EDGES =
  "g.inject(rows).unfold().mergeE(select('m')).option(onCreate,select('c')).option(onMatch,select('p')).iterate()";

async function writeVertices(
  run: Run,
  changes: readonly ElementChange[],
  signal: AbortSignal,
): Promise<void> {
  for (const change of changes) {
    if (change.before !== undefined && change.before.labels.length !== change.after.labels.length) {
      signal.throwIfAborted();
      await relabel(run, change);
    }
  }
  const rows = changes.map(vertexRow);
  if (rows.length === 0) return;
  const query = rows.every(({ isPlain }) => isPlain) ? INSERT_VERTICES : UPSERT_VERTICES;
  await run(query, graphSonList(rows.map(({ row }) => row)), signal);
}

function vertexRow({ id, before, after }: ElementChange) {
  const created: unknown[] = [];
  const replaced: unknown[] = [];
  const added: unknown[] = [];
  for (const [name, values] of after.properties) {
    const held = before?.properties.get(name);
    const [first] = values;
    const cell = (value: GraphSonValue) => graphSonMap('k', name, 'v', value);
    if (before === undefined && values.length === 1) created.push(name, first);
    else if (held !== undefined && !startsWith(values, held)) replaced.push(...values.map(cell));
    else added.push(...values.slice(held?.length ?? 0).map(cell));
  }
  const row = graphSonMap(
    ...['m', graphSonMap(T_ID, id)],
    ...['c', graphSonMap(T_LABEL, after.labels.join(LABEL_SEPARATOR), ...created)],
    ...['s', graphSonList(replaced)],
    ...['p', graphSonList(added)],
  );
  return { row, isPlain: replaced.length + added.length === 0 };
}

function startsWith(values: readonly GraphSonValue[], held: readonly GraphSonValue[]): boolean {
  return held.every((value, index) => {
    const other = values[index];
    return other !== undefined && valueKey(other) === valueKey(value);
  });
}

/**
 * Gives a vertex another label. In TinkerGraph a label never changes, so the vertex is made anew, with what it had; its
 * edges too. Not in one transaction, which the engine would call a conflict with itself; and not to be called off halfway,
 * when the vertex is gone.
 */
async function relabel(run: Run, { id, before, after }: ElementChange): Promise<void> {
  if (before === undefined) return;
  const ids = (await run('g.V(rows).bothE().dedup().id()', graphSonList([id]))) as readonly string[];
  const edges = ids.length === 0 ? [] : await run(READ.edge, graphSonList(ids));
  const kept: GraphElement = { labels: after.labels, properties: before.properties };
  await run('g.V(rows).drop().iterate()', graphSonList([id]));
  await run(UPSERT_VERTICES, graphSonList([vertexRow({ id, before: undefined, after: kept }).row]));
  const restored = edges.map((row) => elementOf(row as ElementRow));
  await writeEdges(
    run,
    restored.map(([edge, element]) => ({ id: edge, before: undefined, after: element })),
  );
}

async function writeEdges(run: Run, changes: readonly ElementChange[], signal?: AbortSignal): Promise<void> {
  if (changes.length > 0) await run(UPSERT_EDGES, graphSonList(changes.map(edgeRow)), signal);
}

function edgeRow({ id, before, after }: ElementChange): unknown {
  const properties = [...after.properties].flatMap(([name, values]) => [name, values[0]]);
  const changed = [...after.properties].flatMap(([name, values]) =>
    before?.properties.get(name) === values ? [] : [name, values[0]],
  );
  const ends = [DIRECTION_OUT, after.ends?.from, DIRECTION_IN, after.ends?.to];
  return graphSonMap(
    ...['m', graphSonMap(T_ID, id)],
    ...['c', graphSonMap(T_LABEL, after.labels[0], ...ends, ...properties)],
    ...['p', graphSonMap(...changed)],
  );
}

async function summaryOf(run: Run) {
  const count = async (query: string) => {
    const [total] = await run(query, '');
    return Number((total as { '@value': number })['@value']);
  };
  const labels = async (query: string) => {
    const joined = (await run(query, '')) as readonly string[];
    return [...new Set(joined.flatMap((label) => label.split(LABEL_SEPARATOR)))].sort();
  };
  const counts = async (query: string) => {
    const [groups] = (await run(query, '')) as readonly ReadonlyMap<string, { '@value': number }>[];
    const entries = [...(groups ?? [])].map(([name, total]) => [name, total['@value']] as const);
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  return {
    numNodes: await count('g.V().count()'),
    numEdges: await count('g.E().count()'),
    nodeLabels: await labels('g.V().label().dedup()'),
    edgeLabels: await labels('g.E().label().dedup()'),
    nodeProperties: await counts('g.V().local(properties().key().dedup()).groupCount()'),
    edgeProperties: await counts('g.E().properties().key().groupCount()'),
  };
}
