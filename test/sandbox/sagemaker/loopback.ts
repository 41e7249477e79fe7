import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { onTestFinished } from 'vitest';
import { type AccountOptions, createAccount } from '../../../src/sandbox/sagemaker/account.ts';
import { createAccounts } from '../../../src/sandbox/sagemaker/accounts.ts';
import { sageMakerService } from '../../../src/sandbox/sagemaker/service.ts';
import type { PageFault, SandboxRequest } from '../../../src/sandbox/service.ts';
import { credentialScope } from '../../../src/sandbox/sigv4.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const ARN = `arn:aws:sagemaker:${REGION}:${ACCOUNT}`;
/** The first tick of the clock that tests start with. */
export const T0 = Date.parse('2024-01-01T00:00:00.000Z');

/** A SageMaker of its own for one test, and the real client aimed at it. The clock goes one second a call. */
export async function startSageMaker(options: Partial<AccountOptions> = {}) {
  const account = createAccount({ account: ACCOUNT, region: REGION, ...options });
  let now = T0 - 1000;
  const clock = () => {
    now += 1000;
    return now;
  };
  const service = sageMakerService({ accounts: createAccounts(account), clock });
  const faults: PageFault[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const request = await sandboxRequest(incoming, faults.shift());
    const { status, headers, body } = await service.reply(request);
    outgoing.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new SageMakerClient({
    endpoint: url,
    region: REGION,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  /** Fault of the next request, then of the one after it. */
  const failNext = (...next: PageFault[]) => faults.push(...next);
  return { account, client, url, service, failNext };
}

async function sandboxRequest(
  incoming: IncomingMessage,
  pageFault: PageFault | undefined,
): Promise<SandboxRequest> {
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  return {
    id: randomUUID(),
    method: incoming.method ?? '',
    url,
    path: url.pathname,
    headers: incoming.headers,
    body: await buffer(incoming),
    credential: credentialScope(incoming.headers, url.searchParams),
    ...(pageFault === undefined ? {} : { pageFault }),
  };
}
