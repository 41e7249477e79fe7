/** One result of a Gremlin query, with what plain JSON loses: times, sets, keys of any type, numbers of any size. */
export type GremlinValue =
  | null
  | boolean
  | string
  | number
  | Date
  | readonly GremlinValue[]
  | ExactNumber
  | GremlinSet
  | GremlinMap
  | GremlinVertex
  | GremlinEdge
  | GremlinPath;

/** A number that a double cannot hold, in decimal. */
export type ExactNumber = { readonly is: 'number'; readonly text: string };

type GremlinSet = { readonly is: 'set'; readonly members: readonly GremlinValue[] };

/** A map, in its order; also a property, a metric and whatever else has named parts. */
type GremlinMap = { readonly is: 'map'; readonly entries: readonly GremlinEntry[] };

export type GremlinEntry = readonly [key: GremlinValue, value: GremlinValue];

/** Neptune gives id and label alone; other engines the properties too, several values of a name as a list. */
type GremlinVertex = {
  readonly is: 'vertex';
  readonly id: GremlinValue;
  readonly label: string;
  readonly properties: readonly GremlinEntry[];
};

type GremlinEdge = {
  readonly is: 'edge';
  readonly id: GremlinValue;
  readonly label: string;
  readonly from: GremlinValue;
  readonly to: GremlinValue;
  readonly properties: readonly GremlinEntry[];
};

type GremlinPath = {
  readonly is: 'path';
  readonly objects: readonly GremlinValue[];
  /** Of each object, the step labels that `as()` gave it. */
  readonly labels: readonly (readonly string[])[];
};
