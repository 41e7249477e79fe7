import { z } from 'zod';
import type { Answer, AnswerVertex, ListAnswer } from '../graph/answer.ts';
import type { Edge, Vertex } from '../graph/elements.ts';

const text = z.string();
const texts = z.array(text).readonly();

const properties = z
  .record(text, z.union([text, z.number()]))
  .describe('Property values by name; times as ISO 8601 in UTC. What an entity does not have is absent.');

const vertex = z.strictObject({
  id: text.describe('The ARN.'),
  label: text.describe(
    'The kind: artifact, trial_component, action, context, experiment, trial or external.',
  ),
  properties,
}) satisfies z.ZodType<Vertex>;

const edge = z
  .strictObject({ id: text, from: text, to: text, label: text.describe('The type of the association.') })
  .describe('From the source of the association to its destination.') satisfies z.ZodType<Edge>;

const answerVertex = z.strictObject({
  ...vertex.shape,
  depth: z.int().positive().describe('Edges on the shortest way from the start.'),
  via: edge.describe('The last edge of a shortest way from the start.'),
  twins: texts.describe('Ids that were put into this one, where that was asked for.').exactOptional(),
}) satisfies z.ZodType<AnswerVertex>;

const source = z.strictObject({
  graph: text.describe('The directory of the run, or the endpoint of the cluster.'),
  run: text.exactOptional(),
  finishedAt: text.describe('When the run had seen all, ISO 8601.').exactOptional(),
});

const completeness = {
  complete: z.boolean().describe('Whether nothing is left out that the question asks for.'),
  incompleteReason: text
    .describe('What is left out and why: present where `complete` is false.')
    .exactOptional(),
};

const answer = z.strictObject({
  question: text,
  direction: z.enum(['upstream', 'downstream', 'both']),
  start: vertex,
  source,
  filter: z.strictObject({
    kinds: texts,
    types: texts,
    sourceTypes: texts.exactOptional(),
    createdAfter: text.exactOptional(),
    createdBefore: text.exactOptional(),
    modifiedAfter: text.exactOptional(),
    modifiedBefore: text.exactOptional(),
    properties: z.record(text, text).exactOptional(),
  }),
  limits: z.strictObject({
    maxDepth: z.int().exactOptional(),
    maxVertices: z.int().exactOptional(),
    through: texts.exactOptional(),
    stopAt: texts.exactOptional(),
    membership: z.boolean(),
    collapsed: z.boolean(),
  }),
  ...completeness,
  foreign: texts
    .describe(
      'Entities of accounts that were not exported, which alone know what lies behind. Absent where there are none.',
    )
    .exactOptional(),
  unmatched: z
    .array(z.strictObject({ type: text, meant: text.exactOptional() }))
    .describe(
      'Types that the question names and nothing reached is of, each with one that is there and written nearly so. Absent where there are none.',
    )
    .readonly()
    .exactOptional(),
  reached: z.int().describe('Vertices reached, besides the start, before the filter.'),
  vertices: z.array(answerVertex).describe('Those that pass the filter, by depth, then id.').readonly(),
  between: z.array(answerVertex).describe('Those that do not, on a way to one that does.').readonly(),
  edges: z.array(edge).readonly(),
  cycles: z.array(z.array(edge).readonly()).readonly(),
}) satisfies z.ZodType<Answer>;

const listAnswer = z.strictObject({
  question: text,
  about: z.array(vertex).describe('The entities that it is about.').readonly(),
  source,
  ...completeness,
  columns: texts.describe('The members of a row, in the order to show them.'),
  rows: z.array(z.record(text, z.union([text, z.number(), z.boolean(), z.null(), texts]))).readonly(),
}) satisfies z.ZodType<ListAnswer>;

/**
 * The JSON Schema (draft 2020-12) of what `--output json` prints, as published in docs/schema/answer.schema.json: an answer with
 * vertices and edges, or a list.
 */
export function answerJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(z.union([answer, listAnswer]));
  return { $schema, title: 'An answer of smlineage', ...schema };
}
