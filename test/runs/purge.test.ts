import {
  ListActionsCommand,
  ListArtifactsCommand,
  ListAssociationsCommand,
  ListContextsCommand,
  ListTrialComponentsCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { expect, test, vi } from 'vitest';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { cliHere } from '../cli/in-process.ts';
import { startSmlineage } from '../cli/smlineage.ts';
import { servedLineage } from './served-lineage.ts';

vi.setConfig({ testTimeout: 60_000 });

const ACCOUNT = '123456789012';

const served = (options: SandboxOptions = {}) =>
  servedLineage({ records: generateLineage({ entities: 150, seed: 3 }), ...options });

/** How much of each an account has: up to a page of 100. */
async function holdings(client: SageMakerClient) {
  const page = { MaxResults: 100 };
  const [contexts, actions, artifacts, associations, components] = await Promise.all([
    client.send(new ListContextsCommand(page)),
    client.send(new ListActionsCommand(page)),
    client.send(new ListArtifactsCommand(page)),
    client.send(new ListAssociationsCommand(page)),
    client.send(new ListTrialComponentsCommand(page)),
  ]);
  return {
    contexts: contexts.ContextSummaries?.length,
    actions: actions.ActionSummaries?.length,
    artifacts: artifacts.ArtifactSummaries?.length,
    associationsWithoutTrials: associations.AssociationSummaries?.filter(({ SourceArn, DestinationArn }) =>
      [SourceArn, DestinationArn].some((arn) => /:(artifact|context|action)\//.test(arn ?? '')),
    ).length,
    components: components.TrialComponentSummaries?.length,
  };
}

test('a purge without --confirm, or with that of another account, deletes nothing', async () => {
  const { client, env } = await served();
  const before = await holdings(client);

  const unconfirmed = await cliHere(['purge'], { env });
  const mistaken = await cliHere(['purge', '--confirm', '210987654321'], { env });
  const planned = await cliHere(['purge', '--dry-run', '--output', 'json'], { env });

  expect([unconfirmed.exitCode, mistaken.exitCode, planned.exitCode]).toEqual([2, 2, 0]);
  expect(unconfirmed.stderr).toContain(`pass --confirm ${ACCOUNT}`);
  expect(mistaken.stderr).toContain('--confirm says "210987654321"');
  expect(JSON.parse(planned.stdout)).toMatchObject({ account: ACCOUNT, notes: [] });
  expect(await holdings(client)).toEqual(before);
});

test('a purge never takes kinds of experiments', async () => {
  const { env } = await served();

  const ended = await cliHere(['purge', '--kinds', 'artifact,trial_component'], { env });

  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toContain('never trial_component');
});

test('a purge of some types leaves the others', async () => {
  const { client, env } = await served();
  const before = await holdings(client);

  const ended = await cliHere(
    ['purge', '--kinds', 'context', '--types', 'Endpoint', '--confirm', ACCOUNT, '--max-rps', '1000'],
    { env },
  );

  const { ContextSummaries = [] } = await client.send(new ListContextsCommand({ MaxResults: 100 }));
  const after = await holdings(client);
  expect([ended.exitCode, ended.stderr]).toEqual([0, '']);
  expect(ContextSummaries.map(({ ContextType }) => ContextType)).not.toContain('Endpoint');
  expect(after.contexts).toBeGreaterThan(0);
  expect({ actions: after.actions, artifacts: after.artifacts, components: after.components }).toEqual({
    actions: before.actions,
    artifacts: before.artifacts,
    components: before.components,
  });
});

test('a purge that is killed and run again ends empty, but for experiments', async () => {
  const { sandbox, client, env } = await served();
  const before = await holdings(client);
  const args = ['purge', '--confirm', ACCOUNT];

  const child = startSmlineage([...args, '--max-rps', '60'], { env });
  await vi.waitUntil(() => sandbox.log.calls('sagemaker', 'DeleteAssociation') > 5, 30_000);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  const killed = await holdings(client);
  const again = await cliHere([...args, '--max-rps', '1000'], { env });
  const third = await cliHere(args, { env });

  expect(killed.artifacts).toBe(before.artifacts);
  expect([again.exitCode, again.stderr, third.exitCode]).toEqual([0, '', 0]);
  expect(await holdings(client)).toEqual({
    ...{ contexts: 0, actions: 0, artifacts: 0, associationsWithoutTrials: 0 },
    components: before.components,
  });
});

test.each([
  ['a sweep that SageMaker refuses', 'refused-sweep:sagemaker.ListAssociations'],
  ['a sweep that hides associations', 'short-sweep:sagemaker.ListAssociations'],
])('a purge ends empty after %s', async (_title, fault) => {
  const { parseFaultRule } = await import('../../src/sandbox/faults.ts');
  const { client, env } = await served({ faults: { seed: 1, rules: [parseFaultRule(fault)] } });

  const ended = await cliHere(['purge', '--confirm', ACCOUNT, '--max-rps', '1000'], { env });

  expect([ended.exitCode, ended.stderr]).toEqual([0, '']);
  const { ArtifactSummaries } = await client.send(new ListArtifactsCommand({}));
  const { ContextSummaries } = await client.send(new ListContextsCommand({}));
  const { ActionSummaries } = await client.send(new ListActionsCommand({}));
  expect([ArtifactSummaries, ContextSummaries, ActionSummaries]).toEqual([[], [], []]);
});
