import { LineageError } from '../errors.ts';

/** A place in S3: a bucket and a key, or the beginning of keys (a prefix). */
export type S3Location = {
  readonly bucket: string;
  /** Without a slash in front; empty for the bucket itself. */
  readonly key: string;
};

/** 3 to 63 of lower-case letters, digits, dots, hyphens (S3 user guide, "General purpose bucket naming rules"). */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const FORM = 'Write it as s3://bucket/prefix.';

/** `s3://bucket/key`, as it stands: S3 URIs are not percent-encoded. @throws LineageError (usage) for anything else. */
export function parseS3Uri(text: string): S3Location {
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(text);
  if (match === null)
    throw new LineageError('usage', `Expected an S3 URI, got ${JSON.stringify(text)}.`, { hint: FORM });
  const [, bucket = '', key = ''] = match;
  if (!BUCKET.test(bucket)) {
    const found = bucket === '' ? 'none' : JSON.stringify(bucket);
    throw new LineageError(
      'usage',
      `Expected the name of a bucket in ${JSON.stringify(text)}, got ${found}.`,
      {
        hint: `${FORM} A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens.`,
      },
    );
  }
  return { bucket, key };
}

export function formatS3Uri({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`;
}

/**
 * The location as a folder: its key ends in `/`, or is empty. To S3 and to Neptune's loader a source is the beginning of
 * keys, so that `runs/1` would also take `runs/10/` (Neptune user guide, "Loader command": source).
 */
export function asFolder({ bucket, key }: S3Location): S3Location {
  return { bucket, key: key === '' || key.endsWith('/') ? key : `${key}/` };
}

/** What lies under a folder. */
export function under(folder: S3Location, path: string): S3Location {
  return { bucket: folder.bucket, key: `${asFolder(folder).key}${path}` };
}
