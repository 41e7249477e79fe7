import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStoredRows } from '../../src/csv/stored-rows.ts';
import type { Kind } from '../../src/graph/kinds.ts';
import type { EdgeRow, VertexRow } from '../../src/graph/rows.ts';
import type { StoredRow } from '../../src/graph/stored.ts';
import { planRun } from '../../src/runs/plan.ts';
import type { PlannedCorrection, PlannedRemoval } from '../../src/snapshot/plan.ts';
import { filesBelow } from './run-tree.ts';
import { arn, edgeRow, vertexRow, writtenRun } from './written-run.ts';

/* A plan is enough: what it loads, corrects and removes brings a graph that holds one run to hold the other, exactly. */

type Element = {
  labels: readonly string[];
  readonly ends: { readonly from: string; readonly to: string } | undefined;
  readonly properties: Map<string, readonly string[]>;
};

type Graph = { readonly vertex: Map<string, Element>; readonly edge: Map<string, Element> };

/** As the loader does it: labels accumulate, blanks leave values, an edge needs its ends, and keeps them. */
function load(graph: Graph, row: StoredRow): void {
  const held = graph[row.element].get(row.id);
  const element = held ?? { labels: [], ends: row.ends, properties: new Map() };
  if (row.ends !== undefined) {
    if (!graph.vertex.has(row.ends.from) || !graph.vertex.has(row.ends.to))
      throw new Error(`FROM_OR_TO_VERTEX_ARE_MISSING: ${row.id}`);
    const isOther = held !== undefined && JSON.stringify(held.ends) !== JSON.stringify(row.ends);
    if (isOther || (held !== undefined && held.labels[0] !== row.labels[0]))
      throw new Error(`ID_ASSIGNED_TO_MULTIPLE_EDGES: ${row.id}`);
  }
  element.labels = [...new Set([...element.labels, ...row.labels])].sort();
  for (const { name, values } of row.properties) if (values.length > 0) element.properties.set(name, values);
  graph[row.element].set(row.id, element);
}

function drop(graph: Graph, element: 'vertex' | 'edge', id: string, withEdges: boolean): void {
  if (element === 'vertex') {
    for (const [edge, { ends }] of graph.edge) {
      if (ends?.from !== id && ends?.to !== id) continue;
      if (!withEdges) throw new Error(`${id} still has the edge ${edge}`);
      graph.edge.delete(edge);
    }
  }
  // Edges may be gone with a vertex that had to go.
  if (!graph[element].delete(id) && element === 'vertex') throw new Error(`${id} is not there`);
}

/** Vertices first, as the loader orders files. */
async function rowsBelow(directory: string): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = [];
  const paths = await filesBelow(directory).catch(() => []);
  for (const path of paths.toSorted((a, b) => (a.includes('nodes/') && !b.includes('nodes/') ? -1 : 1))) {
    const bytes = await readFile(join(directory, path));
    const file = {
      name: path,
      bytes: bytes.length,
      async *open() {
        yield bytes;
      },
    };
    await readStoredRows(file, { onRow: (_, row) => rows.push(row()) });
  }
  const vertices = rows.filter(({ element }) => element === 'vertex');
  return [...vertices, ...rows.filter(({ element }) => element === 'edge')];
}

async function graphOf(directory: string): Promise<Graph> {
  const graph: Graph = { vertex: new Map(), edge: new Map() };
  for (const row of await rowsBelow(join(directory, 'data'))) load(graph, row);
  return graph;
}

async function linesOf<T>(path: string): Promise<readonly T[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Does what the plan says, in the order in which it must be done. */
async function apply(graph: Graph, plan: string): Promise<void> {
  const corrections = await linesOf<PlannedCorrection>(join(plan, 'corrections.jsonl'));
  const replaced = corrections.filter(({ is }) => is !== 'blank');
  for (const { element, id } of replaced.toSorted((a, b) => (a.element < b.element ? -1 : 1)))
    drop(graph, element, id, true);
  for (const row of await rowsBelow(join(plan, 'load'))) load(graph, row);
  for (const correction of corrections) {
    if (correction.is !== 'blank') continue;
    const { element, id, properties } = correction;
    for (const name of properties) graph[element].get(id)?.properties.delete(name);
  }
  for (const { element, id } of await linesOf<PlannedRemoval>(join(plan, 'remove.jsonl')))
    drop(graph, element, id, false);
}

const START_MS = Date.UTC(2026, 0, 1);

type Entity = {
  readonly spelling: 'lower' | 'upper';
  readonly isListed: boolean;
  readonly second: number;
  readonly type: string | undefined;
  readonly name: string | undefined;
};

const KINDS: readonly Kind[] = ['artifact', 'artifact', 'artifact', 'action', 'context', 'trial_component'];
const TYPES: Readonly<Partial<Record<Kind, string>>> = { trial_component: 'experiment-trial-component' };

const text = fc.option(fc.constantFrom('a', 'b, "c"\nd', 'é;\u{1f600}'), { nil: undefined });

const account = fc.record({
  /** Which of so many entities there are, and what they are like. */
  entities: fc.tuple(
    ...KINDS.map(() =>
      fc.option(
        fc.record<Entity>({
          spelling: fc.constantFrom('lower', 'lower', 'upper'),
          isListed: fc.constantFrom(true, true, true, false),
          second: fc.nat(2),
          type: text,
          name: text,
        }),
        { freq: 6, nil: undefined },
      ),
    ),
  ),
  edges: fc.uniqueArray(
    fc.record({
      from: fc.nat(KINDS.length - 1),
      to: fc.nat(KINDS.length - 1),
      label: fc.constantFrom('ContributedTo', 'Produced'),
      sourcename: text,
    }),
    { selector: ({ from, to, label }) => `${from} ${label} ${to}`, maxLength: 12 },
  ),
});

type Account = typeof account extends fc.Arbitrary<infer T> ? T : never;

function rowsOf({ entities, edges }: Account): { vertices: VertexRow[]; edges: EdgeRow[] } {
  const ids = entities.map((entity, at) => {
    const name = `Entity-${at}`;
    const resource = `${TYPES[KINDS[at] ?? 'artifact'] ?? KINDS[at]}/`;
    return entity && arn(resource + (entity.spelling === 'lower' ? name.toLowerCase() : name));
  });
  const vertices = entities.flatMap((entity, at) => {
    const id = ids[at];
    if (entity === undefined || id === undefined) return [];
    const { isListed, second, type, name } = entity;
    const time = new Date(START_MS + second * 1_000);
    const cells = { arn: id, type, name, ...(isListed ? { creationtime: time } : {}) };
    const row = vertexRow(isListed ? (KINDS[at] ?? 'artifact') : 'external', id);
    return [{ ...row, orderMs: isListed ? time.getTime() : 0, cells } as unknown as VertexRow];
  });
  const between = edges.flatMap(({ from, to, label, sourcename }) => {
    const [source, destination] = [ids[from], ids[to]];
    if (source === undefined || destination === undefined) return [];
    const row = edgeRow(source, label, destination);
    return [{ ...row, cells: { ...row.cells, sourcename } } as EdgeRow];
  });
  return { vertices, edges: between };
}

/** What was, and what is: some entities and edges stay as they are, as most do from night to night. */
const twoAccounts = fc
  .tuple(
    account,
    account,
    fc.array(fc.boolean(), { minLength: KINDS.length, maxLength: KINDS.length }),
    fc.boolean(),
  )
  .map(([was, other, stays, keepsEdges]): readonly [Account, Account] => [
    was,
    {
      entities: other.entities.map((entity, at) =>
        stays[at] ? was.entities[at] : entity,
      ) as Account['entities'],
      edges: keepsEdges ? was.edges : other.edges,
    },
  ]);

test('A graph that holds one run holds the other once its plan is done, whatever happened in between', async () => {
  await fc.assert(
    fc.asyncProperty(twoAccounts, async ([was, is]) => {
      const before = await writtenRun(rowsOf(was), { time: new Date('2026-11-20T00:00:00Z') });
      const after = await writtenRun(rowsOf(is), { time: new Date('2026-11-21T00:00:00Z') });

      const { plan, path } = await planRun({
        ...{ run: after.directory, since: before.directory, delete: true, force: true },
        allowEmpty: ['artifact', 'action', 'context', 'trial_component', 'edge'],
      });

      expect(plan.refusals).toEqual([]);
      const graph = await graphOf(before.directory);
      await apply(graph, dirname(path));
      expect(graph).toEqual(await graphOf(after.directory));
    }),
    { numRuns: 40 },
  );
});
