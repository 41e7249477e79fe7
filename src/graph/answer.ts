import type { Edge, Vertex } from './elements.ts';

/**
 * Which way a question looks. `upstream`: what made this, against the direction of associations (SageMaker: ascendants).
 * `downstream`: what depends on this (descendants). `both`: both ways again from every vertex on the way.
 */
export type Direction = 'upstream' | 'downstream' | 'both';

/** A vertex of an answer. */
export type AnswerVertex = Vertex & {
  /** Edges on the shortest way from the start. */
  readonly depth: number;
  /**
   * The last edge of a shortest way from the start: its other end is one step nearer. With `between`, the whole way can be
   * walked back (`pathsOf`). Of several such edges the first by the nearer end's id, label and id of the edge.
   */
  readonly via: Edge;
  /** Ids of the same entity's vertices in other accounts that were put into this one: only where that was asked for. */
  readonly twins?: readonly string[];
};

/** Where an answer comes from. */
export type AnswerSource = {
  /** The graph: a run's directory, or a cluster's endpoint. */
  readonly graph: string;
  /** Id of the run, where the graph is one. */
  readonly run?: string;
  /** When that run had seen all, ISO 8601. */
  readonly finishedAt?: string;
};

/** What was let through to `vertices`. An empty list or an absent member lets all through; all members must agree. */
export type AnswerFilter = {
  /** Labels: `artifact`, `context` … An `external` vertex also passes by the kind that its ARN names. */
  readonly kinds: readonly string[];
  /** Values of the property `type`, exactly as written: `DataSet`, `SageMakerTrainingJob` … */
  readonly types: readonly string[];
  /** Types as QueryLineage has them: as `types`, but jobs go by `TrainingJob`, `ProcessingJob`, `TransformJob`. */
  readonly sourceTypes?: readonly string[];
  /** Windows of time, ISO 8601, both ends left out; a vertex without the time in question does not pass. */
  readonly createdAfter?: string;
  readonly createdBefore?: string;
  readonly modifiedAfter?: string;
  readonly modifiedBefore?: string;
  /** Pairs of the entity's own Properties, of which one must agree (QueryFilters API page). */
  readonly properties?: Readonly<Record<string, string>>;
};

/** How the graph was walked. */
export type AnswerLimits = {
  readonly maxDepth?: number;
  readonly maxVertices?: number;
  /** Kinds or types: only vertices of these were walked through. They limit the question, not its answer. */
  readonly through?: readonly string[];
  /** Kinds or types: vertices of these were reached and not walked through. */
  readonly stopAt?: readonly string[];
  /** Whether membership of experiments and trials was followed too. */
  readonly membership: boolean;
  /** Whether artifacts that are `SameAs` each other counted as one. */
  readonly collapsed: boolean;
};

/** A type that a question names and nothing reached is of. */
export type UnmatchedType = {
  readonly type: string;
  /** One that is there and written nearly so. */
  readonly meant?: string;
};

/** What a lineage question gives, from whichever graph. Equal graphs give equal answers, in equal order. */
export type Answer = {
  /** What was asked, as the command is called. */
  readonly question: string;
  readonly direction: Direction;
  readonly start: Vertex;
  readonly source: AnswerSource;
  readonly filter: AnswerFilter;
  readonly limits: AnswerLimits;
  /** Whether nothing is left out that the question asks for. */
  readonly complete: boolean;
  /** What is left out and why: present exactly where `complete` is false. */
  readonly incompleteReason?: string;
  /**
   * Entities that were walked through and are of accounts or Regions that the graph holds nothing else of, sorted: what lies behind
   * them, only those accounts know. Absent where there are none. The answer is complete for the accounts that were exported.
   */
  readonly foreign?: readonly string[];
  /**
   * Types that the question names (`filter.types`, `limits.through`, `limits.stopAt`) and that nothing reached is of, in that
   * order: whoever wrote one otherwise than SageMaker has it is not to take the answer for an empty one. Absent where there are none.
   */
  readonly unmatched?: readonly UnmatchedType[];
  /** Vertices reached, besides the start, before the filter. */
  readonly reached: number;
  /** Those that pass the filter, without the start, by depth, then id. */
  readonly vertices: readonly AnswerVertex[];
  /** Vertices that do not pass the filter, and lie between the start and one that does; in the same order. */
  readonly between: readonly AnswerVertex[];
  /** All edges among the start, `vertices` and `between`, by source, label, destination, id; none where none were asked for. */
  readonly edges: readonly Edge[];
  /**
   * The cycles among all that was reached: of each knot of vertices that lead to one another, the shortest way round,
   * edge by edge, from its vertex nearest to the start. `SameAs` makes no cycle.
   */
  readonly cycles: readonly (readonly Edge[])[];
};

/** What stands in a cell of a list. */
export type ListCell = string | number | boolean | null | readonly string[];

/** An answer that is a list: a table of the SDK's, figures per entity, two sides compared … */
export type ListAnswer<Row extends Readonly<Record<string, ListCell>> = Readonly<Record<string, ListCell>>> =
  {
    readonly question: string;
    /** The entities that it is about; none where it is about the whole graph. */
    readonly about: readonly Vertex[];
    readonly source: AnswerSource;
    readonly complete: boolean;
    readonly incompleteReason?: string;
    /** The members of a row, in the order to show them. */
    readonly columns: readonly string[];
    readonly rows: readonly Row[];
  };

/**
 * The shortest way from the start of an answer to each of its vertices, edge by edge, as `via` tells it: evidence for that
 * vertex. Empty for the start, and for an id that is not in the answer. Where `between` was not asked for, a way begins at
 * the last vertex that the answer does not have.
 */
export function pathsOf({ start, vertices, between }: Answer): (id: string) => readonly Edge[] {
  const vias = new Map([...between, ...vertices].map(({ id, via }) => [id, via]));
  return (id) => {
    const path: Edge[] = [];
    for (let at = id; at !== start.id; ) {
      const via = vias.get(at);
      if (via === undefined) break;
      path.push(via);
      at = via.from === at ? via.to : via.from;
    }
    return path.reverse();
  };
}
