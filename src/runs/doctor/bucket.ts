import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type PermissionResources, permissionResource } from '../../graph/permissions.ts';
import { bucketOf, type Encryption, encryptionOf } from '../../neptune/s3-requests.ts';
import { asFolder, type S3Location, under } from '../../neptune/s3-uri.ts';
import { type DoctorLine, ok, unknown, wrong } from './line.ts';
import type { Failure, Observe, Observed } from './observe.ts';
import { denialRemedy, failureRemedy, failureText, permissionLine } from './permission-line.ts';

/** Where an upload would go, and how. */
export type BucketTarget = {
  readonly location: S3Location;
  readonly region: string;
  /** The caller's account, where STS said it. */
  readonly account?: string | undefined;
  readonly expectedBucketOwner?: string | undefined;
  readonly encryption?: Encryption | undefined;
};

/** What was seen of a bucket. The upload is begun, sent one part of, and thrown away: no object comes of it. */
export type BucketObservations = {
  readonly head: Observed<{ readonly region: string | undefined }>;
  /** The same, on condition that the bucket belongs to whom it should. Undefined where nobody is known to compare with. */
  readonly owned: Observed<unknown> | undefined;
  readonly list: Observed<unknown>;
  readonly uploads: Observed<unknown>;
  /** A key that does not exist. */
  readonly get: Observed<unknown>;
  /** Undefined where nobody wants to write. */
  readonly begun: Observed<BegunUpload> | undefined;
  /** Undefined where no upload could be begun, or where no key of KMS is at work that a part would show. */
  readonly part: Observed<unknown> | undefined;
  /** Undefined where no upload could be begun. */
  readonly abort: Observed<unknown> | undefined;
};

type BegunUpload = {
  readonly key: string;
  readonly uploadId: string;
  /** How S3 will encrypt the object. */
  readonly encryption: string | undefined;
  readonly keyId: string | undefined;
};

type BucketQuestions = {
  readonly observe: Observe;
  /** Part of the keys that are asked for. */
  readonly id: string;
  /** The actions to try. */
  readonly wanted: ReadonlySet<string>;
};

/** Looks at a bucket without writing an object. */
export async function observeBucket(
  s3: S3Client,
  target: BucketTarget,
  { observe, id, wanted }: BucketQuestions,
): Promise<BucketObservations> {
  const { location, account, expectedBucketOwner } = target;
  const Bucket = location.bucket;
  const { key: Prefix } = asFolder(location);
  const { key: Key } = under(location, `smlineage-doctor/${id}`);
  const owner = expectedBucketOwner ?? account;
  const [head, owned, list, uploads, get, upload] = await Promise.all([
    observe(async (abortSignal) => {
      const { BucketRegion } = await s3.send(new HeadBucketCommand({ Bucket }), { abortSignal });
      return { region: BucketRegion };
    }),
    owner === undefined
      ? undefined
      : observe((abortSignal) =>
          s3.send(new HeadBucketCommand(bucketOf(location, { expectedBucketOwner: owner })), { abortSignal }),
        ),
    observe((abortSignal) =>
      s3.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }), { abortSignal }),
    ),
    observe((abortSignal) =>
      s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix, MaxUploads: 1 }), { abortSignal }),
    ),
    observe((abortSignal) => s3.send(new GetObjectCommand({ Bucket, Key }), { abortSignal })),
    wanted.has('s3:PutObject')
      ? observeUpload(
          s3,
          { Bucket, Key, ExpectedBucketOwner: expectedBucketOwner },
          target.encryption,
          observe,
        )
      : NO_UPLOAD,
  ]);
  return { head, owned, list, uploads, get, ...upload };
}

const NO_UPLOAD = { begun: undefined, part: undefined, abort: undefined } as const;

type Address = {
  readonly Bucket: string;
  readonly Key: string;
  /** Nothing is sent to a stranger. */
  readonly ExpectedBucketOwner: string | undefined;
};

/**
 * Begins an upload and throws it away: what writing takes, without writing. Where KMS encrypts, a part of one byte is sent
 * too: beginning takes kms:GenerateDataKey, parts take kms:Decrypt (S3 user guide, "Multipart upload API and permissions").
 */
async function observeUpload(
  s3: S3Client,
  address: Address,
  encryption: Encryption | undefined,
  observe: Observe,
): Promise<Pick<BucketObservations, 'begun' | 'part' | 'abort'>> {
  const begun = await observe(async (abortSignal) => {
    const command = new CreateMultipartUploadCommand({ ...address, ...encryptionOf(encryption) });
    const { UploadId, ServerSideEncryption, SSEKMSKeyId } = await s3.send(command, { abortSignal });
    if (UploadId === undefined) throw new SyntaxError('the reply names no upload');
    return { key: address.Key, uploadId: UploadId, encryption: ServerSideEncryption, keyId: SSEKMSKeyId };
  });
  if (begun.failure !== undefined) return { begun, part: undefined, abort: undefined };
  const { uploadId: UploadId } = begun.reply;
  const sendPart = (abortSignal: AbortSignal) =>
    s3.send(new UploadPartCommand({ ...address, UploadId, PartNumber: 1, Body: '.' }), { abortSignal });
  const part = begun.reply.encryption?.startsWith('aws:kms') ? await observe(sendPart) : undefined;
  const abort = await observe((abortSignal) =>
    s3.send(new AbortMultipartUploadCommand({ ...address, UploadId }), { abortSignal }),
  );
  return { begun, part, abort };
}

/** The lines of a bucket. Where it is not there, or elsewhere, nothing else is told of it. */
export function bucketLines(
  observations: BucketObservations,
  target: BucketTarget,
  resources: PermissionResources,
): readonly DoctorLine[] {
  const { list, uploads, get } = observations;
  const bucket = bucketLine(observations, target);
  const notTried = unknown('bucket access', 'not tried', 'Mend the bucket first, and run doctor again.');
  if (bucket.verdict !== 'ok') return [bucket, notTried];
  const owner = ownerLine(observations, target);
  if (owner?.verdict === 'wrong') return [bucket, owner, notTried];
  return [
    bucket,
    owner,
    permissionLine('s3:ListBucket', 'bucket', list, resources),
    permissionLine('s3:ListBucketMultipartUploads', 'bucket', uploads, resources),
    getLine(get, list, resources),
    ...writeLines(observations, target, resources),
  ].filter((line) => line !== undefined);
}

/** Whether the bucket is there, in the Region of the cluster. */
function bucketLine(
  { head, list }: Pick<BucketObservations, 'head' | 'list'>,
  { location: { bucket }, region }: BucketTarget,
): DoctorLine {
  const found = head.failure === undefined ? head.reply.region : regionOfRefusal(head.failure);
  if (found !== undefined && found !== region) {
    return wrong(
      'bucket',
      `${bucket} is in ${found}, and not in ${region}`,
      `Use a bucket in ${region}: Neptune loads only from its own Region.`,
    );
  }
  const { failure = list.failure } = head;
  if (failure === undefined || failure.kind === 'denied') {
    // A bucket of another account denies, one that is not there does not: it is there.
    return ok('bucket', `${bucket} in ${found ?? region}`);
  }
  if (failure.status === 404) {
    return wrong(
      'bucket',
      `there is no bucket ${bucket}`,
      `Create it in ${region}, or correct its name in --to.`,
    );
  }
  if (failure.kind === 'unreachable' || failure.kind === 'timeout' || failure.kind === 'tls') {
    const remedy = `Let this machine reach S3 in ${region}: by NAT, or by a gateway endpoint com.amazonaws.${region}.s3.`;
    return wrong('bucket', `S3 cannot be reached: ${failureText(failure)}`, remedy);
  }
  return unknown('bucket', `not told: ${failureText(failure)}`, failureRemedy(failure));
}

/** S3 names the Region of a bucket whatever it answers, a redirect or a denial, in a header (HeadBucket API page). */
function regionOfRefusal({ cause }: Failure): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { $response } = cause as { $response?: { headers?: Readonly<Record<string, string>> } };
  return $response?.headers?.['x-amz-bucket-region'];
}

/** Whether the bucket belongs to whom it should: S3 denies a request that expects another owner. */
function ownerLine(
  { head, owned }: Pick<BucketObservations, 'head' | 'owned'>,
  { account, expectedBucketOwner, location: { bucket } }: BucketTarget,
): DoctorLine | undefined {
  const check = 'bucket owner';
  const expected = expectedBucketOwner ?? account;
  if (expected === undefined || owned === undefined || head.failure !== undefined) return undefined;
  if (owned.failure === undefined) return ok(check, expected);
  if (owned.failure.kind !== 'denied') {
    return unknown(check, `not told: ${failureText(owned.failure)}`, failureRemedy(owned.failure));
  }
  if (expectedBucketOwner !== undefined) {
    const remedy = `Find out whose ${bucket} is before anything is sent there, and pass another --to or --expected-bucket-owner.`;
    return wrong(check, `not ${expectedBucketOwner}`, remedy);
  }
  return unknown(
    check,
    `not ${account}, the account of the caller`,
    'If the bucket of another account is meant, pass that account as --expected-bucket-owner.',
  );
}

/** A key that is not there is "denied" to those who may not list the bucket (GetObject API page). */
function getLine(
  get: Observed<unknown>,
  list: Observed<unknown>,
  resources: PermissionResources,
): DoctorLine {
  const action = 's3:GetObject';
  if (get.failure?.kind === 'denied' && list.failure?.kind === 'denied') {
    const remedy = 'Allow s3:ListBucket first: without it S3 denies whatever is not there.';
    return unknown(action, 'not told: the bucket may not be listed', remedy);
  }
  return permissionLine(action, 'objects', get, resources);
}

const BEGIN_FIRST = 'Mend what keeps an upload from beginning, and run doctor again.';

function writeLines(
  { begun, part, abort }: BucketObservations,
  { encryption }: BucketTarget,
  resources: PermissionResources,
): readonly DoctorLine[] {
  const notTried = (check: string) => unknown(check, 'not tried: no upload could be begun', BEGIN_FIRST);
  const put = 's3:PutObject';
  if (begun === undefined) return [];
  if (begun.failure !== undefined) {
    const key = keyLine(begun.failure, encryption, resources);
    const lines =
      key === undefined
        ? [putLine(begun, encryption, resources), notTried('encryption')]
        : [ok(put, 'allowed'), key, notTried('kms:Decrypt')];
    return [...lines, notTried('s3:AbortMultipartUpload')];
  }
  const { keyId, encryption: method = 'AES256' } = begun.reply;
  const encrypted = ok('encryption', keyId === undefined ? method : `${method} with ${keyId}`);
  const kms = part === undefined ? [] : [part];
  return [
    ok(put, 'allowed'),
    encrypted,
    ...kms.flatMap((sent) => [
      ok('kms:GenerateDataKey', 'allowed'),
      permissionLine('kms:Decrypt', 'key', sent, { ...resources, key: keyId }),
    ]),
    ...(abort === undefined ? [] : [abortLine(abort, begun.reply, resources)]),
  ];
}

/** A denial that says nothing more may also be the key's: not every refusal of KMS comes with its action. */
function putLine(
  begun: Observed<unknown>,
  encryption: Encryption | undefined,
  resources: PermissionResources,
): DoctorLine {
  const line = permissionLine('s3:PutObject', 'objects', begun, resources);
  const isPlain = begun.failure?.kind === 'denied' && !begun.failure.message.includes('not authorized');
  if (!isPlain || line.remedy === undefined || encryption?.method !== 'aws:kms') return line;
  const key = permissionResource('key', { ...resources, key: encryption.keyId });
  const remedy = `${line.remedy.replace(/\.$/, '')}, and kms:GenerateDataKey and kms:Decrypt on ${key}.`;
  return { ...line, remedy };
}

function abortLine(
  abort: Observed<unknown>,
  { key, uploadId }: BegunUpload,
  resources: PermissionResources,
): DoctorLine {
  const line = permissionLine('s3:AbortMultipartUpload', 'objects', abort, resources);
  if (line.verdict === 'ok') return line;
  return { ...line, found: `${line.found}; left over: the upload ${uploadId} of ${key}` };
}

/** What S3 says of a key: by a denial that names an action of KMS, or by KMS's own error. */
function keyLine(
  failure: Failure,
  encryption: Encryption | undefined,
  resources: PermissionResources,
): DoctorLine | undefined {
  const keyId = encryption?.method === 'aws:kms' ? encryption.keyId : undefined;
  const key = /on resource: "?(arn:[^"\s]*:kms:[^"\s]*)/.exec(failure.message)?.[1] ?? keyId;
  const action = /\bkms:\w+/.exec(failure.message)?.[0];
  if (failure.kind === 'denied' && action !== undefined) {
    const remedy = denialRemedy(action, 'key', failure, { ...resources, key });
    return wrong(
      'kms:GenerateDataKey',
      `denied (${failure.message})`,
      `${remedy.replace(/\.$/, '')}, and in the policy of the key.`,
    );
  }
  if (!failure.name.startsWith('KMS.')) return undefined;
  return wrong(
    'encryption',
    failureText(failure),
    `Pass a key as --sse-kms-key-id that is enabled, and in the Region of the bucket${key === undefined ? '' : ` (not ${key})`}.`,
  );
}
