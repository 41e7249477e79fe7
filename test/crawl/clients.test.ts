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

test('clients keep to the requests a second that they are allowed, and copy no reply for a log that nobody reads', async () => {
  await withScript(
    ({ operation }) => lastPage(operation),
    async ({ clients: { ListArtifacts } }) => {
      const endpoint = await ListArtifacts.config.endpoint?.();
      const config = {
        region: 'us-east-1',
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
        endpoint: `http://127.0.0.1:${endpoint?.port}`,
      };
      const logged: string[] = [];
      const log = () => undefined;
      const logger = { ...console, info: () => logged.push('info'), debug: log, warn: log, error: log };
      const clients = crawlClients({ ...config, logger }, { maxRps: 20 });
      const startedMs = performance.now();
      for (let call = 0; call < 5; call += 1) await clients.ListTrials.send(new ListTrialsCommand({}));
      // The first goes at once; the clock of a busy machine can only be late.
      expect(performance.now() - startedMs).toBeGreaterThanOrEqual(4 * 50 - 5);
      expect(logged).toHaveLength(5);
      clients.destroy();
    },
  );
  const quiet = crawlClients({ region: 'us-east-1' });
  expect(quiet.ListTrials.middlewareStack.identify().join()).not.toContain('loggerMiddleware');
  quiet.destroy();
});
