import { LineageError } from '../errors.ts';
import type { Answer, AnswerFilter, AnswerVertex, Direction } from '../graph/answer.ts';
import { kindOfArn } from '../graph/arn.ts';
import type { Vertex } from '../graph/elements.ts';
import type { LineageGraph } from './graph.ts';
import { compareText, type WalkOptions, walk } from './walk.ts';

export type QuestionOptions = Omit<WalkOptions, 'direction'> & {
  readonly graph: LineageGraph;
  /** ARN of the vertex to start from. */
  readonly start: string;
  /** Answer only with vertices of these labels: `artifact`, `context` … @default all */
  readonly kinds?: readonly string[] | undefined;
  /** Answer only with vertices whose `type` is one of these: `DataSet`, `Endpoint` … @default all */
  readonly types?: readonly string[] | undefined;
};

/**
 * What made this: everything that can be reached against the direction of associations, from SageMaker's point of view its
 * ascendants, without SageMaker's limit of 10 steps.
 *
 * @throws LineageError (usage) where the graph does not have the start; whatever the graph throws.
 */
export async function upstream(options: QuestionOptions): Promise<Answer> {
  return lineage('upstream', 'upstream', options);
}

/** What depends on this: everything that can be reached along associations (descendants). As {@link upstream} otherwise. */
export async function downstream(options: QuestionOptions): Promise<Answer> {
  return lineage('downstream', 'downstream', options);
}

/** Everything that hangs together with this, whichever way associations point. As {@link upstream} otherwise. */
export async function connected(options: QuestionOptions): Promise<Answer> {
  return lineage('connected', 'both', options);
}

async function lineage(question: string, direction: Direction, options: QuestionOptions): Promise<Answer> {
  const { graph, kinds = [], types = [], signal } = options;
  const filter = { kinds, types };
  const startId = await findStart(options);
  const { depths, edges, cut } = await walk(graph, startId, { ...options, direction });

  const wanted = [...depths.keys()].filter((id) => id === startId || mayPass(id, filter));
  const byId = new Map((await graph.vertices(wanted, { signal })).map((vertex) => [vertex.id, vertex]));
  const start = byId.get(startId);
  if (start === undefined) throw vanished(startId, graph);
  const vertices = [...byId.values()]
    .filter((vertex) => vertex.id !== startId && passes(vertex, filter))
    .map((vertex): AnswerVertex => ({ ...vertex, depth: depths.get(vertex.id) ?? 0 }))
    .sort((a, b) => a.depth - b.depth || compareText(a.id, b.id));

  const shown = new Set([startId, ...vertices.map(({ id }) => id)]);
  const missing = wanted.filter((id) => !byId.has(id));
  const reasons = [graph.incompleteReason, cut, missingReason(missing)].filter(
    (reason) => reason !== undefined,
  );
  return {
    question,
    direction,
    start,
    filter,
    complete: reasons.length === 0,
    ...(reasons.length === 0 ? {} : { incompleteReason: reasons.join('; ') }),
    reached: depths.size - 1,
    vertices,
    edges: edges.filter(({ from, to }) => shown.has(from) && shown.has(to)),
  };
}

async function findStart({ graph, start, signal }: QuestionOptions): Promise<string> {
  const result = await graph.find(start, { signal });
  if (result.found) return result.id;
  const { lookedFor, near, remark } = result;
  const hint =
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : `Pass the ARN of an artifact, action, context, experiment, trial or trial component.`;
  throw new LineageError('usage', `There is no ${JSON.stringify(start)} in ${graph.name}.`, {
    hint: remark === undefined ? hint : `${hint} ${remark}`,
    details: { start, lookedFor, near },
  });
}

/** Whether an id is worth a look at its properties: the kind stands in the ARN, unless it is another account's. */
function mayPass(id: string, { kinds }: AnswerFilter): boolean {
  if (kinds.length === 0 || kinds.includes('external')) return true;
  const kind = kindOfArn(id);
  return kind === undefined || kinds.includes(kind);
}

function passes({ label, properties }: Vertex, { kinds, types }: AnswerFilter): boolean {
  // Neptune joins the labels of a vertex that has several with `::`.
  const kindPasses = kinds.length === 0 || label.split('::').some((part) => kinds.includes(part));
  return kindPasses && (types.length === 0 || types.includes(String(properties.type ?? '')));
}

function missingReason(missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined;
  const what =
    missing.length === 1
      ? '1 vertex at the end of an edge is'
      : `${missing.length} vertices at the end of edges are`;
  return `${what} not in the graph (${missing[0]})`;
}

function vanished(id: string, { name }: LineageGraph): LineageError {
  return new LineageError('unexpected', `${id} was removed from ${name} while the question was answered.`, {
    hint: 'Ask again.',
    details: { id },
  });
}
