import fc from 'fast-check';
import { ALL_KINDS, KINDS, MEMBERSHIP_LABELS, UNTYPED } from '../../src/graph/kinds.ts';
import { edgeRow, vertexRow } from '../runs/written-run.ts';
import type { Asked, Rows } from './reference.ts';

const ACCOUNT = 'arn:aws:sagemaker:us-east-1:123456789012';

/** Values that would leave their quotes in Gremlin or their cell in CSV, beside ordinary ones. */
const TYPES = ['DataSet', 'Model', "it's", 'a;b', 'two\nlines, "quoted"', '\\'];
const ASSOCIATIONS = ['ContributedTo', 'DerivedFrom', 'SameAs', UNTYPED];
const label = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ASSOCIATIONS) },
  { weight: 1, arbitrary: fc.constantFrom(...Object.values(MEMBERSHIP_LABELS)) },
);

/**
 * Graphs of four to ten vertices of any kind and up to twenty edges between any of them: cycles, edges from a vertex to
 * itself, several edges between two, vertices that no edge touches.
 */
export const randomGraph: fc.Arbitrary<Rows> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...ALL_KINDS),
      name: fc.constantFrom('plain', "o'brien", 'Mixed-Case', 'dé 🚀', 'semi;colon', 'back\\slash'),
      type: fc.option(fc.constantFrom(...TYPES), { nil: undefined }),
    }),
    { minLength: 4, maxLength: 10, size: 'max' },
  )
  .chain((drawn) => {
    const vertices = drawn.map(({ kind, name, type }, index) => {
      const id = `${ACCOUNT}:${KINDS[kind].resourceType ?? 'model-package'}/${name}-${index}`;
      return vertexRow(kind, id, { name, ...(type && { type }) });
    });
    const end = fc.constantFrom(...vertices.map(({ id }) => id));
    const edges = fc.uniqueArray(
      fc.tuple(end, label, end).map(([from, label, to]) => edgeRow(from, label, to)),
      { selector: ({ id }) => id, minLength: 4, maxLength: 20, size: 'max' },
    );
    return edges.map((all) => ({ vertices, edges: all }));
  });

const limit = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 2 });
const someOf = (values: readonly string[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 4 }), {
    nil: undefined,
    freq: 2,
  });

/** A question about such a graph. */
export function randomQuestion({ vertices }: Rows): fc.Arbitrary<Asked> {
  return fc.record({
    start: fc.constantFrom(...vertices.map(({ id }) => id)),
    direction: fc.constantFrom('upstream', 'downstream', 'both'),
    maxDepth: limit,
    maxVertices: limit,
    kinds: someOf(ALL_KINDS),
    types: someOf(TYPES),
    membership: fc.boolean(),
  });
}
