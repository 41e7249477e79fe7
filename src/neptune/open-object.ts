import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { LineageError } from '../errors.ts';
import { s3Error } from './s3-errors.ts';
import { formatS3Uri, type S3Location } from './s3-uri.ts';

/** The bytes of an object as they come. @throws LineageError as {@link s3Error} says. */
export async function openObject(
  client: S3Client,
  { bucket, key }: S3Location,
  signal?: AbortSignal,
): Promise<Readable> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { Body } = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    if (Body !== undefined) return Body as Readable;
  } catch (error) {
    throw await s3Error(error, client, { doing: 'read the object', bucket, key });
  }
  throw new LineageError('unexpected', `S3 gave no body for ${formatS3Uri({ bucket, key })}.`);
}
