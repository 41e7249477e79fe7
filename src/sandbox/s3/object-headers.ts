import type { S3Object } from './buckets.ts';
import { type Call, header, query, quoted } from './call.ts';
import { checksumHeader } from './checksums.ts';
import { contentEncodings } from './payload.ts';
import { S3Error } from './s3-error.ts';

type Headers = Readonly<Record<string, string>>;

/** Headers of a write that every later read gives back, besides x-amz-meta-*. */
const KEPT = [
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'expires',
  'x-amz-website-redirect-location',
];

/** Name and value, in bytes (user guide, "User-defined object metadata"). */
const METADATA_LIMIT = 2048;

/** What a write says of the object besides its bytes. @throws S3Error */
export function keptHeaders(call: Call): Headers {
  const encodings = contentEncodings(call.request.headers).filter((encoding) => encoding !== 'aws-chunked');
  const storageClass = header(call, 'x-amz-storage-class') ?? 'STANDARD';
  return {
    'content-type': 'binary/octet-stream',
    ...picked(call, (name) => KEPT.includes(name)),
    ...metadata(call),
    ...(encodings.length === 0 ? {} : { 'content-encoding': encodings.join(',') }),
    ...(storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': storageClass }),
    ...encryption(call),
  };
}

/** The headers that a write of the object is answered with. */
export function writtenHeaders({
  etag,
  headers,
  checksum,
}: Pick<S3Object, 'etag' | 'headers' | 'checksum'>): Headers {
  return { etag: quoted(etag), ...encryptionHeaders(headers), ...checksumHeaders(checksum) };
}

/** The headers that a read of the object is answered with, but for its range, its checksum and its length. */
export function readHeaders({ etag, headers, lastModified }: S3Object): Headers {
  return {
    etag: quoted(etag),
    'last-modified': new Date(lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    ...headers,
  };
}

export function checksumHeaders(checksum: S3Object['checksum']): Headers {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

const ENCRYPTION = 'x-amz-server-side-encryption';

export function encryptionHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(ENCRYPTION)));
}

/** The query of a presigned GET may set headers of the reply. */
export function overriddenHeaders(call: Call): Headers {
  const names = [
    'cache-control',
    'content-disposition',
    'content-encoding',
    'content-language',
    'content-type',
    'expires',
  ];
  const pairs = names.map((name) => [name, query(call, `response-${name}`)] as const);
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

function metadata(call: Call): Headers {
  const kept = picked(call, (name) => name.startsWith('x-amz-meta-'));
  const size = Object.entries(kept)
    .map(([name, value]) => Buffer.byteLength(name) - 'x-amz-meta-'.length + Buffer.byteLength(value))
    .reduce((sum, bytes) => sum + bytes, 0);
  if (size <= METADATA_LIMIT) return kept;
  throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
    extra: { Size: String(size), MaxSizeAllowed: String(METADATA_LIMIT) },
  });
}

function picked(call: Call, isWanted: (name: string) => boolean): Headers {
  const names = Object.keys(call.request.headers).filter(isWanted);
  return Object.fromEntries(names.map((name) => [name, header(call, name) ?? '']));
}

/** Accepted and given back; nothing is encrypted. S3 encrypts with AES256 where it is not told otherwise. */
function encryption(call: Call): Headers {
  if (header(call, `${ENCRYPTION}-customer-algorithm`) !== undefined) {
    return picked(
      call,
      (name) => name === `${ENCRYPTION}-customer-algorithm` || name === `${ENCRYPTION}-customer-key-md5`,
    );
  }
  const method = header(call, ENCRYPTION) ?? 'AES256';
  if (method === 'AES256') return { [ENCRYPTION]: method };
  if (method !== 'aws:kms' && method !== 'aws:kms:dsse') {
    throw new S3Error('InvalidArgument', 'The encryption method specified is not supported', {
      extra: { ArgumentName: ENCRYPTION, ArgumentValue: method },
    });
  }
  const key = `${ENCRYPTION}-aws-kms-key-id`;
  const bucketKey = `${ENCRYPTION}-bucket-key-enabled`;
  return {
    [ENCRYPTION]: method,
    [key]: `arn:aws:kms:${call.region}:${call.options.account}:alias/aws/s3`,
    ...picked(call, (name) => name === key || name === bucketKey),
  };
}
