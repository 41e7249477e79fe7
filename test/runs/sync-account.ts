import { AssociationEdgeType } from '@aws-sdk/client-sagemaker';
import fc from 'fast-check';
import { artifactId } from '../../src/sandbox/artifact-id.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { account, region } from './sync-sandbox.ts';

/* Accounts that change at random. A few names, so that things go and come back under the same id, and change kind. */

const PREFIX = `arn:aws:sagemaker:${region}:${account}`;
const START_MS = Date.UTC(2026, 0, 1);

type EntityKind = 'artifact' | 'trial_component' | 'action' | 'context';
const ENTITY_KINDS: readonly EntityKind[] = ['artifact', 'trial_component', 'action', 'context'];

type Name = { readonly kind: EntityKind; readonly number: number };

/** One thing that people do to an account. */
export type AccountChange =
  | {
      readonly is: 'put';
      readonly name: Name;
      readonly createdMs: number;
      readonly detail: string | undefined;
    }
  | { readonly is: 'delete'; readonly name: Name }
  | {
      readonly is: 'associate';
      readonly from: Name;
      readonly to: Name;
      readonly type: AssociationEdgeType | undefined;
      readonly createdMs: number;
    }
  | { readonly is: 'disassociate'; readonly from: Name; readonly to: Name };

const NUMBERS = 4;

const name: fc.Arbitrary<Name> = fc.record({
  kind: fc.constantFrom(...ENTITY_KINDS),
  number: fc.nat(NUMBERS - 1),
});
const createdMs = fc.nat(5).map((n) => START_MS + n * 60_000 + n);
const type = fc.constantFrom(...Object.values(AssociationEdgeType).slice(0, 3), undefined);

const change: fc.Arbitrary<AccountChange> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('put' as const),
      name,
      createdMs,
      detail: fc.constantFrom(undefined, 'InProgress', 'it’s "done"\n'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('delete' as const), name }) },
  {
    weight: 4,
    arbitrary: fc.record({ is: fc.constant('associate' as const), from: name, to: name, type, createdMs }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('disassociate' as const), from: name, to: name }) },
);

export const accountChanges: fc.Arbitrary<readonly AccountChange[]> = fc.array(change, {
  minLength: 1,
  maxLength: 12,
  size: 'max',
});

/** What an account holds, by the ids of its parts. */
export type Account = ReadonlyMap<string, AccountRecord>;

/** An account after some changes. Deleting an entity leaves its associations, as SageMaker does for those of others. */
export function changed(before: Account, changes: readonly AccountChange[]): Account {
  const after = new Map(before);
  for (const one of changes) {
    if (one.is === 'put') after.set(arnOf(one.name), entity(one));
    else if (one.is === 'delete') after.delete(arnOf(one.name));
    else {
      const key = `${arnOf(one.from)} ${arnOf(one.to)}`;
      if (one.is === 'disassociate') after.delete(key);
      else if (arnOf(one.from) !== arnOf(one.to)) after.set(key, association(one));
    }
  }
  return after;
}

function entity({
  name: { kind, number },
  createdMs,
  detail,
}: Extract<AccountChange, { is: 'put' }>): AccountRecord {
  const name = `thing-${number}`;
  const ARN = arnOf({ kind, number });
  const lifetime = { CreationTime: createdMs, LastModifiedTime: createdMs };
  const Source = { SourceUri: `s3://lake/${kind}/${number}` };
  switch (kind) {
    case 'artifact':
      return {
        ...lifetime,
        kind,
        ArtifactArn: ARN,
        ArtifactType: detail ?? 'Model',
        Source,
        ...(detail === undefined ? {} : { ArtifactName: detail }),
      };
    case 'trial_component':
      return {
        ...lifetime,
        kind,
        TrialComponentArn: ARN,
        TrialComponentName: name,
        ...(detail === undefined
          ? {}
          : { DisplayName: detail, Status: { PrimaryStatus: 'InProgress', Message: detail } }),
      };
    case 'action':
      return {
        ...lifetime,
        kind,
        ActionArn: ARN,
        ActionName: name,
        ActionType: 'Approval',
        Source,
        ...(detail === undefined ? {} : { Status: detail }),
      };
    case 'context':
      return {
        ...lifetime,
        kind,
        ContextArn: ARN,
        ContextName: name,
        ContextType: detail ?? 'Endpoint',
        Source,
      };
  }
}

function association({
  from,
  to,
  type,
  createdMs,
}: Extract<AccountChange, { is: 'associate' }>): AccountRecord {
  return {
    kind: 'association',
    SourceArn: arnOf(from),
    DestinationArn: arnOf(to),
    CreationTime: createdMs,
    ...(type === undefined ? {} : { AssociationType: type }),
  };
}

const RESOURCES = {
  artifact: 'artifact',
  trial_component: 'experiment-trial-component',
  action: 'action',
  context: 'context',
} as const;

function arnOf({ kind, number }: Name): string {
  const id = kind === 'artifact' ? artifactId(`s3://lake/${kind}/${number}`) : `thing-${number}`;
  return `${PREFIX}:${RESOURCES[kind]}/${id}`;
}
