import { LineageError } from '../errors.ts';
import type { GraphReadOptions, LineageGraph } from './graph.ts';

/**
 * The id of the vertex that a person means.
 *
 * @throws LineageError (usage) where the graph has none.
 */
export async function findStart(
  graph: LineageGraph,
  start: string,
  { signal }: GraphReadOptions = {},
): Promise<string> {
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
