import type { SandboxReply, SandboxRequest, SandboxService } from '../service.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
} from './bucket-operations.ts';
import type { Bucket } from './buckets.ts';
import { type BucketCall, type Call, header, type S3Options } from './call.ts';
import { listObjects, listObjectsV2 } from './list-objects.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
  uploadPartCopy,
} from './multipart.ts';
import { getObjectAttributes, readObject } from './read-object.ts';
import { noSuchBucket, S3Error } from './s3-error.ts';
import { operationKey, targetOf } from './target.ts';
import { copyObject, deleteObject, deleteObjects, putObject } from './write-object.ts';
import { errorXml } from './xml.ts';

/** S3 with its objects in memory. */
export function s3Service(options: S3Options): SandboxService {
  return {
    operation: (request) => operationOf(request)?.name ?? 'Unknown',
    async reply(request) {
      const common = { 'x-amz-request-id': request.id, 'x-amz-id-2': request.id, server: 'AmazonS3' };
      const { headers, ...reply } = replyOrRefusal(options, request);
      return { ...reply, headers: { ...common, ...headers } };
    },
  };
}

type Operation = { readonly name: string } & (
  | { readonly onBucket: (call: BucketCall) => SandboxReply; readonly anyRegion?: boolean }
  | { readonly onAll: (call: Call) => SandboxReply }
);

const GET_OBJECT: Operation = { name: 'GetObject', onBucket: readObject };
const HEAD_OBJECT: Operation = { name: 'HeadObject', onBucket: readObject };

/** Operations by method, level and the query parameters that choose them: see operationKey. */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['GET service', { name: 'ListBuckets', onAll: listBuckets }],
  ['PUT bucket', { name: 'CreateBucket', onAll: createBucket }],
  ['HEAD bucket', { name: 'HeadBucket', onBucket: headBucket }],
  ['DELETE bucket', { name: 'DeleteBucket', onBucket: deleteBucket }],
  ['GET bucket location', { name: 'GetBucketLocation', onBucket: getBucketLocation, anyRegion: true }],
  ['GET bucket', { name: 'ListObjects', onBucket: listObjects }],
  ['GET bucket list-type', { name: 'ListObjectsV2', onBucket: listObjectsV2 }],
  ['GET bucket uploads', { name: 'ListMultipartUploads', onBucket: listMultipartUploads }],
  ['POST bucket delete', { name: 'DeleteObjects', onBucket: deleteObjects }],
  ['PUT object', { name: 'PutObject', onBucket: putObject }],
  ['PUT object+copy', { name: 'CopyObject', onBucket: copyObject }],
  ['GET object', GET_OBJECT],
  ['GET object partNumber', GET_OBJECT],
  ['HEAD object', HEAD_OBJECT],
  ['HEAD object partNumber', HEAD_OBJECT],
  ['GET object attributes', { name: 'GetObjectAttributes', onBucket: getObjectAttributes }],
  ['DELETE object', { name: 'DeleteObject', onBucket: deleteObject }],
  ['POST object uploads', { name: 'CreateMultipartUpload', onBucket: createMultipartUpload }],
  ['PUT object partNumber&uploadId', { name: 'UploadPart', onBucket: uploadPart }],
  ['PUT object partNumber&uploadId+copy', { name: 'UploadPartCopy', onBucket: uploadPartCopy }],
  ['POST object uploadId', { name: 'CompleteMultipartUpload', onBucket: completeMultipartUpload }],
  ['DELETE object uploadId', { name: 'AbortMultipartUpload', onBucket: abortMultipartUpload }],
  ['GET object uploadId', { name: 'ListParts', onBucket: listParts }],
]);

function operationOf(request: SandboxRequest): Operation | undefined {
  try {
    return OPERATIONS.get(operationKey(request, targetOf(request)));
  } catch (error) {
    if (error instanceof S3Error) return undefined;
    throw error;
  }
}

function replyOrRefusal(options: S3Options, request: SandboxRequest): SandboxReply {
  try {
    return answer(options, request);
  } catch (error) {
    if (error instanceof S3Error) return refusal(request, error);
    throw error;
  }
}

function answer(options: S3Options, request: SandboxRequest): SandboxReply {
  const target = targetOf(request);
  const operation = OPERATIONS.get(operationKey(request, target));
  if (request.credential === undefined) throw unsigned(request);
  if (operation === undefined) {
    throw new S3Error(
      'NotImplemented',
      'A header or parameter you provided implies functionality that is not implemented',
    );
  }
  const call = { options, request, target, region: request.credential.region };
  if ('onAll' in operation) return operation.onAll(call);
  const bucket = options.buckets.get(target.bucket);
  if (bucket === undefined) throw noSuchBucket(target.bucket);
  assertOwner(call);
  if (operation.anyRegion !== true) assertRegion(call, bucket);
  return operation.onBucket({ ...call, bucket });
}

/** Buckets made since June 2020 do not take signatures of version 2, which old clients still presign URLs with. */
function unsigned({ headers, url }: SandboxRequest): S3Error {
  const isVersion2 = headers.authorization?.startsWith('AWS ') || url.searchParams.has('AWSAccessKeyId');
  if (!isVersion2) return new S3Error('AccessDenied', 'Access Denied');
  const message =
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.';
  return new S3Error('InvalidRequest', message);
}

function assertOwner(call: Call): void {
  const expected = header(call, 'x-amz-expected-bucket-owner');
  if (expected === undefined || expected === call.options.account) return;
  if (/^\d{12}$/.test(expected)) throw new S3Error('AccessDenied', 'Access Denied');
  const message = 'The value of the expected bucket owner parameter must be an AWS account ID';
  throw new S3Error('InvalidBucketOwnerAWSAccountID', message, { extra: { ExpectedBucketOwner: expected } });
}

/**
 * A client set to another region sends to that region's endpoint, which redirects; but a bucket's host name leads to
 * the bucket's own region, which finds the signature wrong. Here one endpoint stands for all.
 */
function assertRegion({ region, target, request }: Call, bucket: Bucket): void {
  if (bucket.region === region) return;
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (target.isVirtualHosted) {
    const message = `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`;
    throw new S3Error('AuthorizationHeaderMalformed', message, { headers, extra: { Region: bucket.region } });
  }
  const message =
    'The bucket you are attempting to access must be addressed using the specified endpoint. ' +
    'Please send all future requests to this endpoint.';
  const extra = { Endpoint: request.headers.host ?? '', Bucket: bucket.name };
  throw new S3Error('PermanentRedirect', message, { headers, extra });
}

function refusal(request: SandboxRequest, { code, message, status, extra, headers }: S3Error): SandboxReply {
  const resource = request.path;
  return {
    status,
    headers: { 'content-type': 'application/xml', ...headers },
    body: errorXml({ code, message, resource, requestId: request.id, extra }),
  };
}
