import { ListArtifactsCommand, ListTrialsCommand } from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { crawlClients, OPERATIONS } from '../../src/crawl/clients.ts';
import { lastPage, withScript } from './scripted-sagemaker.ts';

test('every operation has a client of its own, patient unless told otherwise', async () => {
  const clients = crawlClients({ region: 'us-east-1' });
  const hasty = crawlClients({ region: 'us-east-1', retryMode: 'standard', maxAttempts: 2 });

  expect(new Set(OPERATIONS.map((operation) => clients[operation])).size).toBe(OPERATIONS.length);
  for (const operation of OPERATIONS) {
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
