import type { Answer, ListAnswer } from '../graph/answer.ts';
import type { Vertex } from '../graph/elements.ts';
import { type EntitiesOptions, startVertex } from './entities-of.ts';
import { calling, cell, lackReason, listAnswer, ownReason } from './list-answer.ts';
import { compareText } from './order.ts';
import { reach } from './reach.ts';
import { parametersOf } from './recipe.ts';

export type CompareOptions = EntitiesOptions & {
  /** The other entity: ARN, name or source. */
  readonly other: string;
};

/** Something that both entities were made from, or one of them. */
export type Compared = {
  readonly what: 'entity' | 'parameter';
  /** Who has it; for a parameter that both have, whether its values are the same. */
  readonly side: 'both' | 'first' | 'second' | 'differs';
  readonly kind: string | null;
  readonly type: string | null;
  readonly name: string | null;
  readonly arn: string | null;
  /** Associations from each; for a parameter, its value in each. */
  readonly first: string | number | null;
  readonly second: string | number | null;
};

/**
 * What two entities were made from, side by side: what only one of them has first, then parameters of the nearest job of
 * each (where the run has them), then what both have.
 */
export async function compare({ other, ...options }: CompareOptions): Promise<ListAnswer<Compared>> {
  const { graph, signal } = options;
  const about = [
    await startVertex(graph, options.start, signal),
    await startVertex(graph, other, signal),
  ] as const;
  const [first, second] = [await upstreamOf(about[0], options), await upstreamOf(about[1], options)];
  const jobs = [nearestJob(first), nearestJob(second)] as const;
  const rows = [...entityRows(first, second), ...parameterRows(...jobs)];
  return listAnswer<Compared>(graph, {
    question: 'compare',
    about,
    columns: ['what', 'side', 'kind', 'type', 'name', 'first', 'second', 'arn'],
    rows: rows.sort((a, b) => rankOf(a) - rankOf(b)),
    reasons: [
      ownReason(first, graph),
      ownReason(second, graph),
      jobs.every((job) => job === undefined)
        ? undefined
        : await lackReason(graph, { property: 'parameters', what: 'parameters of jobs', signal }),
    ],
  });
}

async function upstreamOf({ id }: Vertex, options: EntitiesOptions): Promise<Answer> {
  return reach({ ...options, start: id, question: 'compare', direction: 'upstream', edges: 'none' });
}

const SIDES: readonly Compared['side'][] = ['first', 'second', 'differs', 'both'];

function rankOf({ side, what }: Compared): number {
  return SIDES.indexOf(side) * 2 + (what === 'entity' ? 0 : 1);
}

function entityRows(first: Answer, second: Answer): readonly Compared[] {
  const depths = [first, second].map(
    ({ vertices, start }) =>
      new Map([[start.id, 0], ...vertices.map(({ id, depth }) => [id, depth] as const)]),
  );
  const vertices = new Map([...first.vertices, ...second.vertices].map((vertex) => [vertex.id, vertex]));
  return [...vertices.values()]
    .sort((a, b) => a.depth - b.depth || compareText(a.id, b.id))
    .map((vertex) => {
      const [one, two] = depths.map((all) => all.get(vertex.id) ?? null);
      return {
        what: 'entity',
        side: one === null ? 'second' : two === null ? 'first' : 'both',
        kind: vertex.label,
        type: cell(vertex, 'type'),
        name: calling(vertex),
        arn: vertex.id,
        first: one ?? null,
        second: two ?? null,
      };
    });
}

/** The job that made it, or the nearest one upstream: vertices come by depth, then id. */
function nearestJob({ start, vertices }: Answer): Vertex | undefined {
  return [start, ...vertices].find(({ label }) => label === 'trial_component');
}

function parameterRows(first: Vertex | undefined, second: Vertex | undefined): readonly Compared[] {
  const [one, two] = [first, second].map((job) => (job === undefined ? {} : parametersOf(job)));
  const names = [...new Set([...Object.keys(one ?? {}), ...Object.keys(two ?? {})])].sort(compareText);
  return names.map((name) => {
    const [mine, theirs] = [one?.[name] ?? null, two?.[name] ?? null];
    const side = mine === null ? 'second' : theirs === null ? 'first' : mine === theirs ? 'both' : 'differs';
    return { what: 'parameter', side, kind: null, type: null, name, arn: null, first: mine, second: theirs };
  });
}
