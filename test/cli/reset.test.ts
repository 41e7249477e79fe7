import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Gremlin, gremlin } from '../../src/graph/gremlin.ts';
import { neptuneClient } from '../../src/neptune/clients.ts';
import { gremlinClient } from '../../src/neptune/query.ts';
import type { ClusterSettings } from '../../src/sandbox/neptune/service.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { cliHere } from './in-process.ts';

const HOST = '127.0.0.1';

let sandbox: Sandbox;
let send: Gremlin;
let close: () => void;

beforeAll(async () => {
  // The second load never ends by itself.
  sandbox = await startSandbox({ faults: { rules: [], loads: [{ status: 'LOAD_IN_PROGRESS' }] } });
  const { url: endpoint, region, credentials } = sandbox;
  const client = neptuneClient({ endpoint, region, credentials });
  send = gremlinClient(client);
  close = () => client.destroy();
  // The SDK's chain of credentials looks at the process itself.
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  close();
  await sandbox.close();
});

const cli = (...args: readonly string[]) => cliHere(['reset', ...args], { env: sandbox.environment });

async function fill(): Promise<void> {
  await send(
    gremlin`g.addV('artifact').as('a').addV('theirs').as('b').addE('AssociatedWith').from('a').to('b').iterate()`,
  );
}

const vertices = async () => (await send(gremlin`g.V().count()`))[0];

test('--dry-run says what would be lost and what to type, and deletes nothing', async () => {
  await fill();

  const { exitCode, stdout } = await cli('--dry-run');

  expect(exitCode).toBe(0);
  expect(stdout).toBe(
    `${[
      'element  label           count',
      'vertex   artifact            1',
      'vertex   theirs              1',
      'edge     AssociatedWith      1',
      '',
      `A reset would delete 2 vertices and 1 edge at ${HOST} (engine 1.4.8.0), and its streams and statistics.`,
      `To go on, run it without --dry-run, and with --confirm ${HOST}`,
    ].join('\n')}\n`,
  );
  expect(await vertices()).toBe(2);
});

test.each([
  [[], 'nothing confirms it'],
  [['--confirm', 'localhost'], '--confirm says "localhost"'],
  [['--confirm', ''], '--confirm says ""'],
])('%j is misuse that shows what to type, and asks the cluster nothing', async (args, found) => {
  await fill();
  const before = await vertices();
  const asked = sandbox.log.counts();

  const { exitCode, stderr } = await cli(...args);

  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    `smlineage: This would delete everything at ${HOST}, and ${found}.\n  Look with --dry-run first; then pass --confirm ${HOST}\n`,
  );
  expect(sandbox.log.counts()).toEqual(asked);
  expect(await vertices()).toBe(before);
});

test('a confirmed reset says what is lost before, empties the graph, and waits until the engine is back', async () => {
  await send(gremlin`g.V().drop()`);
  await fill();

  const { exitCode, stdout, stderr } = await cli('--confirm', HOST.toUpperCase());

  expect(exitCode).toBe(0);
  expect(stderr).toBe(`Deleting 2 vertices and 1 edge at ${HOST}\n`);
  expect(stdout).toMatch(/^127\.0\.0\.1 reset in \d+ s: 2 vertices and 1 edge deleted\n$/);
  expect(await vertices()).toBe(0);
});

test('a reset of an empty graph is one, too, and JSON tells all', async () => {
  const { exitCode, stdout } = await cli('--confirm', HOST, '--output', 'json');

  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    ...{ host: HOST, lost: { vertices: {}, edges: {} }, cancelledLoads: [] },
    ...{ seconds: expect.any(Number), notes: [] },
  });
});

test('a load that is under way keeps the cluster from being reset, unless it is to be cancelled', async () => {
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: 'p/v.csv', Body: '~id,~label\na,A\n' }));
  s3.destroy();
  const role = 'arn:aws:iam::123456789012:role/NeptuneLoadFromS3';
  const started = await cliHere(['load', 's3://lineage/p/', '--role', role, '--no-wait'], {
    env: sandbox.environment,
  });
  const loadId = started.stdout.trim();

  const refused = await cli('--confirm', HOST);
  const looked = await cli('--dry-run');
  const cancelling = await cli('--confirm', HOST, '--cancel-loads');

  expect(refused).toMatchObject({
    exitCode: 7,
    stderr: expect.stringContaining(`Load ${loadId} is under way at ${HOST}.`),
  });
  expect(looked.stdout).toContain('Loads under way or queued: 1; --cancel-loads cancels them.');
  expect(cancelling).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(`Load ${loadId} cancelled`),
  });
});

describe('a cluster', () => {
  async function ended(options: { cluster?: ClusterSettings; deny?: readonly string[] }) {
    const other = await startSandbox({ gremlin: false, ...options });
    try {
      return await cliHere(['reset', '--confirm', HOST, '--endpoint', other.url], { env: other.environment });
    } finally {
      await other.close();
    }
  }

  test('without a Gremlin engine is reset as well', async () => {
    expect(await ended({})).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('0 vertices and 0 edges deleted'),
    });
  });

  test('whose endpoint is a reader is not reset', async () => {
    expect(await ended({ cluster: { role: 'reader' } })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('127.0.0.1 is a reader of its cluster: only the writer can be reset.'),
    });
  });

  test('that the caller may not reset says which action is missing', async () => {
    expect(await ended({ deny: ['neptune-db:ResetDatabase'] })).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(
        'Allow the caller neptune-db:ResetDatabase on the cluster. Nothing was deleted.',
      ),
    });
  });
});
