import type { CredentialScope } from '../service.ts';
import { type Account, createAccount } from './account.ts';

/** The accounts of the sandbox. */
export type Accounts = {
  /** What a signed request speaks for: one account in the region that it was signed for. */
  of(credential: Pick<CredentialScope, 'accessKeyId' | 'region'>): Account;
  /** An account in a region, where it was there from the start or has spoken. */
  find(scope: { readonly account: string; readonly region: string }): Account | undefined;
};

type AccountsOptions = {
  /** Accounts that are there besides the first. */
  readonly others?: readonly Account[];
  /** Whose key it is, twelve digits. @default the first account's, whatever the key */
  readonly ownerOf?: (accessKeyId: string) => string;
};

/** The accounts that access keys speak for. In a region that an account holds nothing in, it is empty. */
export function createAccounts(
  first: Account,
  { others = [], ownerOf = () => first.account }: AccountsOptions = {},
): Accounts {
  const byScope = new Map([first, ...others].reverse().map((account) => [scopeKey(account), account]));
  return {
    find: (scope) => byScope.get(scopeKey(scope)),
    of({ accessKeyId, region }) {
      const scope = { account: ownerOf(accessKeyId), region };
      const account = byScope.get(scopeKey(scope)) ?? createAccount(scope);
      byScope.set(scopeKey(scope), account);
      return account;
    },
  };
}

function scopeKey({ account, region }: { readonly account: string; readonly region: string }): string {
  return `${account} ${region}`;
}
