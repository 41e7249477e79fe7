import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isMissingKey, isTaken, s3Error } from './s3-errors.ts';
import {
  abortOption,
  addressOf,
  assertFromS3,
  type BucketAccess,
  type Encryption,
  encryptionOf,
} from './s3-requests.ts';
import type { S3Location } from './s3-uri.ts';

/** A small object, and the tag that changes whenever it is written. */
export type TaggedText = { readonly text: string; readonly etag: string };

type WriteOptions = BucketAccess & { readonly encryption?: Encryption | undefined };

/** The object as it stands; undefined where there is none. @throws LineageError where S3 refuses */
export async function readTagged(
  client: S3Client,
  from: S3Location,
  access: BucketAccess = {},
): Promise<TaggedText | undefined> {
  try {
    const command = new GetObjectCommand(addressOf(from, access));
    const { Body, ETag } = await client.send(command, abortOption(access.signal));
    assertFromS3(ETag, 'read', from);
    return { text: (await Body?.transformToString()) ?? '', etag: ETag ?? '' };
  } catch (error) {
    if (isMissingKey(error)) return undefined;
    throw await s3Error(error, client, { doing: 'read the object', ...from, ...access });
  }
}

/**
 * Writes the object if nobody wrote it since it had this tag, or if there is none where `expected` is undefined (S3 user
 * guide, "Conditional writes": If-Match, If-None-Match). A write whose reply was lost is known again by its text, so no two
 * writers may ever write the same.
 *
 * @returns the object as it is now; undefined where another was there first
 * @throws LineageError where S3 refuses for any other reason
 */
export async function writeTagged(
  client: S3Client,
  to: S3Location,
  { text, expected }: { readonly text: string; readonly expected: string | undefined },
  { encryption, ...access }: WriteOptions = {},
): Promise<TaggedText | undefined> {
  const condition = expected === undefined ? { IfNoneMatch: '*' } : { IfMatch: expected };
  try {
    const command = new PutObjectCommand({
      ...addressOf(to, access),
      ...encryptionOf(encryption),
      ...condition,
      Body: text,
      ContentType: 'application/json',
      ChecksumAlgorithm: 'SHA256',
    });
    const { ETag } = await client.send(command, abortOption(access.signal));
    assertFromS3(ETag, 'write', to);
    return { text, etag: ETag ?? '' };
  } catch (error) {
    if (!isTaken(error) && !isMissingKey(error))
      throw await s3Error(error, client, { doing: 'write the object', ...to, ...access });
    const found = await readTagged(client, to, access);
    return found?.text === text ? found : undefined;
  }
}

/** Removes the object if nobody wrote it since it had this tag. @returns whether it is gone by this call */
export async function removeTagged(
  client: S3Client,
  at: S3Location,
  etag: string,
  access: BucketAccess = {},
): Promise<boolean> {
  try {
    const command = new DeleteObjectCommand({ ...addressOf(at, access), IfMatch: etag });
    await client.send(command, abortOption(access.signal));
    return true;
  } catch (error) {
    if (isTaken(error) || isMissingKey(error)) return false;
    throw await s3Error(error, client, { doing: 'remove the object', ...at, ...access });
  }
}
