import type { Answer, AnswerVertex } from '../graph/answer.ts';
import type { Edge } from '../graph/elements.ts';
import { MEMBERSHIP_LABELS } from '../graph/kinds.ts';
import type { EitherWayOptions } from './entities-of.ts';
import { compareEdges, compareText } from './order.ts';
import { reach } from './reach.ts';

/**
 * The trials in which what made something stands; with `downstream`, those of what used it (SDK: `upstream_trials`,
 * `downstream_trials`, which looks one step far, and whose batches leave trial components out). The start's own trials
 * count too, where it is a trial component.
 */
export async function trialsOf({ direction = 'upstream', ...options }: EitherWayOptions): Promise<Answer> {
  const { graph, signal } = options;
  const found = await reach({
    ...options,
    question: 'trials-of',
    direction,
    kinds: ['trial_component'],
  });
  const depths = new Map(
    [...found.vertices, { ...found.start, depth: 0 }].map(({ id, depth }) => [id, depth]),
  );
  const memberships = (
    await graph.edges([...depths.keys()], 'upstream', { membership: true, signal })
  ).filter(({ label }) => label === MEMBERSHIP_LABELS.trialToComponent);
  const nearest = nearestMemberships(memberships, depths);
  const trials = (await graph.vertices([...nearest.keys()], { signal })).flatMap((trial) =>
    trialVertex(trial, nearest.get(trial.id), depths),
  );

  const withEdges = options.edges !== 'none';
  return {
    ...found,
    reached: found.reached + trials.length,
    vertices: trials.sort(byDepthThenId),
    between: withEdges ? [...found.between, ...found.vertices].sort(byDepthThenId) : [],
    edges: withEdges ? [...found.edges, ...memberships].sort(compareEdges) : [],
  };
}

/** Per trial the membership of the component that is nearest to the start. */
function nearestMemberships(
  memberships: readonly Edge[],
  depths: ReadonlyMap<string, number>,
): ReadonlyMap<string, Edge> {
  const nearest = new Map<string, Edge>();
  for (const edge of memberships.toSorted(compareEdges)) {
    const known = nearest.get(edge.from);
    if (known === undefined || (depths.get(edge.to) ?? 0) < (depths.get(known.to) ?? 0))
      nearest.set(edge.from, edge);
  }
  return nearest;
}

function trialVertex(
  trial: Omit<AnswerVertex, 'depth' | 'via'>,
  via: Edge | undefined,
  depths: ReadonlyMap<string, number>,
): readonly AnswerVertex[] {
  return via === undefined ? [] : [{ ...trial, depth: (depths.get(via.to) ?? 0) + 1, via }];
}

function byDepthThenId(a: AnswerVertex, b: AnswerVertex): number {
  return a.depth - b.depth || compareText(a.id, b.id);
}
