import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Error } from './s3-errors.ts';
import { abortOption, addressOf, type BucketAccess } from './s3-requests.ts';
import type { S3Location } from './s3-uri.ts';

/** Removes an object; that there is none is no error. @throws LineageError where S3 refuses */
export async function removeObject(
  client: S3Client,
  at: S3Location,
  access: BucketAccess = {},
): Promise<void> {
  try {
    await client.send(new DeleteObjectCommand(addressOf(at, access)), abortOption(access.signal));
  } catch (error) {
    throw await s3Error(error, client, { doing: 'remove the object', ...at, ...access });
  }
}
