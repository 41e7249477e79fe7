import { parseArn } from '../../graph/arn.ts';
import { Refusal } from '../sagemaker/refusal.ts';
import type { SandboxReply, SandboxRequest, SandboxService } from '../service.ts';
import type { Invitation, Share, Shares } from './shares.ts';

type RamOptions = {
  readonly shares: Shares;
  readonly ownerOf: (accessKeyId: string) => string;
  readonly clock: () => number;
};

type Body = Readonly<Record<string, unknown>>;

type Call = {
  /** The caller's, twelve digits. */
  readonly account: string;
  readonly region: string;
  readonly now: number;
  readonly shares: Shares;
  readonly body: Body;
};

const OPERATIONS: Readonly<Record<string, { readonly name: string; readonly handle: (call: Call) => Body }>> =
  {
    '/createresourceshare': { name: 'CreateResourceShare', handle: createResourceShare },
    '/disassociateresourceshare': { name: 'DisassociateResourceShare', handle: disassociateResourceShare },
    '/getresourceshares': { name: 'GetResourceShares', handle: getResourceShares },
    '/getresourceshareinvitations': {
      name: 'GetResourceShareInvitations',
      handle: getResourceShareInvitations,
    },
    '/acceptresourceshareinvitation': {
      name: 'AcceptResourceShareInvitation',
      handle: acceptResourceShareInvitation,
    },
    '/getresourceshareassociations': {
      name: 'GetResourceShareAssociations',
      handle: getResourceShareAssociations,
    },
    '/listresources': { name: 'ListResources', handle: listResources },
  };

/** Resource Access Manager over REST and JSON: lineage groups shared between accounts. Every reply is one page. */
export function ramService({ shares, ownerOf, clock }: RamOptions): SandboxService {
  return {
    operation: ({ path }) => OPERATIONS[path.toLowerCase()]?.name ?? 'Unknown',
    async reply(request) {
      const { credential, path } = request;
      const operation = OPERATIONS[path.toLowerCase()];
      try {
        if (credential === undefined)
          throw new Refusal('MissingAuthenticationTokenException', 'No token', 403);
        if (operation === undefined) throw new Refusal('UnknownOperationException', `No ${path} here`, 404);
        const { region } = credential;
        const account = ownerOf(credential.accessKeyId);
        const call = { account, region, now: clock(), shares, body: readBody(request) };
        return reply(200, operation.handle(call));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return reply(error.status, { message: error.message }, { 'x-amzn-errortype': error.type });
      }
    },
  };
}

function reply(status: number, body: Body, headers = {}): SandboxReply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function readBody({ body }: SandboxRequest): Body {
  return body.length === 0 ? {} : (JSON.parse(body.toString()) as Body);
}

function createResourceShare(call: Call): Body {
  const { account, region, now, shares, body } = call;
  const resources = texts(body.resourceArns);
  const principals = texts(body.principals);
  const foreign = resources.find((arn) => {
    const parsed = parseArn(arn);
    return parsed?.account !== account || parsed.region !== region;
  });
  if (foreign !== undefined) {
    throw new Refusal(
      'MalformedArnException',
      `${foreign} is no resource of account ${account} in ${region}.`,
    );
  }
  const stranger = principals.find((principal) => !/^\d{12}$/.test(principal));
  if (stranger !== undefined) {
    throw new Refusal('InvalidParameterException', `Principal ${stranger} is no account.`);
  }
  const allowExternalPrincipals = body.allowExternalPrincipals !== false;
  if (!allowExternalPrincipals && principals.length > 0) {
    const message = 'The principals are not in your organization.';
    throw new Refusal('OperationNotPermittedException', message);
  }
  const share = shares.create({
    ...{ owner: account, region, name: String(body.name ?? ''), resources, principals },
    ...{ allowExternalPrincipals, createdAt: now },
  });
  return { resourceShare: shareReply(share) };
}

/** Takes accounts out of a share: at once here, in some seconds there. */
function disassociateResourceShare({ account, shares, body }: Call): Body {
  const { resourceShareArn } = body;
  const principals = texts(body.principals);
  const share = shares.all().find(({ arn, owner }) => arn === resourceShareArn && owner === account);
  if (share === undefined)
    throw new Refusal('UnknownResourceException', `ResourceShare ${resourceShareArn} could not be found.`);
  const gone = share.invitations.filter(({ receiver }) => principals.includes(receiver));
  share.invitations = share.invitations.filter((invitation) => !gone.includes(invitation));
  return {
    resourceShareAssociations: gone.map(({ receiver }) => ({
      ...{ resourceShareArn, resourceShareName: share.name, associatedEntity: receiver },
      ...{ associationType: 'PRINCIPAL', status: 'DISASSOCIATING', external: true },
    })),
  };
}

function getResourceShares({ account, shares, body }: Call): Body {
  const wanted = shares
    .all()
    .filter((share) =>
      body.resourceOwner === 'SELF' ? share.owner === account : hasAccepted(share, account),
    );
  return { resourceShares: wanted.map(shareReply) };
}

function getResourceShareInvitations({ account, shares }: Call): Body {
  const resourceShareInvitations = shares
    .all()
    .flatMap((share) => share.invitations.map((invitation) => ({ share, invitation })))
    .filter(({ invitation }) => invitation.receiver === account)
    .map(({ share, invitation }) => invitationReply(share, invitation));
  return { resourceShareInvitations };
}

function acceptResourceShareInvitation({ account, shares, body }: Call): Body {
  const arn = body.resourceShareInvitationArn;
  for (const share of shares.all()) {
    const invitation = share.invitations.find((each) => each.arn === arn && each.receiver === account);
    if (invitation === undefined) continue;
    if (invitation.status === 'ACCEPTED') {
      const message = `Invitation ${arn} is accepted already.`;
      throw new Refusal('ResourceShareInvitationAlreadyAcceptedException', message);
    }
    invitation.status = 'ACCEPTED';
    return { resourceShareInvitation: invitationReply(share, invitation) };
  }
  throw new Refusal('ResourceShareInvitationArnNotFoundException', `Invitation ${arn} does not exist.`);
}

function getResourceShareAssociations({ account, shares, body }: Call): Body {
  const { associationType, resourceArn, principal } = body;
  const arns = texts(body.resourceShareArns);
  const resourceShareAssociations = shares
    .all()
    .filter(({ owner, arn }) => owner === account && (arns.length === 0 || arns.includes(arn)))
    .flatMap((share) =>
      associatedWith(share, associationType).map(({ entity, status }) => ({
        resourceShareArn: share.arn,
        resourceShareName: share.name,
        associatedEntity: entity,
        associationType,
        status,
        creationTime: share.createdAt / 1000,
        external: associationType === 'PRINCIPAL',
      })),
    )
    .filter(({ associatedEntity }) => [undefined, associatedEntity].includes(text(resourceArn ?? principal)));
  return { resourceShareAssociations };
}

function associatedWith(share: Share, type: unknown): readonly { entity: string; status: string }[] {
  if (type === 'RESOURCE') return share.resources.map((entity) => ({ entity, status: 'ASSOCIATED' }));
  return share.invitations.map(({ receiver, status }) => ({
    entity: receiver,
    status: status === 'ACCEPTED' ? 'ASSOCIATED' : 'ASSOCIATING',
  }));
}

function listResources({ account, shares, body }: Call): Body {
  const visible = shares
    .all()
    .filter((share) =>
      body.resourceOwner === 'SELF' ? share.owner === account : hasAccepted(share, account),
    );
  return {
    resources: visible.flatMap((share) =>
      share.resources.map((arn) => ({
        arn,
        type: 'sagemaker:LineageGroup',
        resourceShareArn: share.arn,
        status: 'AVAILABLE',
        creationTime: share.createdAt / 1000,
        lastUpdatedTime: share.createdAt / 1000,
      })),
    ),
  };
}

function hasAccepted({ invitations }: Share, account: string): boolean {
  return invitations.some(({ receiver, status }) => receiver === account && status === 'ACCEPTED');
}

function shareReply(share: Share): Body {
  return {
    resourceShareArn: share.arn,
    name: share.name,
    owningAccountId: share.owner,
    allowExternalPrincipals: share.allowExternalPrincipals,
    status: 'ACTIVE',
    creationTime: share.createdAt / 1000,
    lastUpdatedTime: share.createdAt / 1000,
    featureSet: 'STANDARD',
  };
}

function invitationReply(share: Share, { arn, receiver, status }: Invitation): Body {
  return {
    resourceShareInvitationArn: arn,
    resourceShareName: share.name,
    resourceShareArn: share.arn,
    senderAccountId: share.owner,
    receiverAccountId: receiver,
    invitationTimestamp: share.createdAt / 1000,
    status,
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
