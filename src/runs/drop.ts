import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { LineageError } from '../errors.ts';
import { type Gremlin, type GremlinText, gremlin, integer, literal, literals } from '../graph/gremlin.ts';
import type { ElementKind } from '../graph/stored.ts';
import { type Clock, SYSTEM_CLOCK } from '../neptune/clock.ts';
import type { GraphCounts } from '../neptune/counts.ts';
import { type DeleteTally, deleteEdges, deleteVertices, type VertexDeleteTally } from '../neptune/delete.ts';
import { gremlinClient } from '../neptune/query.ts';
import { assertConfirmed, clusterHost } from './confirm.ts';

export type DropOptions = {
  /** Made by `neptuneClient`: it must not repeat requests by itself. */
  readonly neptune: NeptunedataClient;
  /** The host of the cluster: says that it is this one that is meant. */
  readonly confirm: string | undefined;
  /** Delete vertices with edges and labels that nobody named. @default false: such vertices are kept */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  readonly onProgress?: ((progress: DropProgress) => void) | undefined;
  /** Hears of each id that is gone: for an audit log. */
  readonly onDeleted?: ((element: ElementKind, ids: readonly string[]) => void) | undefined;
};

export type DropProgress =
  | { readonly step: 'surveyed'; readonly survey: LabelSurvey | RunSurvey }
  | { readonly step: 'reading'; readonly readBytes: number; readonly totalBytes: number }
  | { readonly step: 'deleting'; readonly deleted: number; readonly of: number };

/** What deleting by label would meet. */
export type LabelSurvey = {
  readonly host: string;
  /** Of the labels that were named. */
  readonly counts: GraphCounts;
  /** Edges of other labels at these vertices, which keep them. */
  readonly otherEdges: Readonly<Record<string, number>>;
  /** Vertices that have other labels besides. */
  readonly otherLabels: number;
};

/** What deleting a run would meet. */
export type RunSurvey = {
  readonly host: string;
  readonly run: string;
  readonly named: { readonly vertices: number; readonly edges: number };
  readonly inGraph: { readonly vertices: number; readonly edges: number };
  /** Vertices of the run with edges that are not of the run, which keep them. */
  readonly otherEdges: number;
};

export type DropReport = {
  readonly host: string;
  readonly vertices: VertexDeleteTally;
  readonly edges: DeleteTally;
  /** Some of the vertices that were kept. */
  readonly keptVertices: readonly string[];
};

const SHOWN_KEPT = 20;

/** What is being deleted, and told while it goes on. */
export function dropTelling({ onProgress, onDeleted }: DropOptions, of: number) {
  let deleted = 0;
  const telling = (element: ElementKind) => (ids: readonly string[]) => {
    deleted += ids.length;
    onDeleted?.(element, ids);
    onProgress?.({ step: 'deleting', deleted, of });
  };
  return { vertex: telling('vertex'), edge: telling('edge') };
}

/** @throws LineageError (deleteGuard) where vertices were kept */
export function assertNoneKept({ host, vertices, keptVertices }: DropReport): void {
  if (vertices.kept === 0) return;
  const some = keptVertices.slice(0, 3).join(', ');
  throw new LineageError(
    'deleteGuard',
    `${vertices.kept} of the vertices at ${host} are kept, since they have edges or labels that nobody named: ${some}${vertices.kept > 3 ? ' …' : ''}`,
    {
      hint: 'Name those labels too, or pass --force to delete the vertices with all their edges.',
      details: { host, kept: vertices.kept, keptVertices },
    },
  );
}

/** Adds up tallies of parts. */
export function addTally<Tally extends DeleteTally>(sum: Tally, part: Tally): Tally {
  const sums: Readonly<Record<string, number>> = sum;
  const entries = Object.entries<number>(part).map(([name, count]) => [name, count + (sums[name] ?? 0)]);
  return Object.fromEntries(entries) as Tally;
}

export const NO_EDGES: DeleteTally = { asked: 0, deleted: 0, absent: 0 };
export const NO_VERTICES: VertexDeleteTally = { ...NO_EDGES, kept: 0, keptEdges: 0, edgesDeleted: 0 };

type SurveyLabelsOptions = Pick<DropOptions, 'neptune' | 'signal' | 'clock'> & {
  readonly labels: readonly string[];
};

/** Counts what deleting these labels would meet, and deletes nothing. @throws what the query client throws */
export async function surveyLabels({
  neptune,
  labels,
  signal,
  clock = SYSTEM_CLOCK,
}: SurveyLabelsOptions): Promise<LabelSurvey> {
  const send = gremlinClient(neptune, clock);
  const counts = await countLabels(send, labels, signal);
  const hasVertices = Object.keys(counts.vertices).length > 0;
  const [otherEdges] = hasVertices ? await send(otherEdgesQuery(labels), { signal }) : [{}];
  let otherLabels = 0;
  for (const label of Object.keys(counts.vertices))
    otherLabels += await counted(send, otherLabelsQuery(label), signal);
  const host = await clusterHost(neptune);
  return { host, counts, otherEdges: otherEdges as LabelSurvey['otherEdges'], otherLabels };
}

/** Label by label, which takes far less than to count the whole of a large graph: `g.V().hasLabel('a').count()`. */
async function countLabels(
  send: Gremlin,
  labels: readonly string[],
  signal: AbortSignal | undefined,
): Promise<GraphCounts> {
  const vertices: [string, number][] = [];
  const edges: [string, number][] = [];
  for (const label of new Set(labels)) {
    vertices.push([label, await counted(send, gremlin`g.V().hasLabel(${literal(label)}).count()`, signal)]);
    edges.push([label, await counted(send, gremlin`g.E().hasLabel(${literal(label)}).count()`, signal)]);
  }
  const some = (counts: readonly [string, number][]) =>
    Object.fromEntries(counts.filter(([, count]) => count > 0));
  return { vertices: some(vertices), edges: some(edges) };
}

async function counted(send: Gremlin, query: GremlinText, signal: AbortSignal | undefined): Promise<number> {
  const [count] = await send(query, { signal });
  if (typeof count === 'number') return count;
  throw new LineageError('unexpected', `Expected a count from the query ${query}, got something else.`, {
    hint: 'Check that the endpoint is that of a Neptune cluster. Nothing was deleted.',
  });
}

/** `g.V().hasLabel('a','b').bothE().not(hasLabel('a','b')).dedup().groupCount().by(label)` */
function otherEdgesQuery(labels: readonly string[]): GremlinText {
  return gremlin`g.V().hasLabel(${literals(labels)}).bothE().not(hasLabel(${literals(labels)})).dedup().groupCount().by(label)`;
}

/** `g.V().hasLabel('a').not(label().is('a')).count()`: the label of a vertex that has several reads `a::b`. */
function otherLabelsQuery(label: string): GremlinText {
  return gremlin`g.V().hasLabel(${literal(label)}).not(label().is(${literal(label)})).count()`;
}

/**
 * Deletes the edges and the vertices of these labels, edges first, in batches. A vertex that has edges of other labels, or
 * labels besides, is kept unless `force`. Where others add elements of these labels meanwhile, no more are deleted than
 * were counted before.
 *
 * @throws LineageError (usage) where `confirm` is not the host, before anything is asked; (interrupted) between two
 * batches; what the query client throws
 */
export async function dropLabels(
  options: DropOptions & {
    readonly labels: readonly string[];
    /** Ids of one listing: many, so that few listings pass over what is kept. @default 10,000 */
    readonly idsPerRound?: number | undefined;
  },
): Promise<DropReport> {
  const { neptune, confirm, labels, idsPerRound = 10_000 } = options;
  const { clock = SYSTEM_CLOCK, signal, onProgress } = options;
  const host = await clusterHost(neptune);
  assertConfirmed(host, confirm, `vertices and edges labelled ${labels.join(', ')}`);
  const survey = await surveyLabels(options);
  onProgress?.({ step: 'surveyed', survey });
  const { counts } = survey;
  const send = gremlinClient(neptune, clock);
  const all = [...Object.values(counts.edges), ...Object.values(counts.vertices)];
  const tell = dropTelling(
    options,
    all.reduce((sum, count) => sum + count, 0),
  );
  let edges = NO_EDGES;
  for (const [label, most] of Object.entries(counts.edges)) {
    const dropped = await inRounds(most, idsPerRound, async (limit) => {
      const ids = await listed(
        send,
        gremlin`g.E().hasLabel(${literal(label)}).limit(${integer(limit)}).id()`,
        signal,
      );
      return deleteEdges(send, ids, { signal, clock, onDeleted: tell.edge });
    });
    edges = dropped.reduce(addTally, edges);
  }
  let vertices = NO_VERTICES;
  const keptVertices: string[] = [];
  for (const [label, most] of Object.entries(counts.vertices)) {
    const dropped = await inRounds(most, idsPerRound, async (limit) => {
      const ids = await listed(send, verticesQuery(label, limit, options), signal);
      return deleteVertices(send, ids, {
        ...{ signal, clock, withEdges: options.force === true ? 'drop' : 'keep' },
        ...{ onDeleted: tell.vertex, onEdgesDeleted: tell.edge },
      });
    });
    vertices = dropped.reduce(addTally, vertices);
    const left = await counted(send, gremlin`g.V().hasLabel(${literal(label)}).count()`, signal);
    const kept = Math.min(left, most - dropped.reduce((sum, { deleted }) => sum + deleted, 0));
    vertices = { ...vertices, asked: vertices.asked + kept, kept: vertices.kept + kept };
    if (kept > 0) {
      const shown = gremlin`g.V().hasLabel(${literal(label)}).limit(${integer(SHOWN_KEPT)}).id()`;
      keptVertices.push(...(await listed(send, shown, signal)));
    }
  }
  return { host, vertices, edges, keptVertices: keptVertices.slice(0, SHOWN_KEPT) };
}

/** Without force, those that have no edges and no other labels. */
function verticesQuery(label: string, limit: number, { force = false }: DropOptions): GremlinText {
  const all = gremlin`g.V().hasLabel(${literal(label)})`;
  const free = force ? all : gremlin`${all}.where(label().is(${literal(label)})).not(bothE())`;
  return gremlin`${free}.limit(${integer(limit)}).id()`;
}

/** Rounds until there is nothing more, nothing goes, or `most` are gone. */
async function inRounds<Tally extends DeleteTally>(
  most: number,
  perRound: number,
  round: (limit: number) => Promise<Tally>,
): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  for (let left = most; left > 0; ) {
    const tally = await round(Math.min(left, perRound));
    if (tally.deleted === 0) break;
    tallies.push(tally);
    left -= tally.deleted;
  }
  return tallies;
}

async function listed(
  send: Gremlin,
  query: GremlinText,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  return (await send(query, { signal })).map(String);
}
