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
};

/** What a lineage question gives, from whichever graph. Equal graphs give equal answers, in equal order. */
export type Answer = {
  /** What was asked, as the command is called. */
  readonly question: string;
  readonly direction: Direction;
  readonly start: Vertex;
  /** What was let through to `vertices`; empty lets all through. */
  readonly filter: AnswerFilter;
  /** Whether nothing is left out that the question asks for. */
  readonly complete: boolean;
  /** What is left out and why: present exactly where `complete` is false. */
  readonly incompleteReason?: string;
  /** Vertices reached, besides the start, before the filter. */
  readonly reached: number;
  /** Those that pass the filter, without the start, by depth, then id. */
  readonly vertices: readonly AnswerVertex[];
  /** All edges between the start and the vertices above, by source, label, destination, id. */
  readonly edges: readonly Edge[];
};

export type AnswerFilter = {
  /** Labels: `artifact`, `context` … */
  readonly kinds: readonly string[];
  /** Values of the property `type`, exactly as written: `DataSet`, `Endpoint` … */
  readonly types: readonly string[];
};
