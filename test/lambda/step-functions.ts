import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stateMachinesDirectory } from '../../scripts/python-environment.mjs';
import type { Functions } from './functions.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Execution = {
  readonly status: string;
  readonly output: unknown;
  readonly error?: string;
  readonly cause?: string;
};

/** What was published to the topic. */
export type Notice = { readonly subject: string; readonly message: string };

export type StepFunctions = {
  /** Runs a state machine to its end. */
  execute(definition: string, input: unknown, name: string): Promise<Execution>;
  readonly notices: Notice[];
  close(): Promise<void>;
};

/**
 * Step Functions, by moto's interpreter. Its tasks' calls come to a router: functions run as processes here, what is asked of S3 goes to
 * the sandbox, what is published is kept.
 */
export async function startStepFunctions(functions: Functions, s3Url: string): Promise<StepFunctions> {
  const notices: Notice[] = [];
  const router = createServer((request, response) => void route(request, response));
  await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve));
  const { port } = router.address() as AddressInfo;
  const moto = await startMoto(port);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await buffer(request);
      const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1];
      if (name !== undefined) return await invoke(decodeURIComponent(name), body, response);
      if (/(^|&)Action=Publish(&|$)/.test(body.toString())) return publish(body.toString(), response);
      const found = await fetch(`${s3Url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { authorization: request.headers.authorization ?? '' },
      });
      response.writeHead(found.status, Object.fromEntries(found.headers));
      response.end(Buffer.from(await found.arrayBuffer()));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }

  async function invoke(name: string, body: Buffer, response: ServerResponse): Promise<void> {
    const called = name.split(':function:').at(-1)?.split(':')[0] ?? name;
    const reply = await functions.invoke(called, JSON.parse(body.toString() || '{}'));
    response.writeHead(200, reply.isError ? { 'x-amz-function-error': 'Unhandled' } : {});
    response.end(JSON.stringify(reply.body));
  }

  function publish(body: string, response: ServerResponse): void {
    const form = new URLSearchParams(body);
    notices.push({ subject: form.get('Subject') ?? '', message: form.get('Message') ?? '' });
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(
      '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>',
    );
  }

  return {
    notices,
    async execute(definition, input, name) {
      const machine = await moto.ask('CreateStateMachine', {
        ...{ name: `machine-${name}`, definition, roleArn: 'arn:aws:iam::123456789012:role/states' },
      });
      const { executionArn } = await moto.ask('StartExecution', {
        ...{ stateMachineArn: machine.stateMachineArn, name, input: JSON.stringify(input) },
      });
      for (;;) {
        const { status, output, error, cause } = await moto.ask('DescribeExecution', { executionArn });
        if (status !== 'RUNNING') {
          const told = typeof output === 'string' && output !== '' ? JSON.parse(output) : undefined;
          return {
            status: String(status),
            output: told,
            ...(error === undefined ? {} : { error: String(error), cause: String(cause) }),
          };
        }
        await wait(100);
      }
    },
    async close() {
      await moto.close();
      router.closeAllConnections();
      await new Promise((resolve) => router.close(resolve));
    },
  };
}

type Moto = {
  ask(operation: string, body: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
};

async function startMoto(routerPort: number): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const python = join(stateMachinesDirectory({ root: ROOT }), 'bin/python');
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    // There it sends what its tasks ask for.
    env: {
      ...process.env,
      MOTO_PORT: String(routerPort),
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', (error) => {
    log += String(error);
  });
  await untilServing(url, child, () => log);
  return {
    async ask(operation, body) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `AWSStepFunctions.${operation}`,
          authorization:
            'AWS4-HMAC-SHA256 Credential=any/20261121/us-east-1/states/aws4_request, SignedHeaders=host, Signature=none',
        },
        body: JSON.stringify(body),
      });
      const reply = (await response.json()) as Record<string, unknown>;
      if (!response.ok) throw new Error(`${operation}: ${JSON.stringify(reply)} ${log.slice(-2_000)}`);
      return reply;
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilServing(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const settings = { stepfunctions: { execute_state_machine: true }, lambda: { use_docker: false } };
  for (let tries = 0; ; tries += 1) {
    const reply = await fetch(`${url}/moto-api/config`, {
      method: 'POST',
      body: JSON.stringify(settings),
    }).catch(() => undefined);
    if (reply?.status === 201) return;
    if (child.exitCode !== null || tries > 300) throw new Error(`moto did not start: ${log().slice(-2_000)}`);
    await wait(200);
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
