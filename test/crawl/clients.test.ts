import { ListArtifactsCommand, ListTrialsCommand } from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { crawlClients, OPERATIONS } from '../../src/crawl/clients.ts';
import { lastPage, withScript } from './scripted-sagemaker.ts';

const FAMILIES = [...OPERATIONS, 'Describe'] as const;

test('every operation that lists, and the describing ones together, have a client of their own, patient unless told otherwise', async () => {
  const clients = crawlClients({ region: 'us-east-1' });
  const hasty = crawlClients({ region: 'us-east-1', retryMode: 'standard', maxAttempts: 2 });

  expect(new Set(FAMILIES.map((family) => clients[family])).size).toBe(9);
  for (const operation of FAMILIES) {
    const { config } = clients[operation];
    expect(await config.maxAttempts()).toBe(10);
    expect(await config.retryStrategy()).toMatchObject({ mode: 'adaptive' });
    expect(await hasty[operation].config.maxAttempts()).toBe(2);
  }
  clients.destroy();
  hasty.destroy();
});

test('credentials are resolved once for all clients', async () => {
  let resolved = 0;
  const credentials = async () => {
    resolved += 1;
    return { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  };

  await withScript(
    ({ operation }) => lastPage(operation),
    async ({ clients: { ListArtifacts } }) => {
      const endpoint = await ListArtifacts.config.endpoint?.();
      const clients = crawlClients({
        region: 'us-east-1',
        credentials,
        endpoint: `http://127.0.0.1:${endpoint?.port}`,
      });
      await clients.ListArtifacts.send(new ListArtifactsCommand({}));
      await clients.ListTrials.send(new ListTrialsCommand({}));
      clients.destroy();
    },
  );

  expect(resolved).toBe(1);
});

test('every client spaces its requests, and copies no reply for a log that nobody reads', async () => {
  const clients = crawlClients({ region: 'us-east-1' });
  const logging = crawlClients({ region: 'us-east-1', logger: console });

  for (const family of FAMILIES) {
    const [quiet, talking] = [clients, logging].map((all) => all[family].middlewareStack.identify().join());
    expect(quiet).toContain('limitRate');
    expect(quiet).not.toContain('loggerMiddleware');
    expect(talking).toContain('loggerMiddleware');
  }
  clients.destroy();
  logging.destroy();
});
