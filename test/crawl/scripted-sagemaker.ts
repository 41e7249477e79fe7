import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CrawlClients, crawlClients } from '../../src/crawl/clients.ts';

/** One request as the script sees it. */
export type Call = {
  /** `ListArtifacts` … */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Of this operation, from 1; repeated requests count. */
  readonly number: number;
};

/** What the script answers: a JSON body, a text, an AWS error, or a dropped connection. */
export type Answer =
  | { readonly json: unknown }
  | { readonly text: string; readonly status?: number }
  | { readonly error: string; readonly message?: string; readonly status?: number }
  | 'drop';

export type Scripted = {
  readonly clients: CrawlClients;
  readonly calls: readonly Call[];
};

const SUMMARIES: Readonly<Record<string, string>> = {
  ListArtifacts: 'ArtifactSummaries',
  ListActions: 'ActionSummaries',
  ListContexts: 'ContextSummaries',
  ListTrialComponents: 'TrialComponentSummaries',
  ListExperiments: 'ExperimentSummaries',
  ListTrials: 'TrialSummaries',
  ListAssociations: 'AssociationSummaries',
  Search: 'Results',
};

/** The last page of a listing: these records and no token. */
export function lastPage(operation: string, records: readonly unknown[] = []): Answer {
  return { json: { [SUMMARIES[operation] ?? '']: records } };
}

/** A page with a token. */
export function page(operation: string, records: readonly unknown[], NextToken: string): Answer {
  return { json: { [SUMMARIES[operation] ?? '']: records, NextToken } };
}

/**
 * Runs a test against a SageMaker on loopback that answers as the script says, through real clients whose retries do not
 * wait for an adaptive limiter.
 */
export async function withScript<T>(
  script: (call: Call) => Answer,
  use: (scripted: Scripted) => Promise<T>,
): Promise<T> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).replace('SageMaker.', '');
      const number = calls.filter((call) => call.operation === operation).length + 1;
      const call = { operation, number, input: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
      calls.push(call);
      const answer = script(call);
      if (answer === 'drop') {
        request.socket.destroy();
        return;
      }
      const [status, body] =
        'json' in answer
          ? [200, JSON.stringify(answer.json)]
          : 'text' in answer
            ? [answer.status ?? 200, answer.text]
            : [answer.status ?? 400, JSON.stringify({ __type: answer.error, message: answer.message ?? '' })];
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': `request-${operation}-${number}`,
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clients = crawlClients({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    retryMode: 'standard',
    maxAttempts: 3,
  });
  try {
    return await use({ clients, calls });
  } finally {
    clients.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
