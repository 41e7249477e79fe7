import { type Command, InvalidArgumentError, Option } from 'commander';
import { LineageError } from '../errors.ts';
import type { Encryption } from '../neptune/s3-requests.ts';

/** Options of every command that writes to a bucket. */
export type BucketOptions = {
  readonly sse?: Encryption['method'];
  readonly sseKmsKeyId?: string;
  readonly expectedBucketOwner?: string;
};

export function withBucketOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--sse [method]', 'how S3 encrypts the objects (default: as the bucket says)')
        .choices(['AES256', 'aws:kms'])
        .preset('AES256'),
    )
    .option('--sse-kms-key-id <id>', 'key of AWS KMS: id, ARN or alias, with --sse aws:kms')
    .addOption(expectedBucketOwnerOption());
}

/** Of every command that reads or writes a bucket of the user's. */
export function expectedBucketOwnerOption(): Option {
  return new Option('--expected-bucket-owner <account>', 'account that the bucket must belong to').argParser(
    accountId,
  );
}

/** @throws LineageError (usage) for a key without --sse aws:kms. */
export function encryptionOf({ sse, sseKmsKeyId: keyId }: BucketOptions): Encryption | undefined {
  if (keyId !== undefined && sse !== 'aws:kms') {
    throw new LineageError(
      'usage',
      `Expected --sse aws:kms with --sse-kms-key-id, got ${sse === undefined ? 'no --sse' : `--sse ${sse}`}.`,
      { hint: 'Add --sse aws:kms, or leave --sse-kms-key-id out.' },
    );
  }
  return sse === 'aws:kms' ? { method: sse, keyId } : sse && { method: sse };
}

function accountId(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected an account id of twelve digits.');
}
