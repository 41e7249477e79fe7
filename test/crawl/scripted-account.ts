import type { Answer, Call } from './scripted-sagemaker.ts';
import { lastPage, page } from './scripted-sagemaker.ts';

/** What a scripted account holds: records by operation, those of Search by its resource. */
export type ScriptedAccount = Readonly<Record<string, readonly unknown[]>>;

export const PREFIX = 'arn:aws:sagemaker:us-east-1:111111111111';

/** Answers every listing from the account's records, in pages of this size, in the order given; describes none. */
export function accountScript(account: ScriptedAccount, pageSize = 100): (call: Call) => Answer {
  return ({ operation, input }) => {
    if (operation.startsWith('Describe')) return { error: 'ResourceNotFound', message: 'It does not exist.' };
    const records = account[operation === 'Search' ? `Search(${input.Resource})` : operation] ?? [];
    const start = Number(input.NextToken ?? 0);
    const end = start + pageSize;
    const items = records.slice(start, end);
    return end < records.length ? page(operation, items, String(end)) : lastPage(operation, items);
  };
}

const SECOND = 1_700_000_000;

/** A small account with a bit of everything: all kinds, memberships, an unnamed artifact, a foreign end, odd text. */
export function smallAccount(): ScriptedAccount {
  const lifetime = (second: number) => ({
    CreationTime: SECOND + second,
    LastModifiedTime: SECOND + second + 0.25,
  });
  const components = ['prepare-aws-processing-job', 'train-aws-training-job'].map((name, index) => ({
    TrialComponentArn: `${PREFIX}:experiment-trial-component/${name}`,
    TrialComponentName: name,
    TrialComponentSource: {
      SourceArn: `${PREFIX}:job/${name}`,
      ...(index === 0 ? { SourceType: 'Job' } : {}),
    },
    Status: {
      PrimaryStatus: 'Completed',
      Message: 'Status: Completed, exit message: null,\nfailure reason: null',
    },
    ...lifetime(10 + index),
  }));
  return {
    ListArtifacts: [
      {
        ArtifactArn: `${PREFIX}:artifact/data`,
        ArtifactType: 'DataSet',
        Source: { SourceUri: 's3://bucket/a,b "c";d', SourceTypes: [] },
        ...lifetime(1),
      },
      {
        ArtifactArn: `${PREFIX}:artifact/model`,
        ArtifactName: 'model 😀',
        ArtifactType: 'Model',
        Source: { SourceUri: 's3://bucket/model.tar.gz' },
        ...lifetime(20),
      },
    ],
    ListActions: [
      {
        ActionArn: `${PREFIX}:action/deploy`,
        ActionName: 'deploy',
        ActionType: 'ModelDeployment',
        Status: 'Completed',
        Source: { SourceUri: `${PREFIX}:endpoint/churn` },
        ...lifetime(30),
      },
    ],
    ListContexts: [
      {
        ContextArn: `${PREFIX}:context/churn`,
        ContextName: 'churn',
        ContextType: 'Endpoint',
        Source: { SourceUri: `${PREFIX}:endpoint/churn` },
        ...lifetime(31),
      },
    ],
    ListTrialComponents: components,
    ListExperiments: [
      { ExperimentArn: `${PREFIX}:experiment/churn`, ExperimentName: 'Churn', ...lifetime(5) },
    ],
    ListTrials: [{ TrialArn: `${PREFIX}:experiment-trial/first`, TrialName: 'First', ...lifetime(6) }],
    'Search(ExperimentTrial)': [
      {
        Trial: {
          TrialArn: `${PREFIX}:experiment-trial/first`,
          TrialName: 'First',
          ExperimentName: 'Churn',
          ...lifetime(6),
        },
      },
    ],
    'Search(ExperimentTrialComponent)': components.map((component) => ({
      TrialComponent: { ...component, Parents: [{ TrialName: 'First', ExperimentName: 'Churn' }] },
    })),
    ListAssociations: [
      association('artifact/data', 'experiment-trial-component/train-aws-training-job', 12, 'ContributedTo'),
      association('experiment-trial-component/train-aws-training-job', 'artifact/model', 21, 'Produced'),
      association('artifact/MODEL', 'action/deploy', 32),
      association('action/deploy', 'context/churn', 33, 'AssociatedWith'),
      {
        ...association('artifact/model', '', 34, 'SameAs'),
        DestinationArn: 'arn:aws:sagemaker:us-east-1:222222222222:artifact/model',
        DestinationType: 'Model',
        DestinationName: 'theirs',
      },
    ],
  };
}

function association(from: string, to: string, second: number, AssociationType?: string) {
  return {
    SourceArn: `${PREFIX}:${from}`,
    DestinationArn: `${PREFIX}:${to}`,
    CreationTime: SECOND + second,
    CreatedBy: {},
    ...(AssociationType === undefined ? {} : { AssociationType }),
  };
}
