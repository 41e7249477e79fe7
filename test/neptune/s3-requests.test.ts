import { expect, test } from 'vitest';
import { type Encryption, encryptionOf, isEncryptedAs } from '../../src/neptune/s3-requests.ts';

const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ARN = `arn:aws:kms:us-east-1:123456789012:key/${ID}`;

const kms = (keyId?: string): Encryption => ({ method: 'aws:kms', keyId });
const AES: Encryption = { method: 'AES256' };

test.each([
  ['nothing asked', undefined, { ServerSideEncryption: 'aws:kms' }, true],
  ['S3’s own keys', AES, { ServerSideEncryption: 'AES256' }, true],
  ['S3’s own keys, found KMS', AES, { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ARN }, false],
  ['KMS, found S3’s own keys', kms(), { ServerSideEncryption: 'AES256' }, false],
  ['KMS, found nothing', kms(), {}, false],
  ['KMS with any key', kms(), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ARN }, true],
  ['a key by ARN', kms(ARN), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ARN }, true],
  ['a key by id', kms(ID), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ARN }, true],
  ['another key', kms(ID.replace('1', '2')), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ARN }, false],
  ['an alias', kms('alias/lineage'), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ARN }, true],
  [
    'the ARN of an alias',
    kms('arn:aws:kms:us-east-1:123456789012:alias/lineage'),
    { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ARN },
    true,
  ],
])('an object is encrypted as asked, or not: %s', (_, asked, found, isSame) => {
  expect(isEncryptedAs(asked, found)).toBe(isSame);
});

test.each([
  [undefined, {}],
  [AES, { ServerSideEncryption: 'AES256' }],
  [kms(), { ServerSideEncryption: 'aws:kms' }],
  [kms(ID), { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: ID }],
])('%o is asked of S3 as %o', (encryption, members) => {
  expect(encryptionOf(encryption)).toEqual(members);
});
