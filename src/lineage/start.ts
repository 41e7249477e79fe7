import { LineageError } from '../errors.ts';
import type { Vertex } from '../graph/elements.ts';
import type { GraphReadOptions, LineageGraph, NamingProperty } from './graph.ts';
import { compareText } from './order.ts';

/**
 * The id of the vertex that a person means by an ARN, a name, a job's name, a display name, or what it stands for: a
 * source URI, the ARN of a job, of a model package, of an endpoint. The first of these that finds anything counts.
 *
 * @throws LineageError (usage) where that is none, or several.
 */
export async function findStart(
  graph: LineageGraph,
  text: string,
  { signal }: GraphReadOptions = {},
): Promise<string> {
  const id = await graph.spelling(text, { signal });
  if (id !== undefined) return id;
  const named = await graph.named({ properties: NAMING_PROPERTIES, texts: spellingsOf(text) }, { signal });
  const meant = bestMatches(named, text);
  const [first] = meant;
  if (first === undefined) throw await nothingNamed(graph, text, signal);
  if (meant.length > 1) throw ambiguous(graph, text, meant);
  return first.id;
}

const NAMING_PROPERTIES: readonly NamingProperty[] = ['name', 'displayname', 'sourceuri', 'sourcearn'];

/** Trial components that SageMaker makes of jobs go by the job's name and this (SDK: lineage/visualizer.py). */
const JOB_SUFFIXES = ['-aws-training-job', '-aws-processing-job', '-aws-transform-job'] as const;

/** An S3 prefix is one place with a slash at its end and without. */
function spellingsOf(text: string): readonly string[] {
  const jobs = text.includes(':') ? [] : JOB_SUFFIXES.map((suffix) => `${text}${suffix}`);
  return [text, ...jobs, ...(text.includes('/') ? [otherEnd(text)] : [])];
}

function otherEnd(text: string): string {
  return text.endsWith('/') ? text.replace(/\/+$/, '') : `${text}/`;
}

/**
 * What an ARN or URI stands for, before what was done to it: the artifact of a model package before the actions that made
 * and approved it, the context of an endpoint before its deployments.
 */
const SOURCED_KINDS = [['artifact'], ['context'], ['trial_component'], ['experiment', 'trial']] as const;

function bestMatches(vertices: readonly Vertex[], text: string): readonly Vertex[] {
  const is = (name: NamingProperty, texts: readonly string[]) => (vertex: Vertex) =>
    texts.some((wanted) => String(vertex.properties[name] ?? '').toLowerCase() === wanted.toLowerCase());
  const isSource = (vertex: Vertex) =>
    is('sourceuri', spellingsOf(text))(vertex) || is('sourcearn', spellingsOf(text))(vertex);
  const ranks: readonly ((vertex: Vertex) => boolean)[] = [
    is('name', [text]),
    is(
      'name',
      JOB_SUFFIXES.map((suffix) => `${text}${suffix}`),
    ),
    is('displayname', [text]),
    ...SOURCED_KINDS.map(
      (kinds) => (vertex: Vertex) => isSource(vertex) && kinds.some((kind) => kind === vertex.label),
    ),
    isSource,
  ];
  for (const rank of ranks) {
    const meant = vertices.filter(rank);
    if (meant.length > 0) return meant.toSorted((a, b) => compareText(a.id, b.id));
  }
  return [];
}

/** So many candidates are shown. */
const MOST_SHOWN = 10;

function ambiguous({ name }: LineageGraph, text: string, meant: readonly Vertex[]): LineageError {
  const shown = meant
    .slice(0, MOST_SHOWN)
    .map(({ id, properties }) => (properties.type === undefined ? id : `${id} (${properties.type})`));
  const more = meant.length > MOST_SHOWN ? ' …' : '';
  return new LineageError('usage', `${JSON.stringify(text)} names ${meant.length} entities in ${name}.`, {
    hint: `Pass the ARN of the one that you mean: ${shown.join(', ')}${more}`,
    details: { start: text, candidates: meant.map(({ id }) => id) },
  });
}

async function nothingNamed(
  graph: LineageGraph,
  text: string,
  signal: AbortSignal | undefined,
): Promise<LineageError> {
  const { near, remark } = await graph.resembling(text, { signal });
  const hint =
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : 'Pass the ARN, the name or the source of an artifact, action, context, experiment, trial or trial component.';
  return new LineageError('usage', `There is no ${JSON.stringify(text)} in ${graph.name}.`, {
    hint: remark === undefined ? hint : `${hint} ${remark}`,
    details: { start: text, near },
  });
}
