import { randomUUID } from 'node:crypto';
import { partitionOf } from '../partition.ts';

/** One resource share, as its owner made it. */
export type Share = {
  readonly arn: string;
  readonly name: string;
  /** Twelve digits. */
  readonly owner: string;
  readonly resources: readonly string[];
  readonly allowExternalPrincipals: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  invitations: readonly Invitation[];
};

/** What a principal outside of the owner's organization has to accept. */
export type Invitation = {
  readonly arn: string;
  /** Twelve digits. */
  readonly receiver: string;
  status: 'PENDING' | 'ACCEPTED';
};

/** All resource shares, of all accounts and Regions. */
export type Shares = {
  create(
    share: Omit<Share, 'arn' | 'invitations'> & { region: string; principals: readonly string[] },
  ): Share;
  all(): readonly Share[];
  /** The accounts that a resource is shared with and that have accepted. */
  sharedWith(resourceArn: string): readonly string[];
};

export function createShares(): Shares {
  const shares: Share[] = [];
  return {
    create({ region, principals, ...given }) {
      const arnOf = (resource: string) =>
        `arn:${partitionOf(region)}:ram:${region}:${given.owner}:${resource}/${randomUUID()}`;
      const invitations = principals.map(
        (receiver): Invitation => ({ arn: arnOf('resource-share-invitation'), receiver, status: 'PENDING' }),
      );
      const share = { ...given, arn: arnOf('resource-share'), invitations };
      shares.push(share);
      return share;
    },
    all: () => shares,
    sharedWith: (resourceArn) =>
      shares
        .filter(({ resources }) => resources.includes(resourceArn))
        .flatMap(({ invitations }) => invitations)
        .filter(({ status }) => status === 'ACCEPTED')
        .map(({ receiver }) => receiver),
  };
}
