import { artifactId } from '../../src/sandbox/artifact-id.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { account, region } from './sandbox-export.ts';

const PREFIX = `arn:aws:sagemaker:${region}:${account}`;
const START_MS = Date.UTC(2026, 0, 1);

export type Sizes = Readonly<
  Record<'artifact' | 'action' | 'context' | 'trial_component' | 'trial' | 'experiment', number>
>;

const AUTHOR = {
  UserProfileArn: `${PREFIX}:user-profile/d-1/ana`,
  UserProfileName: 'ana',
  DomainId: 'd-1',
};

/** So many entities of each kind, one every seven seconds and some at once, with everything that SageMaker can know of them. */
export function detailedAccount(sizes: Sizes): readonly AccountRecord[] {
  return [
    ...each(sizes.artifact, (n, lifetime): AccountRecord => {
      const SourceUri = `s3://detailed/${n}`;
      return {
        kind: 'artifact',
        ArtifactArn: detailedArn('artifact', n),
        ArtifactName: `data-${n}`,
        ArtifactType: 'DataSet',
        Source: { SourceUri },
        Properties: { team: `team-${n % 7}`, rows: `${n * 1_000}` },
        MetadataProperties: { CommitId: `c${n}`, Repository: 'r', GeneratedBy: 'g', ProjectId: 'p' },
        Tags: { owner: `owner-${n % 3}` },
        ...lifetime,
      };
    }),
    ...each(
      sizes.action,
      (n, lifetime): AccountRecord => ({
        kind: 'action',
        ActionArn: detailedArn('action', n),
        ActionName: `step-${n}`,
        ActionType: 'ModelDeployment',
        Description: `step, "${n}"`,
        Status: 'Completed',
        Source: { SourceUri: `s3://detailed/of/${n}` },
        Properties: { n: `${n}` },
        MetadataProperties: { ProjectId: 'p' },
        ...lifetime,
      }),
    ),
    ...each(
      sizes.context,
      (n, lifetime): AccountRecord => ({
        kind: 'context',
        ContextArn: detailedArn('context', n),
        ContextName: `endpoint-${n}`,
        ContextType: 'Endpoint',
        Description: 'first\nsecond',
        Source: { SourceUri: `s3://detailed/of/${n}` },
        Properties: { stage: n % 2 === 0 ? 'test' : 'live' },
        ...lifetime,
      }),
    ),
    ...each(
      sizes.experiment,
      (n, lifetime): AccountRecord => ({
        kind: 'experiment',
        ExperimentArn: detailedArn('experiment', n),
        ExperimentName: `study-${n}`,
        Description: `study ${n}`,
        Tags: { area: 'x' },
        ...lifetime,
      }),
    ),
    ...each(
      sizes.trial,
      (n, lifetime): AccountRecord => ({
        kind: 'trial',
        TrialArn: detailedArn('trial', n),
        TrialName: `try-${n}`,
        ExperimentName: `study-${n % sizes.experiment}`,
        MetadataProperties: { CommitId: `c${n}` },
        ...lifetime,
      }),
    ),
    ...each(sizes.trial_component, (n, lifetime): AccountRecord => {
      const job = `${PREFIX}:training-job/job-${n}`;
      return {
        kind: 'trial_component',
        TrialComponentArn: detailedArn('trial_component', n),
        TrialComponentName: `job-${n}`,
        // Search gives the tags of jobs of known types.
        Source: { SourceArn: job, ...(n % 3 === 2 ? {} : { SourceType: 'SageMakerTrainingJob' }) },
        ...(n % 1_000 === 7
          ? { RunName: `run-${n}`, Sources: [{ SourceArn: job }, { SourceArn: `${job}-b` }] }
          : {}),
        Parameters: { lr: { NumberValue: 0.001 * (n + 1) }, optimizer: { StringValue: 'adam' } },
        Metrics: [
          {
            MetricName: 'loss',
            SourceArn: job,
            TimeStamp: new Date(lifetime.CreationTime),
            Last: n / 7,
            Count: n,
          },
        ],
        InputArtifacts: { train: { MediaType: 'text/csv', Value: `s3://detailed/${n}` } },
        OutputArtifacts: { model: { Value: `s3://detailed/model/${n}` } },
        Tags: { 'sagemaker:pipeline-execution-arn': `${PREFIX}:pipeline/p/execution/${n % 11}` },
        ...lifetime,
      };
    }),
    ...each(
      sizes.trial === 0 ? 0 : sizes.trial_component,
      (n): AccountRecord => ({
        kind: 'membership',
        TrialName: `try-${n % sizes.trial}`,
        TrialComponentName: `job-${n}`,
      }),
    ),
    ...each(
      Math.min(sizes.artifact, sizes.trial_component),
      (n, { CreationTime }): AccountRecord => ({
        kind: 'association',
        SourceArn: detailedArn('artifact', n),
        DestinationArn: detailedArn('trial_component', n),
        AssociationType: 'ContributedTo',
        CreationTime,
      }),
    ),
  ];
}

/** The ARN of the n-th entity of a kind. */
export function detailedArn(kind: keyof Sizes, n: number): string {
  const resources = {
    artifact: `artifact/${artifactId(`s3://detailed/${n}`)}`,
    action: `action/step-${n}`,
    context: `context/endpoint-${n}`,
    experiment: `experiment/study-${n}`,
    trial: `experiment-trial/try-${n}`,
    trial_component: `experiment-trial-component/job-${n}`,
  };
  return `${PREFIX}:${resources[kind]}`;
}

type Lifetime = {
  readonly CreationTime: number;
  readonly LastModifiedTime: number;
  readonly CreatedBy: typeof AUTHOR;
};

/** Every tenth shares its millisecond with the one before it. */
function each(
  size: number,
  record: (n: number, lifetime: Lifetime) => AccountRecord,
): readonly AccountRecord[] {
  return Array.from({ length: size }, (_, n) => {
    const CreationTime = START_MS + (n % 10 === 9 ? n - 1 : n) * 7_000;
    return record(n, { CreationTime, LastModifiedTime: CreationTime + (n % 4) * 1_000, CreatedBy: AUTHOR });
  });
}
