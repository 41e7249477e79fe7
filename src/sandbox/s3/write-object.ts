import { createHash } from 'node:crypto';
import type { SandboxReply } from '../service.ts';
import { removeObject, type S3Object, storeObject } from './buckets.ts';
import { type BucketCall, header, isoTime, quoted, xmlReply } from './call.ts';
import { CHECKSUM_ALGORITHMS, type Checksum, type ChecksumAlgorithm, checksumOf } from './checksums.ts';
import { assertDeletable, assertWritable } from './conditions.ts';
import { encryptionHeaders, keptHeaders, writtenHeaders } from './object-headers.ts';
import { readPayload, verifiedChecksum } from './payload.ts';
import { copySource } from './read-object.ts';
import { childText, malformed, readXml } from './read-xml.ts';
import { S3Error } from './s3-error.ts';
import type { XmlContent } from './xml.ts';

const KEY_LIMIT_BYTES = 1024;

/** What S3 computes for an object that comes without a checksum. */
const DEFAULT_ALGORITHM = 'CRC64NVME';

/** PutObject. */
export function putObject(call: BucketCall): SandboxReply {
  assertKey(call.target.key);
  const payload = readPayload(call.request);
  const checksum = verifiedChecksum(call.request, payload);
  const object = newObject(call, { body: payload.bytes, headers: keptHeaders(call), checksum });
  assertWritable(call);
  storeObject(call.bucket, object);
  return { status: 200, headers: writtenHeaders(object) };
}

/** @throws S3Error KeyTooLongError */
export function assertKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size <= KEY_LIMIT_BYTES) return;
  throw new S3Error('KeyTooLongError', 'Your key is too long', {
    extra: { Size: String(size), MaxSizeAllowed: String(KEY_LIMIT_BYTES) },
  });
}

export function fullChecksum(body: Buffer, algorithm: ChecksumAlgorithm = DEFAULT_ALGORITHM): Checksum {
  return { algorithm, value: checksumOf(algorithm, body), type: 'FULL_OBJECT' };
}

/** The algorithm that a header names. @throws S3Error InvalidRequest for one that S3 does not have */
export function namedAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  const algorithm = CHECKSUM_ALGORITHMS.find((one) => one === name?.toUpperCase());
  if (algorithm !== undefined || name === undefined) return algorithm;
  const message = `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${CHECKSUM_ALGORITHMS.join(', ')}]`;
  throw new S3Error('InvalidRequest', message);
}

/** CopyObject, within the sandbox and whatever the regions of the buckets. */
export function copyObject(call: BucketCall): SandboxReply {
  assertKey(call.target.key);
  const source = copySource(call);
  const isReplaced = header(call, 'x-amz-metadata-directive')?.toUpperCase() === 'REPLACE';
  const own = keptHeaders(call);
  const changesNothing =
    !isReplaced && header(call, 'x-amz-storage-class') === undefined && !asksForEncryption(call);
  if (changesNothing && source.bucketName === call.bucket.name && source.key === call.target.key)
    throw illegalCopy();

  const { algorithm } = source.checksum ?? {};
  const object = newObject(call, {
    body: source.body,
    headers: isReplaced ? own : { ...source.headers, ...encryptionHeaders(own) },
    checksum: fullChecksum(
      source.body,
      namedAlgorithm(header(call, 'x-amz-checksum-algorithm')) ?? algorithm,
    ),
  });
  assertWritable(call);
  storeObject(call.bucket, object);
  return xmlReply(
    'CopyObjectResult',
    {
      LastModified: isoTime(object.lastModified),
      ETag: quoted(object.etag),
      ...checksumMembers(object.checksum),
    },
    encryptionHeaders(object.headers),
  );
}

export function checksumMembers(checksum: Checksum | undefined): Readonly<Record<string, XmlContent>> {
  return checksum === undefined
    ? {}
    : { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type };
}

/** DeleteObject: no error where there is no such object. */
export function deleteObject(call: BucketCall): SandboxReply {
  assertDeletable(call);
  removeObject(call.bucket, call.target.key);
  return { status: 204 };
}

/** Keys in one DeleteObjects. */
const DELETE_LIMIT = 1000;

/** DeleteObjects. */
export function deleteObjects(call: BucketCall): SandboxReply {
  const payload = readPayload(call.request);
  const checksum = verifiedChecksum(call.request, payload);
  if (checksum === undefined && header(call, 'content-md5') === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  }
  const document = readXml(payload.bytes.toString(), 'Delete');
  const keys = document.children
    .filter(({ name }) => name === 'Object')
    .map((object) => childText(object, 'Key'));
  if (keys.length === 0 || keys.length > DELETE_LIMIT) throw malformed();
  const deleted = keys.map((key) => {
    if (key === undefined || key === '') throw malformed();
    return { Key: key };
  });
  for (const { Key } of deleted) removeObject(call.bucket, Key);
  return xmlReply('DeleteResult', childText(document, 'Quiet') === 'true' ? {} : { Deleted: deleted });
}

type Written = Pick<S3Object, 'body' | 'headers'> & { readonly checksum: Checksum | undefined };

function newObject({ target, options }: BucketCall, { body, headers, checksum }: Written): S3Object {
  return {
    key: target.key,
    body,
    etag: createHash('md5').update(body).digest('hex'),
    lastModified: options.clock(),
    headers,
    checksum: checksum ?? fullChecksum(body),
    partSizes: [],
  };
}

function asksForEncryption(call: BucketCall): boolean {
  return Object.keys(encryptionHeaders(call.request.headers as Record<string, string>)).length > 0;
}

function illegalCopy(): S3Error {
  return new S3Error(
    'InvalidRequest',
    'This copy request is illegal because it is trying to copy an object to itself without changing the ' +
      "object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
