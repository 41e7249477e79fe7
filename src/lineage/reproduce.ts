import type { ListAnswer } from '../graph/answer.ts';
import type { Vertex } from '../graph/elements.ts';
import { type EntitiesOptions, startVertex } from './entities-of.ts';
import { calling, cell, lackReason, listAnswer, ownReason } from './list-answer.ts';
import { reach } from './reach.ts';
import { digestOf, type JobRecipe, recipesOf } from './recipe.ts';

/** One thing to have in hand again. */
export type Ingredient = {
  /** Place of the job in the order of running, from 1. */
  readonly step: number;
  /** Name of the job's trial component. */
  readonly job: string | null;
  readonly what: 'job' | 'image' | 'code' | 'input' | 'parameter' | 'commit' | 'repository';
  /** Channel or parameter, where it has a name. */
  readonly name: string | null;
  /** ARN of the job, URI, value. */
  readonly value: string | null;
  /** What says which version it was: an image's digest, the source's own ids; null where nothing does. */
  readonly version: string | null;
};

/**
 * What it takes to make a model again: every job upstream in the order of running, each with its image and the image's
 * digest, its code, inputs with the ids of their sources, parameters, commit and repository. What only `--detail full`
 * exports is missing without it, and the answer says so.
 */
export async function reproduce(options: EntitiesOptions): Promise<ListAnswer<Ingredient>> {
  const { graph, signal } = options;
  const about = await startVertex(graph, options.start, signal);
  const made = await reach({
    ...options,
    start: about.id,
    question: 'reproduce',
    direction: 'upstream',
    edges: 'shortest',
    kinds: [],
    types: [],
  });
  return listAnswer<Ingredient>(graph, {
    question: 'reproduce',
    about: [about],
    columns: ['step', 'job', 'what', 'name', 'value', 'version'],
    rows: recipesOf(made).flatMap((recipe, index) => ingredients(recipe, index + 1)),
    reasons: [
      ownReason(made, graph),
      await lackReason(graph, { property: 'parameters', what: 'parameters of jobs', signal }),
    ],
  });
}

function ingredients({ component, inputs, parameters }: JobRecipe, step: number): readonly Ingredient[] {
  const job = cell(component, 'name');
  const row = (
    what: Ingredient['what'],
    name: string | null,
    value: string | null,
    version: string | null = null,
  ) => ({
    step,
    job,
    what,
    name,
    value,
    version,
  });
  const told = (['commit', 'repository'] as const).flatMap((what) => {
    const value = cell(component, what === 'commit' ? 'commitid' : what);
    return value === null ? [] : [row(what, null, value)];
  });
  return [
    row('job', cell(component, 'type'), cell(component, 'sourcearn') ?? component.id),
    ...inputs.map(({ channel, vertex }) =>
      row(roleOf(vertex, channel), channel, calling(vertex) ?? vertex.id, versionOf(vertex)),
    ),
    ...Object.entries(parameters).map(([name, value]) => row('parameter', name, value)),
    ...told,
  ];
}

/** SageMaker calls scripts `code` when it gives them to a job, whatever type their artifact has. */
function roleOf({ properties }: Vertex, channel: string | null): 'image' | 'code' | 'input' {
  if (properties.type === 'Image') return 'image';
  return properties.type === 'Code' || channel === 'code' ? 'code' : 'input';
}

function versionOf(vertex: Vertex): string | null {
  return digestOf(cell(vertex, 'sourceuri')) ?? cell(vertex, 'sourcetypes');
}
