import type { Answer, Direction } from '../graph/answer.ts';
import type { Vertex } from '../graph/elements.ts';
import type { JobType } from '../graph/words.ts';
import type { LineageGraph } from './graph.ts';
import { type ReachOptions, reach } from './reach.ts';
import { findStart } from './start.ts';

/** A question whose filter is fixed. */
export type EntitiesOptions = Omit<
  ReachOptions,
  'question' | 'direction' | 'kinds' | 'types' | 'sourceTypes' | 'membership'
>;

/** A question that can be asked both ways. */
export type EitherWayOptions = EntitiesOptions & { readonly direction?: Direction | undefined };

/**
 * The datasets that something was made from; with `downstream`, those made from it (SDK: `dataset_artifacts` of endpoint,
 * model, trial component; `upstream_datasets`, `downstream_datasets`; `ImageArtifact.datasets`;
 * `ModelPackageApprovalAction.datasets`).
 */
export async function datasetsOf({ direction = 'upstream', ...options }: EitherWayOptions): Promise<Answer> {
  return reach({
    ...options,
    question: 'datasets-of',
    direction,
    kinds: ['artifact'],
    sourceTypes: ['DataSet'],
  });
}

/**
 * The models that an endpoint serves or that went into it, or the models that something else went into (SDK:
 * `EndpointContext.models`, which looks downstream and so finds none; `DatasetArtifact.trained_models`, which gives
 * contexts; `LineageTrialComponent.models`).
 *
 * @param options.direction upstream from endpoints, deployments, approvals and model groups, downstream from all else by default
 */
export async function modelsOf({ direction, ...options }: EitherWayOptions): Promise<Answer> {
  const way = direction ?? (await towardsModels(options));
  return reach({
    ...options,
    question: 'models-of',
    direction: way,
    kinds: ['artifact'],
    sourceTypes: ['Model'],
  });
}

/** The endpoints that something reached (SDK: `endpoint_contexts`, `ModelPackageApprovalAction.endpoints`). */
export async function endpointsOf({
  direction = 'downstream',
  ...options
}: EitherWayOptions): Promise<Answer> {
  return reach({
    ...options,
    question: 'endpoints-of',
    direction,
    kinds: ['context'],
    sourceTypes: ['Endpoint'],
  });
}

export type JobsOptions = EitherWayOptions & {
  /** @default all trial components, also those that no job made */
  readonly jobs?: readonly JobType[] | undefined;
};

/**
 * The trial components, and by their `sourcearn` the jobs, that made something; with `downstream`, those that used it
 * (SDK: `training_job_arns`, `processing_jobs`, `transform_jobs`, `trial_components`).
 */
export async function jobsOf({
  direction = 'upstream',
  jobs = [],
  ...options
}: JobsOptions): Promise<Answer> {
  return reach({ ...options, question: 'jobs-of', direction, kinds: ['trial_component'], sourceTypes: jobs });
}

/**
 * What breaks if this is bad: every artifact and context that it went into, the same data in several accounts counted once.
 */
export async function impact(options: EntitiesOptions): Promise<Answer> {
  return reach({
    collapse: true,
    ...options,
    question: 'impact',
    direction: 'downstream',
    kinds: ['artifact', 'context'],
  });
}

/** All that made this, with every way by which it did, the same data in several accounts counted once. */
export async function provenance(options: EntitiesOptions): Promise<Answer> {
  return reach({ collapse: true, edges: 'all', ...options, question: 'provenance', direction: 'upstream' });
}

/** Made edges run model -> deployment -> endpoint, approval -> deployment, package -> group (developer guide, "Tracking Entities"). */
const MODELS_ARE_UPSTREAM: ReadonlySet<string> = new Set([
  'Endpoint',
  'ModelGroup',
  'ModelDeployment',
  'ModelReplaced',
  'Approval',
]);

async function towardsModels({ graph, start, signal }: EntitiesOptions): Promise<Direction> {
  const { properties } = await startVertex(graph, start, signal);
  return MODELS_ARE_UPSTREAM.has(String(properties.type)) ? 'upstream' : 'downstream';
}

/** The vertex that a text means. @throws LineageError (usage) as `findStart` */
export async function startVertex(
  graph: LineageGraph,
  text: string,
  signal: AbortSignal | undefined,
): Promise<Vertex> {
  const id = await findStart(graph, text, { signal });
  const [vertex] = await graph.vertices([id], { signal });
  return vertex ?? { id, label: 'external', properties: {} };
}
