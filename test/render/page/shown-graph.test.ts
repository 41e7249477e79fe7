import { expect, test } from 'vitest';
import type { PageData, PageVertex } from '../../../src/render/page/page-data.ts';
import {
  CLUSTER_ABOVE,
  clusterId,
  type ShownGraph,
  shownGraph,
  type ViewState,
} from '../../../src/render/page/shown-graph.ts';

const ALL: ViewState = {
  maxDepth: Number.POSITIVE_INFINITY,
  hiddenKinds: new Set(),
  hiddenTypes: new Set(),
  collapsed: new Set(),
  opened: new Set(),
};

function vertex(id: string, depth: number, overrides: Partial<PageVertex> = {}): PageVertex {
  const role = depth === 0 ? 'start' : 'answer';
  return { id, kind: 'artifact', type: 'DataSet', name: id, depth, role, properties: {}, ...overrides };
}

function page(
  vertices: readonly PageVertex[],
  edges: readonly (readonly [string, string, string?])[],
): PageData {
  const at = (id: string) => vertices.findIndex((one) => one.id === id);
  return {
    asks: 'What depends on',
    direction: 'downstream',
    summary: '',
    complete: true,
    facts: [],
    cycles: 0,
    vertices,
    edges: edges.map(([from, to, label = 'ContributedTo']) => [at(from), at(to), label]),
  };
}

/** s → a → b → c and s → d → c, where b is a job. */
const DIAMOND = page(
  [
    vertex('s', 0),
    vertex('a', 1),
    vertex('d', 1, { type: 'Code' }),
    vertex('b', 2, { kind: 'trial_component', type: 'SageMakerTrainingJob', parent: 'a' }),
    vertex('c', 3, { type: 'Model', parent: 'b' }),
  ],
  [
    ['s', 'a'],
    ['a', 'b'],
    ['b', 'c'],
    ['s', 'd'],
  ],
);

function forms({ nodes }: ShownGraph): Readonly<Record<string, string>> {
  return Object.fromEntries(nodes.map(({ id, form }) => [id, form]));
}

test('shows all as cards, edges by their ends', () => {
  const graph = shownGraph(DIAMOND, ALL);

  expect(forms(graph)).toEqual({ s: 'card', a: 'card', d: 'card', b: 'card', c: 'card' });
  expect(graph.edges.map(({ from, to, label }) => [from, to, label])).toEqual([
    ['s', 'a', 'ContributedTo'],
    ['a', 'b', 'ContributedTo'],
    ['b', 'c', 'ContributedTo'],
    ['s', 'd', 'ContributedTo'],
  ]);
  expect(graph.shown).toBe(4);
});

test('what is filtered out stays as a dot where it lies on the way to what is shown, and else goes', () => {
  const byType = shownGraph(DIAMOND, {
    ...ALL,
    hiddenTypes: new Set(['DataSet', 'Code', 'SageMakerTrainingJob']),
  });
  const byKind = shownGraph(DIAMOND, { ...ALL, hiddenKinds: new Set(['trial_component']) });

  expect(forms(byType)).toEqual({ s: 'card', a: 'dot', b: 'dot', c: 'card' });
  expect(byType.shown).toBe(1);
  expect(forms(byKind)).toEqual({ s: 'card', a: 'card', d: 'card', b: 'dot', c: 'card' });
});

test('vertices that the answer has for the way only are dots', () => {
  const vertices = DIAMOND.vertices.map((one) =>
    one.id === 'b' ? { ...one, role: 'between' as const } : one,
  );

  expect(forms(shownGraph({ ...DIAMOND, vertices }, ALL))).toMatchObject({ b: 'dot', c: 'card' });
});

test('beyond the hops that were asked for, nothing is shown', () => {
  expect(forms(shownGraph(DIAMOND, { ...ALL, maxDepth: 1 }))).toEqual({ s: 'card', a: 'card', d: 'card' });
});

test('behind a collapsed vertex, only what another way leads to is shown, and the rest is counted', () => {
  const collapsed = shownGraph(DIAMOND, { ...ALL, collapsed: new Set(['a']) });
  const otherWay = page(DIAMOND.vertices, [...edgesOf(DIAMOND), ['d', 'c']]);

  expect(forms(collapsed)).toEqual({ s: 'card', a: 'card', d: 'card' });
  expect(collapsed.nodes.find(({ id }) => id === 'a')?.hidden).toBe(2);
  const other = shownGraph(otherWay, { ...ALL, collapsed: new Set(['a']) });
  expect(forms(other)).toEqual({ s: 'card', a: 'card', d: 'card', c: 'card' });
  expect(other.nodes.find(({ id }) => id === 'a')?.hidden).toBe(1);
});

test('a vertex whose way is not in the answer is shown all the same', () => {
  const data = page([vertex('s', 0), vertex('far', 4, { parent: 'not-here' })], []);

  expect(forms(shownGraph(data, ALL))).toEqual({ s: 'card', far: 'card' });
});

test('several associations between two vertices are one edge that names them all; an edge to itself stays', () => {
  const graph = shownGraph(
    page(DIAMOND.vertices.slice(0, 2), [
      ['s', 'a', 'Produced'],
      ['s', 'a', 'DerivedFrom'],
      ['s', 'a', 'Produced'],
      ['a', 'a', 'SameAs'],
    ]),
    ALL,
  );

  expect(graph.edges.map(({ from, to, label, count }) => ({ from, to, label, count }))).toEqual([
    { from: 's', to: 'a', label: 'Produced, DerivedFrom', count: 3 },
    { from: 'a', to: 'a', label: 'SameAs', count: 1 },
  ]);
});

test('above two thousand, those of one type at one distance are one; an opened cluster shows its members', () => {
  const many = Array.from({ length: CLUSTER_ABOVE }, (_, at) => vertex(`many-${at}`, 1));
  const few = [1, 2, 3].map((at) => vertex(`few-${at}`, 1, { type: 'Code' }));
  const data = page(
    [vertex('s', 0), ...many, ...few],
    [...many, ...few].map(({ id }) => ['s', id]),
  );
  const id = clusterId(many[0] ?? vertex('none', 1));

  const closed = shownGraph(data, ALL);
  const open = shownGraph(data, { ...ALL, opened: new Set([id]) });

  expect(forms(closed)).toEqual({
    s: 'card',
    [id]: 'cluster',
    'few-1': 'card',
    'few-2': 'card',
    'few-3': 'card',
  });
  expect(closed.nodes.find((node) => node.id === id)).toMatchObject({ name: '2,000 × DataSet', depth: 1 });
  expect(closed.edges.find(({ to }) => to === id)?.count).toBe(CLUSTER_ABOVE);
  expect([closed.clustered, closed.shown, closed.nodeOf.get('many-7')]).toEqual([
    true,
    CLUSTER_ABOVE + 3,
    id,
  ]);
  expect(open.nodes).toHaveLength(CLUSTER_ABOVE + 4);
});

test('exactly two thousand are drawn one by one', () => {
  const vertices = [vertex('s', 0), ...Array.from({ length: CLUSTER_ABOVE }, (_, at) => vertex(`v${at}`, 1))];

  const graph = shownGraph(
    page(
      vertices,
      vertices.slice(1).map(({ id }) => ['s', id]),
    ),
    ALL,
  );

  expect([graph.clustered, graph.nodes.length]).toEqual([false, CLUSTER_ABOVE + 1]);
});

function edgesOf({ vertices, edges }: PageData): readonly (readonly [string, string, string])[] {
  return edges.map(([from, to, label]) => [vertices[from]?.id ?? '', vertices[to]?.id ?? '', label]);
}
