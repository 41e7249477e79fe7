import type { AnswerSource } from '../graph/answer.ts';
import type { Edge, Vertex } from '../graph/elements.ts';

export type GraphReadOptions = { readonly signal?: AbortSignal | undefined };

export type EdgeOptions = GraphReadOptions & {
  /** Give membership edges too (`HasTrial`, `HasTrialComponent`). @default false */
  readonly membership?: boolean | undefined;
  /** Give them in the order of creation, then id. @default false */
  readonly byTime?: boolean | undefined;
};

/** A loaded lineage graph, as questions see it: two adapters, one meaning. */
export type LineageGraph = {
  /** Where it is, for messages. */
  readonly name: string;
  /** The run that it is, where it is one. */
  readonly run?: Omit<AnswerSource, 'graph'>;
  /** Why the graph itself may lack something that SageMaker has, where that is known. */
  readonly incompleteReason?: string;
  /** The vertices of these ids, in any order; those that the graph does not have are left out. */
  vertices(ids: readonly string[], options?: GraphReadOptions): Promise<readonly Vertex[]>;
  /** Edges that enter (`upstream`) or leave (`downstream`) any of these vertices, each once, in any order unless told. */
  edges(
    ids: readonly string[],
    direction: 'upstream' | 'downstream',
    options?: EdgeOptions,
  ): Promise<readonly Edge[]>;
  /**
   * A vertex, everything upstream or downstream of it, and the edges that enter or leave these, where the graph can give
   * them faster than level by level; undefined where that is too much at once.
   */
  reachable?(
    id: string,
    direction: 'upstream' | 'downstream',
    options?: EdgeOptions,
  ): Promise<Reachable | undefined>;
  /** An id as the graph spells it, or undefined where it has no such vertex. */
  spelling(id: string, options?: GraphReadOptions): Promise<string | undefined>;
  /** Vertices of which one of these naming properties is one of these texts, in any order; a few at most. */
  named(names: Names, options?: GraphReadOptions): Promise<readonly Vertex[]>;
  /** What resembles a text that names nothing. */
  resembling(text: string, options?: GraphReadOptions): Promise<Resemblance>;
  /** All vertices of a kind or type, in any order. */
  list(selection: Selection, options?: GraphReadOptions): AsyncIterable<Vertex>;
  /** Whether any vertex has this property: some are there only after an export with `--detail full`. */
  holds(property: string, options?: GraphReadOptions): Promise<boolean>;
};

export type Reachable = {
  /** By id. */
  readonly vertices: ReadonlyMap<string, Vertex>;
  /** Of each vertex, by its id. */
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
};

/** The properties by whose values people name an entity. */
export type NamingProperty = 'name' | 'displayname' | 'sourceuri' | 'sourcearn';

export type Names = { readonly properties: readonly NamingProperty[]; readonly texts: readonly string[] };

export type Resemblance = {
  /** Ids that resemble the text, where finding them is cheap. */
  readonly near: readonly string[];
  /** What this graph cannot do in a search, if it matters. */
  readonly remark?: string;
};

/** Vertices by label and by the property `type`; what is absent lets all through. */
export type Selection = {
  readonly kinds?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
};
