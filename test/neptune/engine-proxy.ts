import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What becomes of a query on its way to the engine and back. */
export type Trouble =
  | 'none'
  /** The engine ends it at its limit of time: it gets a query without end in its place. */
  | 'timeout'
  /** The engine's connection breaks half-way through the reply. */
  | 'cut';

/** A stand-in for a cluster that passes all on to a real engine, until it does not. */
export async function engineProxy(target: string) {
  const proxy = {
    url: '',
    trouble: 'none' as Trouble,
    /** Queries that still pass before there is trouble. */
    untroubled: 0,
    queries: [] as string[],
  };
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const { gremlin } = JSON.parse(body.toString() || '{}') as { gremlin?: string };
    proxy.queries.push(gremlin ?? '');
    const trouble = proxy.untroubled > 0 ? 'none' : proxy.trouble;
    proxy.untroubled -= 1;
    const sent = trouble === 'timeout' ? Buffer.from(JSON.stringify({ gremlin: ENDLESS })) : body;
    const { host: _, ...headers } = incoming.headers;
    const passed = request(new URL(incoming.url ?? '/', target), {
      method: incoming.method,
      headers: { ...headers, 'content-length': sent.length },
    });
    passed.end(sent);
    const [reply] = await once(passed, 'response');
    const content = await buffer(reply);
    outgoing.writeHead(reply.statusCode ?? 500, { ...reply.headers, 'content-length': content.length });
    if (trouble !== 'cut') return void outgoing.end(content);
    outgoing.write(content.subarray(0, content.length >> 1), () => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(proxy, { close });
}

const ENDLESS = "g.with('evaluationTimeout',50).inject(0).repeat(identity()).until(is(1)).count()";
