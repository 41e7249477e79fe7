import { isKind, type Kind } from '../graph/kinds.ts';

type KindStyle = {
  /** What people read. */
  readonly title: string;
  /** Fill. Those of the first four are SageMaker's own (its SDK's LineageQueryResult.visualize). */
  readonly colour: string;
  /** Text on that fill, at a contrast of at least 4.5 to 1. */
  readonly text: string;
};

/** How each kind looks, in every picture. */
export const KIND_STYLES: Readonly<Record<Kind, KindStyle>> = {
  artifact: { title: 'Artifact', colour: '#146eb4', text: '#ffffff' },
  trial_component: { title: 'Trial component', colour: '#f6cf61', text: '#1b1f24' },
  action: { title: 'Action', colour: '#88c396', text: '#1b1f24' },
  context: { title: 'Context', colour: '#ff9900', text: '#1b1f24' },
  experiment: { title: 'Experiment', colour: '#7a5fb0', text: '#ffffff' },
  trial: { title: 'Trial', colour: '#b7a5dc', text: '#1b1f24' },
  external: { title: 'External', colour: '#6b7480', text: '#ffffff' },
};

/** The kind of a label: another application's label looks like something from outside. */
export function kindOfLabel(label: string): Kind {
  // Neptune joins the labels of a vertex that has several with `::`.
  return label.split('::').find(isKind) ?? 'external';
}
