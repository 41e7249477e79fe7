import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** S3's checksum algorithms but for the XXHASH family, by the name in the API; headers and XML members are `x-amz-checksum-crc32`, `ChecksumCRC32`. */
export const CHECKSUM_ALGORITHMS = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'MD5',
  'SHA1',
  'SHA256',
  'SHA512',
] as const;

export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export type Checksum = {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; of a composite, with `-` and the number of parts. */
  readonly value: string;
  /** Of the object's bytes, or of its parts' checksums. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
};

/** The base64 checksum of some bytes. */
export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Buffer): string {
  return DIGESTS[algorithm](bytes).toString('base64');
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

const DIGESTS: Readonly<Record<ChecksumAlgorithm, (bytes: Buffer) => Buffer>> = {
  CRC32: (bytes) => uint32(crc32(bytes)),
  CRC32C: (bytes) => uint32(crc32c(bytes)),
  CRC64NVME: (bytes) => crc64nvme(bytes),
  MD5: (bytes) => createHash('md5').update(bytes).digest(),
  SHA1: (bytes) => createHash('sha1').update(bytes).digest(),
  SHA256: (bytes) => createHash('sha256').update(bytes).digest(),
  SHA512: (bytes) => createHash('sha512').update(bytes).digest(),
};

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value >>> 0);
  return buffer;
}

/** CRC-32C (Castagnoli), reflected. */
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0x82f63b78 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32c(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC32C_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return value ^ 0xffffffff;
}

/** CRC-64/NVME, reflected, as two tables of 32-bit halves: BigInt for each byte would be a hundred times slower. */
const CRC64NVME_TABLE = createCrc64Table(0x9a6c9329ac4bc9b5n);

function createCrc64Table(polynomial: bigint): { readonly high: Uint32Array; readonly low: Uint32Array } {
  const values = Array.from({ length: 256 }, (_, index) => {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? polynomial ^ (value >> 1n) : value >> 1n;
    return value;
  });
  return {
    high: Uint32Array.from(values, (value) => Number(value >> 32n)),
    low: Uint32Array.from(values, (value) => Number(value & 0xffffffffn)),
  };
}

function crc64nvme(bytes: Buffer): Buffer {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = (CRC64NVME_TABLE.low[index] ?? 0) ^ ((low >>> 8) | (high << 24));
    high = (CRC64NVME_TABLE.high[index] ?? 0) ^ (high >>> 8);
  }
  return Buffer.concat([uint32(high ^ 0xffffffff), uint32(low ^ 0xffffffff)]);
}
