import { onTestFinished } from 'vitest';
import { accountOfScope, type Scope } from '../../src/graph/scope.ts';
import { type ExportOptions, type ExportResult, exportLineage } from '../../src/runs/export.ts';
import { type ScopeAccess, scopeAccess } from '../../src/runs/scope-access.ts';
import { type Access, createAccessLog } from '../../src/sandbox/access-log.ts';
import type { ServiceError } from '../../src/sandbox/error-reply.ts';
import { createGate } from '../../src/sandbox/gate.ts';
import { createShares } from '../../src/sandbox/ram/shares.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { createAccount } from '../../src/sandbox/sagemaker/account.ts';
import { createAccounts } from '../../src/sandbox/sagemaker/accounts.ts';
import { sageMakerService } from '../../src/sandbox/sagemaker/service.ts';
import { startServer } from '../../src/sandbox/server.ts';
import type { SandboxService } from '../../src/sandbox/service.ts';
import { stsService } from '../../src/sandbox/sts/service.ts';
import { createSessions } from '../../src/sandbox/sts/sessions.ts';
import { temporaryDirectory } from './run-tree.ts';

/** The account that the tests' own credentials are of. */
export const CALLER = '999999999999';

/** What is wrong with a request of one account, in one Region. */
export type Trouble = (call: {
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly body: string;
}) => ServiceError | undefined;

export type ScopesSandboxOptions = {
  readonly longestSessionMs?: number;
  readonly latencyMs?: number;
  readonly ratePerSecond?: number;
  readonly onAccess?: (access: Access) => void;
  /** Other services beside SageMaker and STS. */
  readonly services?: Readonly<Record<string, SandboxService>>;
};

export type ScopesSandbox = {
  readonly url: string;
  readonly shares: ReturnType<typeof createShares>;
  /** Sets what accounts hold from now on, by scope. */
  hold(
    scopes: readonly {
      readonly account: string;
      readonly region: string;
      readonly records: readonly AccountRecord[];
    }[],
  ): void;
  /** What is wrong from now on. */
  play(trouble: Trouble): void;
  connect(scope: Scope): ScopeAccess;
  close(): Promise<void>;
};

/** Several accounts in several Regions, and roles to reach them by. */
export async function startScopesSandbox(options: ScopesSandboxOptions = {}): Promise<ScopesSandbox> {
  const { longestSessionMs, services = {}, onAccess, ...pace } = options;
  const sessions = createSessions();
  const shares = createShares();
  const ownerOf = (accessKeyId: string) => sessions.of(accessKeyId)?.account ?? CALLER;
  let trouble: Trouble = () => undefined;
  let accounts = createAccounts(createAccount({ account: CALLER, region: 'us-east-1' }), { ownerOf });
  const gate = createGate({ sessions, account: CALLER, deny: [], open: [], clock: Date.now });
  const server = await startServer({
    services: {
      ...services,
      sagemaker: sageMakerService({
        accounts: { of: (credential) => accounts.of(credential), find: (scope) => accounts.find(scope) },
        shares,
        clock: Date.now,
      }),
      sts: stsService({ sessions, account: CALLER, clock: Date.now, longestSessionMs }),
    },
    account: CALLER,
    gate: (call) => {
      const { credential, body } = call.request;
      if (credential === undefined) return gate(call);
      const where = { account: ownerOf(credential.accessKeyId), region: credential.region };
      return gate(call) ?? trouble({ ...call, ...where, body: body.toString() });
    },
    ...pace,
    log: createAccessLog(onAccess),
  });
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  return {
    url: server.url,
    shares,
    hold(scopes) {
      const [first, ...others] = scopes.map(({ records, ...scope }) => {
        const account = createAccount(scope);
        account.load(records);
        return account;
      });
      if (first !== undefined) accounts = createAccounts(first, { others, ownerOf });
    },
    play(next) {
      trouble = next;
    },
    connect: (scope) =>
      scopeAccess(scope, {
        config: { region: 'us-east-1', credentials, endpoint: server.url },
        endpoint: server.url,
        sagemaker: { retryMode: 'standard', maxAttempts: 3 },
      }),
    close: server.close,
  };
}

/** The scope of an account that is reached by a role of its own. */
export function roleScope(account: string, region: string, role = 'Lineage'): Scope {
  return {
    account,
    region,
    role: { arn: `arn:aws:iam::${account}:role/${role}`, externalId: 'shared-secret' },
  };
}

/** Exports scopes of a sandbox, in one test. */
export async function exportedScopes(
  sandbox: ScopesSandbox,
  scopes: readonly Scope[],
  options: Partial<Omit<ExportOptions, 'clients' | 'region' | 'scopes' | 'connect'>> = {},
): Promise<ExportResult> {
  const out = options.out ?? (await temporaryDirectory());
  return exportLineage({ ...options, out, scopes, connect: sandbox.connect });
}

/** A sandbox for one test. */
export async function scopesSandbox(options?: ScopesSandboxOptions): Promise<ScopesSandbox> {
  const sandbox = await startScopesSandbox(options);
  onTestFinished(sandbox.close);
  return sandbox;
}

export function keyOf(scope: Scope): string {
  return `${accountOfScope(scope)} ${scope.region}`;
}
