import type { Gremlin } from '../graph/gremlin.ts';
import { compareStored, type Difference, type ElementKind, type StoredRow } from '../graph/stored.ts';
import { parallelEdges, readElements } from '../neptune/elements.ts';

/** What a comparison of rows with the graph came to. */
export type RowsCompared = {
  /** Rows that were compared. */
  readonly vertices: number;
  readonly edges: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
  readonly counts: Readonly<Record<Difference['is'], number>>;
};

type CompareOptions = {
  /** Labels of edges of which the graph has more than were sent: those rows are searched for doubles. */
  readonly doubled: ReadonlySet<string>;
  /** Differences to keep; all are counted. */
  readonly keep: number;
  readonly signal?: AbortSignal | undefined;
};

/** Compares rows with the graph, some thousand at a time. */
export function createRowComparison(
  send: Gremlin,
  { doubled, keep, signal }: CompareOptions,
): { add(rows: readonly StoredRow[]): Promise<void>; result(): RowsCompared } {
  const compared = { vertex: 0, edge: 0 };
  const counts = { missing: 0, other: 0, more: 0 };
  const kept: Difference[] = [];

  function report(difference: Difference): void {
    counts[difference.is] += 1;
    if (kept.length < keep) kept.push(difference);
  }

  async function compare(kind: ElementKind, rows: readonly StoredRow[]): Promise<void> {
    const ids = rows.map(({ id }) => id);
    const found = await readElements(send, kind, ids, { signal });
    for (const row of rows)
      for (const difference of compareStored(row, found.get(row.id))) report(difference);
    compared[kind] += rows.length;
  }

  async function findDoubles(rows: readonly StoredRow[]): Promise<void> {
    const edges = rows.flatMap(({ id, ends, labels: [label = ''] }) =>
      ends === undefined || !doubled.has(label) ? [] : [{ id, label, ...ends }],
    );
    if (edges.length === 0) return;
    const ours = new Set(rows.map(({ id }) => id));
    const others = new Map<string, string[]>();
    for (const edge of await parallelEdges(send, edges, { signal })) {
      if (ours.has(edge.id)) continue;
      const key = edgeKey(edge);
      others.set(key, [...(others.get(key) ?? []), edge.id].sort());
    }
    for (const row of rows) {
      const { element, id, file, line, ends, labels } = row;
      const twins = ends === undefined ? undefined : others.get(edgeKey({ ...ends, label: labels[0] ?? '' }));
      if (twins === undefined) continue;
      const found = [id, ...twins];
      report({ element, id, file, line, property: '~id', expected: [id], found, is: 'more' });
    }
  }

  return {
    async add(rows) {
      for (const kind of ['vertex', 'edge'] as const) {
        const ofKind = rows.filter(({ element }) => element === kind);
        if (ofKind.length > 0) await compare(kind, ofKind);
        if (kind === 'edge' && doubled.size > 0) await findDoubles(ofKind);
      }
    },
    result: () => ({
      vertices: compared.vertex,
      edges: compared.edge,
      differences: kept,
      counts: { ...counts },
    }),
  };
}

function edgeKey({
  from,
  to,
  label,
}: {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}) {
  return JSON.stringify([from, to, label]);
}
