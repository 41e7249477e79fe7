import type { Direction, ListAnswer } from '../graph/answer.ts';
import type { Vertex } from '../graph/elements.ts';
import { type EitherWayOptions, startVertex } from './entities-of.ts';
import { objectOf, PROPERTIES } from './filter.ts';
import { cell, lackReason, listAnswer, ownReason } from './list-answer.ts';
import { reach } from './reach.ts';

export type Approval = {
  /** ARN of the action. */
  readonly approval: string;
  /** ARN of the model package that was judged. */
  readonly modelpackage: string | null;
  /** `Approved`, `Rejected` …: only after an export with `--detail full`. */
  readonly decision: string | null;
  /** Who decided, where SageMaker knows. */
  readonly by: string | null;
  readonly at: string | null;
  readonly status: string | null;
  readonly depth: number;
};

/**
 * Who approved what serves at an endpoint, or what became of a model, a dataset, a job: the approval actions upstream of
 * endpoints and deployments, downstream of all else (SDK: `ModelPackageApprovalAction`, which needs the action's name, and
 * whose `model_package` asks for the group's name in place of the package's ARN).
 */
export async function approvals({ direction, ...options }: EitherWayOptions): Promise<ListAnswer<Approval>> {
  const { graph, signal } = options;
  const about = await startVertex(graph, options.start, signal);
  const found = await reach({
    ...options,
    start: about.id,
    question: 'approvals',
    direction: direction ?? towardsApprovals(about),
    edges: 'none',
    kinds: ['action'],
    sourceTypes: ['Approval'],
  });
  const itself = about.properties.type === 'Approval' ? [{ ...about, depth: 0 }] : [];
  const rows = [...itself, ...found.vertices].map(approvalOf);
  return listAnswer(graph, {
    question: 'approvals',
    about: [about],
    columns: ['approval', 'modelpackage', 'decision', 'by', 'at', 'status', 'depth'],
    rows,
    reasons: [
      ownReason(found, graph),
      rows.length === 0
        ? undefined
        : await lackReason(graph, { property: PROPERTIES, what: 'decisions of approvals', signal }),
    ],
  });
}

function towardsApprovals({ properties }: Vertex): Direction {
  return properties.type === 'Endpoint' || properties.type === 'ModelDeployment' ? 'upstream' : 'downstream';
}

function approvalOf(vertex: Vertex & { readonly depth: number }): Approval {
  const { ModelApprovalStatus } = objectOf(cell(vertex, PROPERTIES) ?? '{}');
  return {
    approval: vertex.id,
    modelpackage: cell(vertex, 'sourceuri'),
    decision: ModelApprovalStatus === undefined ? null : String(ModelApprovalStatus),
    by: cell(vertex, 'createdbyuser') ?? cell(vertex, 'createdby'),
    at: cell(vertex, 'creationtime'),
    status: cell(vertex, 'status'),
    depth: vertex.depth,
  };
}
