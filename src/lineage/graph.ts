import type { AnswerSource } from '../graph/answer.ts';
import type { Edge, Vertex } from '../graph/elements.ts';

export type GraphReadOptions = { readonly signal?: AbortSignal | undefined };

export type EdgeOptions = GraphReadOptions & {
  /** Give membership edges too (`HasTrial`, `HasTrialComponent`). @default false */
  readonly membership?: boolean | undefined;
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
  /** Edges that enter (`upstream`) or leave (`downstream`) any of these vertices, each once, in any order. */
  edges(
    ids: readonly string[],
    direction: 'upstream' | 'downstream',
    options?: EdgeOptions,
  ): Promise<readonly Edge[]>;
  /** Whether any vertex has this property: some are there only after an export with `--detail full`. */
  holds(property: string, options?: GraphReadOptions): Promise<boolean>;
  /** Finds the vertex that a person means. */
  find(text: string, options?: GraphReadOptions): Promise<FoundVertex>;
};

type FoundVertex =
  | { readonly found: true /** As the graph spells it. */; readonly id: string }
  | {
      readonly found: false;
      /** The ids that were tried. */
      readonly lookedFor: readonly string[];
      /** Ids that resemble the text, where finding them is cheap. */
      readonly near: readonly string[];
      /** What this graph cannot do in a search, if it matters. */
      readonly remark?: string;
    };
