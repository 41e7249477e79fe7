import { request } from 'node:http';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { type Buckets, createBucket } from '../../../src/sandbox/s3/buckets.ts';
import { s3Service } from '../../../src/sandbox/s3/service.ts';
import { startServer } from '../../../src/sandbox/server.ts';

export const ACCOUNT = '111122223333';
export const BUCKET = 'lineage';

export const START = Date.UTC(2026, 0, 1);

/** S3 on loopback with one bucket in us-east-1, gone when the test ends. Its clock moves a second with every look. */
export async function servedS3(config: S3ClientConfig = {}) {
  const buckets: Buckets = new Map([[BUCKET, createBucket(BUCKET, 'us-east-1', START)]]);
  let now = START;
  const clock = () => {
    now += 1000;
    return now;
  };
  const server = await startServer({ services: { s3: s3Service({ buckets, account: ACCOUNT, clock }) } });
  const client = (overrides: S3ClientConfig = {}) => {
    const s3 = new S3Client({
      endpoint: server.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
      maxAttempts: 1,
      ...config,
      ...overrides,
    });
    onTestFinished(() => s3.destroy());
    return s3;
  };
  onTestFinished(() => server.close());
  return { s3: client(), client, buckets, port: server.port };
}

export type RawReply = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
};

type RawRequest = {
  readonly port: number;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00',
  'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
};

/** A request that no client makes, signed as far as the sandbox looks; an empty header is left out. */
export function sendRaw({
  port,
  method = 'GET',
  path,
  headers = {},
  body = '',
}: RawRequest): Promise<RawReply> {
  const all = Object.entries({ ...SIGNED, ...headers }).filter(([, value]) => value !== '');
  const options = { port, host: '127.0.0.1', method, path, headers: Object.fromEntries(all), agent: false };
  return new Promise((resolve, reject) => {
    const sent = request(options, async (reply) => {
      let text = '';
      for await (const chunk of reply.setEncoding('utf8')) text += chunk;
      resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What a refused call says: name and status. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${name} ${$metadata?.httpStatusCode ?? ''}`.trim();
  }
  return 'accepted';
}
