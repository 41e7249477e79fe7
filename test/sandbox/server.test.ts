import { EventEmitter, once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Access, createAccessLog } from '../../src/sandbox/access-log.ts';
import { type ServerOptions, startServer, type Timing } from '../../src/sandbox/server.ts';
import type { SandboxRequest, SandboxService, ServiceName } from '../../src/sandbox/service.ts';

/** A service that tells what it was asked. */
function echo(name: string): SandboxService {
  return {
    operation: ({ method }) => `${method[0]}${method.slice(1).toLowerCase()}`,
    reply: async ({ path, url, body, credential, pageFault }: SandboxRequest) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, path, query: url.search, body: body.toString(), credential, pageFault }),
    }),
  };
}

const services = { sagemaker: echo('sagemaker'), s3: echo('s3'), 'neptune-db': echo('neptune-db') };

async function served(options: Partial<ServerOptions> = {}) {
  const accesses: Access[] = [];
  const log = createAccessLog((access) => accesses.push(access));
  const server = await startServer({ services, log, ...options });
  onTestFinished(() => server.close());
  return { ...server, log, accesses };
}

type Reply = {
  readonly status: number;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
};

function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: object; body?: string; agent?: Agent } = {},
) {
  const { method = 'GET', headers = {}, body, agent } = options;
  return new Promise<Reply>((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', path, method, headers: { ...headers }, agent: agent ?? false },
      async (reply) => {
        let text = '';
        for await (const chunk of reply.setEncoding('utf8')) text += chunk;
        resolve({ status: reply.statusCode ?? 0, body: text, headers: reply.headers });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AK/ID/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

test.each<[string, string, object, ServiceName]>([
  ['signed for SageMaker', '/', signedFor('sagemaker'), 'sagemaker'],
  ['signed for S3, on a path of Neptune', '/loader', signedFor('s3'), 's3'],
  ['signed for Neptune', '/anything', signedFor('neptune-db'), 'neptune-db'],
  ['presigned for S3', '/b/k?X-Amz-Credential=AK%2F20260101%2Feu-west-1%2Fs3%2Faws4_request', {}, 's3'],
  ['unsigned, with a target of SageMaker', '/', { 'x-amz-target': 'SageMaker.ListActions' }, 'sagemaker'],
  ['unsigned, on a path of Neptune', '/gremlin?gremlin=g.V()', {}, 'neptune-db'],
  ['unsigned, on a path below one of Neptune', '/loader/id', {}, 'neptune-db'],
  ['unsigned, on another path', '/loaders/id', {}, 's3'],
  ['signed in a form of its own', '/', { authorization: 'Bearer token' }, 's3'],
])('a request that is %s goes to its service', async (_, path, headers, name) => {
  const { port } = await served();

  const { body } = await ask(port, path, { headers });

  expect(JSON.parse(body)).toMatchObject({ name });
});

test('a service gets the request as it was sent', async () => {
  const { port } = await served();

  const { body } = await ask(port, '//b/a/../%2e./c%20+?q=1&q', {
    method: 'PUT',
    headers: signedFor('s3'),
    body: 'é',
  });

  expect(JSON.parse(body)).toEqual({
    name: 's3',
    path: '//b/a/../%2e./c%20+',
    query: '?q=1&q',
    body: 'é',
    credential: { accessKeyId: 'AK/ID', region: 'eu-west-1', service: 's3' },
  });
});

test('HEAD gets the headers of the whole reply and no body', async () => {
  const { port } = await served();

  const got = await ask(port, '/a', { headers: signedFor('s3') });
  const head = await ask(port, '/a', { method: 'HEAD', headers: signedFor('s3') });

  expect(head.body).toBe('');
  expect(head.headers['content-length']).toBe(String(got.body.length));
  expect(head.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
});

test('a service that the sandbox does not have is refused by name', async () => {
  const { port, log } = await served();

  const { status, body } = await ask(port, '/', { headers: signedFor('ec2') });

  expect([status, JSON.parse(body)]).toEqual([
    404,
    { __type: 'UnknownServiceException', message: "The sandbox does not serve 'ec2'." },
  ]);
  expect(log.counts()).toEqual({ 'ec2.Unknown': { 404: 1 } });
});

test('a defect of a service is answered with its text, and the server goes on', async () => {
  const s3: SandboxService = {
    operation: () => 'Broken',
    reply: async () => {
      throw new TypeError('no such thing');
    },
  };
  const { port } = await served({ services: { ...services, s3 } });

  const broken = await ask(port, '/', { headers: signedFor('s3') });
  const next = await ask(port, '/', { headers: signedFor('sagemaker') });

  expect(broken.status).toBe(500);
  expect(broken.body).toMatch(/<Code>InternalError<\/Code><Message>Sandbox defect: TypeError: no such thing/);
  expect(next.status).toBe(200);
});

test('a port that is taken is an error of usage that names it', async () => {
  const { port } = await served();

  await expect(startServer({ services, port })).rejects.toMatchObject({
    outcome: 'usage',
    message: `The sandbox cannot listen on port ${port} of 127.0.0.1: it is in use.`,
    hint: 'Choose another port; port 0 takes a free one.',
  });
});

test('closing ends idle connections and requests that wait, and may be asked for twice', async () => {
  const controller = new AbortController();
  const { timing, arrived } = endlessSleep();
  const { port, url, close } = await served({ latencyMs: 1, signal: controller.signal, timing });
  const idle = connect(port, '127.0.0.1');
  const idleEnds = once(idle, 'close');
  await once(idle, 'connect');
  const waiting = ask(port, '/', { agent: new Agent({ keepAlive: true }) }).catch((error) => error.code);
  await arrived;

  controller.abort();
  await close();
  await close();

  await idleEnds;
  expect(await waiting).toBe('ECONNRESET');
  await expect(fetch(url)).rejects.toThrow();
});

/** Time in which a reply waits until the server closes. */
function endlessSleep(): { readonly timing: Timing; readonly arrived: Promise<unknown> } {
  const sleeping = new EventEmitter();
  const sleep: Timing['sleep'] = (_, signal) => {
    sleeping.emit('arrived');
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  return { timing: { now: Date.now, sleep }, arrived: once(sleeping, 'arrived') };
}

test('a server whose signal has aborted already is closed', async () => {
  const server = await startServer({ services, signal: AbortSignal.abort() });

  await expect(fetch(server.url)).rejects.toThrow();
});

/** Time that stands still but for the sleeps, which it keeps. */
function stoppedTime(): Timing & { advance(milliseconds: number): void; readonly sleeps: number[] } {
  let now = 1_000_000;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    sleep: async (milliseconds) => {
      sleeps.push(milliseconds);
      now += milliseconds;
    },
  };
}

test('latency makes every reply late, a slow one later still', async () => {
  const timing = stoppedTime();
  const faults = (_: string, operation: string) =>
    operation === 'Put' ? { name: 'slow' as const, milliseconds: 300 } : undefined;
  const { port, accesses } = await served({ timing, latencyMs: 50, faults });

  await ask(port, '/', { headers: signedFor('s3') });
  await ask(port, '/', { method: 'PUT', headers: signedFor('s3') });

  expect(timing.sleeps).toEqual([50, 350]);
  expect(accesses).toMatchObject([
    { time: 1_000_000, operation: 'Get', milliseconds: 50 },
    { time: 1_000_050, operation: 'Put', milliseconds: 350, fault: 'slow' },
  ]);
});

test('beyond the rate an operation is throttled until its bucket fills; other operations are not', async () => {
  const timing = stoppedTime();
  const { port } = await served({ timing, ratePerSecond: 2 });
  const statuses = async (method: string, count: number) => {
    const all = [];
    for (let index = 0; index < count; index += 1) {
      all.push((await ask(port, '/', { method, headers: signedFor('sagemaker') })).status);
    }
    return all;
  };

  expect(await statuses('GET', 4)).toEqual([200, 200, 400, 400]);
  expect(await statuses('PUT', 1)).toEqual([200]);
  timing.advance(500);
  expect(await statuses('GET', 2)).toEqual([200, 400]);
  timing.advance(3_600_000);
  expect(await statuses('GET', 3)).toEqual([200, 200, 400]);
});

test('the burst is what may come at once after a rest', async () => {
  const timing = stoppedTime();
  const { port, log } = await served({ timing, ratePerSecond: 10, burst: 1 });

  for (let index = 0; index < 3; index += 1) await ask(port, '/', { headers: signedFor('sagemaker') });

  expect(log.counts()).toEqual({ 'sagemaker.Get': { 200: 1, 400: 2 } });
});

test('every request is logged, and counted by service, operation and status', async () => {
  const timing = stoppedTime();
  const { port, log, accesses } = await served({ timing });

  const { body } = await ask(port, '/', { headers: signedFor('s3') });
  await ask(port, '/', { headers: signedFor('sagemaker') });
  await ask(port, '/', { headers: signedFor('s3') });

  expect(accesses[0]).toEqual({
    time: 1_000_000,
    service: 's3',
    operation: 'Get',
    status: 200,
    milliseconds: 0,
    bytes: body.length,
  });
  expect(log.counts()).toEqual({ 's3.Get': { 200: 2 }, 'sagemaker.Get': { 200: 1 } });
  expect([log.calls('s3'), log.calls('s3', 'Get'), log.calls('s3', 'Put'), log.calls('s')]).toEqual([
    2, 2, 0, 0,
  ]);
  log.clear();
  expect(log.counts()).toEqual({});
});
