import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Error } from './s3-errors.ts';
import { abortOption, addressOf, assertFromS3 } from './s3-requests.ts';
import type { S3Location } from './s3-uri.ts';

/** The bytes of an object as they come. @throws LineageError as {@link s3Error} says. */
export async function openObject(
  client: S3Client,
  from: S3Location,
  signal?: AbortSignal,
): Promise<Readable> {
  try {
    const { Body, ETag } = await client.send(new GetObjectCommand(addressOf(from)), abortOption(signal));
    assertFromS3(ETag, 'read', from);
    return Body as Readable;
  } catch (error) {
    throw await s3Error(error, client, { doing: 'read the object', ...from });
  }
}
