import { GetEngineStatusCommand } from '@aws-sdk/client-neptunedata';
import { expect, test } from 'vitest';
import { neptuneClient, neptuneEndpoint } from '../../src/neptune/clients.ts';

const HOST = 'my-cluster.cluster-abc.us-east-1.neptune.amazonaws.com';

test.each([
  [HOST, `https://${HOST}:8182`],
  [`${HOST}:9000`, `https://${HOST}:9000`],
  [`https://${HOST}`, `https://${HOST}:8182`],
  [`https://${HOST}:443/`, `https://${HOST}`],
  [` https://${HOST}:8182/ `, `https://${HOST}:8182`],
  ['https://tunnel.example', 'https://tunnel.example'],
  ['http://127.0.0.1:4566', 'http://127.0.0.1:4566'],
  ['localhost', 'https://localhost:8182'],
  ['[::1]:8182', 'https://[::1]:8182'],
  ['x.neptune.amazonaws.com.cn', 'https://x.neptune.amazonaws.com.cn:8182'],
])('%j is the endpoint %s', (text, expected) => {
  expect(neptuneEndpoint(text)).toBe(expected);
});

test.each([
  ['', 'no host'],
  ['https://', 'no host'],
  ['not a host', 'no host'],
  [`wss://${HOST}:8182/gremlin`, 'the protocol wss'],
  ['s3://bucket/prefix', 'the protocol s3'],
  [`https://${HOST}:8182/gremlin`, 'the path /gremlin'],
  [`${HOST}:8182?x=1`, 'the path /?x=1'],
])('%j is no endpoint', (text, found) => {
  expect(() => neptuneEndpoint(text)).toThrow(
    expect.objectContaining({
      outcome: 'usage',
      message: `Expected a Neptune endpoint, got ${JSON.stringify(text)}: it has ${found}.`,
      hint: "Pass the cluster's writer endpoint as host, host:port or https://host:8182.",
    }),
  );
});

test('a password in an endpoint is refused, and not repeated', () => {
  expect(() => neptuneEndpoint('https://me:secret@host:8182')).toThrow(
    expect.objectContaining({
      message: 'Expected a Neptune endpoint, got "(with credentials in it)": it has a user name.',
    }),
  );
});

test('the client sends each request once and to that endpoint', async () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  const client = neptuneClient({ endpoint: 'host:9000', region: 'eu-west-1', credentials });

  expect(await client.config.maxAttempts()).toBe(1);
  expect(await client.config.region()).toBe('eu-west-1');
  expect(await client.config.endpoint?.()).toMatchObject({
    protocol: 'https:',
    hostname: 'host',
    port: 9000,
  });
});

test('the client gives up a connection that is not made within ten seconds', async () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' };
  const client = neptuneClient({ endpoint: 'http://127.0.0.1:1', region: 'eu-west-1', credentials });
  await expect(client.send(new GetEngineStatusCommand({}))).rejects.toMatchObject({ code: 'ECONNREFUSED' });

  const handler = client.config.requestHandler as { httpHandlerConfigs?(): { connectionTimeout?: number } };
  expect(handler.httpHandlerConfigs?.().connectionTimeout).toBe(10_000);
});
