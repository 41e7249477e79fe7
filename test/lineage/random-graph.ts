import fc from 'fast-check';
import { ALL_KINDS, KINDS, MEMBERSHIP_LABELS, UNTYPED } from '../../src/graph/kinds.ts';
import type { VertexRow } from '../../src/graph/rows.ts';
import { edgeRow } from '../runs/written-run.ts';
import type { Asked, Rows } from './reference.ts';

const ACCOUNTS = ['123456789012', '999999999999', '000000000001'] as const;
const FIRST_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

/** Values that would leave their quotes in Gremlin or their cell in CSV, beside ordinary ones. */
const TYPES = ['DataSet', 'Model', 'SageMakerTrainingJob', "it's", 'a;b', 'two\nlines, "quoted"', '\\'];
const NAMES = ['plain', "o'brien", 'Mixed-Case', 'dé 🚀', 'semi;colon', 'back\\slash'];
const ASSOCIATIONS = ['ContributedTo', 'DerivedFrom', 'SameAs', UNTYPED];

/** Draws for a whole graph from one number, since thousands of arbitraries would take longer than the questions. */
type Draw = (below: number) => number;

/**
 * Graphs of so many vertices of any kind, of three accounts, and some two edges a vertex between any of them: cycles, edges
 * from a vertex to itself, several edges between two, hubs, vertices that no edge touches, twins and false twins.
 */
export function randomGraph({ min = 1, max = 10 } = {}): fc.Arbitrary<Rows> {
  return fc
    .record({ size: fc.integer({ min, max }), seed: fc.integer() })
    .map(({ size, seed }) => graphOf(size, drawFrom(seed)));
}

function graphOf(size: number, draw: Draw): Rows {
  const vertices = Array.from({ length: size }, (_, index) => vertexOf(index, draw));
  const pick = () => vertices[draw(draw(4) === 0 ? Math.min(size, 3) : size)]?.id ?? '';
  const edges = new Map(
    Array.from({ length: 2 * size }, () => {
      const edge = edgeRow(pick(), labelOf(draw), pick());
      return [edge.id, edge] as const;
    }),
  );
  for (let index = 1; index < size; index += 3) {
    const [from = '', to = ''] = [vertices[index]?.id, vertices[index - 1]?.id];
    const edge = draw(2) === 0 ? edgeRow(from, 'SameAs', to) : edgeRow(to, 'SameAs', from);
    edges.set(edge.id, edge);
  }
  return { vertices, edges: [...edges.values()] };
}

/** Every third vertex has the resource of the one before it, mostly in another account. */
function vertexOf(index: number, draw: Draw): VertexRow {
  const isTwin = index % 3 === 1;
  const kind = isTwin ? 'artifact' : index % 3 === 0 && draw(2) === 0 ? 'artifact' : oneOf(ALL_KINDS, draw);
  const serial = isTwin ? index - 1 : index;
  const name = NAMES[serial % NAMES.length];
  const account = isTwin ? ACCOUNTS[1] : oneOf([ACCOUNTS[0], ACCOUNTS[2]], draw);
  const resource = KINDS[kind].resourceType ?? oneOf(['artifact', 'model-package'], draw);
  const id = `arn:aws:sagemaker:us-east-1:${account}:${resource}/${name}-${serial}`;
  const createdMs = FIRST_MS + draw(10) * HOUR_MS + draw(1_000);
  const times = {
    creationtime: new Date(createdMs),
    LastModifiedTime: new Date(createdMs + draw(3) * HOUR_MS),
  };
  const cells = {
    arn: id,
    name,
    ...(draw(4) > 0 && { type: oneOf(TYPES, draw) }),
    ...(kind === 'external' ? {} : times),
  };
  return {
    kind,
    id: isTwin || resource === 'artifact' ? `${id}` : id,
    orderMs: createdMs,
    cells,
  } as unknown as VertexRow;
}

function labelOf(draw: Draw): string {
  return draw(5) === 0 ? oneOf(Object.values(MEMBERSHIP_LABELS), draw) : oneOf(ASSOCIATIONS, draw);
}

function oneOf<T>(values: readonly T[], draw: Draw): T {
  return values[draw(values.length)] as T;
}

function drawFrom(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const limit = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 1 });
const someOf = (values: readonly string[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 4 }), {
    nil: undefined,
    freq: 2,
  });
const moment = fc.option(
  fc.integer({ min: 0, max: 12 }).map((hours) => new Date(FIRST_MS + hours * HOUR_MS).toISOString()),
  { nil: undefined, freq: 1 },
);
const seldom = (values: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, someOf(values));

/** A question about such a graph. */
export function randomQuestion({ vertices }: Rows): fc.Arbitrary<Asked> {
  return fc.record({
    start: fc.constantFrom(...vertices.map(({ id }) => id)),
    direction: fc.constantFrom('upstream', 'downstream', 'both'),
    maxDepth: limit,
    maxVertices: limit,
    kinds: someOf(ALL_KINDS),
    types: someOf(TYPES),
    sourceTypes: seldom(['TrainingJob', 'SageMakerTrainingJob', 'DataSet']),
    createdAfter: moment,
    createdBefore: moment,
    modifiedAfter: moment,
    modifiedBefore: moment,
    through: seldom([...ALL_KINDS, 'DataSet', 'TrainingJob']),
    stopAt: seldom([...ALL_KINDS, 'Model']),
    membership: fc.boolean(),
    collapse: fc.boolean(),
    edges: fc.constantFrom(undefined, 'none', 'shortest', 'all'),
  });
}
