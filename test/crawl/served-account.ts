import { onTestFinished } from 'vitest';
import { type CrawlClients, crawlClients } from '../../src/crawl/clients.ts';
import { type AccessLog, createAccessLog } from '../../src/sandbox/access-log.ts';
import { createFaults, type FaultRule } from '../../src/sandbox/faults.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { type Account, createAccount } from '../../src/sandbox/sagemaker/account.ts';
import { createAccounts } from '../../src/sandbox/sagemaker/accounts.ts';
import { sageMakerService } from '../../src/sandbox/sagemaker/service.ts';
import { startServer } from '../../src/sandbox/server.ts';

export const HOME = { account: '123456789012', region: 'eu-west-1' };

export type ServedAccount = {
  readonly clients: CrawlClients;
  readonly account: Account;
  readonly log: AccessLog;
};

/** A generated account of about so many entities. */
export function generated(entities: number, seed: number): readonly AccountRecord[] {
  return [...generateLineage({ entities, seed, ...HOME })];
}

/** Serves an account for one test, to clients whose retries do not wait for an adaptive limiter. */
export async function servedAccount(
  records: Iterable<AccountRecord>,
  { faults = [] }: { readonly faults?: readonly FaultRule[] } = {},
): Promise<ServedAccount> {
  const account = createAccount(HOME);
  account.load(records);
  const log = createAccessLog();
  const server = await startServer({
    services: { sagemaker: sageMakerService({ accounts: createAccounts(account), clock: Date.now }) },
    account: HOME.account,
    faults: createFaults({ seed: 1, rules: [...faults] }),
    log,
  });
  const clients = crawlClients({
    region: HOME.region,
    endpoint: server.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
    retryMode: 'standard',
    maxAttempts: 3,
  });
  onTestFinished(async () => {
    clients.destroy();
    await server.close();
  });
  return { clients, account, log };
}
