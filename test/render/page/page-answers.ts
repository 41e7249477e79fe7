import type { Answer, AnswerVertex } from '../../../src/graph/answer.ts';
import type { Edge } from '../../../src/graph/elements.ts';
import { edgeId } from '../../../src/graph/ids.ts';
import { KINDS, type Kind } from '../../../src/graph/kinds.ts';

const ACCOUNT = 'arn:aws:sagemaker:us-east-1:123456789012';

/** The id of a vertex in the answers of this file. */
export function arnOf(kind: Kind, name: string): string {
  return `${ACCOUNT}:${KINDS[kind].resourceType ?? 'model-package'}/${name}`;
}

const RAW = {
  id: arnOf('artifact', 'raw'),
  label: 'artifact',
  properties: { name: 'raw', type: 'DataSet' },
};

type Step = {
  readonly kind: Kind;
  readonly type: string;
  readonly name: string;
  readonly from: string;
  readonly depth: number;
};

/** raw → train → model, from which one way leads to an endpoint, another to a report. */
export function chainAnswer(overrides: Partial<Answer> = {}): Answer {
  const steps: readonly Step[] = [
    { kind: 'trial_component', type: 'SageMakerTrainingJob', name: 'train', from: RAW.id, depth: 1 },
    { kind: 'artifact', type: 'Model', name: 'model', from: arnOf('trial_component', 'train'), depth: 2 },
    { kind: 'action', type: 'ModelDeployment', name: 'deploy', from: arnOf('artifact', 'model'), depth: 3 },
    {
      kind: 'trial_component',
      type: 'SageMakerProcessingJob',
      name: 'evaluate',
      from: arnOf('artifact', 'model'),
      depth: 3,
    },
    { kind: 'context', type: 'Endpoint', name: 'endpoint', from: arnOf('action', 'deploy'), depth: 4 },
    {
      kind: 'artifact',
      type: 'DataSet',
      name: 'report',
      from: arnOf('trial_component', 'evaluate'),
      depth: 4,
    },
  ];
  return answerOf(steps.map(vertexOf), overrides);
}

/** So many entities, of five types, in three layers behind one start. */
export function wideAnswer(count: number): Answer {
  const names = Array.from({ length: count }, (_, at) => `entity-${at}`);
  const layers = [names.slice(0, 20), names.slice(20, count / 2), names.slice(count / 2)];
  return answerOf(
    layers.flatMap((layer, at) =>
      layer.map((name, index) => {
        const before = layers[at - 1] ?? [];
        const from = at === 0 ? RAW.id : arnOf('artifact', before[index % before.length] ?? '');
        return vertexOf({ kind: 'artifact', type: `Type${index % 5}`, name, from, depth: at + 1 });
      }),
    ),
  );
}

function vertexOf({ kind, type, name, from, depth }: Step): AnswerVertex {
  const id = arnOf(kind, name);
  const label = 'ContributedTo';
  const properties = { name, type, sourceuri: `s3://bucket/${name}.tar.gz` };
  return { id, label: kind, properties, depth, via: { id: edgeId(from, label, id), from, to: id, label } };
}

function answerOf(vertices: readonly AnswerVertex[], overrides: Partial<Answer> = {}): Answer {
  const edges: readonly Edge[] = vertices.map(({ via }) => via);
  return {
    question: 'downstream',
    direction: 'downstream',
    start: RAW,
    source: {
      graph: '/runs/20261121T041500.123Z',
      run: '20261121T041500.123Z',
      finishedAt: '2026-11-21T04:20:00.000Z',
    },
    filter: { kinds: [], types: [] },
    limits: { membership: false, collapsed: false },
    complete: true,
    reached: vertices.length,
    vertices,
    between: [],
    edges,
    cycles: [],
    ...overrides,
  };
}
