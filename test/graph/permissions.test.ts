import { expect, onTestFinished, test, vi } from 'vitest';
import { actionsFor } from '../../src/graph/permissions.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { iamActions } from '../../src/sandbox/iam.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { cliHere } from '../cli/in-process.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';

/* The table holds what the commands really ask for: compared with what the sandbox was asked. */

const ROLE = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';

async function aimedSandbox(): Promise<Sandbox> {
  const sandbox = await startSandbox({
    gremlin: false,
    records: generateLineage({ entities: 300, seed: 3 }),
  });
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await sandbox.close();
  });
  return sandbox;
}

/** The IAM actions behind all requests since the log was cleared. Nothing here writes a query, or encrypts. */
function actionsOf(sandbox: Sandbox): readonly string[] {
  const request = { headers: {}, body: Buffer.alloc(0), url: new URL(sandbox.url) };
  const actions = Object.keys(sandbox.log.counts()).flatMap((name) => {
    const [service = '', operation = ''] = name.split('.');
    return iamActions(service, operation, request);
  });
  // Nobody can be denied it.
  return [...new Set(actions)].filter((action) => action !== 'sts:GetCallerIdentity').sort();
}

test('each command asks for nothing that the table does not grant it', async () => {
  const sandbox = await aimedSandbox();
  const run = async (command: string, ...args: readonly string[]) => {
    sandbox.log.clear();
    const { stdout, stderr, exitCode } = await cliHere([...command.split(' '), ...args], {
      env: sandbox.environment,
    });
    expect([exitCode, stderr.includes('smlineage: ')]).toEqual([0, false]);
    const beyond = actionsOf(sandbox).filter((action) => !actionsFor([command]).has(action));
    expect(beyond, `${command} asks for what the table does not grant it`).toEqual([]);
    return stdout.trim();
  };

  const directory = await run('export', '--out', await temporaryDirectory());
  const uri = await run('upload', directory, '--to', 's3://lineage/nightly');
  await run('check', uri);
  await run('load', uri, '--role', ROLE);
  await run('verify', directory);
  await run('verify', uri);
  await run('load list');
  await run('reset', '--dry-run');
  await run('export', '--detail', 'full', '--out', await temporaryDirectory());
  await run('purge', '--dry-run');
  await run('groups');
  await run('groups describe');
  await run('share list');
  await run('sample create', '--id', 'demo');
  await run('sample delete', '--id', 'demo');
});
