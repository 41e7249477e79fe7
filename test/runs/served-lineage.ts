import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { onTestFinished, vi } from 'vitest';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

/** An account without a cluster for one test, whose endpoint the commands in this process find too. */
export async function servedLineage(options: SandboxOptions) {
  const sandbox = await startSandbox({ gremlin: false, ...options });
  const { url: endpoint, region, credentials } = sandbox;
  const client = new SageMakerClient({ endpoint, region, credentials });
  // The SDK reads the endpoints of a command that runs in this process from its environment.
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    client.destroy();
    await sandbox.close();
  });
  return { sandbox, client, env: { ...sandbox.environment } };
}
