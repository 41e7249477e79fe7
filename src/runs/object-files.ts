import type { S3Client } from '@aws-sdk/client-s3';
import { openPieces } from '../neptune/object-pieces.ts';
import type { BucketAccess, Encryption } from '../neptune/s3-requests.ts';
import { formatS3Uri, type S3Location, under } from '../neptune/s3-uri.ts';
import { writeObject } from '../neptune/write-object.ts';
import type { RunFiles } from './run-files.ts';
import { objectFile } from './source-files.ts';

/** How a bucket is written to and read. */
export type ObjectAccess = BucketAccess & {
  readonly s3: S3Client;
  readonly encryption?: Encryption | undefined;
};

/** The files of a run in S3, which are read and written there: nothing is put on the disk. */
export function objectFiles(folder: S3Location, { s3, encryption, ...access }: ObjectAccess): RunFiles {
  return {
    nameOf: (path) => formatS3Uri(under(folder, path)),
    open: (path) => openPieces(s3, under(folder, path), access),
    file: (path, bytes) => objectFile(s3, { ...under(folder, path), bytes }, access.signal),
    create: (path) => writeObject(s3, under(folder, path), { encryption, ...access }),
  };
}
