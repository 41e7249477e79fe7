import type { AssociationEdgeType, MetadataProperties, UserContext } from '@aws-sdk/client-sagemaker';
import type { AssociationRecord, EntityRecord, MembershipRecord } from '../records.ts';
import type { Account } from './account.ts';
import type { Random } from './random.ts';
import type { Thing } from './thing.ts';

/** What the batch of records tells: one run of a pipeline, one tuning job … */
export type StoryName =
  | 'founding'
  | 'training-pipeline'
  | 'tuning'
  | 'batch-transform'
  | 'feature-pipeline'
  | 'notebook'
  | 'cross-account'
  | 'write-back';

/**
 * The records of one telling of a story, as they gather. Entities come upstream first, so that any first part of them
 * is an account caught in the middle of the story. `now` is the story's clock.
 */
export type Batch = {
  readonly account: Account;
  readonly random: Random;
  readonly story: StoryName;
  /** Name of the project, or of the team, that the story belongs to. */
  readonly project: string;
  /** Who did it, and by what: on every record that the story makes. */
  readonly author: UserContext | undefined;
  readonly metadata: MetadataProperties | undefined;
  /** Epoch milliseconds. */
  now: number;
  readonly entities: EntityRecord[];
  readonly memberships: MembershipRecord[];
  readonly associations: AssociationRecord[];
};

type BatchOptions = Pick<Batch, 'story' | 'project'> & { readonly metadata?: MetadataProperties };

/** A story about to be told. Outside Studio, SageMaker leaves CreatedBy empty or out. */
export function openBatch(account: Account, random: Random, now: number, options: BatchOptions): Batch {
  const { story, project, metadata } = options;
  return {
    account,
    random,
    story,
    project,
    author: authorOf(account, random),
    metadata,
    now: Math.min(now, account.endsAt),
    entities: [],
    memberships: [],
    associations: [],
  };
}

/** Lets time go by, up to twice as long as said; the account's last moment stops it. */
export function pass(batch: Batch, milliseconds: number): void {
  batch.now = Math.min(batch.now + 1 + batch.random.below(2 * milliseconds), batch.account.endsAt);
}

/** What real listings leave out of an association, or give it for an end that is another account's. */
type LinkDetails = Pick<
  AssociationRecord,
  'SourceType' | 'DestinationType' | 'SourceName' | 'DestinationName'
>;

/** Associates two things. Most ties of creation time come from here: SageMaker writes a job's associations at once. */
export function link(
  batch: Batch,
  source: Thing,
  destination: Thing,
  type: AssociationEdgeType | undefined,
  details?: LinkDetails,
): void {
  const record: AssociationRecord = {
    kind: 'association',
    SourceArn: source.arn,
    DestinationArn: destination.arn,
    CreationTime: Math.max(source.createdAt, destination.createdAt, batch.now),
    ...details,
  };
  if (type !== undefined) record.AssociationType = type;
  if (batch.author !== undefined) record.CreatedBy = batch.author;
  batch.associations.push(record);
}

/** Puts a trial component into a trial. */
export function enroll(batch: Batch, trial: Thing, component: Thing): void {
  batch.memberships.push({
    kind: 'membership',
    TrialName: trial.uri,
    TrialComponentName: component.uri,
  });
}

function authorOf(account: Account, random: Random): UserContext | undefined {
  if (random.chance(0.6)) return {};
  return random.chance(0.5) ? undefined : random.pick(account.people);
}
