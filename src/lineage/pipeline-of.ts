import type { AnswerVertex, ListAnswer } from '../graph/answer.ts';
import type { Vertex } from '../graph/elements.ts';
import { type EntitiesOptions, startVertex } from './entities-of.ts';
import { objectOf, PROPERTIES } from './filter.ts';
import { lackReason, listAnswer, ownReason } from './list-answer.ts';
import { compareText } from './order.ts';
import { reach } from './reach.ts';

/** An execution of a pipeline. */
export type PipelineExecution = {
  /** ARN of the execution. */
  readonly execution: string;
  /** Associations from the start to the nearest of its entities. */
  readonly depth: number;
  /** ARNs of the entities upstream that say so, nearest first. */
  readonly entities: readonly string[];
};

/**
 * The pipeline executions that made something, the nearest first (SDK: `pipeline_execution_arn` of endpoint, model, trial
 * component, model group, which gives the first that it meets). Pipelines tag their jobs; a model group names its
 * execution in its properties. Neither is in the listings: without `--detail full --tags` the answer is not complete.
 */
export async function pipelineOf(options: EntitiesOptions): Promise<ListAnswer<PipelineExecution>> {
  const { graph, signal } = options;
  const about = await startVertex(graph, options.start, signal);
  const made = await reach({
    ...options,
    start: about.id,
    question: 'pipeline-of',
    direction: 'upstream',
    edges: 'none',
    kinds: ['trial_component', 'context'],
  });
  const executions = new Map<string, { depth: number; entities: string[] }>();
  for (const { id, depth, ...vertex } of [
    { ...about, depth: 0 } as Pick<AnswerVertex, keyof Vertex | 'depth'>,
    ...made.vertices,
  ]) {
    const execution = executionOf(vertex);
    if (execution === undefined) continue;
    const known = executions.get(execution);
    if (known === undefined) executions.set(execution, { depth, entities: [id] });
    else known.entities.push(id);
  }
  return listAnswer<PipelineExecution>(graph, {
    question: 'pipeline-of',
    about: [about],
    columns: ['execution', 'depth', 'entities'],
    rows: [...executions]
      .map(([execution, found]) => ({ execution, ...found }))
      .sort((a, b) => a.depth - b.depth || compareText(a.execution, b.execution)),
    reasons: [
      ownReason(made, graph),
      await lackReason(graph, {
        property: JOB_EXECUTION,
        what: 'pipeline executions of jobs',
        flags: '--detail full --tags',
        signal,
      }),
    ],
  });
}

/** From the tag `sagemaker:pipeline-execution-arn` of a trial component's job. */
const JOB_EXECUTION = 'pipelineexecution';

function executionOf({ properties }: Pick<Vertex, 'properties'>): string | undefined {
  const own =
    properties[JOB_EXECUTION] ?? objectOf(String(properties[PROPERTIES] ?? '{}')).PipelineExecutionArn;
  return own === undefined ? undefined : String(own);
}
