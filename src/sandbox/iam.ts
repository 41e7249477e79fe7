import type { ServiceError } from './error-reply.ts';
import { partitionOf } from './partition.ts';
import { isQueryService } from './query-protocol.ts';
import type { SandboxRequest } from './service.ts';

/** Where the IAM action is not the operation (service authorization reference). */
const ACTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  s3: {
    CompleteMultipartUpload: 'PutObject',
    CopyObject: 'PutObject',
    CreateMultipartUpload: 'PutObject',
    DeleteObjects: 'DeleteObject',
    HeadBucket: 'ListBucket',
    HeadObject: 'GetObject',
    ListBuckets: 'ListAllMyBuckets',
    ListMultipartUploads: 'ListBucketMultipartUploads',
    ListObjects: 'ListBucket',
    ListObjectsV2: 'ListBucket',
    ListParts: 'ListMultipartUploadParts',
    UploadPart: 'PutObject',
    UploadPartCopy: 'PutObject',
    AbortMultipartUpload: 'AbortMultipartUpload',
  },
  'neptune-db': {
    ExecuteFastReset: 'ResetDatabase',
    GetPropertygraphSummary: 'GetGraphSummary',
  },
};

/** What an action on the data of a graph is called, by the steps of a query (Neptune user guide, "IAM actions for data access"). */
function queryAction(query: string): string {
  if (/\bdrop\s*\(/.test(query)) return 'DeleteDataViaQuery';
  return /\b(addV|addE|mergeV|mergeE|property)\s*\(/.test(query) ? 'WriteDataViaQuery' : 'ReadDataViaQuery';
}

/** The IAM actions that a request needs, `service:Action`. */
export function iamActions(
  service: string,
  operation: string,
  { headers, body, url }: Pick<SandboxRequest, 'headers' | 'body' | 'url'>,
): readonly string[] {
  if (service === 'neptune-db' && operation === 'ExecuteGremlinQuery') {
    return [`neptune-db:${queryAction(`${url.searchParams.get('gremlin') ?? ''}${body}`)}`];
  }
  const action = `${service}:${ACTIONS[service]?.[operation] ?? operation}`;
  const encrypts = service === 's3' && /^aws:kms/.test(String(headers['x-amz-server-side-encryption'] ?? ''));
  return encrypts ? [action, 'kms:GenerateDataKey'] : [action];
}

type Denial = {
  readonly service: string;
  readonly action: string;
  /** The ARN of the caller. */
  readonly principal: string;
  readonly account: string;
  readonly request: SandboxRequest;
};

/** What a caller hears whom no policy allows the action. */
export function denialError({ service, action, principal, account, request }: Denial): ServiceError {
  return {
    status: service === 'sagemaker' ? 400 : 403,
    code: service === 's3' || isQueryService(service) ? 'AccessDenied' : 'AccessDeniedException',
    message:
      `User: ${principal} is not authorized to perform: ${action} on resource: ${deniedResource(action, request, account)} ` +
      `because no identity-based policy allows the ${action} action`,
  };
}

/** The user whom every access key belongs to that no session has. */
export function userArn(account: string, region: string): string {
  return `arn:${partitionOf(region)}:iam::${account}:user/sandbox`;
}

function deniedResource(action: string, request: SandboxRequest, account: string): string {
  const [service = ''] = action.split(':');
  const region = request.credential?.region ?? 'us-east-1';
  const partition = partitionOf(region);
  if (service === 's3') return `"arn:${partition}:s3:::${request.path.slice(1)}"`;
  if (service === 'neptune-db') return `arn:${partition}:neptune-db:${region}:${account}:cluster-SANDBOX/*`;
  return `arn:${partition}:${service}:${region}:${account}:*`;
}
