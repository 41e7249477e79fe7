import {
  DescribeActionCommand,
  DescribeArtifactCommand,
  DescribeContextCommand,
  DescribeExperimentCommand,
  DescribeTrialCommand,
  DescribeTrialComponentCommand,
  ListActionsCommand,
  ListArtifactsCommand,
  ListAssociationsCommand,
  ListContextsCommand,
  ListExperimentsCommand,
  ListTagsCommand,
  ListTrialComponentsCommand,
  ListTrialsCommand,
  SageMakerClient,
  type SageMakerClientConfig,
  SearchCommand,
  type SearchCommandInput,
} from '@aws-sdk/client-sagemaker';

type SendOptions = { readonly abortSignal: AbortSignal };

/** A call that changes nothing and costs next to nothing: it shows whether an IAM action is allowed. */
type HarmlessCall = {
  /** As IAM policies have it. */
  readonly action: string;
  readonly send: (options: SendOptions) => Promise<unknown>;
};

/** The calls about one kind of entity. */
export type EntityCalls = {
  readonly listAction: string;
  /** The id of one entity; undefined where there is none. */
  readonly list: (options: SendOptions) => Promise<string | undefined>;
  readonly describeAction: string;
  /** @param id what `list` gave; without it an entity is asked for that no account has */
  readonly describe: (id: string | undefined, options: SendOptions) => Promise<unknown>;
};

/** A client for single calls: it repeats little, so that throttling is seen and not waited out. */
export function singleCallClient(config: SageMakerClientConfig): SageMakerClient {
  return new SageMakerClient({ ...config, maxAttempts: 2 });
}

/** No entity is called so. */
const NOBODY = 'smlineage-doctor-asks-for-nobody';

type Scope = {
  /** `arn:aws:sagemaker:us-east-1:123456789012`, of the account that is asked. */
  readonly arnPrefix: string;
};

const ONE = { MaxResults: 1 } as const;

/** List and Describe of every kind. */
export function entityCalls(client: SageMakerClient, { arnPrefix }: Scope): readonly EntityCalls[] {
  return [
    callsOf(
      'Artifact',
      async (options) =>
        (await client.send(new ListArtifactsCommand(ONE), options)).ArtifactSummaries?.[0]?.ArtifactArn,
      (ArtifactArn = `${arnPrefix}:artifact/${'0'.repeat(32)}`, options) =>
        client.send(new DescribeArtifactCommand({ ArtifactArn }), options),
    ),
    callsOf(
      'Action',
      async (options) =>
        (await client.send(new ListActionsCommand(ONE), options)).ActionSummaries?.[0]?.ActionName,
      (ActionName = NOBODY, options) => client.send(new DescribeActionCommand({ ActionName }), options),
    ),
    callsOf(
      'Context',
      async (options) =>
        (await client.send(new ListContextsCommand(ONE), options)).ContextSummaries?.[0]?.ContextName,
      (ContextName = NOBODY, options) => client.send(new DescribeContextCommand({ ContextName }), options),
    ),
    callsOf(
      'TrialComponent',
      async (options) => {
        const { TrialComponentSummaries } = await client.send(new ListTrialComponentsCommand(ONE), options);
        return TrialComponentSummaries?.[0]?.TrialComponentName;
      },
      (TrialComponentName = NOBODY, options) =>
        client.send(new DescribeTrialComponentCommand({ TrialComponentName }), options),
    ),
    callsOf(
      'Experiment',
      async (options) =>
        (await client.send(new ListExperimentsCommand(ONE), options)).ExperimentSummaries?.[0]
          ?.ExperimentName,
      (ExperimentName = NOBODY, options) =>
        client.send(new DescribeExperimentCommand({ ExperimentName }), options),
    ),
    callsOf(
      'Trial',
      async (options) =>
        (await client.send(new ListTrialsCommand(ONE), options)).TrialSummaries?.[0]?.TrialName,
      (TrialName = NOBODY, options) => client.send(new DescribeTrialCommand({ TrialName }), options),
    ),
  ];
}

function callsOf(entity: string, list: EntityCalls['list'], describe: EntityCalls['describe']): EntityCalls {
  return {
    listAction: `sagemaker:List${entity}s`,
    list,
    describeAction: `sagemaker:Describe${entity}`,
    describe,
  };
}

/** The calls that are about no one kind. Both searches of an export are one IAM action. */
export function otherCalls(client: SageMakerClient, { arnPrefix }: Scope): readonly HarmlessCall[] {
  return [
    {
      action: 'sagemaker:ListTags',
      send: (options) =>
        client.send(new ListTagsCommand({ ResourceArn: `${arnPrefix}:context/${NOBODY}` }), options),
    },
    {
      action: 'sagemaker:ListAssociations',
      send: (options) => client.send(new ListAssociationsCommand(ONE), options),
    },
    {
      action: 'sagemaker:Search',
      send: (options) => client.send(new SearchCommand({ ...ONE, ...EVERY_COMPONENT }), options),
    },
  ];
}

/** Search wants at least one filter (SearchExpression API page): one that every record passes. */
const EVERY_COMPONENT: SearchCommandInput = {
  Resource: 'ExperimentTrialComponent',
  SearchExpression: {
    Filters: [{ Name: 'CreationTime', Operator: 'GreaterThanOrEqualTo', Value: '2010-01-01T00:00:00.000Z' }],
  },
};
