import { parseArn } from '../../graph/arn.ts';
import type { Shares } from '../ram/shares.ts';
import type { SandboxReply, SandboxRequest, SandboxService } from '../service.ts';
import type { Account } from './account.ts';
import type { Accounts } from './accounts.ts';
import type { Call } from './call.ts';
import { lineageGroupArn } from './lineage-groups.ts';
import { OPERATIONS } from './operations.ts';
import { Refusal } from './refusal.ts';
import { readRequest, writeReply } from './wire.ts';

export type SageMakerOptions = {
  /** Without `find`, no account sees another. */
  readonly accounts: Pick<Accounts, 'of'> & Partial<Accounts>;
  /** What accounts share with each other. @default nothing */
  readonly shares?: Pick<Shares, 'sharedWith'>;
  /** Now, in epoch milliseconds: the creation time of what callers create. */
  readonly clock: () => number;
};

/** SageMaker's lineage and experiment operations over AWS JSON 1.1. */
export function sageMakerService(options: SageMakerOptions): SandboxService {
  return {
    operation: operationOf,
    async reply(request) {
      try {
        return success(request, answer(options, request));
      } catch (error) {
        if (error instanceof Refusal) return refusal(request, error);
        throw error;
      }
    },
  };
}

const TARGET = /^SageMaker\.(\w+)$/;

function operationOf(request: SandboxRequest): string {
  const target = request.headers['x-amz-target'];
  return TARGET.exec(typeof target === 'string' ? target : '')?.[1] ?? 'Unknown';
}

function answer({ accounts, clock, shares }: SageMakerOptions, request: SandboxRequest): Buffer {
  const account = authenticated(accounts, request);
  const name = operationOf(request);
  const operation = OPERATIONS.get(name);
  if (operation === undefined) {
    throw new Refusal('UnknownOperationException', `The sandbox does not know the operation ${name}.`);
  }
  const input = readRequest(operation.schema, request.body.toString());
  const sharedWith = (groupArn: string) => shares?.sharedWith(groupArn) ?? [];
  const call = {
    ...{ operation: name, account, now: clock(), pageFault: request.pageFault, sharedWith },
    lenderOf: (arn: string) => lenderOf(accounts, { account, sharedWith }, arn),
  };
  return writeReply(operation.schema, operation.handle(call, input));
}

function authenticated(accounts: SageMakerOptions['accounts'], { credential }: SandboxRequest): Account {
  if (credential === undefined) {
    throw new Refusal('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  }
  if (credential.service !== 'sagemaker') {
    const message = `Credential should be scoped to correct service: 'sagemaker', not '${credential.service}'.`;
    throw new Refusal('InvalidSignatureException', message, 403);
  }
  return accounts.of(credential);
}

function lenderOf(
  accounts: SageMakerOptions['accounts'],
  { account, sharedWith }: Pick<Call, 'account' | 'sharedWith'>,
  arn: string,
): Account | undefined {
  const parsed = parseArn(arn);
  const owner = parsed && accounts.find?.(parsed);
  const isShared = owner !== undefined && sharedWith(lineageGroupArn(owner)).includes(account.account);
  return isShared ? owner : undefined;
}

function success(request: SandboxRequest, body: Buffer): SandboxReply {
  return { status: 200, headers: headers(request), body };
}

function refusal(request: SandboxRequest, { type, message, status }: Refusal): SandboxReply {
  return { status, headers: headers(request), body: JSON.stringify({ __type: type, message }) };
}

function headers({ id }: SandboxRequest) {
  return { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': id };
}
