/** What the sandbox's Neptune loader needs of the sandbox's S3. */
export type StoredObject = {
  readonly bucket: string;
  readonly key: string;
  /** Changes with every overwrite, so that a loader can tell that a file moved under it. */
  readonly etag: string;
  readonly body: Buffer;
};

export type ObjectStore = {
  /** Where the bucket lives, or undefined where there is no such bucket. */
  bucketRegion(bucket: string): string | undefined;
  /** Keys that start with the prefix, in UTF-8 byte order. */
  keys(bucket: string, prefix: string): Iterable<string>;
  get(bucket: string, key: string): StoredObject | undefined;
};
