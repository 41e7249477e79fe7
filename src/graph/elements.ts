/** A vertex as an answer shows it, from whichever graph answered. */
export type Vertex = {
  readonly id: string;
  /** The label: a kind of this package's, or whatever another application gave a vertex in the same graph. */
  readonly label: string;
  /** Property values by name; times as ISO 8601 text in UTC (`2024-01-02T03:04:05Z`); absent where the graph has none. */
  readonly properties: Readonly<Record<string, string | number>>;
};

/** An edge as an answer shows it. Direction is SageMaker's: from the source of the association to its destination. */
export type Edge = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly label: string;
};
