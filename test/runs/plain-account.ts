import { artifactId } from '../../src/sandbox/artifact-id.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { account, region } from './sandbox-export.ts';

const PREFIX = `arn:aws:sagemaker:${region}:${account}`;
const START_MS = Date.UTC(2026, 0, 1);

/** An artifact, its name and source made of `n`. */
export function artifactRecord(n: number, CreationTime: number): AccountRecord {
  const SourceUri = `s3://plain/data/${n}`;
  return {
    kind: 'artifact',
    ArtifactArn: artifactArn(n),
    ArtifactName: `data-${n}`,
    ArtifactType: 'DataSet',
    Source: { SourceUri },
    CreationTime,
    LastModifiedTime: CreationTime,
  };
}

export function artifactArn(n: number): string {
  return `${PREFIX}:artifact/${artifactId(`s3://plain/data/${n}`)}`;
}

export function componentRecord(n: number, CreationTime: number): AccountRecord {
  return {
    kind: 'trial_component',
    TrialComponentArn: componentArn(n),
    TrialComponentName: `job-${n}`,
    CreationTime,
    LastModifiedTime: CreationTime,
  };
}

export function componentArn(n: number): string {
  return `${PREFIX}:experiment-trial-component/job-${n}`;
}

/** From artifact `n` to trial component `n`. */
export function associationRecord(
  n: number,
  CreationTime: number,
  SourceArn = artifactArn(n),
): AccountRecord {
  return {
    kind: 'association',
    SourceArn,
    DestinationArn: componentArn(n),
    AssociationType: 'ContributedTo',
    CreationTime,
  };
}

/**
 * An account that lists so many records of everything, one a minute, but for the last of the first page and the first of
 * the second, which share a millisecond. The last association comes from another account.
 */
export function plainAccount(size: number, pageSize: number): readonly AccountRecord[] {
  const foreign = `arn:aws:sagemaker:${region}:999999999999:artifact/${artifactId('s3://foreign/data')}`;
  return Array.from({ length: size }, (_, n) => n).flatMap((n): AccountRecord[] => {
    const CreationTime = START_MS + (n === pageSize ? n - 1 : n) * 60_000;
    const lifetime = { CreationTime, LastModifiedTime: CreationTime };
    const Source = { SourceUri: `s3://plain/of/${n}` };
    return [
      artifactRecord(n, CreationTime),
      componentRecord(n, CreationTime),
      {
        ...lifetime,
        kind: 'action',
        ActionArn: `${PREFIX}:action/step-${n}`,
        ActionName: `step-${n}`,
        ActionType: 'Deployment',
        Source,
      },
      {
        ...lifetime,
        kind: 'context',
        ContextArn: `${PREFIX}:context/endpoint-${n}`,
        ContextName: `endpoint-${n}`,
        ContextType: 'Endpoint',
        Source,
      },
      {
        ...lifetime,
        kind: 'experiment',
        ExperimentArn: `${PREFIX}:experiment/study-${n}`,
        ExperimentName: `study-${n}`,
      },
      {
        ...lifetime,
        kind: 'trial',
        TrialArn: `${PREFIX}:experiment-trial/try-${n}`,
        TrialName: `try-${n}`,
        ExperimentName: `study-${n}`,
      },
      { kind: 'membership', TrialName: `try-${n}`, TrialComponentName: `job-${n}` },
      associationRecord(n, CreationTime, n === size - 1 ? foreign : artifactArn(n)),
    ];
  });
}
