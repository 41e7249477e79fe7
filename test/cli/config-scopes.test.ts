import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { pairsOf } from '../runs/scope-records.ts';
import { scopesSandbox } from '../runs/scopes-sandbox.ts';
import { smlineage } from './smlineage.ts';

/* Accounts and Regions of a configuration file, through the real binary and the sandbox's STS. */

const [A, B] = ['111111111111', '222222222222'] as const;
const EXTERNAL_ID = 'agreed-on-by-mail';

function scope(account: string, ...regions: readonly string[]) {
  return {
    account,
    role: { arn: `arn:aws:iam::${account}:role/Lineage`, externalId: EXTERNAL_ID },
    regions,
  };
}

test('export copies the scopes of the file in the working directory into one run, and writes no external id anywhere', async () => {
  const sandbox = await scopesSandbox();
  const held = [
    { account: A, region: 'us-east-1' },
    { account: A, region: 'eu-west-1' },
    { account: B, region: 'us-east-1' },
  ];
  sandbox.hold(held.map((where) => ({ ...where, records: pairsOf(where, 2) })));
  const cwd = await temporaryDirectory();
  await mkdir(cwd, { recursive: true });
  const file = { out: 'runs', scopes: [scope(A, 'us-east-1', 'eu-west-1'), scope(B, 'us-east-1')] };
  await writeFile(join(cwd, 'smlineage.config.json'), JSON.stringify(file));
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_ENDPOINT_URL: sandbox.url,
  };

  const { exitCode, stdout, stderr } = await smlineage(['export', '--output', 'json'], { cwd, env });
  const estimate = await smlineage(['export', '--estimate', '--output', 'json'], { cwd, env });
  const shown = await smlineage(['config', 'show', 'export'], { cwd, env });

  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ complete: true, entities: 12, scopes: held });
  expect(JSON.parse(estimate.stdout).map((one: { readonly scope: string }) => one.scope)).toEqual([
    `account ${A} in us-east-1`,
    `account ${A} in eu-west-1`,
    `account ${B} in us-east-1`,
  ]);
  const written = await filesUnder(result.directory);
  expect([stdout, stderr, shown.stdout, ...written].join('\n')).not.toContain(EXTERNAL_ID);
});

async function filesUnder(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
  );
}
