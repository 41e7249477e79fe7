import { describe, expect, test } from 'vitest';
import type { Edge } from '../../src/graph/elements.ts';
import type { LineageGraph } from '../../src/lineage/graph.ts';
import { walk } from '../../src/lineage/walk.ts';
import { EMPTY_GRAPH } from './empty-graph.ts';

/* What a walk finds is compared with a plain search in questions.test.ts; here is how it asks. */

type Asked = readonly [direction: string, ids: readonly string[]];

/** A graph of edges written `a>b`, and what it was asked for. */
function graphOf(...written: readonly string[]) {
  const edges = written.map((id): Edge => {
    const [from = '', to = ''] = id.split('>');
    return { id, from, to, label: 'X' };
  });
  const asked: Asked[] = [];
  const graph: LineageGraph = {
    ...EMPTY_GRAPH,
    edges: async (ids, direction) => {
      asked.push([direction, ids]);
      return edges.filter(({ from, to }) => ids.includes(direction === 'upstream' ? to : from));
    },
  };
  return { graph, asked };
}

test('each vertex is asked for once, level by level, whatever the cycles', async () => {
  const { graph, asked } = graphOf('s>b', 's>a', 'a>b', 'b>a', 'a>a', 'b>c', 'c>s', 'a>s');

  const { depths, edges, cut } = await walk(graph, 's', { direction: 'downstream' });

  expect(asked).toEqual([
    ['downstream', ['s']],
    ['downstream', ['a', 'b']],
    ['downstream', ['c']],
  ]);
  expect([...depths]).toEqual([
    ['s', 0],
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ]);
  expect(edges.map(({ id }) => id)).toEqual(['a>a', 'a>b', 'a>s', 'b>a', 'b>c', 'c>s', 's>a', 's>b']);
  expect(cut).toBeUndefined();
});

test('both ways, each edge is given once though it is met from both its ends', async () => {
  const { graph, asked } = graphOf('s>a', 'b>a', 's>s');

  const { depths, edges } = await walk(graph, 's', { direction: 'both' });

  expect(asked).toEqual([
    ['upstream', ['s']],
    ['downstream', ['s']],
    ['upstream', ['a']],
    ['downstream', ['a']],
    ['upstream', ['b']],
    ['downstream', ['b']],
  ]);
  expect([...depths.keys()]).toEqual(['s', 'a', 'b']);
  expect(edges.map(({ id }) => id)).toEqual(['b>a', 's>a', 's>s']);
});

describe('limits', () => {
  test('at its depth the walk looks one step further, and goes none', async () => {
    const { graph, asked } = graphOf('s>a', 'a>b', 'b>c');

    const { depths, edges, cut } = await walk(graph, 's', { direction: 'downstream', maxDepth: 1 });

    expect(asked.map(([, ids]) => ids)).toEqual([['s'], ['a']]);
    expect([...depths.keys()]).toEqual(['s', 'a']);
    expect(edges.map(({ id }) => id)).toEqual(['s>a']);
    expect(cut).toBe('there is more beyond depth 1');
  });

  test('a cycle back is not something beyond', async () => {
    const { graph } = graphOf('s>a', 'a>s', 'a>a');

    expect(await walk(graph, 's', { direction: 'downstream', maxDepth: 1 })).not.toHaveProperty('cut');
    expect(await walk(graph, 's', { direction: 'downstream', maxVertices: 1 })).not.toHaveProperty('cut');
  });

  test('of a level with more vertices than there is room for, the first by id are taken', async () => {
    const { graph, asked } = graphOf('s>c', 's>b', 's>a', 'b>d', 'b>a');

    const { depths, edges, cut } = await walk(graph, 's', { direction: 'downstream', maxVertices: 2 });

    expect([...depths.keys()]).toEqual(['s', 'a', 'b']);
    expect(edges.map(({ id }) => id)).toEqual(['b>a', 's>a', 's>b']);
    expect(cut).toBe('there is more than the limit of 2 vertices');
    expect(asked.map(([, ids]) => ids)).toEqual([['s'], ['a', 'b']]);
  });
});

test('edges that differ only in case, label or id come in one order', async () => {
  const { graph } = graphOf('s>a', 's>B', 's>A', 's>b');

  const { edges } = await walk(graph, 's', { direction: 'downstream' });

  expect(edges.map(({ id }) => id)).toEqual(['s>A', 's>B', 's>a', 's>b']);
});

test('an interruption is heard between two levels', async () => {
  const { graph, asked } = graphOf('s>a', 'a>b', 'b>c');
  const stop = new AbortController();
  const reason = new Error('enough');
  const stopping: LineageGraph = {
    ...graph,
    edges: (ids, direction) => {
      if (ids.includes('a')) stop.abort(reason);
      return graph.edges(ids, direction);
    },
  };

  await expect(walk(stopping, 's', { direction: 'downstream', signal: stop.signal })).rejects.toBe(reason);
  expect(asked).toHaveLength(2);
});
