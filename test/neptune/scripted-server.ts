import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { NeptunedataClient } from '@aws-sdk/client-neptunedata';
import { onTestFinished } from 'vitest';
import { neptuneClient } from '../../src/neptune/clients.ts';

/** One request as the service saw it. */
export type Seen = {
  /** `POST /loader`, with the query if there is one. */
  readonly call: string;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
};

/** JSON or XML with a status; HTML as a proxy sends it; `drop` closes the socket. */
export type Reply =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly xml: string }
  | { readonly html: string }
  | 'drop';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };

/** A loopback server that answers as a test tells it, and the package's own client aimed at it. Gone when the test ends. */
export async function scriptedServer(
  answer: (seen: Seen, nth: number) => Reply,
): Promise<{ client: NeptunedataClient; url: string; seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void respond(request, response);
  });
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const isJson = body.startsWith('{');
    const call = {
      call: `${request.method} ${request.url}`,
      body: isJson ? JSON.parse(body) : body,
      headers: request.headers,
    };
    seen.push(call);
    const reply = answer(call, seen.length);
    if (reply === 'drop') request.socket.destroy();
    else if ('html' in reply) send(response, 200, 'text/html', reply.html);
    else if ('json' in reply) send(response, reply.status, 'application/json', JSON.stringify(reply.json));
    else send(response, reply.status, 'application/xml', reply.xml, reply.headers);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = neptuneClient({ endpoint: url, region: 'us-east-1', credentials: CREDENTIALS });
  onTestFinished(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client, url, seen };
}

function send(response: ServerResponse, status = 200, type: string, body: string, headers = {}): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

/** An error as Neptune words it. */
export function neptuneFailure(code: string, status: number, message: string): Reply {
  return { status, json: { requestId: 'request-1', code, detailedMessage: message } };
}

/** A clock on which waiting takes no time; `slept` holds the pauses in milliseconds. */
export function quickClock() {
  const slept: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  return {
    slept,
    clock: {
      now: () => now,
      sleep: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        slept.push(ms);
        now += ms;
      },
    },
  };
}

/** The error that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Expected a failure, got ${JSON.stringify(value)}.`);
    },
    (error: unknown) => error,
  );
}
