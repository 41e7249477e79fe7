import type { ObjectStore } from '../object-store.ts';
import type { Checksum } from './checksums.ts';
import { firstNotBefore } from './utf8-order.ts';

/** An object as it was last written. */
export type S3Object = {
  readonly key: string;
  readonly body: Buffer;
  /** Without its quotes. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly lastModified: number;
  /** Headers that come back as they were sent: content-type, x-amz-meta-*, server-side encryption … */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: Checksum;
  /** Sizes of the parts that it was uploaded in; empty for an object that was put whole. */
  readonly partSizes: readonly number[];
};

export type UploadedPart = {
  readonly number: number;
  readonly body: Buffer;
  readonly etag: string;
  readonly lastModified: number;
  readonly checksum: Checksum;
};

/** A multipart upload that is neither completed nor aborted. */
export type MultipartUpload = {
  readonly id: string;
  readonly key: string;
  readonly initiated: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksumAlgorithm: Checksum['algorithm'] | undefined;
  readonly checksumType: Checksum['type'] | undefined;
  readonly parts: Map<number, UploadedPart>;
};

export type Bucket = {
  readonly name: string;
  readonly region: string;
  readonly createdAt: number;
  readonly objects: Map<string, S3Object>;
  /** Keys of `objects`, in the order of their UTF-8 bytes. */
  readonly keys: string[];
  readonly uploads: Map<string, MultipartUpload>;
};

/** The buckets of the sandbox, by name. */
export type Buckets = Map<string, Bucket>;

export function createBucket(name: string, region: string, createdAt: number): Bucket {
  return { name, region, createdAt, objects: new Map(), keys: [], uploads: new Map() };
}

export function storeObject(bucket: Bucket, object: S3Object): void {
  if (!bucket.objects.has(object.key))
    bucket.keys.splice(firstNotBefore(bucket.keys, object.key), 0, object.key);
  bucket.objects.set(object.key, object);
}

export function removeObject(bucket: Bucket, key: string): void {
  if (bucket.objects.delete(key)) bucket.keys.splice(firstNotBefore(bucket.keys, key), 1);
}

/** The buckets as the Neptune loader reads them. */
export function objectStore(buckets: Buckets): ObjectStore {
  return {
    bucketRegion: (name) => buckets.get(name)?.region,
    *keys(name, prefix) {
      const { keys = [] } = buckets.get(name) ?? {};
      for (let index = firstNotBefore(keys, prefix); keys[index]?.startsWith(prefix); index += 1) {
        yield keys[index] ?? '';
      }
    },
    get(name, key) {
      const object = buckets.get(name)?.objects.get(key);
      return object && { bucket: name, key, etag: object.etag, body: object.body };
    },
  };
}
