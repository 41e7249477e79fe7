import {
  DeleteAssociationCommand,
  ListActionsCommand,
  ListArtifactsCommand,
  ListAssociationsCommand,
  type ListAssociationsCommandInput,
  ListContextsCommand,
  ListExperimentsCommand,
  ListTrialComponentsCommand,
  type ListTrialComponentsCommandInput,
  ListTrialsCommand,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import type { AccountRecord } from '../../../src/sandbox/records.ts';
import { ACCOUNT, ARN, startSageMaker, T0 } from './loopback.ts';
import { action, artifact, association, component, context, experiment, trial } from './records.ts';

const JOB = `${ARN}:training-job/Train-1`;
const FOREIGN = `arn:aws:sagemaker:eu-west-1:999988887777:artifact/${'0'.repeat(32)}`;
const DATA = artifact('s3://b/data');
const MODEL = artifact('s3://b/model', {
  ArtifactType: 'Model',
  ArtifactName: 'model',
  CreationTime: T0 + 1,
});
const TRAIN = component('Train-1-aws-training-job', {
  DisplayName: 'Train',
  Source: { SourceArn: JOB, SourceType: 'SageMakerTrainingJob' },
  Status: { PrimaryStatus: 'Completed', Message: 'a, "b"' },
  StartTime: T0 + 123,
  EndTime: T0 + 456,
});
const LOOSE = component('loose', { CreationTime: T0 + 1 });
const DEPLOY = action('deploy', {
  Status: 'Completed',
  Source: { SourceUri: 'm', SourceType: 'ARN', SourceId: 'i' },
});
const ENDPOINT = context('Endpoint');
const EXPERIMENT = experiment('Exp', { Description: 'not in the summary' });

const RECORDS: readonly AccountRecord[] = [
  DATA,
  MODEL,
  TRAIN,
  LOOSE,
  DEPLOY,
  ENDPOINT,
  EXPERIMENT,
  experiment('Other'),
  trial('Trial-1', 'Exp'),
  trial('Trial-2', 'Exp', { CreationTime: T0 + 1 }),
  trial('Trial-3', 'Other'),
  { kind: 'membership', TrialName: 'Trial-1', TrialComponentName: TRAIN.TrialComponentName },
  { kind: 'membership', TrialName: 'Trial-2', TrialComponentName: TRAIN.TrialComponentName },
  { kind: 'membership', TrialName: 'Trial-3', TrialComponentName: 'loose' },
  association(DATA.ArtifactArn, TRAIN.TrialComponentArn, {
    AssociationType: 'ContributedTo',
    CreationTime: T0,
  }),
  association(TRAIN.TrialComponentArn, MODEL.ArtifactArn, {
    AssociationType: 'Produced',
    CreationTime: T0 + 1,
  }),
  association(MODEL.ArtifactArn, DEPLOY.ActionArn, {
    AssociationType: 'ContributedTo',
    CreationTime: T0 + 2,
  }),
  association(DEPLOY.ActionArn, ENDPOINT.ContextArn, {
    AssociationType: 'AssociatedWith',
    CreationTime: T0 + 3,
  }),
  association(MODEL.ArtifactArn, FOREIGN, {
    AssociationType: 'SameAs',
    CreationTime: T0 + 4,
    DestinationType: 'Model',
    DestinationName: 'theirs',
    CreatedBy: { UserProfileName: 'u' },
  }),
  association(LOOSE.TrialComponentArn, EXPERIMENT.ExperimentArn, { CreationTime: T0 + 5, SourceType: null }),
];

async function start() {
  const started = await startSageMaker();
  started.account.load(RECORDS);
  return started;
}

describe('a summary carries the members that AWS gives, and no other', () => {
  const times = { CreationTime: new Date(T0), LastModifiedTime: new Date(T0) };

  test('of artifacts: no name where there is none', async () => {
    const { client } = await start();
    const { ArtifactSummaries } = await client.send(new ListArtifactsCommand({ SortOrder: 'Ascending' }));
    expect(ArtifactSummaries).toEqual([
      {
        ArtifactArn: DATA.ArtifactArn,
        Source: { SourceUri: 's3://b/data', SourceTypes: [] },
        ArtifactType: 'DataSet',
        ...times,
      },
      {
        ArtifactArn: MODEL.ArtifactArn,
        ArtifactName: 'model',
        Source: { SourceUri: 's3://b/model', SourceTypes: [] },
        ArtifactType: 'Model',
        CreationTime: new Date(T0 + 1),
        LastModifiedTime: new Date(T0),
      },
    ]);
  });

  test('of actions and contexts: contexts have no status', async () => {
    const { client } = await start();
    const { ActionSummaries } = await client.send(new ListActionsCommand({}));
    const { ContextSummaries } = await client.send(new ListContextsCommand({}));
    expect(ActionSummaries).toEqual([
      {
        ActionArn: DEPLOY.ActionArn,
        ActionName: 'deploy',
        ActionType: 'ModelDeployment',
        Status: 'Completed',
        Source: { SourceUri: 'm', SourceType: 'ARN', SourceId: 'i' },
        ...times,
      },
    ]);
    expect(ContextSummaries).toEqual([
      {
        ContextArn: `${ARN}:context/endpoint`,
        ContextName: 'Endpoint',
        ContextType: 'Endpoint',
        Source: { SourceUri: `${ARN}:endpoint/endpoint` },
        ...times,
      },
    ]);
  });

  test('of experiments and trials: trials do not name their experiment', async () => {
    const { client } = await start();
    const { ExperimentSummaries = [] } = await client.send(new ListExperimentsCommand({ SortBy: 'Name' }));
    const { TrialSummaries = [] } = await client.send(new ListTrialsCommand({}));
    expect(ExperimentSummaries[1]).toEqual({
      ExperimentArn: `${ARN}:experiment/exp`,
      ExperimentName: 'Exp',
      ...times,
    });
    expect(TrialSummaries[0]).toEqual({
      TrialArn: `${ARN}:experiment-trial/trial-2`,
      TrialName: 'Trial-2',
      CreationTime: new Date(T0 + 1),
      LastModifiedTime: new Date(T0),
    });
  });

  test('of trial components', async () => {
    const { client } = await start();
    const { TrialComponentSummaries } = await client.send(new ListTrialComponentsCommand({}));
    expect(TrialComponentSummaries).toEqual([
      {
        TrialComponentArn: LOOSE.TrialComponentArn,
        TrialComponentName: 'loose',
        CreationTime: new Date(T0 + 1),
        LastModifiedTime: new Date(T0),
        CreatedBy: {},
        LastModifiedBy: {},
      },
      {
        TrialComponentArn: TRAIN.TrialComponentArn,
        TrialComponentName: 'Train-1-aws-training-job',
        DisplayName: 'Train',
        TrialComponentSource: { SourceArn: JOB, SourceType: 'SageMakerTrainingJob' },
        Status: { PrimaryStatus: 'Completed', Message: 'a, "b"' },
        StartTime: new Date(T0 + 123),
        EndTime: new Date(T0 + 456),
        CreatedBy: {},
        LastModifiedBy: {},
        ...times,
      },
    ]);
  });

  test('of associations: types and names of the ends, and no time of change', async () => {
    const { client } = await start();
    const { AssociationSummaries = [] } = await client.send(new ListAssociationsCommand({}));
    expect(AssociationSummaries.slice(0, 3)).toEqual([
      {
        SourceArn: LOOSE.TrialComponentArn,
        SourceName: 'loose',
        DestinationArn: EXPERIMENT.ExperimentArn,
        DestinationName: 'Exp',
        CreationTime: new Date(T0 + 5),
        CreatedBy: {},
      },
      {
        SourceArn: MODEL.ArtifactArn,
        SourceType: 'Model',
        SourceName: 'model',
        DestinationArn: FOREIGN,
        DestinationType: 'Model',
        DestinationName: 'theirs',
        AssociationType: 'SameAs',
        CreationTime: new Date(T0 + 4),
        CreatedBy: { UserProfileName: 'u' },
      },
      {
        SourceArn: DEPLOY.ActionArn,
        SourceType: 'ModelDeployment',
        SourceName: 'deploy',
        DestinationArn: ENDPOINT.ContextArn,
        DestinationType: 'Endpoint',
        DestinationName: 'Endpoint',
        AssociationType: 'AssociatedWith',
        CreationTime: new Date(T0 + 3),
        CreatedBy: {},
      },
    ]);
  });
});

/** Associations go by their place in time. */
test.each<[ListAssociationsCommandInput, number[]]>([
  [{}, [0, 1, 2, 3, 4, 5]],
  [{ SourceArn: MODEL.ArtifactArn }, [2, 4]],
  [
    {
      SourceArn: MODEL.ArtifactArn.toUpperCase()
        .replace(/^ARN:AWS:SAGEMAKER:EU-WEST-1/, 'arn:aws:sagemaker:eu-west-1')
        .replace('ARTIFACT', 'artifact'),
    },
    [2, 4],
  ],
  [{ DestinationArn: MODEL.ArtifactArn }, [1]],
  [{ DestinationArn: FOREIGN }, [4]],
  [{ SourceArn: MODEL.ArtifactArn, DestinationArn: DEPLOY.ActionArn }, [2]],
  [{ SourceArn: DATA.ArtifactArn, DestinationArn: DEPLOY.ActionArn }, []],
  [{ SourceArn: `${ARN}:artifact/none` }, []],
  [{ SourceType: 'Model' }, [2, 4]],
  [{ SourceType: 'SageMakerTrainingJob' }, [1]],
  [{ DestinationType: 'Endpoint' }, [3]],
  [{ DestinationType: 'Endpoint', SourceType: 'Model' }, []],
  [{ SourceArn: MODEL.ArtifactArn, DestinationType: 'ModelDeployment' }, [2]],
  [{ AssociationType: 'ContributedTo' }, [0, 2]],
  [{ CreatedAfter: new Date(T0 + 1), CreatedBefore: new Date(T0 + 3), AssociationType: 'Produced' }, [1]],
  [{ SourceArn: MODEL.ArtifactArn, CreatedAfter: new Date(T0 + 3), SortBy: 'DestinationType' }, [4]],
])('ListAssociations with %o gives what all its filters accept', async (input, expected) => {
  const { client } = await start();

  const { AssociationSummaries = [] } = await client.send(
    new ListAssociationsCommand({ SortOrder: 'Ascending', ...input }),
  );

  expect(AssociationSummaries.map(({ CreationTime }) => Number(CreationTime) - T0)).toEqual(expected);
});

test('ListAssociations can be made to refuse the sweep, whatever its other filters, and nothing else', async () => {
  const { client, failNext } = await start();
  failNext('refused-sweep', 'refused-sweep', 'refused-sweep', 'refused-sweep');
  const list = (input: ListAssociationsCommandInput) => client.send(new ListAssociationsCommand(input));

  for (const input of [{}, { SourceType: 'Model' }]) {
    await expect(list(input)).rejects.toMatchObject({ name: 'ValidationException' });
  }
  for (const input of [{ SourceArn: DATA.ArtifactArn }, { DestinationArn: TRAIN.TrialComponentArn }]) {
    expect((await list(input)).AssociationSummaries).toHaveLength(1);
  }
});

test('ListAssociations can be made to leave one of ten out of the sweep, and out of nothing else', async () => {
  const { client, failNext, account } = await startSageMaker();
  account.load(
    Array.from({ length: 25 }, (_, index) =>
      association(`${ARN}:action/${index}`, ENDPOINT.ContextArn, { CreationTime: T0 + index }),
    ),
  );
  failNext('short-sweep', 'short-sweep');
  const times = async (input: ListAssociationsCommandInput) => {
    const { AssociationSummaries = [] } = await client.send(
      new ListAssociationsCommand({ SortOrder: 'Ascending', MaxResults: 100, ...input }),
    );
    return AssociationSummaries.map(({ CreationTime }) => Number(CreationTime) - T0);
  };

  const swept = await times({});
  const ofNode = await times({ DestinationArn: ENDPOINT.ContextArn });

  expect(ofNode).toHaveLength(25);
  expect(ofNode.filter((time) => !swept.includes(time))).toEqual([0, 10, 20]);
});

test.each(['SourceArn', 'DestinationArn', 'SourceType', 'DestinationType'] as const)(
  'ListAssociations sorts by %s, absent types first, page by page',
  async (SortBy) => {
    const { client } = await start();
    const keys: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new ListAssociationsCommand({ SortBy, SortOrder: 'Ascending', MaxResults: 1, NextToken }),
      );
      keys.push(...(page.AssociationSummaries ?? []).map((summary) => summary[SortBy] ?? ''));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);

    expect(keys).toHaveLength(6);
    expect(keys).toEqual(keys.toSorted());
  },
);

test('ListAssociations forgets one that was deleted, in every listing', async () => {
  const { client } = await start();
  await client.send(
    new DeleteAssociationCommand({ SourceArn: MODEL.ArtifactArn, DestinationArn: DEPLOY.ActionArn }),
  );

  const times = async (input: ListAssociationsCommandInput) => {
    const { AssociationSummaries = [] } = await client.send(
      new ListAssociationsCommand({ SortOrder: 'Ascending', ...input }),
    );
    return AssociationSummaries.map(({ CreationTime }) => Number(CreationTime) - T0);
  };

  expect(await times({})).toEqual([0, 1, 3, 4, 5]);
  expect(await times({ SourceArn: MODEL.ArtifactArn })).toEqual([4]);
  expect(await times({ DestinationArn: DEPLOY.ActionArn })).toEqual([]);
});

test.each<[ListTrialComponentsCommandInput, string[]]>([
  [{ SourceArn: JOB }, ['Train-1-aws-training-job']],
  [{ SourceArn: JOB.toLowerCase() }, ['Train-1-aws-training-job']],
  [{ SourceArn: `${JOB}0` }, []],
  [{ TrialName: 'trial-3' }, ['loose']],
  [{ ExperimentName: 'EXP' }, ['Train-1-aws-training-job']],
  [{ ExperimentName: 'Other', SortBy: 'Name' }, ['loose']],
])(
  'ListTrialComponents with %o gives the components that the filter names, once each',
  async (input, names) => {
    const { client } = await start();

    const { TrialComponentSummaries = [] } = await client.send(new ListTrialComponentsCommand(input));

    expect(TrialComponentSummaries.map(({ TrialComponentName }) => TrialComponentName)).toEqual(names);
  },
);

test.each([
  [{ ExperimentName: 'exp' }, ['Trial-2', 'Trial-1']],
  [{ TrialComponentName: 'TRAIN-1-aws-training-job' }, ['Trial-2', 'Trial-1']],
  [{ TrialComponentName: 'loose' }, ['Trial-3']],
  [{ TrialComponentName: 'loose', ExperimentName: 'Exp' }, []],
])('ListTrials with %o gives the trials that the filters name', async (input, names) => {
  const { client } = await start();

  const { TrialSummaries = [] } = await client.send(new ListTrialsCommand(input));

  expect(TrialSummaries.map(({ TrialName }) => TrialName)).toEqual(names);
});

test('lineage entities are listed by source URI and by type', async () => {
  const { client } = await start();

  const byUri = await client.send(new ListArtifactsCommand({ SourceUri: 's3://b/model' }));
  const byType = await client.send(new ListArtifactsCommand({ ArtifactType: 'DataSet' }));
  const noContext = await client.send(
    new ListContextsCommand({ SourceUri: `${ARN}:endpoint/endpoint`, ContextType: 'Other' }),
  );
  const actions = await client.send(
    new ListActionsCommand({ SourceUri: 'm', ActionType: 'ModelDeployment' }),
  );

  expect(byUri.ArtifactSummaries?.map(({ ArtifactArn }) => ArtifactArn)).toEqual([MODEL.ArtifactArn]);
  expect(byType.ArtifactSummaries?.map(({ ArtifactArn }) => ArtifactArn)).toEqual([DATA.ArtifactArn]);
  expect(noContext.ContextSummaries).toEqual([]);
  expect(actions.ActionSummaries?.map(({ ActionName }) => ActionName)).toEqual(['deploy']);
});

test.each([
  [{ TrialName: 'Trial-1', SourceArn: JOB }, 'ValidationException'],
  [{ ExperimentName: 'Exp', TrialName: 'Trial-1' }, 'ValidationException'],
  [{ TrialName: 'none' }, 'ResourceNotFound'],
  [{ ExperimentName: 'none' }, 'ResourceNotFound'],
])('ListTrialComponents refuses %o', async (input, name) => {
  const { client } = await start();

  await expect(client.send(new ListTrialComponentsCommand(input))).rejects.toMatchObject({ name });
});

test('records of an ARN that does not hold their name are refused when they are loaded', async () => {
  const { account } = await startSageMaker();
  const wrong = action('a', { ActionArn: `${ARN}:action/b` });

  expect(() => account.load([wrong])).toThrow(
    `Expected the ARN of action a to be arn:aws:sagemaker:eu-west-1:${ACCOUNT}:action/a, got ${ARN}:action/b`,
  );
});
