import type { GraphSonValue } from './graphson.ts';

export type ElementKind = 'vertex' | 'edge';

/** A vertex or an edge as the loader knows it. */
export type GraphElement = {
  /** In the order in which they came; an edge has one. */
  readonly labels: readonly string[];
  readonly ends?: { readonly from: string; readonly to: string };
  readonly properties: ReadonlyMap<string, readonly GraphSonValue[]>;
};

/** What becomes of an element; without `before` it is new. */
export type ElementChange = {
  readonly id: string;
  readonly before: GraphElement | undefined;
  readonly after: GraphElement;
};

/** Names of labels and properties with the number of elements that have them. */
type GraphSummary = {
  readonly numNodes: number;
  readonly numEdges: number;
  readonly nodeLabels: readonly string[];
  readonly edgeLabels: readonly string[];
  readonly nodeProperties: Readonly<Record<string, number>>;
  readonly edgeProperties: Readonly<Record<string, number>>;
};

/** Where loaded rows go: the engine, or, without one, this process's memory. */
export type LoadGraph = {
  /** Those of the ids that the graph has. */
  read(
    kind: ElementKind,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, GraphElement>>;
  /** Which of the ids are vertices. */
  vertices(ids: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
  write(kind: ElementKind, changes: readonly ElementChange[], signal: AbortSignal): Promise<void>;
  summary(): Promise<GraphSummary>;
  clear(): Promise<void>;
};

/** Separates the labels of a vertex that has several, as Neptune shows them in Gremlin. */
export const LABEL_SEPARATOR = '::';
