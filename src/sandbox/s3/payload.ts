import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SandboxRequest } from '../service.ts';
import { readChunked } from './aws-chunked.ts';
import {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  checksumHeader,
  checksumOf,
} from './checksums.ts';
import { S3Error } from './s3-error.ts';

/** A request's body, out of its framing. */
export type Payload = {
  readonly bytes: Buffer;
  /** What follows the body, by header name in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
};

/**
 * Takes the body out of the `aws-chunked` framing that SDKs use for streams, and holds it against
 * `x-amz-content-sha256` and `content-md5`. @throws S3Error
 */
export function readPayload(request: SandboxRequest): Payload {
  const { headers } = request;
  const declared = contentSha256(request);
  const isChunked = declared.startsWith('STREAMING-') || contentEncodings(headers).includes('aws-chunked');
  const payload = isChunked ? unframed(request) : { bytes: request.body, trailers: {} };
  if (/^[0-9a-f]{64}$/.test(declared) && digest('sha256', payload.bytes).toString('hex') !== declared) {
    throw new S3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  assertMd5(headers, payload.bytes);
  return payload;
}

/** The parts of the content-encoding header. */
export function contentEncodings(headers: IncomingHttpHeaders): readonly string[] {
  return (headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '');
}

/**
 * The checksum that came with the payload, in a header or a trailer; undefined where none did.
 * @throws S3Error where it is not the payload's
 */
export function verifiedChecksum({ headers }: SandboxRequest, payload: Payload): Checksum | undefined {
  const algorithm = sentAlgorithm(headers);
  if (algorithm === undefined) return undefined;
  const name = checksumHeader(algorithm);
  const value = textHeader(headers, name) ?? payload.trailers[name];
  if (value === undefined) throw malformedTrailer();
  assertChecksum(algorithm, value, payload.bytes);
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/** @throws S3Error where the value is not the bytes' checksum */
function assertChecksum(algorithm: ChecksumAlgorithm, value: string, bytes: Buffer): void {
  const right = checksumOf(algorithm, bytes);
  if (value === right) return;
  if (!/^[A-Za-z0-9+/]+=*$/.test(value) || value.length !== right.length) {
    throw new S3Error('InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
  throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

export function textHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

const SHA256_FORM =
  /^(UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER|STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?|[0-9a-f]{64})$/;

function contentSha256({ headers, url }: SandboxRequest): string {
  const declared = textHeader(headers, 'x-amz-content-sha256');
  if (declared === undefined && url.searchParams.has('X-Amz-Credential')) return 'UNSIGNED-PAYLOAD';
  if (declared === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  if (SHA256_FORM.test(declared)) return declared;
  throw new S3Error(
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
  );
}

function unframed({ headers, body }: SandboxRequest): Payload {
  const payload = readChunked(body);
  const length = textHeader(headers, 'x-amz-decoded-content-length');
  if (length === undefined) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (Number(length) !== payload.bytes.length) {
    const message =
      'You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header';
    throw new S3Error('IncompleteBody', message);
  }
  const announced = textHeader(headers, 'x-amz-trailer')?.split(',') ?? [];
  if (announced.some((name) => payload.trailers[name.trim().toLowerCase()] === undefined))
    throw malformedTrailer();
  return payload;
}

function assertMd5(headers: IncomingHttpHeaders, bytes: Buffer): void {
  const declared = textHeader(headers, 'content-md5');
  if (declared === undefined) return;
  if (Buffer.from(declared, 'base64').length !== 16) {
    throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  }
  if (digest('md5', bytes).toString('base64') !== declared) {
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

function sentAlgorithm(headers: IncomingHttpHeaders): ChecksumAlgorithm | undefined {
  const trailer = textHeader(headers, 'x-amz-trailer')?.toLowerCase();
  const sent = CHECKSUM_ALGORITHMS.filter((algorithm) => {
    const name = checksumHeader(algorithm);
    return headers[name] !== undefined || trailer === name;
  });
  if (sent.length > 1) {
    const message = 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.';
    throw new S3Error('InvalidRequest', message);
  }
  if (sent.length === 0 && headers['x-amz-sdk-checksum-algorithm'] !== undefined) {
    throw new S3Error(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return sent[0];
}

function malformedTrailer(): S3Error {
  const message =
    'The request contained trailing data that was not well-formed or did not conform to our published schema.';
  return new S3Error('MalformedTrailerError', message);
}

function digest(algorithm: string, bytes: Buffer): Buffer {
  return createHash(algorithm).update(bytes).digest();
}
