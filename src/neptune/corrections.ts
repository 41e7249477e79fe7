import {
  chained,
  type Gremlin,
  type GremlinText,
  gremlin,
  literal,
  literals,
  statements,
  typedLiteral,
} from '../graph/gremlin.ts';
import type { ElementKind } from '../graph/stored.ts';
import type { TypedElement, TypedValue } from '../graph/typed-element.ts';

/** What a load cannot say of an element: properties that it no longer has, and those that have one value in place of several. */
export type Correction = {
  readonly element: ElementKind;
  readonly id: string;
  readonly dropped: readonly string[];
  readonly single: readonly { readonly name: string; readonly value: TypedValue }[];
};

type WriteOptions = { readonly signal?: AbortSignal | undefined };

/** Makes corrections, some in one transaction. Doing it twice does no harm. */
export async function correct(
  send: Gremlin,
  corrections: readonly Correction[],
  { signal }: WriteOptions = {},
): Promise<void> {
  for (const batch of slices(corrections)) {
    await send(statements(batch.flatMap(correctionQueries)), { signal, isIdempotent: true });
  }
}

/** Marks elements with a time under a property of this name, in place of any mark that they have. */
export async function mark(
  send: Gremlin,
  {
    element,
    ids,
    name,
    at,
  }: {
    readonly element: ElementKind;
    readonly ids: readonly string[];
    readonly name: string;
    readonly at: Date;
  },
  { signal }: WriteOptions = {},
): Promise<void> {
  const value = typedLiteral({ type: 'Datetime', value: `${at.toISOString().slice(0, 19)}Z` });
  for (const batch of slices(ids)) {
    const query =
      element === 'vertex'
        ? gremlin`g.V(${literals(batch)}).property(single,${literal(name)},${value}).iterate()`
        : gremlin`g.E(${literals(batch)}).property(${literal(name)},${value}).iterate()`;
    await send(query, { signal, isIdempotent: true });
  }
}

/**
 * Makes elements as they were: a vertex without its edges, an edge between vertices that are there. None of the ids may be in
 * the graph.
 */
export async function recreate(
  send: Gremlin,
  elements: readonly TypedElement[],
  { signal }: WriteOptions = {},
): Promise<void> {
  for (const batch of slices(elements)) await send(statements(batch.map(creationQuery)), { signal });
}

const PER_REQUEST = 40;

function* slices<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += PER_REQUEST) yield items.slice(at, at + PER_REQUEST);
}

/** `g.V('a').properties('x','y').drop()`, `g.V('a').property(single,'z',1L)` */
function correctionQueries({ element, id, dropped, single }: Correction): readonly GremlinText[] {
  const start = element === 'vertex' ? gremlin`g.V(${literal(id)})` : gremlin`g.E(${literal(id)})`;
  return [
    ...(dropped.length === 0 ? [] : [gremlin`${start}.properties(${literals(dropped)}).drop()`]),
    ...single.map(({ name, value }) => {
      const argument = gremlin`${literal(name)},${typedLiteral(value)}`;
      return element === 'vertex'
        ? gremlin`${start}.property(single,${argument})`
        : gremlin`${start}.property(${argument})`;
    }),
  ];
}

/**
 * `g.addV('artifact').property(T.id,'a').property(set,'x',1L)`;
 * `g.V('a').addE('Produced').to(__.V('b')).property(T.id,'e').property('x',1L)`
 */
function creationQuery({ id, label, ends, properties }: TypedElement): GremlinText {
  const cells = Object.entries(properties).flatMap(([name, values]) =>
    values.map((value) => gremlin`${literal(name)},${typedLiteral(value)}`),
  );
  const start =
    ends === undefined
      ? gremlin`g.addV(${literal(label)})`
      : gremlin`g.V(${literal(ends.from)}).addE(${literal(label)}).to(__.V(${literal(ends.to)}))`;
  const property = (cell: GremlinText) =>
    ends === undefined ? gremlin`.property(set,${cell})` : gremlin`.property(${cell})`;
  return gremlin`${start}.property(T.id,${literal(id)})${chained(cells.map(property))}`;
}
