import {
  AddAssociationCommand,
  AssociateTrialComponentCommand,
  CreateActionCommand,
  CreateArtifactCommand,
  CreateContextCommand,
  CreateExperimentCommand,
  CreateTrialCommand,
  CreateTrialComponentCommand,
  DeleteActionCommand,
  DeleteArtifactCommand,
  DeleteAssociationCommand,
  DeleteContextCommand,
  DeleteExperimentCommand,
  DeleteTrialCommand,
  DeleteTrialComponentCommand,
  DescribeActionCommand,
  DescribeArtifactCommand,
  DescribeContextCommand,
  DescribeExperimentCommand,
  DescribeTrialCommand,
  DescribeTrialComponentCommand,
  DisassociateTrialComponentCommand,
  type SageMakerClient,
  UpdateActionCommand,
  UpdateArtifactCommand,
  UpdateContextCommand,
  UpdateExperimentCommand,
  UpdateTrialCommand,
  UpdateTrialComponentCommand,
} from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { artifactId } from '../../../src/sandbox/artifact-id.ts';
import type { AccountRecord } from '../../../src/sandbox/records.ts';
import { ARN, startSageMaker, T0 } from './loopback.ts';
import { action, artifact, association, component, context, experiment, trial } from './records.ts';

const GROUP = `${ARN}:lineage-group/sagemaker-default-lineage-group`;
const METADATA = { CommitId: 'c', Repository: 'r', GeneratedBy: 'g', ProjectId: 'p' };
const at = (seconds: number) => new Date(T0 + seconds * 1000);
const nobody = { CreatedBy: {}, LastModifiedBy: {} };

/** The reply without what the SDK adds. */
async function members<Reply extends object>(reply: Promise<Reply>) {
  const { $metadata: _, ...own } = (await reply) as Reply & { $metadata?: unknown };
  return own;
}

test('an artifact is created, described, changed and deleted by ARN', async () => {
  const { client } = await startSageMaker();
  const uri = 's3://bucket/a, "b"; ✓ 🙂';
  const ArtifactArn = `${ARN}:artifact/${artifactId(uri)}`;
  const Source = { SourceUri: uri, SourceTypes: [{ SourceIdType: 'S3ETag' as const, Value: 'e' }] };

  const created = await members(
    client.send(
      new CreateArtifactCommand({
        ArtifactName: 'name',
        ArtifactType: 'DataSet',
        Source,
        Properties: { a: '1', b: '2' },
        MetadataProperties: METADATA,
        Tags: [{ Key: 'k', Value: 'v' }],
      }),
    ),
  );
  const described = await members(client.send(new DescribeArtifactCommand({ ArtifactArn })));
  await client.send(
    new UpdateArtifactCommand({ ArtifactArn, ArtifactName: 'other', PropertiesToRemove: ['a'] }),
  );
  const changed = await members(client.send(new DescribeArtifactCommand({ ArtifactArn })));
  await client.send(new UpdateArtifactCommand({ ArtifactArn, Properties: { c: '3' } }));
  const replaced = await client.send(new DescribeArtifactCommand({ ArtifactArn }));
  const deleted = await members(client.send(new DeleteArtifactCommand({ ArtifactArn })));

  expect(created).toEqual({ ArtifactArn });
  expect(described).toEqual({
    ArtifactArn,
    ArtifactName: 'name',
    ArtifactType: 'DataSet',
    Source,
    Properties: { a: '1', b: '2' },
    MetadataProperties: METADATA,
    CreationTime: at(0),
    LastModifiedTime: at(0),
    ...nobody,
    LineageGroupArn: GROUP,
  });
  expect(changed).toEqual({
    ...described,
    ArtifactName: 'other',
    Properties: { b: '2' },
    LastModifiedTime: at(2),
  });
  expect(replaced.Properties).toEqual({ c: '3' });
  expect(deleted).toEqual({ ArtifactArn });
  await expect(client.send(new DescribeArtifactCommand({ ArtifactArn }))).rejects.toMatchObject({
    name: 'ResourceNotFound',
    message: `Artifact '${ArtifactArn}' does not exist.`,
  });
});

test('an artifact is deleted by its source, and its URI is free again', async () => {
  const { client } = await startSageMaker();
  const create = new CreateArtifactCommand({ ArtifactType: 'Model', Source: { SourceUri: 's3://b/m' } });
  const { ArtifactArn } = await client.send(create);

  await client.send(new DeleteArtifactCommand({ Source: { SourceUri: 's3://b/m' } }));

  expect((await client.send(create)).ArtifactArn).toBe(ArtifactArn);
});

test('an action is found by name or ARN, whatever the case, and changed', async () => {
  const { client } = await startSageMaker();
  const ActionArn = `${ARN}:action/deploy-1`;
  await client.send(
    new CreateActionCommand({
      ActionName: 'Deploy-1',
      ActionType: 'ModelDeployment',
      Source: { SourceUri: 'u', SourceType: 't', SourceId: 'i' },
      Status: 'InProgress',
      Description: 'd',
      Properties: { a: '1' },
      MetadataProperties: METADATA,
    }),
  );
  await client.send(
    new UpdateActionCommand({
      ActionName: 'DEPLOY-1',
      Status: 'Completed',
      Description: 'e',
      Properties: {},
    }),
  );

  const described = await members(client.send(new DescribeActionCommand({ ActionName: 'deploy-1' })));

  expect(described).toEqual({
    ActionArn,
    ActionName: 'Deploy-1',
    ActionType: 'ModelDeployment',
    Source: { SourceUri: 'u', SourceType: 't', SourceId: 'i' },
    Status: 'Completed',
    Description: 'e',
    Properties: {},
    MetadataProperties: METADATA,
    CreationTime: at(0),
    LastModifiedTime: at(1),
    ...nobody,
    LineageGroupArn: GROUP,
  });
  expect(await members(client.send(new DescribeActionCommand({ ActionName: ActionArn })))).toEqual(described);
  expect(await members(client.send(new DeleteActionCommand({ ActionName: 'Deploy-1' })))).toEqual({
    ActionArn,
  });
});

test('a context may have underscores in its name, and is changed and deleted', async () => {
  const { client } = await startSageMaker();
  const ContextArn = `${ARN}:context/my_endpoint`;
  const Source = { SourceUri: 'u' };
  await client.send(
    new CreateContextCommand({ ContextName: 'my_Endpoint', ContextType: 'Endpoint', Source }),
  );
  await client.send(
    new UpdateContextCommand({ ContextName: 'my_endpoint', Description: 'd', Properties: { a: 'b' } }),
  );

  const described = await members(client.send(new DescribeContextCommand({ ContextName: ContextArn })));
  const deleted = await members(client.send(new DeleteContextCommand({ ContextName: 'my_endpoint' })));

  expect(described).toEqual({
    ContextArn,
    ContextName: 'my_Endpoint',
    ContextType: 'Endpoint',
    Source,
    Description: 'd',
    Properties: { a: 'b' },
    CreationTime: at(0),
    LastModifiedTime: at(1),
    ...nobody,
    LineageGroupArn: GROUP,
  });
  expect(deleted).toEqual({ ContextArn });
});

test('an experiment, its trial and their component live and die in the order that AWS asks for', async () => {
  const { client } = await startSageMaker();
  await client.send(new CreateExperimentCommand({ ExperimentName: 'Exp', Description: 'd' }));
  await client.send(
    new CreateTrialCommand({ TrialName: 'Run', ExperimentName: 'exp', MetadataProperties: METADATA }),
  );
  await client.send(new CreateTrialComponentCommand({ TrialComponentName: 'Step' }));
  const ends = { TrialName: 'run', TrialComponentName: 'step' };
  const arns = {
    TrialArn: `${ARN}:experiment-trial/run`,
    TrialComponentArn: `${ARN}:experiment-trial-component/step`,
  };

  expect(await members(client.send(new AssociateTrialComponentCommand(ends)))).toEqual(arns);
  expect(await members(client.send(new AssociateTrialComponentCommand(ends)))).toEqual(arns);
  await expect(client.send(new DeleteExperimentCommand({ ExperimentName: 'Exp' }))).rejects.toMatchObject({
    name: 'ValidationException',
    message: `Experiment '${ARN}:experiment/exp' has 1 or more trials and cannot be deleted.`,
  });
  await expect(client.send(new DeleteTrialCommand({ TrialName: 'Run' }))).rejects.toMatchObject({
    name: 'ValidationException',
    message: `Trial '${arns.TrialArn}' is linked to 1 or more trial components and cannot be deleted.`,
  });
  await expect(
    client.send(new DeleteTrialComponentCommand({ TrialComponentName: 'Step' })),
  ).rejects.toMatchObject({
    name: 'ValidationException',
    message: `TrialComponent '${arns.TrialComponentArn}' is linked to 1 or more trials and cannot be deleted.`,
  });

  expect(await members(client.send(new DisassociateTrialComponentCommand(ends)))).toEqual(arns);
  await expect(client.send(new DisassociateTrialComponentCommand(ends))).rejects.toMatchObject({
    name: 'ResourceNotFound',
  });
  await client.send(new DeleteTrialComponentCommand({ TrialComponentName: 'Step' }));
  await client.send(new DeleteTrialCommand({ TrialName: 'Run' }));
  expect(await members(client.send(new DeleteExperimentCommand({ ExperimentName: 'Exp' })))).toEqual({
    ExperimentArn: `${ARN}:experiment/exp`,
  });
});

test('experiments and trials are described with what their summaries leave out', async () => {
  const { client } = await startSageMaker();
  await client.send(new CreateExperimentCommand({ ExperimentName: 'Exp', Description: 'd' }));
  await client.send(new CreateTrialCommand({ TrialName: 'Run', ExperimentName: 'exp', DisplayName: 'R' }));
  await client.send(
    new UpdateExperimentCommand({ ExperimentName: 'Exp', DisplayName: 'E', Description: 'e' }),
  );
  await client.send(new UpdateTrialCommand({ TrialName: 'Run', DisplayName: 'S' }));

  expect(await members(client.send(new DescribeExperimentCommand({ ExperimentName: 'exp' })))).toEqual({
    ExperimentArn: `${ARN}:experiment/exp`,
    ExperimentName: 'Exp',
    DisplayName: 'E',
    Description: 'e',
    CreationTime: at(0),
    LastModifiedTime: at(2),
    ...nobody,
  });
  expect(await members(client.send(new DescribeTrialCommand({ TrialName: 'run' })))).toEqual({
    TrialArn: `${ARN}:experiment-trial/run`,
    TrialName: 'Run',
    DisplayName: 'S',
    ExperimentName: 'Exp',
    CreationTime: at(1),
    LastModifiedTime: at(3),
    ...nobody,
  });
});

test('a trial component keeps its parameters, numbers that JSON cannot hold among them', async () => {
  const { client } = await startSageMaker();
  const TrialComponentName = 'step';
  await client.send(
    new CreateTrialComponentCommand({
      TrialComponentName,
      Status: { PrimaryStatus: 'InProgress' },
      StartTime: new Date(T0 + 1),
      Parameters: {
        lr: { NumberValue: 0.1 },
        loss: { NumberValue: Number.NaN },
        opt: { StringValue: 'adam' },
      },
      InputArtifacts: { data: { MediaType: 'text/csv', Value: 's3://d' } },
      OutputArtifacts: { model: { Value: 's3://m' }, log: { Value: 's3://l' } },
      MetadataProperties: METADATA,
    }),
  );
  await client.send(
    new UpdateTrialComponentCommand({
      TrialComponentName,
      Status: { PrimaryStatus: 'Failed', Message: 'why' },
      EndTime: new Date(T0 + 2),
      Parameters: { epochs: { NumberValue: 3 } },
      ParametersToRemove: ['lr'],
      OutputArtifactsToRemove: ['log'],
    }),
  );

  expect(await members(client.send(new DescribeTrialComponentCommand({ TrialComponentName })))).toEqual({
    TrialComponentArn: `${ARN}:experiment-trial-component/step`,
    TrialComponentName: 'step',
    DisplayName: 'step',
    Status: { PrimaryStatus: 'Failed', Message: 'why' },
    StartTime: new Date(T0 + 1),
    EndTime: new Date(T0 + 2),
    Parameters: {
      loss: { NumberValue: Number.NaN },
      opt: { StringValue: 'adam' },
      epochs: { NumberValue: 3 },
    },
    InputArtifacts: { data: { MediaType: 'text/csv', Value: 's3://d' } },
    OutputArtifacts: { model: { Value: 's3://m' } },
    MetadataProperties: METADATA,
    CreationTime: at(0),
    LastModifiedTime: at(1),
    ...nobody,
    LineageGroupArn: GROUP,
  });
});

const ENTITIES: readonly AccountRecord[] = [
  artifact('s3://b/a'),
  artifact('s3://b/b'),
  action('act'),
  context('ctx'),
  experiment('exp'),
  trial('run', 'exp'),
  component('step'),
  component('step-2'),
  association(`${ARN}:action/act`, `${ARN}:context/ctx`),
  association(artifact('s3://b/a').ArtifactArn, `${ARN}:experiment-trial-component/step`),
];
const A = artifact('s3://b/a').ArtifactArn;
const B = artifact('s3://b/b').ArtifactArn;
const FOREIGN = `arn:aws:sagemaker:eu-west-1:999988887777:artifact/${'0'.repeat(32)}`;

type Refused = [
  what: string,
  send: (client: SageMakerClient) => Promise<unknown>,
  name: string,
  message: string,
];

test.each<Refused>([
  [
    'a second artifact of one source',
    (client) =>
      client.send(new CreateArtifactCommand({ ArtifactType: 'T', Source: { SourceUri: 's3://b/a' } })),
    'ValidationException',
    `Artifact with SourceUri (s3://b/a) already exists: ${A}`,
  ],
  [
    'a second action of one name',
    (client) =>
      client.send(
        new CreateActionCommand({ ActionName: 'ACT', ActionType: 'T', Source: { SourceUri: 'u' } }),
      ),
    'ValidationException',
    'Action names must be unique within an AWS account and region. Action with name (ACT) already exists.',
  ],
  [
    'a second context of one name',
    (client) =>
      client.send(
        new CreateContextCommand({ ContextName: 'ctx', ContextType: 'T', Source: { SourceUri: 'u' } }),
      ),
    'ValidationException',
    'Context names must be unique within an AWS account and region. Context with name (ctx) already exists.',
  ],
  [
    'a second experiment of one name',
    (client) => client.send(new CreateExperimentCommand({ ExperimentName: 'EXP' })),
    'ValidationException',
    'Experiment names must be unique within an AWS account and region. Experiment with name (EXP) already exists.',
  ],
  [
    'a second trial of one name',
    (client) => client.send(new CreateTrialCommand({ TrialName: 'run', ExperimentName: 'exp' })),
    'ValidationException',
    'Trial names must be unique within an AWS account and region. Trial with name (run) already exists.',
  ],
  [
    'a second component of one name',
    (client) => client.send(new CreateTrialComponentCommand({ TrialComponentName: 'step' })),
    'ValidationException',
    'TrialComponent names must be unique within an AWS account and region. TrialComponent with name (step) already exists.',
  ],
  [
    'a trial of no experiment',
    (client) => client.send(new CreateTrialCommand({ TrialName: 'r', ExperimentName: 'none' })),
    'ResourceNotFound',
    "Experiment 'none' does not exist.",
  ],
  [
    'a component that is not there in a trial',
    (client) =>
      client.send(new AssociateTrialComponentCommand({ TrialName: 'run', TrialComponentName: 'none' })),
    'ResourceNotFound',
    "TrialComponent 'none' does not exist.",
  ],
  [
    'the deletion of an artifact that is associated',
    (client) => client.send(new DeleteArtifactCommand({ ArtifactArn: A })),
    'ValidationException',
    `Artifact '${A}' has 1 or more associations and cannot be deleted.`,
  ],
  [
    'the deletion of an action that is associated',
    (client) => client.send(new DeleteActionCommand({ ActionName: 'act' })),
    'ValidationException',
    `Action '${ARN}:action/act' has 1 or more associations and cannot be deleted.`,
  ],
  [
    'the deletion of a context that is associated',
    (client) => client.send(new DeleteContextCommand({ ContextName: 'ctx' })),
    'ValidationException',
    `Context '${ARN}:context/ctx' has 1 or more associations and cannot be deleted.`,
  ],
  [
    'the deletion of a component that is associated',
    (client) => client.send(new DeleteTrialComponentCommand({ TrialComponentName: 'step' })),
    'ValidationException',
    `TrialComponent '${ARN}:experiment-trial-component/step' has 1 or more associations and cannot be deleted.`,
  ],
  [
    'the deletion of nothing',
    (client) => client.send(new DeleteArtifactCommand({})),
    'ValidationException',
    'Either ArtifactArn or Source must be specified.',
  ],
  [
    "another account's artifact",
    (client) => client.send(new DescribeArtifactCommand({ ArtifactArn: FOREIGN })),
    'AccessDeniedException',
    `Not authorized to access ${FOREIGN}: no resource-based policy allows it`,
  ],
  [
    'an action by the ARN of a context',
    (client) => client.send(new DescribeActionCommand({ ActionName: `${ARN}:context/ctx` })),
    'ResourceNotFound',
    `Action '${ARN}:context/ctx' does not exist.`,
  ],
  [
    'an association between two experiment entities',
    (client) =>
      client.send(
        new AddAssociationCommand({
          SourceArn: `${ARN}:experiment/exp`,
          DestinationArn: `${ARN}:experiment-trial-component/step`,
        }),
      ),
    'ValidationException',
    'An association cannot be created between two experiment entities.',
  ],
  [
    'an association that is there',
    (client) =>
      client.send(
        new AddAssociationCommand({ SourceArn: `${ARN}:action/ACT`, DestinationArn: `${ARN}:context/ctx` }),
      ),
    'ValidationException',
    `Association between '${ARN}:action/ACT' and '${ARN}:context/ctx' already exists.`,
  ],
  [
    'an association with a source that is not there',
    (client) =>
      client.send(new AddAssociationCommand({ SourceArn: `${ARN}:action/none`, DestinationArn: A })),
    'ResourceNotFound',
    `Action '${ARN}:action/none' does not exist.`,
  ],
  [
    'an association with a trial',
    (client) =>
      client.send(new AddAssociationCommand({ SourceArn: A, DestinationArn: `${ARN}:experiment-trial/run` })),
    'ValidationException',
    "1 validation error detected: Value 'arn:aws:sagemaker:eu-west-1:111122223333:experiment-trial/run' at 'destinationArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws[a-z\\-]*:sagemaker:[a-z0-9\\-]*:[0-9]{12}:(experiment|experiment-trial-component|artifact|action|context)/.*",
  ],
  [
    'the deletion of an association that is not there',
    (client) => client.send(new DeleteAssociationCommand({ SourceArn: A, DestinationArn: B })),
    'ResourceNotFound',
    `Association between '${A}' and '${B}' does not exist.`,
  ],
  [
    'what breaks several limits, all of which it names',
    (client) =>
      client.send(
        new CreateContextCommand({
          ContextName: 'a b',
          ContextType: undefined,
          Source: { SourceUri: '' },
          Tags: [{ Key: '', Value: 'v' }],
          Properties: { k: 'v'.repeat(2501) },
        }),
      ),
    'ValidationException',
    [
      "5 validation errors detected: Value null at 'contextType' failed to satisfy constraint: Member must not be null",
      "Value 'a b' at 'contextName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,119}",
      "Value '' at 'source.sourceUri' failed to satisfy constraint: Member must have length greater than or equal to 1",
      `Value '${'v'.repeat(2501)}' at 'properties.k.member' failed to satisfy constraint: Member must have length less than or equal to 2500`,
      "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ].join('; '),
  ],
])('%s is refused', async (_, send, name, message) => {
  const { client, account } = await startSageMaker();
  account.load(ENTITIES);

  await expect(send(client)).rejects.toMatchObject({ name, message });
});

test('an end that was disassociated can be deleted', async () => {
  const { client, account } = await startSageMaker();
  account.load(ENTITIES);
  const ends = { SourceArn: `${ARN}:action/act`, DestinationArn: `${ARN}:context/ctx` };

  expect(await members(client.send(new DeleteAssociationCommand(ends)))).toEqual(ends);

  await client.send(new DeleteActionCommand({ ActionName: 'act' }));
  await client.send(new DeleteContextCommand({ ContextName: 'ctx' }));
});

test('quotas count what callers created and have not deleted, and nothing that was there before', async () => {
  const { client, account } = await startSageMaker({
    quotas: { artifact: 1, action: 1, context: 1, association: 1 },
  });
  account.load(ENTITIES);
  const Source = { SourceUri: 'new' };
  const createAction = (name: string) =>
    client.send(new CreateActionCommand({ ActionName: name, ActionType: 'T', Source }));
  const associate = (destination: string) =>
    client.send(new AddAssociationCommand({ SourceArn: A, DestinationArn: destination }));

  await createAction('one');
  await associate(B);
  await client.send(new CreateArtifactCommand({ ArtifactType: 'T', Source }));
  await client.send(new CreateContextCommand({ ContextName: 'one', ContextType: 'T', Source }));

  await expect(createAction('two')).rejects.toMatchObject({
    name: 'ResourceLimitExceeded',
    message: expect.stringContaining("'Total number of actions' is 1, with current utilization of 1"),
  });
  await expect(associate(`${ARN}:action/act`)).rejects.toMatchObject({ name: 'ResourceLimitExceeded' });
  await expect(
    client.send(new CreateArtifactCommand({ ArtifactType: 'T', Source: { SourceUri: 'newer' } })),
  ).rejects.toMatchObject({ name: 'ResourceLimitExceeded' });
  await expect(
    client.send(new CreateContextCommand({ ContextName: 'two', ContextType: 'T', Source })),
  ).rejects.toMatchObject({ name: 'ResourceLimitExceeded' });

  await client.send(new DeleteActionCommand({ ActionName: 'one' }));
  await client.send(new DeleteAssociationCommand({ SourceArn: A, DestinationArn: B }));
  await createAction('two');
  await associate(`${ARN}:action/act`);
});
