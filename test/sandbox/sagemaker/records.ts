import { artifactId } from '../../../src/sandbox/artifact-id.ts';
import type {
  ActionRecord,
  ArtifactRecord,
  AssociationRecord,
  ContextRecord,
  ExperimentRecord,
  TrialComponentRecord,
  TrialRecord,
} from '../../../src/sandbox/records.ts';
import { ARN, T0 } from './loopback.ts';

const born = { CreationTime: T0, LastModifiedTime: T0 };

export function artifact(uri: string, members: Partial<ArtifactRecord> = {}): ArtifactRecord {
  const ArtifactArn = `${ARN}:artifact/${artifactId(uri)}`;
  return {
    kind: 'artifact',
    ArtifactArn,
    ArtifactType: 'DataSet',
    Source: { SourceUri: uri },
    ...born,
    ...members,
  };
}

export function action(name: string, members: Partial<ActionRecord> = {}): ActionRecord {
  const ActionArn = `${ARN}:action/${name.toLowerCase()}`;
  const Source = { SourceUri: `action source of ${name}` };
  return {
    kind: 'action',
    ActionArn,
    ActionName: name,
    ActionType: 'ModelDeployment',
    Source,
    ...born,
    ...members,
  };
}

export function context(name: string, members: Partial<ContextRecord> = {}): ContextRecord {
  const ContextArn = `${ARN}:context/${name.toLowerCase()}`;
  const Source = { SourceUri: `${ARN}:endpoint/${name.toLowerCase()}` };
  return {
    kind: 'context',
    ContextArn,
    ContextName: name,
    ContextType: 'Endpoint',
    Source,
    ...born,
    ...members,
  };
}

export function experiment(name: string, members: Partial<ExperimentRecord> = {}): ExperimentRecord {
  const ExperimentArn = `${ARN}:experiment/${name.toLowerCase()}`;
  return { kind: 'experiment', ExperimentArn, ExperimentName: name, ...born, ...members };
}

export function trial(name: string, experimentName: string, members: Partial<TrialRecord> = {}): TrialRecord {
  const TrialArn = `${ARN}:experiment-trial/${name.toLowerCase()}`;
  return { kind: 'trial', TrialArn, TrialName: name, ExperimentName: experimentName, ...born, ...members };
}

export function component(name: string, members: Partial<TrialComponentRecord> = {}): TrialComponentRecord {
  const TrialComponentArn = `${ARN}:experiment-trial-component/${name.toLowerCase()}`;
  return { kind: 'trial_component', TrialComponentArn, TrialComponentName: name, ...born, ...members };
}

export function association(
  SourceArn: string,
  DestinationArn: string,
  members: Partial<AssociationRecord> = {},
): AssociationRecord {
  return { kind: 'association', SourceArn, DestinationArn, CreationTime: T0, ...members };
}
