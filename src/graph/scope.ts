import { parseArn } from './arn.ts';

/** One account in one Region, and how to get there. Plain JSON, without secrets but for the external id, which is not printed. */
export type Scope = {
  /** Twelve digits: the account that the scope must turn out to be. @default whichever the credentials are of */
  readonly account?: string;
  readonly region: string;
  /** The role to assume for it. @default the caller's own credentials */
  readonly role?: {
    readonly arn: string;
    /** What the role's trust policy asks for, 2 to 1,224 characters. */
    readonly externalId?: string;
    /** What CloudTrail of the account shows, 2 to 64 characters. @default 'smlineage' */
    readonly sessionName?: string;
  };
};

/** The account that a scope must turn out to be: a role speaks for its own. Undefined where nobody said. */
export function accountOfScope({ account, role }: Scope): string | undefined {
  return account ?? (role === undefined ? undefined : parseArn(role.arn)?.account);
}

/** A scope as messages name it. */
export function scopeName({
  account,
  region,
}: {
  readonly account: string | null | undefined;
  readonly region: string;
}): string {
  return account == null ? region : `account ${account} in ${region}`;
}

/** What two scopes of one run must not have in common; also the name of a scope's folder in a run that grows. */
export function scopeKey(scope: Scope): string {
  return `${accountOfScope(scope) ?? 'caller'}-${scope.region}`;
}
