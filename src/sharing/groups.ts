import {
  paginateGetResourceShareAssociations,
  type RAMClient,
  type ResourceShareAssociation,
} from '@aws-sdk/client-ram';
import {
  DescribeLineageGroupCommand,
  type DescribeLineageGroupResponse,
  GetLineageGroupPolicyCommand,
  paginateListLineageGroups,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { LineageError } from '../errors.ts';
import { sharingError } from './errors.ts';

export type SharingOptions = {
  readonly sagemaker: SageMakerClient;
  readonly ram: RAMClient;
  readonly signal?: AbortSignal;
};

/** A lineage group and whom it is shared with. Accounts have one, which SageMaker makes with the first lineage entity. */
export type LineageGroup = {
  readonly arn: string;
  readonly name: string;
  readonly createdAt: string | undefined;
  readonly sharedWith: readonly GroupPrincipal[];
};

type GroupPrincipal = {
  /** Account id, or the ARN of an organization or a part of one. */
  readonly principal: string;
  /** `ASSOCIATED` once it has accepted; before that `ASSOCIATING`. */
  readonly status: string;
  readonly shareArn: string;
};

/** The lineage groups of the caller's account in a Region. @throws LineageError where SageMaker or RAM refuses */
export async function listGroups(options: SharingOptions): Promise<readonly LineageGroup[]> {
  const { sagemaker, signal } = options;
  const groups: LineageGroup[] = [];
  try {
    for await (const page of paginateListLineageGroups({ client: sagemaker }, {}, sendOptions(signal))) {
      for (const {
        LineageGroupArn: arn,
        LineageGroupName: name,
        CreationTime,
      } of page.LineageGroupSummaries ?? []) {
        if (arn === undefined || name === undefined) continue;
        const sharedWith = await principalsOf(options, arn);
        groups.push({ arn, name, createdAt: CreationTime?.toISOString(), sharedWith });
      }
    }
  } catch (error) {
    throw sharingError(error, 'ListLineageGroups', signal);
  }
  return groups;
}

/** The group that the account's lineage is in. @throws LineageError (usage) where there is none yet */
export async function defaultGroup(options: SharingOptions): Promise<LineageGroup> {
  const [group] = await listGroups(options);
  if (group !== undefined) return group;
  throw new LineageError('usage', 'The account has no lineage group in this Region.', {
    hint: 'SageMaker makes it with the first lineage entity: check --region, or run a job first.',
  });
}

/** All that SageMaker tells of a group. @param name of the group. @throws LineageError where SageMaker refuses */
export async function describeGroup(
  { sagemaker, signal }: Pick<SharingOptions, 'sagemaker' | 'signal'>,
  name: string,
): Promise<Omit<DescribeLineageGroupResponse, '$metadata'>> {
  try {
    const command = new DescribeLineageGroupCommand({ LineageGroupName: name });
    const { $metadata, ...described } = await sagemaker.send(command, sendOptions(signal));
    return described;
  } catch (error) {
    throw sharingError(error, `DescribeLineageGroup of ${name}`, signal);
  }
}

/** The resource policy of a group, JSON; null where it is shared with nobody. @throws LineageError where SageMaker refuses */
export async function groupPolicy(
  { sagemaker, signal }: Pick<SharingOptions, 'sagemaker' | 'signal'>,
  nameOrArn: string,
): Promise<string | null> {
  try {
    const command = new GetLineageGroupPolicyCommand({ LineageGroupName: nameOrArn });
    return (await sagemaker.send(command, sendOptions(signal))).ResourcePolicy ?? null;
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('ResourceNotFound')) return null;
    throw sharingError(error, `GetLineageGroupPolicy of ${nameOrArn}`, signal);
  }
}

async function principalsOf(
  { ram, signal }: SharingOptions,
  groupArn: string,
): Promise<readonly GroupPrincipal[]> {
  try {
    const ofGroup = await associations(
      { ram, signal },
      { associationType: 'RESOURCE', resourceArn: groupArn },
    );
    const resourceShareArns = ofGroup
      .filter(({ status }) => status === 'ASSOCIATED')
      .flatMap(({ resourceShareArn }) => resourceShareArn ?? []);
    if (resourceShareArns.length === 0) return [];
    const principals = await associations(
      { ram, signal },
      { associationType: 'PRINCIPAL', resourceShareArns },
    );
    return principals.map(({ associatedEntity = '', status = 'unknown', resourceShareArn = '' }) => ({
      ...{ principal: associatedEntity, status, shareArn: resourceShareArn },
    }));
  } catch (error) {
    throw sharingError(error, `GetResourceShareAssociations of ${groupArn}`, signal);
  }
}

async function associations(
  { ram, signal }: { readonly ram: RAMClient; readonly signal: AbortSignal | undefined },
  input: Parameters<typeof paginateGetResourceShareAssociations>[1],
): Promise<readonly ResourceShareAssociation[]> {
  const found: ResourceShareAssociation[] = [];
  for await (const page of paginateGetResourceShareAssociations(
    { client: ram },
    input,
    sendOptions(signal),
  )) {
    found.push(...(page.resourceShareAssociations ?? []));
  }
  return found;
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
