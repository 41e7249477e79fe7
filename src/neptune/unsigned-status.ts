import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';

/** What an endpoint answers to a question that nobody signed. */
export type UnsignedReply = {
  readonly status: number;
  readonly body: string;
  /** `TLSv1.3`; undefined over plain HTTP. */
  readonly tls: string | undefined;
};

/** The addresses that the host of an endpoint has. @throws what Node throws */
export async function addressesOf(endpoint: string): Promise<readonly string[]> {
  // An address of version 6 stands in brackets in a URL.
  const host = new URL(endpoint).hostname.replace(/^\[(.*)\]$/, '$1');
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/**
 * GET /status without a signature: the one question that tells reachability, TLS and IAM authentication apart. With IAM
 * authentication Neptune refuses it (403, "Missing Authentication Token").
 *
 * @throws what Node throws
 */
export async function askUnsigned(endpoint: string, signal: AbortSignal): Promise<UnsignedReply> {
  const url = new URL('/status', endpoint);
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    // A connection of its own, which ends with the reply.
    request(url, { signal, agent: false }, resolve).once('error', reject).end();
  });
  const tls = reply.socket instanceof TLSSocket ? (reply.socket.getProtocol() ?? undefined) : undefined;
  return { status: reply.statusCode ?? 0, body: await text(reply), tls };
}
