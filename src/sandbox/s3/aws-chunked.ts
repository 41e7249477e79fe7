import type { Payload } from './payload.ts';
import { S3Error } from './s3-error.ts';

/**
 * Reads the `aws-chunked` framing: chunks of `<hex length>[;chunk-signature=…] CRLF <bytes> CRLF`, the last of length zero,
 * then trailing headers, one a line. Chunk signatures are not checked. @throws S3Error IncompleteBody
 */
export function readChunked(framed: Buffer): Payload {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = framed.indexOf('\r\n', at);
    const size = /^([0-9a-fA-F]+)(;|$)/.exec(framed.toString('latin1', at, Math.max(lineEnd, at)))?.[1];
    if (size === undefined) throw incomplete();
    const start = lineEnd + 2;
    const end = start + Number.parseInt(size, 16);
    if (end === start)
      return { bytes: Buffer.concat(chunks), trailers: readTrailers(framed.toString('utf8', start)) };
    if (framed.toString('latin1', end, end + 2) !== '\r\n') throw incomplete();
    chunks.push(framed.subarray(start, end));
    at = end + 2;
  }
}

function readTrailers(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0
      ? []
      : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const];
  });
  return Object.fromEntries(pairs);
}

function incomplete(): S3Error {
  const message = 'The request body terminated unexpectedly';
  return new S3Error('IncompleteBody', message);
}
