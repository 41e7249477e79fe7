import { join } from 'node:path';
import { encodeEdge, encodeVertex } from '../../src/csv/encode.ts';
import { readEdges, readVertices } from '../../src/csv/read.ts';
import { EDGE_COLUMNS, VERTEX_COLUMNS } from '../../src/graph/columns.ts';
import { ALL_KINDS } from '../../src/graph/kinds.ts';
import { edgeFile, vertexFile } from '../../src/runs/run-directory.ts';
import type { SyncSandbox } from './sync-sandbox.ts';

/** Everything in a graph, by id. */
export type Dump = {
  readonly vertices: Readonly<Record<string, unknown>>;
  readonly edges: Readonly<Record<string, unknown>>;
};

/** All of the graph: every label, every value of every property, every end. */
export async function dumped(sandbox: Pick<SyncSandbox, 'send'>): Promise<Dump> {
  const vertices = await sandbox.send("g.V().project('id','label','values').by(id).by(label).by(valueMap())");
  const edges = await sandbox.send(
    "g.E().project('id','label','from','to','values').by(id).by(label).by(outV().id()).by(inV().id()).by(valueMap())",
  );
  return { vertices: byId(vertices), edges: byId(edges) };
}

/** What a graph has to hold that is equal to a run: from the rows of its files. */
export async function expectedOf(directory: string): Promise<Dump> {
  const vertices: unknown[] = [];
  const edges: unknown[] = [];
  for (const kind of ALL_KINDS) {
    for await (const row of readVertices(join(directory, vertexFile(kind, false)))) {
      const [id, label, ...cells] = encodeVertex(row);
      vertices.push({
        id,
        label,
        values: values(Object.keys(VERTEX_COLUMNS[kind]), cells, (value) => [value]),
      });
    }
  }
  for await (const row of readEdges(join(directory, edgeFile(false)))) {
    const [id, from, to, label, ...cells] = encodeEdge(row);
    edges.push({ id, label, from, to, values: values(Object.keys(EDGE_COLUMNS), cells, (value) => value) });
  }
  return { vertices: byId(vertices), edges: byId(edges) };
}

function values(names: readonly string[], cells: readonly unknown[], shown: (value: unknown) => unknown) {
  const entries = names
    .map((name, at) => [name, cells[at]] as const)
    .filter(([, value]) => value !== undefined && value !== '');
  // Neptune's load format has whole seconds; GraphSON gives milliseconds.
  const plain = (value: unknown) =>
    value instanceof Date ? Math.floor(value.getTime() / 1_000) * 1_000 : value;
  return Object.fromEntries(entries.map(([name, value]) => [name, shown(plain(value))]));
}

function byId(elements: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(elements.map((element) => [(element as { id: string }).id, element]));
}
