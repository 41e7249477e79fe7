import {
  AcceptResourceShareInvitationCommand,
  CreateResourceShareCommand,
  DisassociateResourceShareCommand,
  paginateGetResourceShareInvitations,
  paginateGetResourceShares,
  paginateListResources,
  type ResourceShareInvitation,
} from '@aws-sdk/client-ram';
import { LineageError } from '../errors.ts';
import { sharingError } from './errors.ts';
import { defaultGroup, type SharingOptions } from './groups.ts';

type RamOptions = Pick<SharingOptions, 'ram' | 'signal'>;

/** What came of sharing. */
export type CreatedShare = {
  readonly shareArn: string;
  readonly groupArn: string;
  readonly to: string;
  /** False where the group was shared with the account before. */
  readonly isNew: boolean;
};

/**
 * Shares the account's lineage group, which is all of its lineage, with another account, which has to accept. Sharing twice
 * is sharing once.
 *
 * @param to twelve digits
 * @throws LineageError where there is no lineage yet, or SageMaker or RAM refuses
 */
export async function createShare(
  options: SharingOptions & { readonly to: string; readonly name: string },
): Promise<CreatedShare> {
  const { ram, signal, to, name } = options;
  const group = await defaultGroup(options);
  const before = group.sharedWith.find(
    ({ principal, status }) => principal === to && /^ASSOCIAT(ED|ING)$/.test(status),
  );
  if (before !== undefined) return { shareArn: before.shareArn, groupArn: group.arn, to, isNew: false };
  try {
    const command = new CreateResourceShareCommand({
      ...{ name, resourceArns: [group.arn], principals: [to], allowExternalPrincipals: true },
    });
    const { resourceShare } = await ram.send(command, sendOptions(signal));
    return { shareArn: resourceShare?.resourceShareArn ?? '', groupArn: group.arn, to, isNew: true };
  } catch (error) {
    throw sharingError(error, `CreateResourceShare of ${group.arn} to ${to}`, signal);
  }
}

/** What came of taking a share back. */
export type DeletedShare = Pick<CreatedShare, 'shareArn' | 'groupArn'> & { readonly from: string };

/**
 * No longer shares the account's lineage group with another account, which then sees none of its entities. The resource
 * shares stay, for the others that they are for and for other resources.
 *
 * @param from twelve digits
 * @returns the shares that the account was taken out of
 * @throws LineageError (usage) where the group is not shared with that account; where SageMaker or RAM refuses
 */
export async function deleteShare(
  options: SharingOptions & { readonly from: string },
): Promise<readonly DeletedShare[]> {
  const { ram, signal, from } = options;
  const group = await defaultGroup(options);
  const shared = group.sharedWith.filter(
    ({ principal, status }) => principal === from && /^ASSOCIAT(ED|ING)$/.test(status),
  );
  if (shared.length === 0) {
    throw new LineageError('usage', `${group.arn} is not shared with account ${from}.`, {
      hint: 'smlineage groups shows whom it is shared with.',
    });
  }
  for (const { shareArn } of shared) {
    const command = new DisassociateResourceShareCommand({ resourceShareArn: shareArn, principals: [from] });
    await ram.send(command, sendOptions(signal)).catch((error: unknown) => {
      throw sharingError(error, `DisassociateResourceShare of ${shareArn} from ${from}`, signal);
    });
  }
  return shared.map(({ shareArn }) => ({ shareArn, groupArn: group.arn, from }));
}

/** A resource share, as one of both accounts sees it. */
export type ListedShare = {
  readonly direction: 'to others' | 'to us';
  /** `PENDING` is an invitation that nobody has accepted yet. */
  readonly status: string;
  readonly name: string;
  /** The account that shares: twelve digits. */
  readonly owner: string;
  readonly arn: string;
  /** The lineage groups of it; those of an invitation are not told before it is accepted. */
  readonly groups: readonly string[];
};

/** Shares of lineage groups in both directions, and invitations that wait. @throws LineageError where RAM refuses */
export async function listShares(options: RamOptions): Promise<readonly ListedShare[]> {
  const shares: ListedShare[] = [];
  for (const [resourceOwner, direction] of [
    ['SELF', 'to others'],
    ['OTHER-ACCOUNTS', 'to us'],
  ] as const) {
    const groups = await groupsByShare(options, resourceOwner);
    for (const share of await sharesOf(options, resourceOwner)) {
      const ofShare = groups.get(share.resourceShareArn ?? '') ?? [];
      if (ofShare.length === 0) continue;
      shares.push({
        ...{ direction, status: share.status ?? 'unknown', name: share.name ?? '' },
        ...{ owner: share.owningAccountId ?? '', arn: share.resourceShareArn ?? '', groups: ofShare },
      });
    }
  }
  for (const invitation of await pendingInvitations(options)) {
    shares.push({
      ...{ direction: 'to us', status: 'PENDING', name: invitation.resourceShareName ?? '', groups: [] },
      ...{ owner: invitation.senderAccountId ?? '', arn: invitation.resourceShareArn ?? '' },
    });
  }
  return shares;
}

/** An invitation that was accepted. */
export type AcceptedShare = { readonly shareArn: string; readonly name: string; readonly owner: string };

/**
 * Accepts the invitations of one account that wait. None is no failure where that account shares already.
 *
 * @param from twelve digits: whoever invites has to be named, since an invitation may come from anybody
 * @throws LineageError (usage) where no invitation of the account waits and none was accepted; where RAM refuses
 */
export async function acceptShares(
  options: RamOptions & { readonly from: string },
): Promise<readonly AcceptedShare[]> {
  const { ram, signal, from } = options;
  const waiting = (await pendingInvitations(options)).filter(
    ({ senderAccountId }) => senderAccountId === from,
  );
  const accepted: AcceptedShare[] = [];
  for (const { resourceShareInvitationArn, resourceShareArn = '', resourceShareName: name = '' } of waiting) {
    const command = new AcceptResourceShareInvitationCommand({ resourceShareInvitationArn });
    await ram.send(command, sendOptions(signal)).catch((error: unknown) => {
      throw sharingError(error, `AcceptResourceShareInvitation of ${resourceShareInvitationArn}`, signal);
    });
    accepted.push({ shareArn: resourceShareArn, name, owner: from });
  }
  if (accepted.length > 0) return accepted;
  const before = await sharesOf(options, 'OTHER-ACCOUNTS');
  if (before.some(({ owningAccountId }) => owningAccountId === from)) return [];
  throw new LineageError('usage', `No invitation of account ${from} waits in this Region.`, {
    hint: 'Ask its owner for smlineage share create, check --region; smlineage share list shows what waits.',
  });
}

type ResourceOwner = 'SELF' | 'OTHER-ACCOUNTS';

async function sharesOf({ ram, signal }: RamOptions, resourceOwner: ResourceOwner) {
  return collected(
    paginateGetResourceShares(
      { client: ram },
      { resourceOwner, resourceShareStatus: 'ACTIVE' },
      sendOptions(signal),
    ),
    ({ resourceShares }) => resourceShares,
    { what: 'GetResourceShares', signal },
  );
}

async function groupsByShare(
  { ram, signal }: RamOptions,
  resourceOwner: ResourceOwner,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const resources = await collected(
    paginateListResources({ client: ram }, { resourceOwner }, sendOptions(signal)),
    (page) => page.resources,
    { what: 'ListResources', signal },
  );
  const groups = new Map<string, string[]>();
  for (const { arn = '', resourceShareArn = '' } of resources) {
    if (!/:sagemaker:.*:lineage-group\//.test(arn)) continue;
    groups.set(resourceShareArn, [...(groups.get(resourceShareArn) ?? []), arn]);
  }
  return groups;
}

async function pendingInvitations({ ram, signal }: RamOptions): Promise<readonly ResourceShareInvitation[]> {
  const invitations = await collected(
    paginateGetResourceShareInvitations({ client: ram }, {}, sendOptions(signal)),
    ({ resourceShareInvitations }) => resourceShareInvitations,
    { what: 'GetResourceShareInvitations', signal },
  );
  return invitations.filter(({ status }) => status === 'PENDING');
}

/** What all pages of a listing hold: an account shares with few. */
async function collected<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
  { what, signal }: { readonly what: string; readonly signal: AbortSignal | undefined },
): Promise<readonly Item[]> {
  const items: Item[] = [];
  try {
    for await (const page of pages) items.push(...(itemsOf(page) ?? []));
  } catch (error) {
    throw sharingError(error, what, signal);
  }
  return items;
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
