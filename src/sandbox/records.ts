import type {
  ArtifactSourceType,
  AssociationEdgeType,
  MetadataProperties,
  TrialComponentArtifact,
  TrialComponentMetricSummary,
  TrialComponentParameterValue,
  TrialComponentStatus,
  UserContext,
} from '@aws-sdk/client-sagemaker';

/*
 * What an account holds: the sandbox's own records, which its SageMaker service stores and its generator makes. Members
 * are named as in the Describe replies; times are epoch milliseconds.
 */

type Lifetime = {
  CreationTime: number;
  LastModifiedTime: number;
  CreatedBy?: UserContext;
  LastModifiedBy?: UserContext;
};

type Tagged = { Tags?: Record<string, string> };

type EntitySource = { SourceUri: string; SourceType?: string; SourceId?: string };

/** Source of an experiment, a trial or a trial component. */
type JobSource = { SourceArn: string; SourceType?: string };

export type ArtifactRecord = Lifetime &
  Tagged & {
    kind: 'artifact';
    ArtifactArn: string;
    ArtifactName?: string;
    ArtifactType: string;
    Source: { SourceUri: string; SourceTypes?: ArtifactSourceType[] };
    Properties?: Record<string, string>;
    MetadataProperties?: MetadataProperties;
  };

export type ActionRecord = Lifetime &
  Tagged & {
    kind: 'action';
    ActionArn: string;
    ActionName: string;
    ActionType: string;
    Source: EntitySource;
    Description?: string;
    Status?: string;
    Properties?: Record<string, string>;
    MetadataProperties?: MetadataProperties;
  };

export type ContextRecord = Lifetime &
  Tagged & {
    kind: 'context';
    ContextArn: string;
    ContextName: string;
    ContextType: string;
    Source: EntitySource;
    Description?: string;
    Properties?: Record<string, string>;
  };

export type ExperimentRecord = Lifetime &
  Tagged & {
    kind: 'experiment';
    ExperimentArn: string;
    ExperimentName: string;
    DisplayName?: string;
    Description?: string;
    Source?: JobSource;
  };

export type TrialRecord = Lifetime &
  Tagged & {
    kind: 'trial';
    TrialArn: string;
    TrialName: string;
    ExperimentName: string;
    DisplayName?: string;
    Source?: JobSource;
    MetadataProperties?: MetadataProperties;
  };

export type TrialComponentRecord = Lifetime &
  Tagged & {
    kind: 'trial_component';
    TrialComponentArn: string;
    TrialComponentName: string;
    DisplayName?: string;
    Source?: JobSource;
    /** Of an experiment run: its name, and all its sources. */
    RunName?: string;
    Sources?: JobSource[];
    Status?: TrialComponentStatus;
    StartTime?: number;
    EndTime?: number;
    Parameters?: Record<string, TrialComponentParameterValue>;
    InputArtifacts?: Record<string, TrialComponentArtifact>;
    OutputArtifacts?: Record<string, TrialComponentArtifact>;
    Metrics?: TrialComponentMetricSummary[];
    MetadataProperties?: MetadataProperties;
  };

export type EntityRecord =
  | ArtifactRecord
  | ActionRecord
  | ContextRecord
  | ExperimentRecord
  | TrialRecord
  | TrialComponentRecord;

export type AssociationRecord = {
  kind: 'association';
  SourceArn: string;
  DestinationArn: string;
  AssociationType?: AssociationEdgeType;
  CreationTime: number;
  CreatedBy?: UserContext;
  /**
   * Types and names at either end, where the account's own entities do not give them: an end in another account. A
   * `null` type says that the listing leaves the member out, as it does for some entities.
   */
  SourceType?: string | null;
  DestinationType?: string | null;
  SourceName?: string;
  DestinationName?: string;
};

/** A component's place in a trial (AssociateTrialComponent). */
export type MembershipRecord = { kind: 'membership'; TrialName: string; TrialComponentName: string };

/** One thing that an account can hold. */
export type AccountRecord = EntityRecord | AssociationRecord | MembershipRecord;
