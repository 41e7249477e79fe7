import { onTestFinished } from 'vitest';
import { type CrawlClients, crawlClients, OPERATIONS } from '../../src/crawl/clients.ts';
import { type ExportOptions, type ExportResult, exportLineage } from '../../src/runs/export.ts';
import { type Access, createAccessLog } from '../../src/sandbox/access-log.ts';
import { createFaults, type FaultRule, type FaultSource } from '../../src/sandbox/faults.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import type { AccountRecord } from '../../src/sandbox/records.ts';
import { type Account, createAccount } from '../../src/sandbox/sagemaker/account.ts';
import { createAccounts } from '../../src/sandbox/sagemaker/accounts.ts';
import { sageMakerService } from '../../src/sandbox/sagemaker/service.ts';
import { startServer } from '../../src/sandbox/server.ts';
import type { SandboxRequest, SandboxService } from '../../src/sandbox/service.ts';
import { temporaryDirectory } from './run-tree.ts';

export const account = '123456789012';
export const region = 'eu-west-1';

/** A generated account. */
export function records(entities: number, seed: number): readonly AccountRecord[] {
  return [...generateLineage({ entities, seed, account, region })];
}

export type Serving = {
  readonly faults?: FaultSource;
  /** Records per page at most, whatever the caller asks for. @default 100 */
  readonly pageSize?: number;
  /** Tries of the SDK for one call. @default 10 */
  readonly maxAttempts?: number;
  /** Every reply is so late. @default 0 */
  readonly latencyMs?: number;
  /** Called with each request that takes effect, after its answer is settled. */
  readonly onAnswered?: (operation: string, held: Account) => void;
  /** Called with each request when its reply is on its way. */
  readonly onAccess?: (access: Access) => void;
};

export type ServedAccount = {
  readonly clients: CrawlClients;
  /** For clients of other processes. */
  readonly url: string;
  close(): Promise<void>;
};

/** Serves an account, to real clients whose requests and retries wait for no limiter of the rate. */
export async function serveAccount(
  held: readonly AccountRecord[],
  { faults, pageSize = 100, maxAttempts = 10, latencyMs = 0, onAnswered, onAccess }: Serving = {},
): Promise<ServedAccount> {
  const sandboxAccount = createAccount({ account, region });
  sandboxAccount.load(held);
  const real = sageMakerService({ accounts: createAccounts(sandboxAccount), clock: Date.now });
  const sagemaker: SandboxService = {
    operation: real.operation,
    async reply(request) {
      const reply = await real.reply(withPagesOf(pageSize, request));
      onAnswered?.(real.operation(request), sandboxAccount);
      return reply;
    },
  };
  const server = await startServer({
    services: { sagemaker },
    account,
    latencyMs,
    ...(faults === undefined ? {} : { faults }),
    log: createAccessLog(onAccess),
  });
  const clients = crawlClients({
    region,
    endpoint: server.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
    retryMode: 'standard',
    maxAttempts,
  });
  for (const operation of [...OPERATIONS, 'Describe', 'ListTags'] as const) {
    clients[operation].middlewareStack.remove('limitRate');
  }
  return {
    clients,
    url: server.url,
    async close() {
      clients.destroy();
      await server.close();
    },
  };
}

/** SageMaker may give fewer records than asked for. */
function withPagesOf(size: number, request: SandboxRequest): SandboxRequest {
  const body = request.body
    .toString()
    .replace(/"MaxResults":(\d+)/, (_, asked: string) => `"MaxResults":${Math.min(size, Number(asked))}`);
  return { ...request, body: Buffer.from(body) };
}

export type Disturbance = Omit<Serving, 'faults'> & {
  readonly faults?: readonly FaultRule[];
} & Partial<Omit<ExportOptions, 'clients' | 'region'>>;

/** Exports what the sandbox holds, in one test. */
export async function exported(
  held: readonly AccountRecord[],
  { faults = [], pageSize, maxAttempts, latencyMs, onAnswered, onAccess, out, ...options }: Disturbance = {},
): Promise<ExportResult> {
  const { clients, close } = await serveAccount(held, {
    faults: createFaults({ seed: 1, rules: [...faults] }),
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(onAnswered === undefined ? {} : { onAnswered }),
    ...(onAccess === undefined ? {} : { onAccess }),
  });
  onTestFinished(close);
  return exportLineage({ clients, region, out: out ?? (await temporaryDirectory()), ...options });
}
