import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LineageError } from '../../errors.ts';

/** What is served: each reads, none changes anything. */
export type PageHandlers = {
  /** The page about an entity; about the first one where none is named. */
  page(start: string | undefined, signal: AbortSignal): Promise<string>;
  /** Neighbours of a vertex, after so many. */
  neighbours(id: string, offset: number, signal: AbortSignal): Promise<unknown>;
};

export type PageServer = {
  /** With the token that lets a browser in. */
  readonly url: string;
  close(): Promise<void>;
};

const HOST = '127.0.0.1';

/**
 * Serves pages to browsers of this machine, and to no one else: on loopback, under a path that is a random token, under no
 * other Host than its own (else a page of another site could reach it by a name that it points at this machine), and with
 * no word of CORS, so that other sites' scripts read nothing. GET only.
 *
 * @param failed hears of what went wrong while a request was answered.
 * @throws LineageError (usage) where the port is taken.
 */
export async function startPageServer(
  handlers: PageHandlers,
  { port, failed }: { readonly port: number; readonly failed: (error: unknown) => void },
): Promise<PageServer> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer(async (request, response) => {
    const closing = new AbortController();
    response.once('close', () => closing.abort());
    const asked = { handlers, token, port: portOf(server.address()), signal: closing.signal };
    const reply = await answer(request, asked).catch((error: unknown) => {
      if (!(error instanceof LineageError) && !closing.signal.aborted) failed(error);
      return errorReply(error);
    });
    send(response, reply, request.method === 'HEAD');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(notListening(port, cause)));
    server.listen(port, HOST, resolve);
  });
  return {
    url: `http://${HOST}:${portOf(server.address())}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Reply = { readonly status: number; readonly type: 'html' | 'json' | 'plain'; readonly body: string };

type Asked = {
  readonly handlers: PageHandlers;
  readonly token: string;
  readonly port: number;
  readonly signal: AbortSignal;
};

async function answer(request: IncomingMessage, { handlers, token, port, signal }: Asked): Promise<Reply> {
  const { host = '', 'sec-fetch-site': site = 'none' } = request.headers;
  if (![`${HOST}:${port}`, `localhost:${port}`].includes(host))
    return plain(421, 'This server has another name.');
  if (site !== 'same-origin' && site !== 'none') return plain(403, 'Only pages of this server may ask it.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'This server only reads.');
  const url = new URL(request.url ?? '/', `http://${HOST}`);
  const [, given = '', ...path] = url.pathname.split('/');
  if (!isSame(given, token)) return plain(404, 'Open the whole address that `smlineage serve` printed.');
  const text = (name: string) => url.searchParams.get(name) ?? undefined;
  switch (path.join('/')) {
    case '':
      return { status: 200, type: 'html', body: await handlers.page(text('start'), signal) };
    case 'neighbours': {
      const offset = Number(text('offset') ?? 0);
      if (!Number.isSafeInteger(offset) || offset < 0) return plain(400, 'Expected an offset of at least 0.');
      const found = await handlers.neighbours(text('id') ?? '', offset, signal);
      return { status: 200, type: 'json', body: JSON.stringify(found) };
    }
    default:
      return plain(404, 'There is no such page here.');
  }
}

function errorReply(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof LineageError && error.hint !== undefined ? `\n${error.hint}` : '';
  return plain(error instanceof LineageError && error.outcome === 'usage' ? 404 : 500, `${message}${hint}`);
}

function plain(status: number, body: string): Reply {
  return { status, type: 'plain', body };
}

const TYPES = { html: 'text/html', json: 'application/json', plain: 'text/plain' } as const;

function send(response: ServerResponse, { status, type, body }: Reply, isHead: boolean): void {
  response.writeHead(status, {
    'content-type': `${TYPES[type]}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    // The page brings a stricter policy of its own; frames cannot be told off by it.
    'content-security-policy':
      type === 'html' ? "frame-ancestors 'none'" : "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(isHead ? undefined : body);
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function notListening(port: number, cause: NodeJS.ErrnoException): LineageError {
  const taken = cause.code === 'EADDRINUSE';
  return new LineageError(
    'usage',
    `port ${port} ${taken ? 'is taken' : `cannot be used: ${cause.message}`}.`,
    {
      cause,
      hint: 'Pass another --port, or 0 for any that is free.',
    },
  );
}
