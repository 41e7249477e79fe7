import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { LineageError } from '../errors.ts';

/** The account that the credentials speak for: twelve digits. @throws LineageError (accessDenied) where STS does not say */
export async function callerAccount(sts: STSClient, signal?: AbortSignal): Promise<string> {
  const cause = await sts
    .send(new GetCallerIdentityCommand({}), signal === undefined ? {} : { abortSignal: signal })
    .catch((error: unknown) => error);
  if (
    typeof cause === 'object' &&
    cause !== null &&
    'Account' in cause &&
    typeof cause.Account === 'string'
  ) {
    return cause.Account;
  }
  throw new LineageError('accessDenied', 'STS does not say whose account this is.', {
    cause,
    hint: 'Check the credentials with smlineage doctor.',
  });
}

/**
 * What deletes from an account asks for its id: yesterday's profile is then no way to lose today's lineage.
 *
 * @throws LineageError (usage) that shows what to type
 */
export function assertAccountConfirmed(account: string, confirm: string | undefined, losing: string): void {
  if (confirm === account) return;
  const found = confirm === undefined ? 'nothing confirms it' : `--confirm says ${JSON.stringify(confirm)}`;
  throw new LineageError('usage', `This would delete ${losing} of account ${account}, and ${found}.`, {
    hint: `Look with --dry-run first; then pass --confirm ${account}`,
    details: { account },
  });
}
