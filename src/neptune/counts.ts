import { z } from 'zod';
import { LineageError } from '../errors.ts';
import { type Gremlin, type GremlinOptions, type GremlinText, gremlin } from '../graph/gremlin.ts';
import { LABEL_SEPARATOR } from '../graph/stored.ts';

/** How many vertices, or edges, there are of each label. */
type Counts = Readonly<Record<string, number>>;

export type GraphCounts = { readonly vertices: Counts; readonly edges: Counts };

/**
 * Counts everything in the graph by label: `g.V().groupCount().by(label)`, and the same of `g.E()`. A vertex of several
 * labels, which Gremlin shows as `a::b`, counts under each.
 */
export async function countByLabel(send: Gremlin, options?: GremlinOptions): Promise<GraphCounts> {
  return {
    vertices: apart(await count(send, gremlin`g.V().groupCount().by(label)`, options)),
    edges: await count(send, gremlin`g.E().groupCount().by(label)`, options),
  };
}

function apart(counts: Counts): Counts {
  const totals = new Map<string, number>();
  for (const [labels, count] of Object.entries(counts))
    for (const label of labels.split(LABEL_SEPARATOR)) totals.set(label, (totals.get(label) ?? 0) + count);
  return Object.fromEntries(totals);
}

/** How many of one label were sent, and how many are in the graph. */
export type LabelCount = { readonly manifest: number; readonly graph: number };

export type Comparison = {
  readonly vertices: Readonly<Record<string, LabelCount>>;
  readonly edges: Readonly<Record<string, LabelCount>>;
  /** Labels of which the graph has fewer than were sent: something is missing. */
  readonly fewer: readonly string[];
  /** Labels of which it has more: older runs, or other applications. */
  readonly more: readonly string[];
};

/** The counts of a manifest beside those of the graph, label by label in order. */
export function compareCounts(manifest: GraphCounts, graph: GraphCounts): Comparison {
  const vertices = byLabel(manifest.vertices, graph.vertices);
  const edges = byLabel(manifest.edges, graph.edges);
  const all = [...Object.entries(vertices), ...Object.entries(edges)];
  return {
    vertices,
    edges,
    fewer: all.filter(([, { manifest, graph }]) => graph < manifest).map(([label]) => label),
    more: all.filter(([, { manifest, graph }]) => graph > manifest).map(([label]) => label),
  };
}

/** How many elements the graph has too few, all labels together. */
export function shortfall({ vertices, edges, fewer }: Comparison): number {
  return fewer
    .flatMap((label) => [vertices[label], edges[label]])
    .reduce((sum, count) => sum + Math.max(0, (count?.manifest ?? 0) - (count?.graph ?? 0)), 0);
}

function byLabel(manifest: Counts, graph: Counts): Readonly<Record<string, LabelCount>> {
  const labels = [...new Set([...Object.keys(manifest), ...Object.keys(graph)])].sort();
  const countsOf = (label: string) => ({ manifest: own(manifest, label), graph: own(graph, label) });
  // A label that neither side has any of says nothing.
  const entries = labels.map((label) => [label, countsOf(label)] as const);
  return Object.fromEntries(entries.filter(([, { manifest, graph }]) => manifest + graph > 0));
}

function own(counts: Counts, label: string): number {
  return Object.hasOwn(counts, label) ? (counts[label] ?? 0) : 0;
}

const resultSchema = z.tuple([z.record(z.string(), z.number())]);

async function count(
  send: Gremlin,
  query: GremlinText,
  options: GremlinOptions | undefined,
): Promise<Counts> {
  const parsed = resultSchema.safeParse(await send(query, options));
  if (parsed.success) return parsed.data[0];
  throw new LineageError(
    'unexpected',
    `Expected counts by label from the query ${query}, got something else.`,
    {
      cause: parsed.error,
      hint: 'Check that the endpoint is that of a Neptune cluster.',
    },
  );
}
