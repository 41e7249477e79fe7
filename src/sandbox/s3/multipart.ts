import { createHash, randomBytes } from 'node:crypto';
import type { SandboxReply } from '../service.ts';
import { type MultipartUpload, type S3Object, storeObject, type UploadedPart } from './buckets.ts';
import { byteRange } from './byte-range.ts';
import { type BucketCall, header, isoTime, query, queryNumber, quoted, xmlReply } from './call.ts';
import { type Checksum, checksumHeader, checksumOf } from './checksums.ts';
import { assertWritable } from './conditions.ts';
import { encryptionHeaders, keptHeaders } from './object-headers.ts';
import { ownerId } from './owner.ts';
import { readPayload, verifiedChecksum } from './payload.ts';
import { copySource } from './read-object.ts';
import { childText, malformed, readXml } from './read-xml.ts';
import { S3Error } from './s3-error.ts';
import { compareKeys } from './utf8-order.ts';
import { assertKey, checksumMembers, fullChecksum, namedAlgorithm } from './write-object.ts';

/** S3's limits (user guide, "Amazon S3 multipart upload limits"). */
const MINIMUM_PART_BYTES = 5 * 1024 * 1024;
const MAXIMUM_PARTS = 10_000;
const LIST_LIMIT = 1000;

/** CreateMultipartUpload. */
export function createMultipartUpload(call: BucketCall): SandboxReply {
  assertKey(call.target.key);
  const checksumAlgorithm = namedAlgorithm(header(call, 'x-amz-checksum-algorithm'));
  const upload: MultipartUpload = {
    id: randomBytes(48).toString('base64url'),
    key: call.target.key,
    initiated: call.options.clock(),
    headers: keptHeaders(call),
    checksumAlgorithm,
    checksumType: checksumType(call, checksumAlgorithm),
    parts: new Map(),
  };
  call.bucket.uploads.set(upload.id, upload);
  return xmlReply(
    'InitiateMultipartUploadResult',
    { Bucket: call.bucket.name, Key: upload.key, UploadId: upload.id },
    {
      ...encryptionHeaders(upload.headers),
      ...(upload.checksumAlgorithm && { 'x-amz-checksum-algorithm': upload.checksumAlgorithm }),
      ...(upload.checksumType && { 'x-amz-checksum-type': upload.checksumType }),
    },
  );
}

/** UploadPart. The same number again replaces the part. */
export function uploadPart(call: BucketCall): SandboxReply {
  const upload = uploadOf(call);
  const payload = readPayload(call.request);
  const sent = verifiedChecksum(call.request, payload);
  const part = storePart(call, upload, { body: payload.bytes, sent });
  const { algorithm, value } = part.checksum;
  return {
    status: 200,
    headers: {
      etag: quoted(part.etag),
      ...encryptionHeaders(upload.headers),
      [checksumHeader(algorithm)]: value,
    },
  };
}

/** UploadPartCopy: a range of an object that is there already. */
export function uploadPartCopy(call: BucketCall): SandboxReply {
  const upload = uploadOf(call);
  const source = copySource(call);
  const range = byteRange(header(call, 'x-amz-copy-source-range'), source.body.length);
  const body = range === undefined ? source.body : source.body.subarray(range.first, range.last + 1);
  const part = storePart(call, upload, { body, sent: undefined });
  const { algorithm, value } = part.checksum;
  return xmlReply('CopyPartResult', {
    LastModified: isoTime(part.lastModified),
    ETag: quoted(part.etag),
    [`Checksum${algorithm}`]: value,
  });
}

/** CompleteMultipartUpload: the listed parts become the object, in their order. */
export function completeMultipartUpload(call: BucketCall): SandboxReply {
  const upload = uploadOf(call);
  const listed = listedParts(readPayload(call.request).bytes);
  const parts = listed.map((part) => matchingPart(upload, part));
  for (const part of parts.slice(0, -1)) assertBigEnough(part);
  const body = Buffer.concat(parts.map((part) => part.body));
  const checksum = completedChecksum(upload, parts, body);
  assertDeclared(call, checksum, body);
  assertWritable(call);

  const digests = parts.map(({ etag }) => Buffer.from(etag, 'hex'));
  const object: S3Object = {
    key: upload.key,
    body,
    etag: `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`,
    lastModified: call.options.clock(),
    headers: upload.headers,
    checksum,
    partSizes: parts.map((part) => part.body.length),
  };
  storeObject(call.bucket, object);
  call.bucket.uploads.delete(upload.id);
  return xmlReply(
    'CompleteMultipartUploadResult',
    {
      Location: `${call.request.url.origin}${call.request.path}`,
      Bucket: call.bucket.name,
      Key: object.key,
      ETag: quoted(object.etag),
      ...checksumMembers(checksum),
    },
    encryptionHeaders(object.headers),
  );
}

/** AbortMultipartUpload. */
export function abortMultipartUpload(call: BucketCall): SandboxReply {
  call.bucket.uploads.delete(uploadOf(call).id);
  return { status: 204 };
}

/** ListParts. */
export function listParts(call: BucketCall): SandboxReply {
  const upload = uploadOf(call);
  const marker = queryNumber(call, 'part-number-marker', 0);
  const limit = Math.min(queryNumber(call, 'max-parts', LIST_LIMIT), LIST_LIMIT);
  const rest = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .sort((one, other) => one.number - other.number);
  const page = rest.slice(0, limit);
  return xmlReply('ListPartsResult', {
    Bucket: call.bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    ...initiatorOf(call),
    StorageClass: upload.headers['x-amz-storage-class'] ?? 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? marker,
    MaxParts: limit,
    IsTruncated: rest.length > page.length,
    ...uploadChecksum(upload),
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: isoTime(part.lastModified),
      ETag: quoted(part.etag),
      Size: part.body.length,
      [`Checksum${part.checksum.algorithm}`]: part.checksum.value,
    })),
  });
}

/** ListMultipartUploads: by key, then by start. */
export function listMultipartUploads(call: BucketCall): SandboxReply {
  const prefix = query(call, 'prefix') ?? '';
  const keyMarker = query(call, 'key-marker') ?? '';
  const uploadMarker = query(call, 'upload-id-marker') ?? '';
  const limit = Math.min(queryNumber(call, 'max-uploads', LIST_LIMIT), LIST_LIMIT);
  if (query(call, 'delimiter') !== undefined)
    throw new S3Error('NotImplemented', 'The sandbox lists uploads one by one.');
  const all = [...call.bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort(
      (one, other) =>
        compareKeys(one.key, other.key) || one.initiated - other.initiated || (one.id < other.id ? -1 : 1),
    );
  const seen = all.findLastIndex(
    ({ key, id }) =>
      compareKeys(key, keyMarker) < 0 || (key === keyMarker && (uploadMarker === '' || id === uploadMarker)),
  );
  const rest = all.slice(seen + 1);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const isTruncated = rest.length > page.length;
  const encode = query(call, 'encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
  return xmlReply('ListMultipartUploadsResult', {
    Bucket: call.bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: uploadMarker,
    NextKeyMarker: isTruncated && last !== undefined ? encode(last.key) : undefined,
    NextUploadIdMarker: isTruncated && last !== undefined ? last.id : undefined,
    Prefix: encode(prefix),
    EncodingType: query(call, 'encoding-type'),
    MaxUploads: limit,
    IsTruncated: isTruncated,
    Upload: page.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.id,
      ...initiatorOf(call),
      StorageClass: upload.headers['x-amz-storage-class'] ?? 'STANDARD',
      Initiated: isoTime(upload.initiated),
      ...uploadChecksum(upload),
    })),
  });
}

function checksumType(
  call: BucketCall,
  algorithm: Checksum['algorithm'] | undefined,
): Checksum['type'] | undefined {
  const asked = header(call, 'x-amz-checksum-type')?.toUpperCase();
  if (algorithm === undefined) {
    if (asked === undefined) return undefined;
    const message =
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.';
    throw new S3Error('InvalidRequest', message);
  }
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE') {
    throw new S3Error('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
  }
  if (isPossible(algorithm, type)) return type;
  const message = `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`;
  throw new S3Error('InvalidRequest', message);
}

/** CRC64NVME goes over the whole object only, digests over the parts' digests only; CRC32 and CRC32C either way. */
function isPossible(algorithm: Checksum['algorithm'], type: Checksum['type']): boolean {
  if (algorithm === 'CRC64NVME') return type === 'FULL_OBJECT';
  return algorithm.startsWith('CRC') || type === 'COMPOSITE';
}

/** @throws S3Error NoSuchUpload */
function uploadOf(call: BucketCall): MultipartUpload {
  const upload = call.bucket.uploads.get(query(call, 'uploadId') ?? '');
  if (upload !== undefined && upload.key === call.target.key) return upload;
  throw new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { extra: { UploadId: query(call, 'uploadId') ?? '' } },
  );
}

type PartInput = { readonly body: Buffer; readonly sent: Checksum | undefined };

function storePart(call: BucketCall, upload: MultipartUpload, { body, sent }: PartInput): UploadedPart {
  const number = queryNumber(call, 'partNumber', 0);
  if (number < 1 || number > MAXIMUM_PARTS) {
    const message = `Part number must be an integer between 1 and ${MAXIMUM_PARTS}, inclusive`;
    throw new S3Error('InvalidArgument', message, {
      extra: { ArgumentName: 'partNumber', ArgumentValue: String(number) },
    });
  }
  const expected = upload.checksumAlgorithm;
  if (expected !== undefined && sent !== undefined && sent.algorithm !== expected) {
    const message =
      `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, ` +
      `actual checksum Type: ${sent.algorithm.toLowerCase()}`;
    throw new S3Error('InvalidRequest', message);
  }
  const part = {
    number,
    body,
    etag: createHash('md5').update(body).digest('hex'),
    lastModified: call.options.clock(),
    checksum: sent ?? fullChecksum(body, expected),
  };
  upload.parts.set(number, part);
  return part;
}

type ListedPart = {
  readonly number: number;
  readonly etag: string | undefined;
  readonly checksums: ReadonlyMap<string, string>;
};

function listedParts(bytes: Buffer): readonly ListedPart[] {
  const document = readXml(bytes.toString(), 'CompleteMultipartUpload');
  const parts = document.children.map((part) => {
    const number = childText(part, 'PartNumber')?.trim() ?? '';
    if (part.name !== 'Part' || !/^\d{1,5}$/.test(number)) throw malformed();
    const members = part.children.filter(({ name }) => name.startsWith('Checksum'));
    return {
      number: Number(number),
      etag: childText(part, 'ETag')?.trim().replaceAll('"', ''),
      checksums: new Map(members.map(({ name, text }) => [name, text.trim()])),
    };
  });
  if (parts.length === 0) throw malformed();
  if (parts.some(({ number }, index) => number <= (parts[index - 1]?.number ?? 0))) {
    const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.';
    throw new S3Error('InvalidPartOrder', message);
  }
  return parts;
}

function matchingPart(upload: MultipartUpload, listed: ListedPart): UploadedPart {
  const part = upload.parts.get(listed.number);
  if (part === undefined || part.etag !== listed.etag) throw invalidPart(upload, listed);
  const { algorithm, value } = part.checksum;
  const declared = listed.checksums.get(`Checksum${algorithm}`);
  if (declared !== undefined && declared !== value) throw invalidPart(upload, listed);
  if (declared === undefined && upload.checksumType === 'COMPOSITE') {
    const name = algorithm.toLowerCase();
    const message =
      `The upload was created using a ${name} checksum. The complete request must include the checksum for each ` +
      `part. It was missing for part ${part.number} in the request.`;
    throw new S3Error('InvalidRequest', message);
  }
  return part;
}

/** All parts but the last. @throws S3Error EntityTooSmall */
function assertBigEnough(part: UploadedPart): void {
  if (part.body.length >= MINIMUM_PART_BYTES) return;
  throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    extra: {
      ProposedSize: String(part.body.length),
      MinSizeAllowed: String(MINIMUM_PART_BYTES),
      PartNumber: String(part.number),
      ETag: part.etag,
    },
  });
}

function invalidPart(upload: MultipartUpload, { number, etag = '' }: ListedPart): S3Error {
  const message =
    'One or more of the specified parts could not be found. The part may not have been uploaded, or the specified ' +
    "entity tag may not match the part's entity tag.";
  const extra = { UploadId: upload.id, PartNumber: String(number), ETag: etag };
  return new S3Error('InvalidPart', message, { extra });
}

function completedChecksum(upload: MultipartUpload, parts: readonly UploadedPart[], body: Buffer): Checksum {
  const { checksumAlgorithm: algorithm } = upload;
  if (algorithm === undefined || upload.checksumType !== 'COMPOSITE') return fullChecksum(body, algorithm);
  const sums = Buffer.concat(parts.map(({ checksum }) => Buffer.from(checksum.value, 'base64')));
  return { algorithm, value: `${checksumOf(algorithm, sums)}-${parts.length}`, type: 'COMPOSITE' };
}

/** What the request says that the object must come to: its checksum, its size. @throws S3Error */
function assertDeclared(call: BucketCall, checksum: Checksum, body: Buffer): void {
  const declared = header(call, checksumHeader(checksum.algorithm));
  if (declared !== undefined && declared.replace(/-\d+$/, '') !== checksum.value.replace(/-\d+$/, '')) {
    const message = `The ${checksum.algorithm} you specified did not match the calculated checksum.`;
    throw new S3Error('BadDigest', message);
  }
  const size = header(call, 'x-amz-mp-object-size');
  if (size !== undefined && Number(size) !== body.length) {
    const message = 'The provided x-amz-mp-object-size does not match the sum of the sizes of the parts.';
    throw new S3Error('InvalidRequest', message);
  }
}

function initiatorOf({ options }: BucketCall) {
  const ID = ownerId(options.account);
  return { Initiator: { ID }, Owner: { ID } };
}

function uploadChecksum({ checksumAlgorithm, checksumType: type }: MultipartUpload) {
  return { ChecksumAlgorithm: checksumAlgorithm, ChecksumType: type };
}
