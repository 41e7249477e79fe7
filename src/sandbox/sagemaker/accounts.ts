import type { CredentialScope } from '../service.ts';
import { type Account, createAccount } from './account.ts';

/** The accounts of the sandbox. */
export type Accounts = {
  /** What a signed request speaks for: one account in the region that it was signed for. */
  of(credential: Pick<CredentialScope, 'accessKeyId' | 'region'>): Account;
};

/** The first account answers every access key; in a region that it holds nothing in, it is empty. */
export function createAccounts(first: Account, ...others: readonly Account[]): Accounts {
  const byScope = new Map([first, ...others].reverse().map((account) => [scopeKey(account), account]));
  return {
    of({ region }) {
      const key = scopeKey({ account: first.account, region });
      const account = byScope.get(key) ?? createAccount({ account: first.account, region });
      byScope.set(key, account);
      return account;
    },
  };
}

function scopeKey({ account, region }: { readonly account: string; readonly region: string }): string {
  return `${account} ${region}`;
}
