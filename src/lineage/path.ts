import type { Answer, Direction } from '../graph/answer.ts';
import { pathsOf } from '../graph/answer.ts';
import { type ReachOptions, reach } from './reach.ts';
import { findStart } from './start.ts';

export type PathOptions = Pick<
  ReachOptions,
  'graph' | 'start' | 'maxDepth' | 'membership' | 'collapse' | 'signal'
> & {
  /** Where the path is to end: ARN, name or source. */
  readonly end: string;
  /** @default the first of downstream and upstream that has one; `both` goes against associations and along them */
  readonly direction?: Direction | undefined;
};

/**
 * A shortest path from one entity to another: its vertices by depth, its edges in their order. Without a path the answer
 * has no vertices, and is complete.
 *
 * @throws LineageError (usage) where the graph does not have both.
 */
export async function path({ end, direction, ...options }: PathOptions): Promise<Answer> {
  const { graph, signal } = options;
  const [from, to] = [
    await findStart(graph, options.start, { signal }),
    await findStart(graph, end, { signal }),
  ];
  const ways: readonly Direction[] = direction === undefined ? ['downstream', 'upstream'] : [direction];
  let answer = await pathTo(to, { ...options, start: from, direction: ways[0] ?? 'downstream' });
  for (const way of ways.slice(1)) {
    if (answer.vertices.length > 0) break;
    const other = await pathTo(to, { ...options, start: from, direction: way });
    // Of two searches without a path, the one that was cut says more.
    if (other.vertices.length > 0 || answer.complete) answer = other;
  }
  return answer;
}

type Search = Omit<PathOptions, 'end' | 'direction'> & { readonly direction: Direction };

async function pathTo(until: string, options: Search): Promise<Answer> {
  const searched = await reach({ ...options, until, question: 'path' });
  const edges = pathsOf(searched)(until);
  const onPath = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const vertices = [...searched.between, ...searched.vertices].filter(({ id }) => onPath.has(id));
  return { ...searched, reached: vertices.length, vertices, between: [], edges, cycles: [] };
}
