/**
 * The kinds of vertex, once: the Gremlin label, the resource type in the ARN, and the file of a run that holds the rows.
 * Labels and file names of the first four are those of AWS's governance notebook, so that its queries run unchanged.
 */
export const KINDS = {
  artifact: { resourceType: 'artifact', file: 'artifacts-nodes.csv' },
  trial_component: { resourceType: 'experiment-trial-component', file: 'tcs-nodes.csv' },
  action: { resourceType: 'action', file: 'action-nodes.csv' },
  context: { resourceType: 'context', file: 'contexts-nodes.csv' },
  experiment: { resourceType: 'experiment', file: 'experiments-nodes.csv' },
  trial: { resourceType: 'experiment-trial', file: 'trials-nodes.csv' },
  /** An endpoint of an association that no listing gave: another account's entity, or one deleted meanwhile. */
  external: { resourceType: undefined, file: 'external-nodes.csv' },
} as const;

/** A kind of vertex; also its Gremlin label. */
export type Kind = keyof typeof KINDS;

/** A kind that SageMaker lists. */
export type ListedKind = Exclude<Kind, 'external'>;

export const ALL_KINDS = Object.keys(KINDS) as readonly Kind[];

/** Whether a word is one of the kinds. */
export function isKind(word: string): word is Kind {
  return Object.hasOwn(KINDS, word);
}

export const LISTED_KINDS = ALL_KINDS.filter((kind): kind is ListedKind => kind !== 'external');

/** The file of a run that holds all edges. */
export const EDGES_FILE = 'edges.csv';

/** Label of an edge whose association has no AssociationType (the member is optional at AddAssociation). */
export const UNTYPED = 'Untyped';

/**
 * Labels of edges that say which experiment a trial, and which trial a component, belongs to. SageMaker keeps these as
 * membership, not as associations; lineage questions do not follow them unless told to.
 */
export const MEMBERSHIP_LABELS = {
  experimentToTrial: 'HasTrial',
  trialToComponent: 'HasTrialComponent',
} as const;

export type MembershipLabel = (typeof MEMBERSHIP_LABELS)[keyof typeof MEMBERSHIP_LABELS];

const MEMBERSHIP: ReadonlySet<string> = new Set(Object.values(MEMBERSHIP_LABELS));

export function isMembershipLabel(label: string): label is MembershipLabel {
  return MEMBERSHIP.has(label);
}
