import type { Direction } from '../graph/answer.ts';
import type { Walk } from './walk.ts';

/** Which edges, and vertices that the filter hides, an answer holds. See `QuestionOptions.edges`. */
export type EdgesOption = 'none' | 'shortest' | 'all';

/**
 * The vertices on the ways from the start to these vertices, without the start and them: on one shortest way to each, or
 * on any way (going both ways, where every way could wander, on any shortest one).
 */
export function between(
  found: Walk,
  ends: ReadonlySet<string>,
  { edges, direction }: { edges: EdgesOption; direction: Direction },
): ReadonlySet<string> {
  if (edges === 'none' || ends.size === found.depths.size - 1) return new Set();
  const before = edges === 'shortest' ? shortestBefore(found) : allBefore(found, direction);
  const [start = ''] = found.depths.keys();
  const kept = new Set([start, ...ends]);
  for (const id of kept) for (const nearer of before(id)) kept.add(nearer);
  for (const id of ends) kept.delete(id);
  kept.delete(start);
  return kept;
}

type Before = (id: string) => readonly string[];

function shortestBefore({ vias }: Walk): Before {
  return (id) => {
    const via = vias.get(id);
    return via === undefined ? [] : [via.from === id ? via.to : via.from];
  };
}

/** As QueryLineage with IncludeEdges. */
function allBefore({ depths, edges, closed }: Walk, direction: Direction): Before {
  const nearer = new Map<string, string[]>();
  const step = (near: string, far: string) => {
    if (closed.has(near)) return;
    if (direction === 'both' && depths.get(far) !== (depths.get(near) ?? 0) + 1) return;
    const others = nearer.get(far);
    if (others === undefined) nearer.set(far, [near]);
    else others.push(near);
  };
  for (const { from, to } of edges) {
    if (direction !== 'upstream') step(from, to);
    if (direction !== 'downstream') step(to, from);
  }
  return (id) => nearer.get(id) ?? [];
}
